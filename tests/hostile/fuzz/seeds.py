"""Where mutants begin: what an honest program writes, and the vectors of the specification."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.lead_proof import lead_proof_of
from p2pevents.keys.passphrase import Cost
from p2pevents.keys.proof import proof_of
from p2pevents.keys.secret import Passphrase, Secret
from p2pevents.keys.sheet import CharterSheet
from p2pevents.keys.words import words_of
from p2pevents.node.inbox import messages as inbox
from p2pevents.node.inbox.content import Offered, encode_content
from p2pevents.node.inbox.papers import sign_receipt, sign_ticket
from p2pevents.record.ids import ChapterId
from p2pevents.sync.answers import Differs, Listing, Needs, Split
from p2pevents.sync.bundle import Item
from p2pevents.sync.codec import encode_message
from p2pevents.sync.messages import (
    Ack,
    Ask,
    End,
    Found,
    Message,
    Need,
    Ranges,
    Taken,
    Want,
)
from tests.authority.people import Person
from tests.inbox import writing
from tests.node.community import Community

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
CHAPTER = ChapterId(bytes(range(32)))
ADA = Person("ada")


@cache
def vectors(*folders: str) -> list[bytes]:
    """Return every block of bytes of the specification's vectors in these folders."""
    found: list[bytes] = []
    for folder in folders:
        for path in sorted((ROOT / "tests" / "vectors" / folder).glob("*.txt")):
            _, *blocks = path.read_text("ascii").removesuffix("\n").split("\n\n")
            found += [bytes.fromhex(block.replace("\n", "")) for block in blocks]
    return found


@cache
def record_items() -> list[Item]:
    """Return a small chapter: its charter entry, an act, and records of several kinds."""
    paris = Community()
    grant = paris.grant("dora")
    when = {"start": "2027-01-06T18:30:00", "timeZone": "Europe/Paris", "duration": "PT4H30M"}
    clock = 1_577_959_200_000
    fields: dict[str, object] = {
        "title": [clock, "Meetup"],
        "when": [clock, when, []],
        "where": [clock, {"name": "Hall", "city": "Paris"}, []],
        "status": [clock, {"is": "confirmed"}, []],
        "keywords": {"p2p": [clock, True]},
        "links": {"a": [clock, {"href": "https://example.org"}]},
        "participants": {"p": [clock, {"name": "Ada", "roles": ["speaker"]}]},
        "localizations": {"fr": [clock, {"title": "Rencontre"}]},
    }
    ada = paris.leads[0]
    records = [
        grant,
        paris.write(ada, fields=fields, start="2027-01-06"),
        paris.write("dora", under=grant.id, kind="session", path=("e", "s")),
        paris.write(ada, kind="profile", path=("profile",), fields={"name": [clock, "Paris"]}),
        paris.write(ada, kind="unheard-of", fields={}),
        paris.erase(ada, grant.id),
        paris.digest(ada, clock=clock),
    ]
    return [(paris.genesis.envelope, None), *((each.envelope, each.body) for each in records)]


@cache
def sync_seeds() -> list[bytes]:
    from tests.sync.test_hostile import HELLO, LAST, MANY, NOBODYS, PAGE, PUSH, SINCE

    messages: list[Message] = [
        *(HELLO, SINCE, MANY, PAGE, LAST, PUSH, NOBODYS),
        replace(HELLO, window="2026-12", cursor=HELLO.log),
        Need(bits=b"\x03"),
        Ask(upto=32),
        Found(heads=(bytes(8), b"\x01" * 8)),
        Ranges(answers=(Differs(about=0), Needs(about=1, bits=b"\x01"))),
        Ranges(answers=(Listing(about=0, ids=(bytes(8),), is_full=False),)),
        Ranges(answers=(Listing(about=0, ids=(bytes(32),), is_full=True),)),
        Ranges(answers=(Split(about=0, bounds=(b"\x01",), sums=(bytes(8), bytes(8))),)),
        Want(ids=(bytes(32),)),
        End(authority=bytes(32), records=bytes(32), new=2, left_out={"closed": 3}),
        Ack(),
        Taken(),
    ]
    return [encode_message(each) for each in messages]


@cache
def inbox_seeds() -> list[bytes]:
    from tests.inbox.test_talk import MESSAGES

    return [inbox.encode_message(each) for each in MESSAGES]


@cache
def letter_seeds() -> list[bytes]:
    return [writing.letter("A talk").data, writing.letter(writing.coming(name="Ada")).data]


@cache
def content_seeds() -> list[bytes]:
    inside = Offered(record=writing.proposal("A talk", chapter=CHAPTER))
    return [encode_content(each, sender=ADA.key) for each in (inside, writing.coming(name="Ada"))]


@cache
def paper_seeds() -> list[bytes]:
    peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    ticket = sign_ticket(chapter=CHAPTER, peer=peer, until_ms=2**41, seed=ADA.daily)
    receipt = sign_receipt(chapter=CHAPTER, ids=[bytes(32)], clock=2**41, seed=ADA.daily)
    return [b"\x00" + ticket.data, b"\x01" + receipt.data]


@cache
def config_seeds() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "node_config").glob("*.toml"))]


_CSV = b"""id,day,type,start,end,room,speaker,title
1,2020-01-08,talk,18:30,19:00,Hall,"Ada, Bob",Gossip
2,2020-01-08,workshop,2020-01-08T20:00:00+01:00,21:00,,Cleo,"A ""quoted"" title"
"""
_ICS = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:one@example.org
SUMMARY:Meetup
DTSTART;TZID=Europe/Paris:20200205T183000
DTEND;TZID=Europe/Paris:20200205T230000
END:VEVENT
BEGIN:VEVENT
UID:monthly
SUMMARY:Monthly
DTSTART;TZID=Europe/Paris:20200101T183000
DURATION:PT4H30M
RRULE:FREQ=MONTHLY;BYDAY=1WE;UNTIL=20200601T163000Z
EXDATE;TZID=Europe/Paris:20200304T183000
END:VEVENT
BEGIN:VEVENT
UID:monthly
RECURRENCE-ID;TZID=Europe/Paris:20200205T183000
DTSTART;TZID=Europe/Paris:20200206T183000
SUMMARY:Moved
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:day
DTSTART;VALUE=DATE:20200205
SUMMARY:All day
RELATED-TO:one@example.org
END:VEVENT
END:VCALENDAR
"""
_MD = b"""---
title: One year
author: camille
date: 2020-05-11
image: https://a.example/p.jpg
tags:
  - Meetup
categories: [meetup]
start: 2020-02-05T18:30
end: 2020-02-05T23:00
venue: Hall
city: Paris
---
See [the *talks*](https://a.example/t).

![picture](https://a.example/x.png)
"""
_XML = b"""<?xml version="1.0" encoding="utf-8"?>
<schedule><conference><title>Festival</title></conference>
<day index="1" date="2020-01-08"><room name="Hall">
<event guid="aaaa-1" id="7"><date>2020-01-08T19:00:00+01:00</date><start>19:00</start>
<duration>01:30</duration><room>Hackzone</room><title>Gossip</title><type>Workshop</type>
<persons><person id="1">Ada</person></persons><language>fr</language>
<links><link href="https://example.org/s">Slides</link></links>
<recording><license/><optout>true</optout></recording></event></room></day></schedule>
"""
_JSON = json.dumps(
    {
        "paris": {
            "name": "Paris",
            "rule": "first Wednesday, 18:30 to 23:00",
            "editions": [
                {
                    "number": 0,
                    "date": "2020-01-01",
                    "slots": [{"start": "18:30", "title": "Doors"}],
                    "talks": [{"title": "Gossip", "speaker": "Ada"}],
                }
            ],
        }
    }
).encode()
_INLINE = {"csv": [_CSV], "ics": [_ICS], "md": [_MD], "xml": [_XML], "json": [_JSON]}


def import_seeds(ending: str) -> Callable[[], list[bytes]]:
    """Return what makes the seeds of one kind of file: ours, and the real one where it is here."""

    @cache
    def seeds() -> list[bytes]:
        real = [path.read_bytes() for path in sorted(DATA.glob(f"*.{ending}"))]
        return [*_INLINE[ending], *(data for data in real if len(data) < 64 * 1024)]

    return seeds


@cache
def key_file_seeds() -> list[bytes]:
    secret = Secret(bytes(32))
    cheap = Cost(opslimit=1, memlimit_bytes=8192)
    plain = KeyFile.of(KeyKind.DAILY, secret, passphrase=None, cost=cheap)
    sealed = KeyFile.of(KeyKind.DAILY, secret, passphrase=Passphrase("soup"), cost=cheap)
    return [plain.text.encode(), sealed.text.encode()]


@cache
def sheet_seeds() -> list[bytes]:
    secret = Secret(bytes(range(32)))
    sheet = CharterSheet(secret=secret, chapter=CHAPTER, name="Paris", day="2027-01-06")
    words = " ".join(words_of(secret))
    numbered = "\n".join(f"{at}. {word}" for at, word in enumerate(words.split(), 1))
    return [sheet.text.encode(), words.encode(), numbered.encode()]


@cache
def proof_seeds() -> list[bytes]:
    one, other = Secret(bytes(32)), Secret(bytes([1]) * 32)
    return [proof_of(one).encode(), lead_proof_of(daily=one, charter=other).encode()]
