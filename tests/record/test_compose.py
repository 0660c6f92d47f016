"""From changes to a record: REC-9, REC-14, REC-19 to REC-21, MRG-9, MRG-10."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs
from msgspec.structs import replace

from p2pevents.errors import DraftError
from p2pevents.record import cbor
from p2pevents.record.body import SEEN_AUTHORS_MAX, decode_body, encode_body
from p2pevents.record.envelope import body_hash, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.merge import merge
from p2pevents.record.values import When, Where
from tests.record.people import AUTHORITY, CHAPTER, EVENT, key_of, say, seed_of

PARIS = When(start="2020-01-08T18:30:00", time_zone="Europe/Paris")
OCCURRENCE = ObjectId(chapter=CHAPTER, kind="occurrence", path=("r", "2020-01-01"))
NOW_MS = 1_578_000_000_000


def fields_of(record: Any) -> Any:
    return cbor.decode(record.body, bytes_max=1 << 14)["fields"]


def test_a_first_version_holds_the_changes_alone() -> None:
    """REC-14, REC-15."""
    record = say("ada", {"title": "Meetup", "when": PARIS, "keywords": {"p2p": True}})
    assert fields_of(record) == {
        "title": [NOW_MS, "Meetup"],
        "when": [NOW_MS, {"start": "2020-01-08T18:30:00", "timeZone": "Europe/Paris"}, []],
        "keywords": {"p2p": [NOW_MS, True]},
    }
    header = record.header
    assert (header.clock, header.start, header.authority) == (NOW_MS, "2020-01-08", AUTHORITY)
    assert header.object_id == EVENT
    assert header.author == key_of("ada")
    other = say("ada", {"title": "Meetup"}, salt=b"another salt ...")
    assert other.id != say("ada", {"title": "Meetup"}).id


@given(now_ms=st.integers(0, 2 * NOW_MS))
def test_the_clock_is_later_than_every_version_in_view(now_ms: int) -> None:
    """REC-9: void versions and those without a body count too."""
    first = say("ada", {"title": "a"})
    for held in (first, first.without_body()):
        record = say("bo", {"title": "b"}, [held], now_ms=now_ms)
        assert record.header.clock == max(now_ms, first.header.clock + 1)


def test_own_fields_are_carried_over_and_those_of_others_are_not() -> None:
    """MRG-9."""
    ada = say("ada", {"title": "Meetup", "links": {"a": {"href": "https://a.example/"}}})
    bo = say("bo", {"edition": 5, "when": PARIS}, [ada])
    again = say("ada", {"links": {"b": {"href": "https://b.example/"}}}, [ada, bo])
    assert fields_of(again) == {
        "title": [NOW_MS, "Meetup"],
        "links": {
            "a": [NOW_MS, {"href": "https://a.example/"}],
            "b": [NOW_MS + 2, {"href": "https://b.example/"}],
        },
    }
    removed = say("ada", {"links": {"a": None}, "title": None}, [ada, bo, again])
    assert fields_of(removed)["links"]["a"] == [NOW_MS + 3, None]
    assert fields_of(removed)["title"] == [NOW_MS + 3, None]
    assert merge([ada, bo, again, removed]).shown == merge([bo, removed]).shown


def test_fields_that_the_program_does_not_know_are_carried_over() -> None:
    """REC-19, MRG-9."""
    ada = say("ada", {"title": "Meetup"})
    body = decode_body(ada.header, ada.body or b"")
    later = encode_body(structs.replace(body, unknown={"fromTheFuture": [NOW_MS, 5]}))
    header = replace(ada.header, body_hash=body_hash(later), body_bytes=len(later))
    newer = seal(header, later, seed=seed_of("ada"))
    assert fields_of(say("ada", {"edition": 1}, [newer]))["fromTheFuture"] == [NOW_MS, 5]


def test_a_guarded_field_says_what_it_has_seen_and_others_do_not() -> None:
    """MRG-10."""
    ada = say("ada", {"when": PARIS, "title": "a"})
    bo = say("bo", {"when": When()}, [ada])
    cy = say("cy", {"when": PARIS, "title": "c"}, [ada, bo])
    seen = fields_of(cy)["when"][2]
    assert seen == sorted([[key_of("ada"), NOW_MS], [key_of("bo"), NOW_MS + 1]])
    assert fields_of(bo)["when"][2] == [[key_of("ada"), NOW_MS]]
    # A field that is carried over keeps what it had seen: nothing new was said.
    again = say("ada", {"title": "b"}, [ada, bo, cy])
    assert fields_of(again)["when"] == fields_of(ada)["when"]


def test_of_too_many_authors_the_newest_are_named() -> None:
    """REC-18."""
    others = [
        say(f"organiser {number}", {"retracted": False}, now_ms=NOW_MS + number)
        for number in range(SEEN_AUTHORS_MAX + 3)
    ]
    seen = fields_of(say("ada", {"retracted": False}, others))["retracted"][2]
    assert len(seen) == SEEN_AUTHORS_MAX
    assert min(clock for _, clock in seen) == NOW_MS + 3


@given(text=st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=20))
def test_text_is_written_in_one_normal_form(text: str) -> None:
    """REC-20."""
    once = say("ada", {"title": text, "keywords": {text: True}})
    assert fields_of(once) == fields_of(
        say("ada", {"title": fields_of(once)["title"][1], "keywords": {text: True}})
    )
    decomposed = say("ada", {"title": "e\u0301", "where": Where(name="e\u0301")})
    assert fields_of(decomposed)["title"][1] == "\u00e9"
    assert fields_of(decomposed)["where"][1] == {"name": "\u00e9"}


def test_the_start_hint_follows_what_is_shown() -> None:
    """REC-21."""
    ada = say("ada", {"when": PARIS})
    assert say("bo", {"title": "x"}, [ada]).header.start == "2020-01-08"
    bo = say("bo", {"when": {"day": "2020-02-01", "timeZone": "Europe/Paris"}}, [ada])
    assert bo.header.start == "2020-02-01"
    # Ada's own `when` is still in her body, so her next version says its day.
    assert say("ada", {"title": "x"}, [ada, bo]).header.start == "2020-01-08"
    assert say("cy", {"title": "x"}, [ada, bo]).header.start == "2020-02-01"
    assert say("ada", {"when": None}, [ada]).header.start is None
    assert say("ada", {"when": {}}).header.start is None
    assert say("ada", {"title": "x"}).header.start is None
    assert say("ada", {"title": "x"}, day="2020-03-01").header.start == "2020-03-01"


def test_an_occurrence_is_on_the_day_of_its_path_until_it_is_moved() -> None:
    """REC-21."""
    skipped = say("ada", {"status": {"is": "skipped"}}, object_id=OCCURRENCE)
    assert skipped.header.start == "2020-01-01"
    moved = say("ada", {"when": PARIS}, object_id=OCCURRENCE)
    assert moved.header.start == "2020-01-08"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "nothing to change"),
        ({"titel": "x"}, "titel: not a field of event"),
        ({"rooms": ["x"]}, "rooms: not a field of event"),
        ({"links": "https://example.org/"}, "links: not a map of entries"),
        ({"links": None}, "links: not a map of entries"),
        ({"title": "a\u202eb"}, "title: holds the character U+202E"),
        ({"where": {"name": "a\x1bb"}}, "where.name: holds the character U+001B"),
        ({"languages": ["\u2028"]}, "languages: holds the character U+2028"),
        ({"keywords": {"a\x00": True}}, "keywords: holds the character U+0000"),
        ({"title": "x" * 201}, "title: more than the 200 that are allowed"),
        ({"title": "two\nlines"}, "title: a character or form that is not allowed"),
        ({"edition": 10_000}, "edition: "),
        (
            {"when": {"start": "2020-02-30T10:00:00", "timeZone": "Europe/Paris"}},
            "when: day is out",
        ),
        ({"description": "\U0001f600" * 5000}, "too long in all: "),
        ({"keywords": {f"tag {number}": True for number in range(170)}}, "too many parts: "),
        ({"imported": {"from": "\ud800"}}, "imported.from: holds the character U+D800"),
    ],
)
def test_a_draft_that_makes_no_record_says_which_field_and_why(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DraftError) as caught:
        say("ada", changes)
    assert caught.value.message.startswith(message)


def test_a_draft_of_what_cannot_be_written_here_is_refused() -> None:
    with pytest.raises(DraftError, match="grant: not a kind"):
        say("ada", {"title": "x"}, object_id=structs.replace(EVENT, kind="grant"))
    with pytest.raises(DraftError, match="not a path of kind event"):
        say("ada", {"title": "x"}, object_id=structs.replace(EVENT, path=("a", "b")))
    with pytest.raises(ValueError, match="of another object"):
        say("ada", {"title": "x"}, [say("ada", {"title": "x"})], object_id=OCCURRENCE)
    last = say("ada", {"title": "x"}, now_ms=cbor.INTEGER_MAX)
    with pytest.raises(DraftError, match="no later clock"):
        say("ada", {"title": "x"}, [last])


def test_an_own_version_without_its_body_is_passed_over() -> None:
    """MRG-2, MRG-9: what can be read is carried over."""
    first = say("ada", {"title": "one"})
    second = say("ada", {"edition": 2}, [first]).without_body()
    third = say("ada", {"retracted": True}, [first, second])
    assert fields_of(third).keys() == {"title", "retracted"}
    assert third.header.clock == second.header.clock + 1
