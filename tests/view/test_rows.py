"""Entries as JSON for other programs: what was written beside them, and a document of many."""

from __future__ import annotations

import json

from msgspec.structs import replace

from p2pevents.record.ids import ChapterId
from p2pevents.view.agenda import Query, agenda, facts_in
from p2pevents.view.calendar import Calendar, fold
from p2pevents.view.entries import Entry, entry_of
from p2pevents.view.freshness import Completeness, Freshness
from p2pevents.view.rows import row_of, rows_text
from tests.view.making import CHAPTER, event, profile, record, series

OTHER = ChapterId(b"x" * 32)
FRESH = {CHAPTER: Freshness(state=Completeness.COMPLETE, as_of_ms=0, until_ms=86_400_000)}


def entries(*records: object) -> tuple[Calendar, list[Entry]]:
    calendar = fold([*records])  # type: ignore[list-item]
    return calendar, agenda(calendar, Query())


def test_what_was_written_afterwards_and_to_all_stands_with_its_event() -> None:
    recap = {
        "title": "It was good",
        "day": "2020-01-09",
        "attended": 70,
        "participants": {"ana": {"name": "Ana", "roles": ["author"]}},
        "keywords": {"b": True, "a": True},
    }
    notice = {"title": "Bring a chair", "until": "2020-01-08"}
    _, (entry,) = entries(
        event(), record("recap", ("meet", "r"), recap), record("notice", ("meet", "n"), notice)
    )
    row = row_of(entry)
    assert row["recap"] == {
        "title": "It was good",
        "description": None,
        "day": "2020-01-09",
        "cover": None,
        "expected": None,
        "attended": 70,
        "lessons": None,
        "authors": ["Ana"],
        "tags": ["a", "b"],
        "links": {},
    }
    assert row["notices"] == [
        {"title": "Bring a chair", "description": None, "until": "2020-01-08", "links": {}}
    ]


def test_a_series_by_itself_is_a_row_of_what_every_kind_has() -> None:
    calendar = fold([series()])
    (merged,) = calendar
    entry = entry_of(calendar, merged)
    assert entry is not None
    assert row_of(entry)["kind"] == "series"
    assert "edition" not in row_of(entry)


def test_a_document_of_entries_is_their_rows_and_how_fresh_each_chapter_is() -> None:
    _, found = entries(
        event("a"), event("b"), record("event", ("c",), {"title": "C"}, chapter=OTHER)
    )
    fresh = {**FRESH, OTHER: Freshness(state=Completeness.STALE, until_ms=5_000, lacking=2)}
    text = rows_text(found, fresh, public_url="https://a.example")
    facts: list[dict[str, object]] = [
        {
            "completeness": "complete",
            "asOf": "1970-01-01T00:00:00Z",
            "reliableUntil": "1970-01-02T00:00:00Z",
            "lacking": 0,
        },
        {
            "completeness": "stale",
            "asOf": None,
            "reliableUntil": "1970-01-01T00:00:05Z",
            "lacking": 2,
        },
    ]
    assert json.loads(text.data) == [
        {**json.loads(json.dumps(row_of(each, public_url="https://a.example"))), **facts[at]}
        for each, at in zip(found, (0, 0, 1), strict=True)
    ]
    assert text.data.count(b"\n") == len(found) + 2  # an entry a line


def test_a_document_has_another_tag_where_anything_in_it_is_another() -> None:
    _, found = entries(event("a"), event("b"))
    whole = rows_text(found, FRESH)
    assert rows_text(found, FRESH) == whole
    doubtful = {CHAPTER: Freshness(state=Completeness.INCOMPLETE, lacking=1)}
    others = [
        rows_text(found[:1], FRESH),
        rows_text(found[::-1], FRESH),
        rows_text(found, doubtful),
        rows_text(found, FRESH, public_url="https://a.example"),
        rows_text([], FRESH),
    ]
    assert len({each.tag for each in (whole, *others)}) == 6
    assert others[-1].data == b"[]\n"


def test_a_query_knows_whether_it_asks_for_more_than_days() -> None:
    assert not Query().has_filter
    asked = [
        {"chapters": frozenset({CHAPTER})},
        {"city": "Paris"},
        {"tag": "talk"},
        {"language": "fr"},
        {"search": "x"},
    ]
    assert all(replace(Query(), **each).has_filter for each in asked)  # type: ignore[arg-type]


def test_each_fact_of_entries_is_counted_once_an_entry() -> None:
    _, found = entries(
        profile(languages=["fr"]),
        event("a", keywords={"Café": True}, languages=["en"]),
        event("b", keywords={"talk": True}),
        record("session", ("a", "s"), {"title": "S", "keywords": {"talk": True}}),
        record("event", ("c",), {"title": "C"}, chapter=OTHER),
    )
    assert facts_in(found) == {
        ("city", "Paris"): 2,
        ("tag", "Café"): 1,
        ("tag", "talk"): 2,
        ("language", "en"): 1,
        ("language", "fr"): 2,
    }
