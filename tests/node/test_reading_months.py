"""A light client over real logs: what it asks, what it is given, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.ledger import Ledger
from p2pevents.record.authority_kinds import Keep, Revoke
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.sync.effects import Outcome
from p2pevents.sync.messages import Cursor
from tests.authority.people import key_of
from tests.node.community import DAY_MS, NOW_MS, Community
from tests.node.wired import Side, compare, node

PARIS, LYON = Community("ada"), Community("lou")
LATER_MS = NOW_MS + DAY_MS  # 2020-01-03: the months are 2019-11 to 2020-12


@pytest.fixture(params=["memory", "sqlite"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Log, Log]]:
    made: tuple[Log, Log] = (
        (MemoryLog(incarnation=b"c" * 16), MemoryLog(incarnation=b"r" * 16))
        if request.param == "memory"
        else (SqliteLog(tmp_path / "carrier"), SqliteLog(tmp_path / "reader"))
    )
    yield made
    for log in made:
        log.close()


def offer(side: Side, *records: Verified, own: bool = False, now_ms: int = LATER_MS) -> None:
    items = [(record.envelope, record.body) for record in records]
    for finding in side.shared.ingest.offer(items, now_ms=now_ms, own=own):
        assert finding.item is not None


def ids(side: Side) -> set[bytes]:
    return {row.id for row in side.shared.log.in_set()}


def carrier(log: Log) -> Side:
    side = node("carrier", log, now_ms=LATER_MS)
    charters = [(each.genesis.envelope, None) for each in (PARIS, LYON)]
    side.shared.ingest.offer(charters, now_ms=LATER_MS)
    return side


def event(where: Community, name: str, start: str | None, *, clock: int = NOW_MS) -> Verified:
    return where.write(where.leads[0], path=(name,), start=start, clock=clock)


def test_a_reader_is_given_the_months_and_told_what_was_moved_out_of_them(
    logs: tuple[Log, Log],
) -> None:
    """SYNC-33."""
    held, read = logs
    here, reader = carrier(held), node("reader", read, now_ms=LATER_MS, is_reader=True)
    soon, past = event(PARIS, "soon", "2020-02-01"), event(LYON, "past", "2019-10-31")
    offer(here, soon, past, event(PARIS, "first", "2019-11-01"), event(LYON, "venue", None))
    assert compare(reader, here).outcome is Outcome.SETTLED
    assert ids(reader) == ids(here) - {past.id}

    moved = event(PARIS, "soon", "2022-02-01", clock=NOW_MS + 5)
    offer(here, moved)
    compare(reader, here)
    assert moved.id in ids(reader)


def test_a_reader_is_given_what_a_removal_has_uncovered(logs: tuple[Log, Log]) -> None:
    """SYNC-33: of the author's versions it was given the newest alone, and that one fell."""
    held, read = logs
    here, reader = carrier(held), node("reader", read, now_ms=LATER_MS, is_reader=True)
    grant = PARIS.grant("eve")
    older, newer = (
        PARIS.write("eve", under=grant.id, start="2020-02-01", clock=clock)
        for clock in (NOW_MS, NOW_MS + 5)
    )
    offer(here, grant, older, newer, event(LYON, "last", "2020-02-02"))
    compare(reader, here)
    assert {older.id, newer.id} & ids(reader) == {newer.id}

    keep = PARIS.act(Keep(ids=(older.id,)))
    offer(here, keep, PARIS.act(Revoke(key=key_of("eve"), keeps=(keep.id,))))
    assert {older.id, newer.id} & ids(here) == {older.id}
    compare(reader, here)
    assert {older.id, newer.id} & ids(reader) == {older.id}
    assert here.shared.ledger.snapshot().records == Ledger(held).snapshot().records


def test_a_reader_gives_what_is_its_own_and_nothing_else(logs: tuple[Log, Log]) -> None:
    """SYNC-32."""
    held, read = logs
    here, reader = carrier(held), node("reader", read, now_ms=LATER_MS, is_reader=True)
    compare(reader, here)
    mine, of_others = event(PARIS, "mine", "2020-02-01"), event(LYON, "theirs", "2020-02-02")
    offer(reader, mine, own=True)
    offer(reader, of_others)
    compare(reader, here)
    assert mine.id in ids(here)
    assert of_others.id not in ids(here)


def test_in_another_month_all_is_looked_through_again(logs: tuple[Log, Log]) -> None:
    """SYNC-34."""
    held, read = logs
    here, reader = carrier(held), node("reader", read, now_ms=LATER_MS, is_reader=True)
    far = event(PARIS, "far", "2021-01-15")
    offer(here, far)
    compare(reader, here)
    assert far.id not in ids(reader)
    later = node("reader", read, now_ms=LATER_MS + 31 * DAY_MS, is_reader=True)
    here.hours += 1
    compare(later, here)
    assert far.id in ids(later)
    # A reader that becomes a carrier reads on from nowhere either.
    past = event(PARIS, "past", "2019-01-15")
    offer(here, past)
    compare(later, here)
    whole = node("reader", read, now_ms=LATER_MS)
    here.hours += 1
    assert compare(whole, here).outcome is Outcome.EQUAL
    assert past.id in ids(whole)


def test_once_a_day_all_is_named_again(logs: tuple[Log, Log]) -> None:
    """SYNC-41: what a cursor has hidden is found."""
    held, read = logs
    here, reader = carrier(held), node("reader", read, now_ms=LATER_MS, is_reader=True)
    compare(reader, here)
    soon = event(PARIS, "soon", "2020-02-01")
    offer(here, soon)
    reader.shared.cursors.remember(
        "carrier",
        Cursor(incarnation=held.incarnation, position=held.tip()[1]),
        window="2019-11",
        now_ms=LATER_MS,
    )
    compare(reader, here)
    assert soon.id not in ids(reader)
    tomorrow = node("reader", read, now_ms=LATER_MS + DAY_MS, is_reader=True)
    here.hours += 1
    compare(tomorrow, here)
    assert soon.id in ids(tomorrow)


def test_two_follow_lists_make_the_same_bytes() -> None:
    """SYNC-31, SYNC-32: in every comparison, whatever changes in between."""
    sent = []
    for follows in ((), (PARIS.chapter,), (PARIS.chapter, LYON.chapter, ChapterId(b"x" * 32))):
        here = carrier(MemoryLog(incarnation=b"c" * 16))
        offer(here, event(PARIS, "soon", "2020-02-01"), event(LYON, "past", "2019-10-31"))
        # Another log, another life of it, another person: the same chance.
        log = MemoryLog(incarnation=(b"%d" % len(follows)).ljust(16, b"."))
        for chapter in follows:
            log.local.set_follow(
                Follow(chapter=chapter, petname="", since_ms=0, floor_seq=None, floor_hash=None)
            )
        reader = node("reader", log, now_ms=LATER_MS, is_reader=True)
        compare(reader, here)
        offer(here, event(LYON, "new", "2020-03-01"), event(PARIS, "old", "2018-03-01"))
        compare(reader, here)
        compare(reader, here)
        sent.append(reader.all_sent)
    assert len(set(sent)) == 1
    assert len(sent[0]) > 300
