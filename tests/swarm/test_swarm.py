"""Whole nodes in one process: five over the in-memory network, three over real sockets."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from p2pevents.errors import StateError
from p2pevents.node import node
from p2pevents.testing import Swarm

START = "2027-03-01T18:30:00"


def over_memory() -> AbstractAsyncContextManager[Swarm]:
    return Swarm.over_memory(5, seed=1)


def over_sockets() -> AbstractAsyncContextManager[Swarm]:
    return Swarm.over_sockets(3, seed=1)


everywhere = pytest.mark.parametrize("open_swarm", [over_memory, over_sockets])
Open = Callable[[], AbstractAsyncContextManager[Swarm]]


@everywhere
async def test_an_event_added_at_one_node_is_at_all(open_swarm: Open) -> None:
    async with open_swarm() as swarm:
        chapter = swarm.nodes[0].found("Paris")
        await swarm.until_equal()
        event = swarm.nodes[0].add(chapter, "Monthly meetup", START)
        took_s = await swarm.until_all_hold(event)
        await swarm.until_equal()
        assert took_s < 5


@everywhere
async def test_two_sides_of_a_partition_agree_once_it_heals(open_swarm: Open) -> None:
    async with open_swarm() as swarm:
        here, there = swarm.nodes[0], swarm.nodes[-1]
        one, other = here.found("Paris"), there.found("Lyon")
        await swarm.until(lambda: len(here.log.chapters()) == len(there.log.chapters()) == 2)
        await swarm.until_equal()
        await swarm.partition([here])
        mine, theirs = here.add(one, "Paris meets", START), there.add(other, "Lyon meets", START)
        await swarm.until(lambda: all(node.holds(theirs) for node in swarm.nodes[1:]))
        assert not here.holds(theirs)
        assert not any(node.holds(mine) for node in swarm.nodes[1:])
        swarm.heal()
        await swarm.until_all_hold(mine)
        await swarm.until_all_hold(theirs)
        await swarm.until_equal()


@everywhere
async def test_a_node_that_was_stopped_catches_up(open_swarm: Open) -> None:
    async with open_swarm() as swarm:
        writer, away = swarm.nodes[0], swarm.nodes[1]
        chapter = writer.found("Paris")
        await swarm.until_equal()
        addresses = away.addresses
        await swarm.stop(away)
        events = [writer.add(chapter, f"Meetup {number}", START) for number in range(30)]
        await swarm.until_equal()
        assert not away.holds(events[-1])
        await swarm.start(away)
        assert away.addresses == addresses
        for event in events:
            await swarm.until_all_hold(event)


async def test_who_does_not_run_can_write_nothing() -> None:
    async with Swarm.over_memory(2, seed=3) as swarm:
        chapter = swarm.nodes[0].found("Paris")
        await swarm.stop(swarm.nodes[0])
        with pytest.raises(StateError, match="n0 does not run"):
            swarm.nodes[0].add(chapter, "Never", START)


async def test_what_a_small_store_leaves_out_stays_readable_where_it_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(node, "TICK_S", 0.1)
    async with Swarm.over_memory(3, seed=1) as swarm:
        writer, small = swarm.nodes[0], swarm.nodes[2]
        paris = writer.found("Paris")
        await swarm.until_equal()
        await swarm.stop(small)
        small.store_bytes_max = 12_000
        small.follow(paris)
        await swarm.start(small)
        events = [writer.add(paris, f"Evening {number}", START) for number in range(40)]
        await swarm.until(lambda: swarm.nodes[1].holds(events[-1]))

        def is_read() -> bool:
            held = small.both.has([each.id for each in events])
            return len(held) == 40 and not small.log.chapters()

        await swarm.until(is_read)
        await swarm.stop(small)
        await swarm.start(small)
        assert is_read()
        assert small.log.total().bytes <= 12_000
