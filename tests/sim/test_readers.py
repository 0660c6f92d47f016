"""Light clients among liars: they see that something lacks, and are right after one honest sync."""

from __future__ import annotations

import pytest

from p2pevents.node.charters import Charters
from p2pevents.node.reading import Reader
from p2pevents.record.ids import ChapterId
from p2pevents.testing import Manner, SimulatedNode, Simulation, Weather
from p2pevents.testing.hostile import HostileNode
from p2pevents.testing.simulated_node import address_of
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.freshness import Completeness, Freshness

HOUR_S = 3600.0
DAY_MS = 24 * 3_600_000
EVENTS = 12


def reader_of(node: SimulatedNode, *, now_ms: int) -> Reader:
    return Reader(node.log, Charters(node.log), now_ms=lambda: now_ms)


def freshness(node: SimulatedNode, chapter: ChapterId, *, now_ms: int) -> Freshness:
    return reader_of(node, now_ms=now_ms).freshness(chapter)


def titles(node: SimulatedNode, chapter: ChapterId, *, now_ms: int) -> list[str]:
    calendar = reader_of(node, now_ms=now_ms).calendar([chapter])
    return [entry.title for entry in agenda(calendar, Query())]


def among_two_liars(seed: int) -> Completeness:
    """Play some hours of a reader with two lying peers, then an honest one; return what it saw."""
    world = Simulation(
        seed=seed,
        nodes=4,
        readers=1,
        hostile=[Manner.WITHHOLDS, Manner.STOPS],
        weather=Weather(loss_ratio=0.1),
        pause_s=60,
    )
    lead, reader = world.nodes["n00"], world.nodes["n03"]
    liars = [world.nodes["x00"], world.nodes["x01"]]
    # The reader is told of the two liars alone, to begin with.
    reader.peers = tuple(address_of(liar.name) for liar in liars)
    world.run_for(60)
    paris = lead.found("Paris")
    for number in range(EVENTS // 2):
        lead.add(paris, f"Evening {number}", f"2027-{number + 2:02}-03T18:30:00")
    world.run_for(HOUR_S / 2)
    for liar in liars:
        assert isinstance(liar, HostileNode)
        liar.begin_to_lie()
    world.run_for(1)
    for number in range(EVENTS // 2, EVENTS):
        lead.add(paris, f"Evening {number}", f"2027-{number - 4:02}-10T18:30:00")
    lead.digest(paris)
    world.run_for(2 * HOUR_S)

    expected = titles(lead, paris, now_ms=world.now_ms)
    assert len(expected) == EVENTS
    lied_to = titles(reader, paris, now_ms=world.now_ms)
    before = freshness(reader, paris, now_ms=world.now_ms)
    # Unless the two together happen to leave out nothing, the digest tells.
    assert (before.state is Completeness.COMPLETE) == (lied_to == expected)
    if lied_to != expected:
        assert before.state is Completeness.INCOMPLETE
        assert before.lacking == EVENTS - len(lied_to)

    return_to_honesty(world, reader)
    assert titles(reader, paris, now_ms=world.now_ms) == expected
    assert freshness(reader, paris, now_ms=world.now_ms).state is Completeness.COMPLETE
    assert world.breaches() == []
    return before.state


def return_to_honesty(world: Simulation, reader: SimulatedNode) -> None:
    """Have the reader start again, told of an honest peer too."""
    reader.crash()
    reader.peers = (*reader.peers, address_of("n01"))
    reader.start()
    world.run_for(HOUR_S)


@pytest.mark.parametrize("first", range(0, 20, 5))
def test_two_lying_peers_of_three_are_seen_through(first: int) -> None:
    saw = [among_two_liars(seed) for seed in range(first, first + 5)]
    # Else they left out nothing between them, and these days tell nothing.
    assert Completeness.INCOMPLETE in saw


@pytest.mark.parametrize("seed", [1, 2])
def test_a_reader_that_came_to_an_empty_carrier_has_soon_what_is_written_then(seed: int) -> None:
    """SYNC-34: there was nothing to look through, and so the hour's one look is still to come."""
    world = Simulation(seed=seed, nodes=3, readers=1)
    lead, reader = world.nodes["n00"], world.nodes["n02"]
    world.run_for(60)  # in which all meet, and hold nothing
    paris = lead.found("Paris")
    lead.add(paris, "Evening", "2027-06-03T18:30:00")
    lead.digest(paris)
    world.run_for(600)
    assert titles(reader, paris, now_ms=world.now_ms) == ["Evening"]
    assert freshness(reader, paris, now_ms=world.now_ms).state is Completeness.COMPLETE


def test_who_is_frozen_for_a_month_is_told_so() -> None:
    """A network that hands over nothing any more looks like a chapter that plans nothing."""
    world = Simulation(seed=1, nodes=3, readers=1)
    lead, reader = world.nodes["n00"], world.nodes["n02"]
    world.run_for(60)
    paris = lead.found("Paris")
    lead.add(paris, "Evening", "2027-06-03T18:30:00")
    lead.digest(paris)
    world.run_for(HOUR_S)
    assert freshness(reader, paris, now_ms=world.now_ms).state is Completeness.COMPLETE
    for days, state in ((29, Completeness.COMPLETE), (31, Completeness.STALE)):
        found = freshness(reader, paris, now_ms=world.now_ms + days * DAY_MS)
        assert found.state is state
