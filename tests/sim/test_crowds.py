"""A crowd forty times as many as the honest keeps nothing from anybody."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.sim.crowd import Crowd, MakesWay


def day(crowd: Crowd, *, hours: int, lives_per_pause: int) -> None:
    """Have somebody announce something every ten minutes, and nodes start again now and then."""
    nodes = list(crowd.nodes.values())
    for number in range(hours * 6):
        if number > 1:
            for node in crowd.rng.sample(nodes, lives_per_pause):
                crowd.restart(node)
        crowd.write(crowd.rng.choice(nodes))
        crowd.run_for(10)
    crowd.run_for(60)


def first_come(held: Sequence[str], newcomer: str) -> None:
    """Keep every place for who came first."""
    del held, newcomer


@pytest.mark.parametrize("seed", [1, 2])
def test_at_40_to_1_everything_is_delivered(seed: int) -> None:
    """`python -m tests.hostile.soak crowd --count 3` plays 100 honest among 4,000."""
    crowd = Crowd(seed=seed, honest=10, sybils=400)
    day(crowd, hours=1, lives_per_pause=1)
    assert crowd.written
    assert crowd.lacking() == 0


def test_unguarded_without_room_for_peers_from_elsewhere_the_crowd_keeps_the_honest_apart() -> None:
    way: MakesWay = first_come
    crowd = Crowd(seed=1, honest=10, sybils=400, way=way)
    day(crowd, hours=1, lives_per_pause=1)
    assert crowd.lacking() > len(crowd.written)
