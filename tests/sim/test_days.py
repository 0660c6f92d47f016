"""Days in which everything goes wrong: 30 % of all is lost, three partitions, crashes, strangers.

SIM_SEEDS and SIM_SEEDS_SMALL say how many days of twenty and of eight nodes are
played; `.ci/run --full` plays 2,000 of twenty.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from tests.sim.story import Story, play

SEEDS = int(os.environ.get("SIM_SEEDS", "200"))
SEEDS_SMALL = int(os.environ.get("SIM_SEEDS_SMALL", "20"))
SEEDS_FULL = 2_000
AT_ONCE = 2  # in one test; whoever has two cores gives pytest `--numprocesses 2`
# What the honest nodes sent, over the bytes of the items that each of them had to get. Measured:
# 4 to 7, also where a clock was ten years ahead and much was written.
BYTES_RATIO_MAX = 16.0

pytestmark = pytest.mark.timeout(900)  # two days take some 4 s


def faults_of(story: Story) -> list[str]:
    """Play one day and return what does not hold, each with the command to see it again."""
    try:
        played = play(story)
    except Exception as error:
        raise AssertionError(f"{story.command} raised {error!r}") from error
    faults = [str(breach) for breach in played.breaches]
    if played.bytes_ratio > BYTES_RATIO_MAX:
        faults.append(f"{played.bytes_ratio:.1f} times the bytes of what was to be brought")
    return [f"{story.command}: {fault}" for fault in faults]


def assert_all_hold(stories: Iterable[Story]) -> None:
    faults = [fault for story in stories for fault in faults_of(story)]
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_after_a_day_of_twenty_nodes_all_agree(first: int) -> None:
    assert_all_hold(Story(seed=seed) for seed in range(first, first + AT_ONCE))


@pytest.mark.parametrize("first", range(1_000, 1_000 + SEEDS_SMALL, AT_ONCE))
def test_after_a_day_of_eight_nodes_all_agree(first: int) -> None:
    """Where fewer can help out, a fault in one place is not made good in another."""
    assert_all_hold(Story(seed=seed, nodes=8) for seed in range(first, first + AT_ONCE))


def test_what_waited_for_the_clock_when_a_reader_lost_its_power_is_read_again() -> None:
    """Of 2,000 days the one that did not hold: its cursor was past what had waited in memory."""
    assert_all_hold([Story(seed=2676)])


@pytest.mark.full
@pytest.mark.parametrize("first", range(10_000, 10_000 + SEEDS_FULL, AT_ONCE))
def test_after_two_thousand_days_all_agree(first: int) -> None:
    assert_all_hold(Story(seed=seed) for seed in range(first, first + AT_ONCE))
