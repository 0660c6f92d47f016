"""How many full comparisons a node lets others have in an hour."""

from __future__ import annotations

from p2pevents.sync.budget import (
    COMPARISONS_MAX,
    HOUR_MS,
    PACE_MS,
    SNAPSHOTS_PER_PEER_MAX,
    SORTS_MAX,
    SORTS_PER_PEER_MAX,
    FullComparisons,
    Pace,
)


def test_a_peer_has_so_many_an_hour_and_others_have_theirs() -> None:
    """SYNC-30."""
    budget = FullComparisons()
    for number in range(SORTS_PER_PEER_MAX):
        assert budget.allows("p", now_ms=number) is (number + 2 <= SORTS_PER_PEER_MAX)
        budget.sorted("p", now_ms=number)
    assert not budget.allows("p", now_ms=HOUR_MS)
    assert budget.allows("other", now_ms=HOUR_MS)
    assert budget.allows("p", now_ms=HOUR_MS + 1)


def test_all_peers_together_have_so_many_an_hour() -> None:
    """SYNC-30."""
    budget = FullComparisons()
    for number in range(SORTS_MAX):
        budget.sorted(f"p{number}", now_ms=0)
    assert not budget.allows("new", now_ms=HOUR_MS - 1)
    assert budget.allows("new", now_ms=HOUR_MS)


def test_one_that_came_to_its_end_is_the_only_one_of_an_hour_and_a_cut_one_goes_on() -> None:
    """SYNC-30."""
    budget = FullComparisons()
    for now_ms in (0, 1):
        budget.sorted("p", now_ms=now_ms)
    assert budget.allows("p", now_ms=2)
    budget.ended("p", now_ms=3)
    assert not budget.allows("p", now_ms=4)
    assert budget.allows("p", now_ms=HOUR_MS + 3)
    budget.ended("p", now_ms=HOUR_MS + 3)  # nothing was sorted for this one
    assert budget.allows("p", now_ms=HOUR_MS + 3)


def test_six_hundred_an_hour_come_to_their_end() -> None:
    """SYNC-30."""
    budget = FullComparisons()
    for number in range(COMPARISONS_MAX):
        budget.sorted(f"p{number}", now_ms=number)
        budget.ended(f"p{number}", now_ms=number)
    assert not budget.allows("new", now_ms=HOUR_MS - 1)
    assert budget.allows("new", now_ms=HOUR_MS)


def test_a_peer_has_so_many_snapshots_a_minute_and_no_other_peer_pays_for_it() -> None:
    """SYNC-48."""
    pace = Pace()
    assert all(pace.allows("p", now_ms=0) for _ in range(SNAPSHOTS_PER_PEER_MAX))
    assert not pace.allows("p", now_ms=PACE_MS - 1)
    assert pace.allows("q", now_ms=PACE_MS - 1)
    assert pace.allows("p", now_ms=PACE_MS)
    assert pace.allows("r", now_ms=3 * PACE_MS)
    assert list(pace._times) == ["r"]
