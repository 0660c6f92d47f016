"""Whether all is here, as digests tell (docs/spec/kinds.md, KIND-13 and KIND-14)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from p2pevents.record.envelope import Verified
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, EntryId, PublicKey, RecordId
from p2pevents.record.listed import listed_of
from p2pevents.record.values import Listing
from p2pevents.sync.months import days_from, first_month
from p2pevents.view.freshness import (
    Completeness,
    Freshness,
    Said,
    freshness_facts,
    freshness_of,
    held_names,
    listed_window,
    newest_versions,
    said_by,
)
from tests.view.making import ALICE, BOB, CLOCK_MS, event, record

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
TIP = EntryId(bytes(32))
OTHER_TIP = EntryId(b"t" * 32)


def header(name: str, *, clock: int, author: int = 1) -> Header:
    return Header(
        kind="event",
        chapter=ChapterId(bytes(32)),
        path=(name,),
        author=PublicKey(bytes([author]) * 32),
        authority=RecordId(bytes(32)),
        clock=clock,
        body_hash=bytes(32),
        body_bytes=0,
    )


def said(*listed: Header, clock: int, days: int = 30, tip: EntryId = TIP, author: int = 9) -> Said:
    versions = b"".join(sorted(listed_of(each) for each in listed))
    listing = Listing(versions=versions, tip=tip, until=clock + days * DAY_MS)
    return Said(header=header("digest", clock=clock, author=author), listing=listing)


def state(*digests: Said, holds: tuple[Header, ...] = (), now_ms: int = NOW_MS) -> Completeness:
    return freshness_of(
        digests, held=held_names(holds), has_entry=lambda entry: entry == TIP, now_ms=now_ms
    ).state


@given(
    listed=st.dictionaries(st.text("ab", min_size=1, max_size=3), st.integers(0, 9), max_size=9),
    held=st.dictionaries(st.text("ab", min_size=1, max_size=3), st.integers(0, 9), max_size=9),
)
def test_whoever_holds_each_listed_version_or_a_newer_one_is_complete(
    listed: dict[str, int], held: dict[str, int]
) -> None:
    """KIND-14: against the obvious way to say it."""
    lacking = sum(held.get(name, -1) < clock for name, clock in listed.items())
    found = freshness_of(
        [said(*(header(name, clock=clock) for name, clock in listed.items()), clock=NOW_MS)],
        held=held_names(header(name, clock=clock) for name, clock in held.items()),
        has_entry=lambda entry: entry == TIP,
        now_ms=NOW_MS,
    )
    assert found.lacking == lacking
    assert found.state is (Completeness.INCOMPLETE if lacking else Completeness.COMPLETE)
    assert (found.as_of_ms, found.until_ms) == (NOW_MS, NOW_MS + 30 * DAY_MS)


def test_a_newer_version_by_somebody_else_is_not_the_listed_one() -> None:
    """KIND-14: each author's word counts by itself."""
    theirs = header("a", clock=5, author=2)
    assert state(said(header("a", clock=4), clock=NOW_MS), holds=(theirs,)) is (
        Completeness.INCOMPLETE
    )


def test_thirty_one_days_on_all_is_stale() -> None:
    """KIND-14: what is held back for a month is seen to be."""
    digest = said(clock=NOW_MS)
    assert state(digest, now_ms=NOW_MS + 30 * DAY_MS) is Completeness.COMPLETE
    later = freshness_of(
        [digest, said(clock=NOW_MS - DAY_MS, author=8)],
        held={},
        has_entry=lambda entry: entry == TIP,
        now_ms=NOW_MS + 31 * DAY_MS,
    )
    assert (later.state, later.until_ms) == (Completeness.STALE, NOW_MS + 30 * DAY_MS)
    assert later.as_of_ms is None


def test_without_a_digest_nothing_is_said() -> None:
    """KIND-14."""
    assert state() is Completeness.UNCHECKED


def test_one_digest_that_lists_more_is_enough_to_doubt() -> None:
    """KIND-14: the newest may be of somebody who was cut off, or who holds back."""
    here, lacking = header("a", clock=1), header("b", clock=1)
    newest, older = said(here, clock=NOW_MS), said(lacking, clock=NOW_MS - DAY_MS, author=8)
    assert state(newest, holds=(here,)) is Completeness.COMPLETE
    assert state(newest, older, holds=(here,)) is Completeness.INCOMPLETE
    ended = said(lacking, clock=NOW_MS - 9 * DAY_MS, days=8, author=8)
    assert state(newest, ended, holds=(here,)) is Completeness.COMPLETE


def test_a_charter_entry_that_is_not_here_is_lacking() -> None:
    """KIND-14."""
    assert state(said(clock=NOW_MS, tip=OTHER_TIP)) is Completeness.INCOMPLETE


@pytest.mark.parametrize("day", ["2027-01-31", "2027-03-31", "2028-02-29", "2027-12-31"])
@pytest.mark.parametrize("later_days", [0, 1, 29, 30])
def test_what_is_listed_is_asked_for_by_every_reader_while_the_digest_holds(
    day: str, later_days: int
) -> None:
    """KIND-13."""
    now_ms = int(datetime.fromisoformat(f"{day}T23:59:59+00:00").timestamp() * 1000)
    window = listed_window(now_ms)
    first, last = days_from(first_month(now_ms + later_days * DAY_MS))
    assert window.first is not None
    assert window.until is not None
    assert window.first == datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    assert window.until == date(window.first.year + 1, window.first.month, 1)
    assert first <= window.first.isoformat()
    assert (window.until - timedelta(days=1)).isoformat() <= last


def digest(clock: int, *, seed: bytes = ALICE, until: int = NOW_MS) -> Verified:
    listing = {"versions": b"", "tip": bytes(32), "until": until}
    return record("digest", ("digest",), {"listing": listing}, seed=seed, now_ms=clock)


def test_of_each_author_the_newest_digest_counts_and_the_newest_stands_first() -> None:
    """KIND-13."""
    old, new = digest(NOW_MS - 9_000), digest(NOW_MS - 5_000)
    theirs = digest(NOW_MS - 7_000, seed=BOB)
    for records in ([old, new, theirs], [theirs, new, old]):
        assert [each.header for each in said_by(records)] == [new.header, theirs.header]


def test_a_digest_that_cannot_be_read_says_nothing() -> None:
    """KIND-13."""
    whole = digest(NOW_MS - 9_000)
    assert said_by([digest(NOW_MS).without_body()]) == []
    assert [each.listing for each in said_by([whole])] == [
        Listing(versions=b"", tip=bytes(32), until=NOW_MS)
    ]


def test_of_an_author_s_versions_of_an_object_the_newest_is_left() -> None:
    one, two = event("one"), event("two")
    newer = record("event", ("one",), {"title": "New"}, in_view=[one], now_ms=CLOCK_MS + 5)
    other = record("event", ("one",), {"title": "B"}, in_view=[one], seed=BOB, now_ms=CLOCK_MS + 9)
    for versions in ([one, two, newer, other], [other, newer, two, one]):
        assert set(newest_versions(versions)) == {newer, two, other}


def test_how_a_chapter_stands_is_said_with_its_times_in_utc() -> None:
    found = Freshness(state=Completeness.INCOMPLETE, as_of_ms=999, until_ms=60_000, lacking=3)
    assert freshness_facts(found) == {
        "completeness": "incomplete",
        "asOf": "1970-01-01T00:00:00Z",
        "reliableUntil": "1970-01-01T00:01:00Z",
        "lacking": 3,
    }
    assert freshness_facts(Freshness(state=Completeness.UNCHECKED))["asOf"] is None
