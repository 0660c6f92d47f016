"""When a digest is written, by whom, and what it says (docs/spec/kinds.md, KIND-13)."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, strategies as st

from p2pevents.node.desk import Change, Desk, open_desk
from p2pevents.node.founding import draft_chapter, found_chapter
from p2pevents.node.home import Home
from p2pevents.node.witness import (
    PAUSE_MS,
    RENEW_MS,
    WITNESS_MS,
    Witness,
    is_due,
    write_digest,
    write_due_digests,
)
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Listing
from p2pevents.view.freshness import Completeness, Said

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
ME, OTHER = PublicKey(b"m" * 32), PublicKey(b"o" * 32)


def listing(number: int = 1) -> Listing:
    return Listing(versions=bytes([number]) * 10, tip=bytes(32), until=NOW_MS + DAY_MS)


def said(author: PublicKey, *, age_ms: int, number: int = 1) -> Said:
    header = Header(
        kind="digest",
        chapter=ChapterId(bytes(32)),
        path=("digest",),
        author=author,
        authority=RecordId(bytes(32)),
        clock=NOW_MS - age_ms,
        body_hash=bytes(32),
        body_bytes=0,
    )
    return Said(header=header, listing=listing(number))


def due(*digests: tuple[Said, bool], number: int = 1, is_lead: bool = False) -> bool:
    witness = Witness(key=ME, is_lead=is_lead)
    return is_due(list(digests), listing(number), witness=witness, now_ms=NOW_MS)


def test_the_first_is_due_at_once() -> None:
    assert due()


@given(age_ms=st.integers(0, 3 * RENEW_MS), is_other=st.booleans())
def test_the_same_is_said_again_after_a_day(age_ms: int, *, is_other: bool) -> None:
    author = OTHER if is_other else ME
    assert due((said(author, age_ms=age_ms), False)) == (age_ms >= RENEW_MS)


@given(age_ms=st.integers(0, RENEW_MS))
def test_a_change_is_said_soon_and_not_at_every_step(age_ms: int) -> None:
    assert due((said(ME, age_ms=age_ms, number=2), False)) == (age_ms >= PAUSE_MS)
    assert due((said(OTHER, age_ms=age_ms, number=2), False))


@given(age_ms=st.integers(0, 2 * WITNESS_MS))
def test_a_lead_leaves_it_to_a_witness_at_work(age_ms: int) -> None:
    at_work = age_ms < WITNESS_MS
    assert due((said(OTHER, age_ms=age_ms, number=2), False), is_lead=True) == (not at_work)
    assert due((said(OTHER, age_ms=age_ms, number=2), True), is_lead=True)


@given(age_ms=st.integers(0, 2 * RENEW_MS))
def test_a_witness_does_not_leave_it_to_a_lead(age_ms: int) -> None:
    by_lead = (said(OTHER, age_ms=age_ms), True)
    assert due(by_lead)
    assert due(by_lead, is_lead=True) == (age_ms >= RENEW_MS)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def __call__(self) -> int:
        return self.ms


def found(desk: Desk) -> ChapterId:
    founding = draft_chapter(desk, {"name": "Paris P2P", "timeZone": "Europe/Paris"}, guardians=[])
    found_chapter(desk, founding)
    return founding.chapter


def announce(desk: Desk, chapter: ChapterId, day: str) -> None:
    changes = {"title": day, "when": {"start": f"{day}T18:30:00", "timeZone": "Europe/Paris"}}
    desk.write(chapter, [Change(kind=Kind.EVENT, path=desk.new_path(), changes=changes)])


def test_a_lead_who_can_sign_says_what_is_planned_and_after_each_change(tmp_path: Path) -> None:
    clock = Clock()
    with open_desk(Home(folder=tmp_path / "home"), now_ms=clock) as desk:
        paris = found(desk)
        assert desk.reader.freshness(paris).state is Completeness.UNCHECKED
        assert len(write_due_digests(desk)) == 1
        assert desk.reader.freshness(paris).state is Completeness.NOTHING_PLANNED
        assert write_due_digests(desk) == []
        clock.ms += PAUSE_MS
        announce(desk, paris, "2027-02-03")
        (digest,) = write_due_digests(desk)
        found_ = desk.reader.freshness(paris)
        assert (found_.state, found_.as_of_ms) == (Completeness.COMPLETE, digest.header.clock)
        # Of each author's digests the newest alone is in the set.
        assert len(desk.reader.digests(paris)) == 1
        clock.ms += RENEW_MS
        assert len(write_due_digests(desk)) == 1


def test_listed_is_what_touches_a_year_and_what_has_no_day(tmp_path: Path) -> None:
    clock = Clock()  # 15 January 2027
    with open_desk(Home(folder=tmp_path / "home"), now_ms=clock) as desk:
        paris = found(desk)
        for day in ("2026-12-31", "2027-01-14", "2027-01-15", "2027-12-31", "2028-01-01"):
            announce(desk, paris, day)
        starts = [each.header.start for each in desk.reader.listed(paris)]
        assert starts == [None, "2027-01-15", "2027-12-31"]  # the profile first


def test_what_was_moved_away_since_is_not_lacking(tmp_path: Path) -> None:
    clock = Clock()
    with open_desk(Home(folder=tmp_path / "home"), now_ms=clock) as desk:
        paris = found(desk)
        path = desk.new_path()
        for day in ("2027-02-03", "2029-02-03"):
            when = {"start": f"{day}T18:30:00", "timeZone": "Europe/Paris"}
            desk.write(paris, [Change(kind=Kind.EVENT, path=path, changes={"when": when})])
            if day == "2027-02-03":
                write_digest(desk, paris)
        old = desk.log.versions(desk.find_object(path[0], kinds=[Kind.EVENT]))[0]
        desk.log.remove([old.id])  # a light client has newest versions alone
        assert desk.reader.freshness(paris).state is Completeness.NOTHING_PLANNED


def test_a_date_that_moved_far_away_is_gone_from_its_old_day(tmp_path: Path) -> None:
    """Its one version's start hint is the new day; the old one stands in its path alone."""
    from datetime import date

    from p2pevents.view.agenda import Query, agenda
    from p2pevents.view.times import Window

    with open_desk(Home(folder=tmp_path / "home"), now_ms=Clock()) as desk:
        paris = found(desk)
        series = desk.new_path()
        when = {"start": "2027-02-03T18:30:00", "timeZone": "Europe/Paris"}
        rule = {**when, "recurrenceRule": "FREQ=WEEKLY;COUNT=2"}
        moved = {"start": "2027-09-01T18:30:00", "timeZone": "Europe/Paris"}
        desk.write(paris, [Change(kind=Kind.SERIES, path=series, changes={"when": rule})])
        date_ = (*series, "2027-02-10")
        desk.write(paris, [Change(kind=Kind.OCCURRENCE, path=date_, changes={"when": moved})])
        for first, until, days in (
            (date(2027, 2, 1), date(2027, 3, 1), ["2027-02-03"]),
            (date(2027, 8, 1), date(2027, 10, 1), ["2027-09-01"]),
        ):
            window = Window(first=first, until=until)
            calendar = desk.reader.calendar([paris], window=window)
            entries = agenda(calendar, Query(window=window))
            assert [str(entry.span.day) for entry in entries] == days
