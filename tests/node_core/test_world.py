"""What many cores do together, in virtual time."""

from __future__ import annotations

import pytest

from tests.node_core.world import World
from tests.sync.pair import item_id, record_item


def world_of(nodes: int, seed: int, *, gossip_loss: float = 0.0) -> World:
    world = World(nodes=nodes, seed=seed, gossip_loss=gossip_loss)
    world.run(60_000)
    return world


@pytest.mark.parametrize("seed", range(3))
def test_a_record_reaches_every_node_within_a_second_by_push_and_gossip(seed: int) -> None:
    """GOSSIP-5, SYNC-26."""
    world = world_of(20, seed)
    writer = world.nodes["n7"]
    world.write(writer, [record_item(1)])
    world.run(1_000)
    assert world.holders(record_item(1)) == 20
    assert writer.announced[item_id(record_item(1))] >= 1


@pytest.mark.parametrize("seed", range(3))
def test_sync_brings_what_gossip_loses_altogether(seed: int) -> None:
    world = world_of(12, seed, gossip_loss=1.0)
    world.write(world.nodes["n3"], [record_item(1)])
    world.run(5 * 60_000)
    assert world.holders(record_item(1)) == 12


def test_an_import_of_history_is_never_gossiped_and_reaches_everybody_soon() -> None:
    """GOSSIP-7."""
    world = world_of(12, 1)
    writer = world.nodes["n5"]
    published = writer.published
    items = [record_item(number) for number in range(1_000)]
    world.write(writer, items, is_history=True)
    world.run(60_000)
    assert writer.published == published
    assert all(world.holders(item) == 12 for item in (items[0], items[500], items[-1]))
    assert set(writer.announced) == {item_id(item) for item in items}


def test_two_halves_that_were_cut_apart_agree_again_after_the_cut_heals() -> None:
    world = world_of(16, 2)
    left = {f"n{number}" for number in range(8)}
    world.split(left)
    world.run(60_000)
    world.write(world.nodes["n1"], [record_item(1)])
    world.write(world.nodes["n12"], [record_item(2)])
    world.run(60_000)
    assert world.holders(record_item(1)) == world.holders(record_item(2)) == 8
    world.heal()
    world.run(5 * 60_000)
    assert world.holders(record_item(1)) == world.holders(record_item(2)) == 16


def test_a_quiet_hour_is_cheap() -> None:
    world = world_of(10, 3)
    before = sum(node.compared for node in world.nodes.values())
    world.run(3_600_000)
    edges = sum(len(node.connections) for node in world.nodes.values()) / 2
    compared = (sum(node.compared for node in world.nodes.values()) - before) / 2
    # Pauses of 1, 1, 2, 4, ... 32 minutes, each cut by chance to half at the least.
    assert compared / edges <= 12


def test_a_seed_replays_everything() -> None:
    def history() -> list[tuple[int, int]]:
        world = world_of(8, 9, gossip_loss=0.3)
        world.write(world.nodes["n2"], [record_item(n) for n in range(30)])
        world.run(120_000)
        return [(node.compared, len(node.store.entered)) for node in world.nodes.values()]

    assert history() == history()
