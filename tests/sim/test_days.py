"""Days of twenty nodes: 30 % of everything lost, three partitions, crashes, strangers."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.sim.story import Story, play

SEEDS = int(os.environ.get("SIM_SEEDS", "60"))
SEEDS_FULL = 2_000
SEEDS_AT_ONCE = 10
# An item's bytes, times the nodes that had to get it; see docs/testing.md for what was measured.
BYTES_RATIO_MAX = 12.0


def told(seed: int) -> list[str]:
    """Play one day and return what does not hold, each with the command to see it again."""
    story = Story(seed=seed)
    try:
        played = play(story)
    except Exception as error:
        raise AssertionError(f"{story.command} raised {error!r}") from error
    faults = [str(breach) for breach in played.breaches]
    if played.bytes_ratio > BYTES_RATIO_MAX:
        faults.append(f"{played.bytes_ratio:.1f} times the bytes of what was to be brought")
    return [f"{story.command}: {fault}" for fault in faults]


def told_of(pool: ProcessPoolExecutor, first: int) -> list[str]:
    seeds = range(first, first + SEEDS_AT_ONCE)
    return [line for lines in pool.map(told, seeds) for line in lines]


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_AT_ONCE))
def test_after_any_day_all_honest_nodes_agree(first: int, pool: ProcessPoolExecutor) -> None:
    assert told_of(pool, first) == []


@pytest.mark.full
@pytest.mark.parametrize("first", range(10_000, 10_000 + SEEDS_FULL, SEEDS_AT_ONCE))
def test_after_two_thousand_days_they_do_too(first: int, pool: ProcessPoolExecutor) -> None:
    assert told_of(pool, first) == []
