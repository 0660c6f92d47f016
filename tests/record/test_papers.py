"""What people write around a programme: understood, or refused with the field and the way out."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, strategies as st

from p2pevents.errors import DraftError
from p2pevents.record import cbor
from p2pevents.record.draft import (
    CallDraft,
    DecisionDraft,
    DigestDraft,
    Draft,
    EndorsementDraft,
    EraseDraft,
    EventDraft,
    NoticeDraft,
    OccurrenceDraft,
    ProfileDraft,
    ProposalDraft,
    RecapDraft,
    SeriesDraft,
    SessionDraft,
    VenueDraft,
)
from p2pevents.record.draft.times import read_length
from p2pevents.record.envelope import ENVELOPE_BYTES_MAX, Verified, open_envelope
from p2pevents.record.fields import ERASE_IDS_MAX, PROPOSAL_BYTES_MAX, Call, Recap, Shown
from p2pevents.record.header import Header, ObjectId
from p2pevents.record.ids import (
    ChapterId,
    EntryId,
    Path,
    PublicKey,
    RecordId,
    component_of,
    to_text,
)
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind, attribute_of
from p2pevents.record.link import Link as ChapterLink
from p2pevents.record.listed import listed_in, listed_of
from p2pevents.record.merge import merge
from p2pevents.record.text import normal
from p2pevents.record.values import (
    DIGEST_DAYS_MAX,
    LISTED_MAX,
    Level,
    Link,
    Outcome,
    Participant,
    Recording,
    SessionType,
    When,
)
from tests.record.people import CHAPTER, say

PARIS = "Europe/Paris"
NOW_MS = 1_578_000_000_000
OTHER = ChapterId(bytes(range(100, 132)))
DRAFTS: dict[Kind, type[Any]] = {
    each.kind: each
    for each in (
        CallDraft, DecisionDraft, EndorsementDraft, EraseDraft, EventDraft, NoticeDraft,
        OccurrenceDraft, ProfileDraft, ProposalDraft, RecapDraft, SeriesDraft, SessionDraft,
        VenueDraft,
    )
}  # fmt: skip
GIVEN: dict[Kind, dict[str, str]] = {
    Kind.OCCURRENCE: {"day": "2020-01-01"},
    Kind.SERIES: {"today": "2020-01-01"},
}
"""What a draft is given beside words."""


def path_of(kind: Kind) -> tuple[str, ...]:
    if kind in (Kind.PROFILE, Kind.DIGEST):
        return (str(kind),)
    if kind == Kind.OCCURRENCE:
        return ("r", "2020-01-01")
    if kind == Kind.SESSION:
        return ("e", "s")
    return (component_of(bytes(10)),)


def sealed(draft: Draft) -> Verified:
    """Return the record that a draft composes to."""
    object_id = ObjectId(chapter=CHAPTER, kind=draft.kind, path=path_of(draft.kind))
    return say("ada", draft.changes, object_id=object_id, now_ms=NOW_MS)


def read_back(draft: Draft) -> Shown:
    """Return what every reader sees of a draft; each change that it makes is in there."""
    record = sealed(draft)
    shown = merge([open_envelope(record.envelope, record.body)]).shown
    assert shown is not None
    for name, value in draft.changes.items():
        found = _parsed(getattr(shown, attribute_of(draft.kind, name)))
        wanted = _parsed(value)
        assert wanted == normal(wanted), "not in normal form before it is sealed"
        if isinstance(wanted, dict):
            wanted = {key: item for key, item in wanted.items() if item is not None}
        assert found == wanted
    return shown


def _parsed(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def refused(make: Callable[..., Any], **words: Any) -> tuple[str, str]:
    """Return the message and the hint that a person gets."""
    with pytest.raises(DraftError) as caught:
        make(**words)
    assert not caught.value.message.endswith(".")
    return caught.value.message, caught.value.hint


# --- every kind -----------------------------------------------------------------------------

_LETTERS = st.characters(categories=("L", "N"))
_LINES = st.text(_LETTERS, min_size=1, max_size=60)
_PROSES = st.text(_LETTERS | st.sampled_from("\n\t e\u0301"), max_size=300).map("a".__add__)
_DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
_LANGUAGES = st.sampled_from(["fr", "EN", "pt_BR"])
_LINKS = st.sampled_from(["https://example.org", "http://bücher.example/é?x=1#y", ""])
_PATHS = st.sampled_from(["e", "mfrggzdfmztwq2lk", "r/2020-01-08", "a/b/c/d"])
_IDS = st.binary(min_size=32, max_size=32).map(to_text)
_TYPES = st.sampled_from([*SessionType])
_LEVELS = st.sampled_from([*Level])
_COMMON = {
    "description": _PROSES,
    "locale": _LANGUAGES,
    "links": st.dictionaries(_LINES, _LINKS, max_size=4),
}
_TITLED = {"title": _LINES, **_COMMON}
GOOD: dict[Kind, dict[str, st.SearchStrategy[Any]]] = {
    Kind.CALL: _TITLED | {
        "closes": _DAYS | _DAYS.map("{} 12:00".format),
        "zone": st.just(PARIS),
        "closed": st.sampled_from([True, False, "yes", "No"]),
        "languages": st.lists(_LANGUAGES),
        "types": st.lists(_TYPES),
    },
    Kind.PROPOSAL: _TITLED | {
        "name": _LINES,
        "contact": _LINES,
        "call": _PATHS,
        "languages": st.lists(_LANGUAGES),
        "duration": st.sampled_from(["10 min", "1h30", "PT45M"]),
        "type": _TYPES,
        "levels": st.dictionaries(_LINES, _LEVELS, max_size=16),
        "recording": st.sampled_from([*Recording, "if possible"]),
        "availability": _PROSES,
        "prerequisites": _PROSES,
    },
    Kind.DECISION: _COMMON | {"outcome": st.sampled_from([*Outcome]), "session": _PATHS},
    Kind.RECAP: _TITLED | {
        "day": _DAYS | _DAYS.map(str),
        "cover": _LINKS,
        "expected": st.integers(0, 999_999) | st.integers(0, 999_999).map(str),
        "attended": st.integers(0, 999_999) | st.integers(0, 999_999).map(str),
        "lessons": _PROSES,
        "authors": st.lists(_LINES, max_size=4),
        "tags": st.lists(st.text(_LETTERS, min_size=1, max_size=50), max_size=4),
    },
    Kind.NOTICE: _TITLED | {"until": _DAYS | _DAYS.map(str)},
    Kind.ENDORSEMENT: _COMMON | {
        "name": _LINES,
        "chapter": _IDS | st.just(ChapterLink(chapter=OTHER, name="Lyon").text),
    },
    Kind.ERASE: {"ids": st.lists(_IDS, min_size=1, max_size=8)},
}  # fmt: skip


@st.composite
def good_words(draw: st.DrawFn) -> tuple[Kind, dict[str, Any]]:
    kind = draw(st.sampled_from(list(GOOD)))
    words = draw(st.fixed_dictionaries({}, optional=GOOD[kind]))
    if "closes" in words or "zone" in words:
        words = {"closes": draw(GOOD[kind]["closes"])} | words | {"zone": PARIS}
    if kind == Kind.ERASE:
        words.setdefault("ids", [to_text(OTHER)])
    return kind, words


def test_every_kind_that_people_write_has_its_words() -> None:
    assert DRAFTS.keys() | {Kind.DIGEST} == {*Kind} - AUTHORITY_KINDS
    assert all(GOOD[kind].keys() == DRAFTS[kind].words for kind in GOOD)


@given(good_words())
def test_every_good_draft_composes_and_reads_back(said: tuple[Kind, dict[str, Any]]) -> None:
    """KIND-11."""
    kind, words = said
    draft = DRAFTS[kind].from_words(**words)
    if draft.changes and any(value != {} for value in draft.changes.values()):
        read_back(draft)


_ODD_TEXTS = st.one_of(
    st.text(st.characters(), max_size=60),  # surrogates too, as a shell may hand them over
    st.sampled_from(
        [
            "", " ", "x" * 9000, "\u202e", "\x00", "2020-02-30", "24:00", "9" * 5000,
            "p2pevents://x", "https://[::1", "https://a/\ud800", "PT", "0 min", "b" + "a" * 52,
        ]
    ),
)  # fmt: skip
_ODD = st.recursive(
    st.one_of(
        _ODD_TEXTS, st.none(), st.booleans(), st.integers(), st.floats(), st.binary(), _DAYS,
        st.times(), st.datetimes(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ODD_TEXTS, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
OF_ALL_WORDS = ("nothing to change", "too long in all: ", "too many parts: ")


@st.composite
def odd_words(draw: st.DrawFn) -> tuple[Kind, dict[str, Any]]:
    kind = draw(st.sampled_from(list(DRAFTS)))
    words = sorted(DRAFTS[kind].words)
    odd = draw(st.dictionaries(st.sampled_from(words), _ODD, min_size=1, max_size=4))
    good = draw(st.fixed_dictionaries({}, optional=GOOD.get(kind, {})))
    return kind, {**good, **odd}


@given(odd_words())
def test_odd_words_give_a_draft_error_and_nothing_else(said: tuple[Kind, dict[str, Any]]) -> None:
    kind, words = said
    try:
        sealed(DRAFTS[kind].from_words(**GIVEN.get(kind, {}), **words))
        return
    except DraftError as error:
        message = error.message
    about = re.split("[:. ]", message)[0]
    assert about in DRAFTS[kind].words or message.startswith(OF_ALL_WORDS), message


# --- each kind ------------------------------------------------------------------------------


def test_a_call_is_read_from_words() -> None:
    words: Any = {
        "title": "Talks for the next meetups",
        "closes": "2020-02-29",
        "zone": PARIS,
        "languages": ["fr", "en"],
        "types": ["Talk", "workshop", "talk"],
        "closed": False,
    }
    draft = CallDraft.from_words(**words)
    assert draft.changes == {
        "title": "Talks for the next meetups",
        "closes": When(day="2020-02-29", time_zone=PARIS),
        "languages": ("fr", "en"),
        "types": ("talk", "workshop"),
        "closed": False,
    }
    read_back(draft)


def test_a_call_that_closes_later_keeps_what_is_not_said() -> None:
    current = Call(closes=When(start="2020-02-29T18:00:00", time_zone=PARIS))

    def closes(**words: Any) -> When | None:
        found = CallDraft.from_words(current=current, **words).changes["closes"]
        assert found is None or isinstance(found, When)
        return found

    assert closes(closes="23:59") == When(start="2020-02-29T23:59:00", time_zone=PARIS)
    assert closes(closes="2020-03-02") == When(day="2020-03-02", time_zone=PARIS)
    assert closes(zone="Europe/London") == When(
        start="2020-02-29T18:00:00", time_zone="Europe/London"
    )
    assert closes(closes=dt.date(2020, 3, 2)) == When(day="2020-03-02", time_zone=PARIS)
    assert closes(closes="", zone=PARIS) is None
    by_day = Call(closes=When(day="2020-02-29", time_zone=PARIS))
    assert CallDraft.from_words(current=by_day, zone="Asia/Tokyo").changes["closes"] == When(
        day="2020-02-29", time_zone="Asia/Tokyo"
    )
    assert CallDraft.from_words(current=current, title="x").changes == {"title": "x"}
    assert CallDraft.from_words(current=current, closed="").changes == {"closed": None}


def test_a_proposal_is_read_from_words() -> None:
    draft = ProposalDraft.from_words(
        title="Decentralised reputation",
        name="A speaker",
        contact="speaker@example.org",
        call="mfrggzdfmztwq2lk",
        languages=["fr", "en"],
        duration="10 min",
        type="talk",
        levels={"Network": "Beginner", "crypto": "none"},
        recording="no",
        availability="any first Wednesday",
        prerequisites="none",
        links={"slides": "https://example.org/s"},
    )
    assert draft.changes == {
        "title": "Decentralised reputation",
        "name": "A speaker",
        "contact": "speaker@example.org",
        "call": "mfrggzdfmztwq2lk",
        "languages": ("fr", "en"),
        "duration": "PT10M",
        "type": "talk",
        "levels": {"network": "beginner", "crypto": "none"},
        "recording": "no",
        "availability": "any first Wednesday",
        "prerequisites": "none",
        "links": {"slides": Link(href="https://example.org/s")},
    }
    read_back(draft)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("10 min", "PT10M"), ("10m", "PT10M"), ("90 minutes", "PT1H30M"), ("1h", "PT1H"),
        ("1h30", "PT1H30M"), ("1 h 5 min", "PT1H5M"), ("2 hours", "PT2H"), (" PT45M ", "PT45M"),
        ("pt1h", "PT1H"), ("30 h", "P1DT6H"),
    ],
)  # fmt: skip
def test_a_length_is_read_as_people_write_it(typed: str, stored: str) -> None:
    assert read_length("duration", typed) == stored


def test_a_decision_holds_the_proposal_as_it_came() -> None:
    proposal = sealed(ProposalDraft.from_words(title="x", name="A speaker"))
    draft = DecisionDraft.from_words(proposal=proposal, outcome="Accepted", session="e/s")
    assert draft.changes["outcome"] == "accepted"
    envelope, body = cbor.decode(draft.changes["proposal"], bytes_max=PROPOSAL_BYTES_MAX)
    assert open_envelope(envelope, body).id == proposal.id
    read_back(draft)
    # Later words leave the proposal where it is.
    assert DecisionDraft.from_words(session="e/t").changes == {"session": "e/t"}


@given(
    description=st.integers(1, 8000),
    prerequisites=st.integers(1, 8000),
    character=st.sampled_from("aé山😀"),
    links=st.integers(0, 60),
)
def test_every_proposal_that_can_be_written_can_be_decided_on(
    description: int, prerequisites: int, character: str, links: int
) -> None:
    words: Any = {
        "description": character * description,
        "prerequisites": character * prerequisites,
    }
    text_bytes = (description + prerequisites) * len(character.encode())
    assume(not 11_000 < text_bytes <= PROPOSAL_BYTES_MAX - ENVELOPE_BYTES_MAX)
    if text_bytes > 11_000:
        assert refused(ProposalDraft.from_words, **words)[0].startswith("too long in all: ")
        return
    links = min(links, (11_000 - text_bytes) // 50)  # a link of two letters takes less than 50
    words["links"] = {str(number): "https://example.org" for number in range(links)}
    draft = ProposalDraft.from_words(**words)
    DecisionDraft.from_words(proposal=sealed(draft), outcome="deferred")


def test_a_proposal_that_cannot_be_decided_on_is_refused() -> None:
    def decide(proposal: Verified) -> tuple[str, str]:
        return refused(DecisionDraft.from_words, proposal=proposal, outcome="declined")

    proposal = sealed(ProposalDraft.from_words(title="x"))
    assert refused(DecisionDraft.from_words, proposal=proposal) == (
        "outcome: missing",
        "choose from accepted, declined, deferred",
    )
    assert decide(proposal.without_body()) == (
        "proposal: its words are not here",
        "wait until they have come",
    )
    assert decide(sealed(NoticeDraft.from_words(title="x"))) == (
        "proposal: this record is of kind notice",
        "name one of those that were sent in",
    )
    path = ObjectId(chapter=CHAPTER, kind="proposal", path=("p",))
    long = say("eve", {"description": "x" * 7000, "prerequisites": "x" * 7000}, object_id=path)
    message, hint = decide(long)
    assert message.startswith("proposal: ")
    assert message.endswith(f"where {PROPOSAL_BYTES_MAX} are allowed")
    assert hint == "ask whoever sent it for a shorter one"


def test_a_recap_is_read_from_words() -> None:
    draft = RecapDraft.from_words(
        title="The first year",
        description="What we did.\n\nWhat comes next.",
        day="2020-05-11",
        cover="https://paris.example.org/paris-p2p.jpg",
        expected=60,
        attended="48",
        lessons="Two microphones.",
        authors=["camille", "Camille"],
        tags=["#meetup"],
    )
    assert draft.changes == {
        "title": "The first year",
        "description": "What we did.\n\nWhat comes next.",
        "day": "2020-05-11",
        "cover": "https://paris.example.org/paris-p2p.jpg",
        "expected": 60,
        "attended": 48,
        "lessons": "Two microphones.",
        "participants": {"camille": Participant(name="camille", roles=("author",))},
        "keywords": {"meetup": True},
    }
    current = read_back(draft)
    assert isinstance(current, Recap)
    later = RecapDraft.from_words(current=current, authors=["Ada"], tags=["dao"], cover="")
    assert later.changes == {
        "cover": None,
        "participants": {"camille": None, "ada": Participant(name="Ada", roles=("author",))},
        "keywords": {"meetup": None, "dao": True},
    }


def test_notices_and_endorsements_are_read_from_words() -> None:
    notice = NoticeDraft.from_words(title="We meet online", until="2020-05-31")
    assert notice.changes == {"title": "We meet online", "until": "2020-05-31"}
    read_back(notice)
    link = ChapterLink(chapter=OTHER, name="Somebody else's name for it").text
    for typed in (to_text(OTHER), f" {to_text(OTHER)}\n", link, f"https://x.example/join#{link}"):
        endorsement = EndorsementDraft.from_words(chapter=typed, name="Lyon P2P (demo)")
        assert endorsement.changes == {"chapter": OTHER, "name": "Lyon P2P (demo)"}
        read_back(endorsement)


def test_an_erase_names_each_record_once() -> None:
    one, two = to_text(bytes(32)), to_text(bytes(range(32)))
    draft = EraseDraft.from_words(ids=[two, one, f" {two}"])
    assert draft.changes == {"ids": (bytes(range(32)), bytes(32))}
    read_back(draft)
    most = [to_text(number.to_bytes(32, "big")) for number in range(ERASE_IDS_MAX + 1)]
    read_back(EraseDraft.from_words(ids=most[1:]))
    assert refused(EraseDraft.from_words, ids=most) == (
        "ids: 401 records, where 400 are allowed",
        "erase the rest with another",
    )


def header_of(path: Path, clock: int, author: bytes = bytes(32)) -> Header:
    return Header(
        kind="event",
        chapter=CHAPTER,
        path=path,
        author=PublicKey(author),
        authority=RecordId(bytes(32)),
        clock=clock,
        body_hash=bytes(32),
        body_bytes=0,
    )


@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=4), st.integers(0, 9)), max_size=40))
def test_a_digest_lists_what_each_version_is_of_and_its_clock(given: list[tuple[str, int]]) -> None:
    """KIND-12, KIND-13: in order of their bytes, and each once."""
    until_ms = NOW_MS + DIGEST_DAYS_MAX * 86_400_000
    headers = [header_of((name,), clock) for name, clock in given]
    draft = DigestDraft.from_versions(headers, tip=EntryId(OTHER), until_ms=until_ms)
    listing = draft.changes["listing"]
    domain = b"p2pevents/1/listed\0event\0"
    names = {name: sha256(domain + name.encode() + bytes(33)).digest()[:4] for name, _ in given}
    assert listing.tip == OTHER
    assert list(listed_in(listing)) == sorted({(names[name], clock) for name, clock in given})
    read_back(draft)
    late = DigestDraft.from_versions([], tip=EntryId(OTHER), until_ms=until_ms + 1)
    assert refused(lambda: sealed(late))[0] == "more than 30 days ahead"


def test_a_listed_clock_has_six_bytes() -> None:
    """KIND-13: and one that is later counts as the latest of them."""
    listed = [listed_of(header_of(("a",), clock))[4:] for clock in (2**48 - 1, 2**48, 2**53 - 1)]
    assert listed == [b"\xff" * 6] * 3


def test_a_digest_lists_no_more_than_it_may() -> None:
    newest = [header_of((f"e{number}",), 2**53 - 1) for number in range(LISTED_MAX + 1)]
    tip = EntryId(OTHER)
    read_back(DigestDraft.from_versions(newest[1:], tip=tip, until_ms=NOW_MS))
    assert refused(DigestDraft.from_versions, newest=newest, tip=tip, until_ms=NOW_MS)[0] == (
        "listing: 1501 versions, where 1500 are allowed"
    )


def test_text_is_kept_in_one_normal_form() -> None:
    typed = "Soire\u0301e"
    for draft in (
        NoticeDraft.from_words(title=typed),
        ProposalDraft.from_words(title=typed),
        CallDraft.from_words(title=typed),
        RecapDraft.from_words(title=typed),
    ):
        assert draft.changes == {"title": unicodedata.normalize("NFC", typed)}


@pytest.mark.parametrize(
    ("kind", "words", "message", "hint"),
    [
        (Kind.CALL, {"closing": "x"}, "closing: not a word of this call", "did you mean clos"),
        (Kind.CALL, {"closes": "2020-02-29"}, "zone: missing", "write --zone Europe/Paris"),
        (Kind.CALL, {"zone": PARIS}, "closes: missing", "write closes = 2020-01-08 18:30"),
        (Kind.CALL, {"closes": "18:00", "zone": PARIS}, "closes: '18:00' has no day", "write 2020"),
        (Kind.CALL, {"closes": "soon", "zone": PARIS}, "closes: 'soon' is not a time", "write 20"),
        (
            Kind.CALL,
            {"closes": "2027-03-28 02:30", "zone": PARIS},
            "closes: 2027-03-28 02:30 does not exist in Europe/Paris",
            "did you mean 03:30",
        ),
        (Kind.CALL, {"closes": "2020-02-29", "zone": "Paris"}, "zone: 'Paris' is not a time", "wr"),
        (Kind.CALL, {"closed": "maybe"}, "closed: 'maybe' is not a choice", "choose from yes, no"),
        (Kind.CALL, {"closed": 1}, "closed: 1 is not a text", "put it between quotes"),
        (Kind.CALL, {"types": ["opera"]}, "types: 'opera' is not a choice", "choose from talk"),
        (Kind.CALL, {"types": "talk"}, "types: not a list of texts", 'write types = ["..."]'),
        (Kind.PROPOSAL, {"duration": 30}, "duration: '30' is not a duration", "write 30 min, or "),
        (Kind.PROPOSAL, {"duration": "0 min"}, "duration: '0 min' is no time at all", "write 30 m"),
        (Kind.PROPOSAL, {"duration": "P999D"}, "duration: longer than 366 days", "write 30 min"),
        (Kind.PROPOSAL, {"levels": ["x"]}, "levels: not a table", "write levels = { network = "),
        (Kind.PROPOSAL, {"levels": {"x": ""}}, "levels.x: '' is not a choice", "choose from none"),
        (Kind.PROPOSAL, {"levels": {"": "none"}}, "levels: empty", ""),
        (
            Kind.PROPOSAL,
            {"levels": {str(number): "none" for number in range(17)}},
            "levels: 17 topics, where 16 are allowed",
            "leave out some",
        ),
        (Kind.PROPOSAL, {"call": "A B"}, "call: 'A B' is not the id of an object", ""),
        (
            Kind.PROPOSAL,
            {"description": "x" * 7000, "prerequisites": "x" * 7000},
            "too long in all: 14083 bytes, where 11182 are allowed",
            "shorten the description",
        ),
        (
            Kind.PROPOSAL,
            {"links": {str(number): "https://a.org" for number in range(120)}},
            "too many parts: ",
            "leave out some",
        ),
        (Kind.DECISION, {"outcome": "ok"}, "outcome: 'ok' is not a choice", "choose from accepted"),
        (Kind.DECISION, {"session": "!"}, "session: '!' is not the id of an object", ""),
        (Kind.RECAP, {"day": "May"}, "day: 'May' is not a day", "write 2020-01-08"),
        (Kind.RECAP, {"cover": "x.jpg"}, "cover: 'x.jpg' is not a link to a page", "a link begins"),
        (Kind.RECAP, {"links": {"\ud800": "https://a.org"}}, "links: holds the character U+", ""),
        (Kind.RECAP, {"cover": "https://a.org/\ud800"}, "cover: 'https://a.org/\\ud800' is", ""),
        (Kind.RECAP, {"attended": -1}, "attended: '-1' is not a number from 0 to 999999", ""),
        (Kind.RECAP, {"expected": "many"}, "expected: 'many' is not a number from 0 to 99", ""),
        (Kind.NOTICE, {"until": "2020-02-30"}, "until: '2020-02-30' is not a day", "write 2020-01"),
        (Kind.ENDORSEMENT, {"chapter": "Lyon"}, "chapter: 'Lyon' is not an id", "an id is the let"),
        (
            Kind.ENDORSEMENT,
            {"chapter": "https://lyon.example.org/"},
            "chapter: this web address holds no link",
            "copy the whole link again",
        ),
        (Kind.ERASE, {}, "ids: missing", "name at least one record"),
        (Kind.ERASE, {"ids": []}, "ids: missing", "name at least one record"),
        (Kind.ERASE, {"ids": ["abc"]}, "ids: 'abc' is not an id", "an id is the letter b and 52"),
        (Kind.EVENT, {"edition": "9" * 5000}, "edition: '99999999999999999999' is not a n", ""),
    ],
)  # fmt: skip
def test_words_that_cannot_be_used_name_the_field_and_the_way_out(
    kind: Kind, words: dict[str, Any], message: str, hint: str
) -> None:
    said_message, said_hint = refused(DRAFTS[kind].from_words, **words)
    assert said_message.startswith(message)
    assert said_hint.startswith(hint)
