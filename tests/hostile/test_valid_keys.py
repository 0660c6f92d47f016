"""Floods by who may write: chapters that anybody founds, until a store is full."""

from __future__ import annotations

import pytest

from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.node.ingest import Ingest
from p2pevents.node.store_cap import CHAPTER_COST_BYTES, SALT_BYTES, StoreCap
from p2pevents.sync.effects import Outcome
from tests.node.community import NOW_MS, Community, item
from tests.node.wired import Side, compare, node

CHAPTERS = 1_000
RECORDS = 2
MINE = 5
OFFERED_MAX = 256  # at once: what a page of a comparison may bring
STORE_BYTES_MAX = 4 * 1024 * 1024
ROUNDS_MAX = 6


def few(count: int) -> object:
    return pytest.param(count, marks=pytest.mark.timeout(120))


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


class Flood:
    """Two nodes with caps that follow a chapter, and strangers' chapters, each told to one."""

    def __init__(self, *, records: int, fill: int) -> None:
        self._records, self._fill = records, fill
        self.sides = [capped(name, bytes_max=STORE_BYTES_MAX) for name in ("one", "two")]
        self.followed = Community("followed")
        lead = self.followed.leads[0]
        self._mine = [self.followed.write(lead, path=(f"e{n}",)) for n in range(MINE)]
        for side in self.sides:
            follow = Follow(chapter=self.followed.chapter, petname="", since_ms=NOW_MS)
            side.shared.log.local.set_follow(follow)
            items = [item(self.followed.genesis), *map(item, self._mine)]
            side.shared.ingest.offer(items, now_ms=NOW_MS)

    def chapter(self, number: int) -> None:
        """Found one more chapter and fill it, at one of the nodes by turns."""
        spam = Community(f"spam {number}")
        lead = spam.leads[0]
        flood = [item(spam.genesis)]
        flood += [
            item(spam.write(lead, path=(f"e{n}",), fill=self._fill)) for n in range(self._records)
        ]
        ingest = self.sides[number % 2].shared.ingest
        for first in range(0, len(flood), OFFERED_MAX):
            ingest.offer(flood[first : first + OFFERED_MAX], now_ms=NOW_MS)
            assert self.is_within()

    def is_within(self) -> bool:
        """Say whether both stores are within their cap."""
        return all(side.shared.log.total().bytes <= STORE_BYTES_MAX for side in self.sides)

    def compared(self) -> Outcome:
        """Let the two compare as they do every two hours; return how the last time ended."""
        for side in self.sides:
            settle(side)
        outcome = Outcome.UNFINISHED
        for _ in range(ROUNDS_MAX):
            outcome = compare(*self.sides).outcome
            for side in self.sides:
                side.hours += 2
                settle(side)
            if outcome in {Outcome.SETTLED, Outcome.EQUAL}:
                break
        return outcome

    def is_readable(self) -> bool:
        """Say whether both nodes have all of what they follow."""
        ids = [each.id for each in self._mine]
        return all(len(side.shared.log.records(ids)) == MINE for side in self.sides)


@pytest.mark.parametrize("records", [few(RECORDS), full(20)])
def test_a_thousand_chapters_fill_no_store_and_part_no_two_nodes(records: int) -> None:
    """Two nodes with caps, each told of another half; a followed chapter stays readable."""
    flood = Flood(records=records, fill=4_000)
    for number in range(CHAPTERS):
        flood.chapter(number)
        if number % 50 < 2:
            settle(flood.sides[number % 2])
    assert flood.compared() in {Outcome.SETTLED, Outcome.EQUAL}
    assert flood.is_within()
    assert flood.is_readable()
    assert all(side.shared.ingest.outside().chapters for side in flood.sides)  # it was full


@pytest.mark.timeout(120)
def test_unguarded_a_thousand_chapters_fill_it() -> None:
    side = node("one", MemoryLog(incarnation=b"o" * 16), now_ms=NOW_MS)
    for number in range(CHAPTERS // 3):
        spam = Community(f"spam {number}")
        flood = [spam.write(spam.leads[0], path=(f"e{n}",), fill=4_000) for n in range(4)]
        side.shared.ingest.offer([item(spam.genesis), *map(item, flood)], now_ms=NOW_MS)
    assert side.shared.log.total().bytes > STORE_BYTES_MAX


def test_unguarded_a_cap_that_looks_at_no_size_lets_go_of_what_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where chance alone says which chapter leaves, a flood of chapters drives out the small."""
    monkeypatch.setattr(StoreCap, "_size", lambda _cap, _chapter: CHAPTER_COST_BYTES)
    flood = Flood(records=20, fill=4_000)
    for number in range(100):
        flood.chapter(number)
        settle(flood.sides[number % 2])
    assert not flood.is_readable()
