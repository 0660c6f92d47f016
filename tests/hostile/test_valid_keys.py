"""Floods by who may write: chapters that anybody founds, until a store is full."""

from __future__ import annotations

import pytest

from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.node.ingest import Ingest
from p2pevents.node.store_cap import SALT_BYTES, StoreCap
from p2pevents.sync.effects import Outcome
from tests.node.community import NOW_MS, Community, item
from tests.node.wired import Side, compare, node

CHAPTERS = 1_000
RECORDS = 2
STORE_BYTES_MAX = 4 * 1024 * 1024
ROUNDS_MAX = 6


def full(count: int) -> object:
    return pytest.param(count, marks=[pytest.mark.full, pytest.mark.timeout(1800)])


def capped(name: str, *, bytes_max: int) -> Side:
    """A node whose store may hold so much."""
    side = node(name, MemoryLog(incarnation=name[:1].encode() * 16), now_ms=NOW_MS)
    cap = StoreCap(side.shared.log, bytes_max=bytes_max, salt=name[:1].encode() * SALT_BYTES)
    object.__setattr__(side.shared, "ingest", Ingest(side.shared.log, cap=cap))
    return side


def settle(side: Side) -> None:
    """Tick until nothing more leaves."""
    while side.shared.ingest.tick(now_ms=NOW_MS):
        side.shared.ledger.follow(limit=10**6)
    side.shared.ledger.follow(limit=10**6)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("records", [RECORDS, full(20)])
def test_a_thousand_chapters_fill_no_store_and_part_no_two_nodes(records: int) -> None:
    """Two nodes with caps, each told of another half; a followed chapter stays readable."""
    followed = Community("followed")
    mine = [followed.write(followed.leads[0], path=(f"e{n}",)) for n in range(5)]
    sides = [capped("one", bytes_max=STORE_BYTES_MAX), capped("two", bytes_max=STORE_BYTES_MAX)]
    for side in sides:
        log = side.shared.log
        log.local.set_follow(Follow(chapter=followed.chapter, petname="", since_ms=NOW_MS))
        side.shared.ingest.offer([item(followed.genesis), *map(item, mine)], now_ms=NOW_MS)
    for number in range(CHAPTERS):
        spam = Community(f"spam {number}")
        lead = spam.leads[0]
        flood = [spam.write(lead, path=(f"e{n}",), fill=4_000) for n in range(records)]
        side = sides[number % 2]
        side.shared.ingest.offer([item(spam.genesis), *map(item, flood)], now_ms=NOW_MS)
        if number % 50 < 2:
            settle(side)
        assert side.shared.log.total().bytes <= STORE_BYTES_MAX
    for side in sides:
        settle(side)
    ended = None
    for _ in range(ROUNDS_MAX):
        ended = compare(*sides)
        for side in sides:
            side.hours += 2
            settle(side)
        if ended.outcome in {Outcome.SETTLED, Outcome.EQUAL}:
            break
    assert ended is not None
    assert ended.outcome in {Outcome.SETTLED, Outcome.EQUAL}
    for side in sides:
        log = side.shared.log
        assert log.total().bytes <= STORE_BYTES_MAX
        assert len(log.records([each.id for each in mine])) == len(mine)


@pytest.mark.timeout(120)
def test_unguarded_a_thousand_chapters_fill_it() -> None:
    side = node("one", MemoryLog(incarnation=b"o" * 16), now_ms=NOW_MS)
    for number in range(CHAPTERS // 3):
        spam = Community(f"spam {number}")
        flood = [spam.write(spam.leads[0], path=(f"e{n}",), fill=4_000) for n in range(4)]
        side.shared.ingest.offer([item(spam.genesis), *map(item, flood)], now_ms=NOW_MS)
    assert side.shared.log.total().bytes > STORE_BYTES_MAX
