"""What a valid key can have others shown: any body, folded, and written in every format."""

from __future__ import annotations

import json
import re
from functools import cache
from xml.etree import ElementTree as ET

import cbor2
import icalendar

from p2pevents.record.body import decode_body
from p2pevents.record.envelope import Verified, body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import Path, RecordId
from p2pevents.record.kinds import Kind
from p2pevents.record.signature import public_key_of
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.atom import atom_text
from p2pevents.view.calendar import Calendar, fold
from p2pevents.view.feed import Feed
from p2pevents.view.markdown import markdown_text
from p2pevents.view.rows import json_text, row_of
from p2pevents.view.schedule_xml import schedule_xml
from tests.view.making import ALICE, CHAPTER, CLOCK_MS, event, record, series

PATHS: dict[Kind, Path] = {
    Kind.EVENT: ("meet",),
    Kind.SESSION: ("meet", "s"),
    Kind.SERIES: ("paris",),
    Kind.OCCURRENCE: ("paris", "2019-10-02"),
    Kind.PROFILE: ("profile",),
    Kind.VENUE: ("v",),
    Kind.RECAP: ("meet",),
    Kind.NOTICE: ("meet", "n"),
}
KINDS = tuple(PATHS)
BODY_BYTES_MAX = 16 * 1024
# What no line of any format may hold: it would move a terminal's cursor, or turn words around.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@cache
def around() -> tuple[Verified, ...]:
    """An honest chapter around the record."""
    when = {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris", "duration": "PT1H"}
    moved = {"start": "2019-10-03T18:30:00", "timeZone": "Europe/Paris"}
    return (
        event(
            where={"name": "Hall", "city": "Paris"},
            links={"a": {"href": "https://example.org", "title": "Slides"}},
            keywords={"p2p": True},
        ),
        record("session", ("meet", "s"), {"title": "Gossip", "when": when, "room": "Hall"}),
        series(),
        record("occurrence", ("paris", "2019-10-02"), {"when": moved}),
        record("profile", ("profile",), {"name": "Paris P2P", "timeZone": "Europe/Paris"}),
        record("venue", ("v",), {"name": "Hall"}),
        record("recap", ("meet",), {"title": "It was good"}),
        record("notice", ("meet", "n"), {"title": "Moved", "description": "to the other hall"}),
    )


def input_of(one: Verified) -> bytes:
    """Return the input that makes this record: its kind, then its body."""
    return bytes([KINDS.index(Kind(one.header.kind))]) + (one.body or b"")


def check_shown(data: bytes) -> Calendar:
    """Seal a body as a lead would, fold it among honest records, and write it in every format.

    Raises:
        RecordError: it is void, which the fold has borne.
    """
    kind = KINDS[data[0] % len(KINDS)] if data else Kind.EVENT
    body = data[1 : 1 + BODY_BYTES_MAX]
    header = Header(
        kind=kind,
        chapter=CHAPTER,
        path=PATHS[kind],
        author=public_key_of(ALICE),
        authority=RecordId(b"l" * 32),
        clock=CLOCK_MS + 10_000,
        body_hash=body_hash(body),
        body_bytes=len(body),
        start=_start_of(body),
    )
    hostile = seal(header, body, seed=ALICE)
    calendar = fold([*around(), hostile])
    decode_body(header, body)
    _written(calendar)
    return calendar


def _start_of(body: bytes) -> str | None:
    """Return the start hint that an author would give."""
    try:
        when = cbor2.loads(body)["fields"]["when"][1]
        day = str(when.get("start") or when.get("day"))[:10]
    except (cbor2.CBORDecodeError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    return day if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day, re.ASCII) else None


def _written(calendar: Calendar) -> None:
    entries = agenda(calendar, Query())
    rows = [row_of(entry, public_url="https://events.example") for entry in entries]
    assert json.loads(json_text(rows)) == json.loads(json.dumps(rows))
    atom = atom_text(calendar, chapters=[CHAPTER], name="Feed")
    ET.fromstring(atom)
    feed = Feed(name="Feed").text(calendar)
    icalendar.Calendar.from_ical(feed)
    texts = [atom, feed, markdown_text(entries, title="Feed")]
    for entry in entries[:3]:
        programme, _ = schedule_xml(entry)
        ET.fromstring(programme)
        texts.append(programme)
    for text in texts:
        found = _FORBIDDEN.search(text.decode("utf-8"))
        assert found is None, f"{found} in {text!r}"
