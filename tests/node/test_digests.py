"""Of digests only each author's newest is in the set, in whatever order they come."""

from __future__ import annotations

from itertools import permutations

from p2pevents.log.memory import MemoryLog
from p2pevents.node.ingest import Why
from p2pevents.record.authority_kinds import Revoke
from tests.node.community import NOW_MS, Community, door, in_set, key, offer

PARIS = Community()
ADA, BOB, CLEO = PARIS.leads


def test_any_order_leaves_each_authors_newest() -> None:
    """SYNC-42."""
    old, mid, new = (PARIS.digest(ADA, clock=NOW_MS + number) for number in range(3))
    other = PARIS.digest(BOB, clock=NOW_MS)
    for order in permutations([old, mid, new, other]):
        one_by_one, at_once = door(PARIS.genesis), door(PARIS.genesis, *order)
        for digest in order:
            offer(one_by_one, digest)
        for ingest in (one_by_one, at_once):
            assert in_set(ingest, old, mid, new, other) == [False, False, True, True]
            assert ingest.log.total().records == 2


def test_an_older_digest_is_no_news_and_no_fault() -> None:
    """SYNC-42."""
    ingest = door(PARIS.genesis, PARIS.digest(ADA, clock=NOW_MS + 1))
    assert offer(ingest, PARIS.digest(ADA, clock=NOW_MS)) == [Why.KNOWN]


def test_of_two_with_one_clock_the_same_stays_everywhere() -> None:
    """SYNC-42."""
    one, other = PARIS.digest(ADA, clock=NOW_MS), PARIS.digest(ADA, clock=NOW_MS)
    first, second = door(PARIS.genesis, one, other), door(PARIS.genesis, other, one)
    assert in_set(first, one, other) == in_set(second, one, other)
    assert sum(in_set(first, one, other)) == 1


def test_a_digest_by_another_process_counts() -> None:
    log = MemoryLog(incarnation=bytes(16))
    daemon, command = door(PARIS.genesis, log=log), door(log=log)
    old, mid, new = (PARIS.digest(ADA, clock=NOW_MS + number) for number in range(3))
    offer(daemon, old)
    offer(command, new)
    daemon.read_on(now_ms=NOW_MS)
    assert offer(daemon, mid) == [Why.KNOWN]
    assert in_set(daemon, old, mid, new) == [False, False, True]


def test_digests_that_come_back_together_leave_the_newest() -> None:
    grant = PARIS.grant("eve")
    old, new = (PARIS.digest("eve", clock=NOW_MS + number, under=grant.id) for number in range(2))
    ingest = door(PARIS.genesis, grant, PARIS.act(Revoke(key=key("eve"))))
    assert offer(ingest, old, new) == [Why.STRUCK, Why.STRUCK]
    removal, fork = PARIS.entry(ADA, BOB, by=(ADA, BOB)), PARIS.entry(BOB, CLEO, by=(BOB, CLEO))
    by_lead = [PARIS.digest(CLEO, clock=NOW_MS + number) for number in range(2)]
    second = door(PARIS.genesis, removal)
    assert offer(second, *by_lead) == [Why.STRUCK, Why.STRUCK]
    offer(second, fork)
    assert in_set(second, *by_lead) == [False, True]
