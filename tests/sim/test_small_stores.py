"""Nodes with small stores, whose people follow something: days in which everything goes wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2pevents.node import store_cap
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.sync.effects import Outcome
from p2pevents.testing import SimulatedNode, Simulation
from tests.sim.story import HOUR_S, Story, play

SEEDS = range(2_000, 2_006)
START = "2027-03-01T18:30:00"
BYTES_MAX = 12_000
EVENTS = 40  # of one chapter: more than such a store holds


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_followed_stays_and_all_comparisons_settle(seed: int) -> None:
    """`testing.invariants` has what must hold."""
    story = Story(seed=seed, nodes=8, small=3)
    played = play(story)
    assert not played.breaches, f"{story.command}: {[str(each) for each in played.breaches]}"
    small = [node for node in played.simulation.honest if node.store_bytes_max is not None]
    # Else this day tells nothing: chapters left, and somebody follows one that did.
    assert any(node.log.local.note("left-chapters") for node in small)


def test_what_everybody_sends_is_the_same_whatever_is_followed() -> None:
    """Half a day under three lists of follows: the same bytes, at the same times, each way."""
    story = Story(seed=SEEDS[0], nodes=6, small=3, readers=0, hours=9, lists=0)
    said, kept = [], []
    for lists in range(3):
        trace: list[str] = []
        day = replace(story, lists=lists)
        played = play(day, on_happening=lambda each: trace.append(str(each)))  # noqa: B023
        said.append((played.simulation.traffic.fingerprint, trace))
        nodes = played.simulation.honest
        kept.append(sum(each.private.log.total().records for each in nodes if each.private.log))
    assert all(each == said[0] for each in said)
    assert len(set(kept)) > 2
    assert kept[0] == 0


def full_pair(simulation: Simulation) -> tuple[SimulatedNode, SimulatedNode, ChapterId]:
    """Have a writer, and a follower whose store cannot hold what is written."""
    simulation.run_for(30)
    writer, reader = simulation.nodes["n00"], simulation.nodes["n03"]
    paris = writer.found("Paris")
    simulation.run_for(60)
    reader.follow(paris)
    return writer, reader, paris


def write(simulation: Simulation, writer: SimulatedNode, paris: ChapterId) -> list[Verified]:
    events = []
    for number in range(EVENTS):
        events.append(writer.add(paris, f"Evening {number}", START))
        simulation.run_for(5)
    return events


def test_a_crash_between_taking_over_and_deleting_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_cap, "REMOVED_MAX", 3)
    simulation = Simulation(seed=1, nodes=4, small=1, store_bytes_max=BYTES_MAX)
    writer, reader, paris = full_pair(simulation)
    events = write(simulation, writer, paris)
    stages = set()
    for number in range(10_000):
        simulation.run_for(0.1)
        held = reader.both.has([each.id for each in events])
        assert len(held) == EVENTS
        private = reader.private.log.total().records if reader.private.log else 0
        stages.add((reader.log.total().records, private))
        if reader.log.local.note("left-chapters") and number % 13 == 0:
            reader.crash(power_cut=number % 2 == 0)
            reader.start()
        if not reader.log.entries(paris):
            break
    assert len(stages) > 6
    assert not reader.log.entries(paris)
    simulation.run_for(3 * HOUR_S)  # a peer lets whoever comes again ask so often
    assert simulation.breaches() == []


def test_two_full_nodes_settle_and_each_keeps_what_its_own_person_follows() -> None:
    simulation = Simulation(seed=2, nodes=4, small=2, store_bytes_max=BYTES_MAX)
    writer, reader, paris = full_pair(simulation)
    other = simulation.nodes["n02"]
    lyon = writer.found("Lyon")
    other.follow(lyon)
    reader.peers = (*reader.peers, "/simulated/n02/p2p/n02")
    reader.crash()
    reader.start()
    write(simulation, writer, paris)
    write(simulation, writer, lyon)
    simulation.run_for(3 * HOUR_S)
    assert simulation.breaches() == []
    assert reader.outcomes["n02"] in {Outcome.EQUAL, Outcome.SETTLED}
    assert Outcome.SETTLED in reader.outcomes.values()
    for node, chapter in ((reader, paris), (other, lyon)):
        assert not node.log.entries(chapter)
        assert len(list(node.both.in_set(chapter=chapter))) == EVENTS + 2


def test_all_stores_cannot_be_small() -> None:
    with pytest.raises(ValueError, match="nobody would have all"):
        Simulation(seed=1, nodes=4, readers=2, small=2)
