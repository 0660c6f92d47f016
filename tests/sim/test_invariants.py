"""The checker finds each fault that it is there to find."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from p2pevents.log.protocol import LogStanding, Stored
from p2pevents.record.envelope import Verified
from p2pevents.sync.effects import Outcome
from p2pevents.testing import SimulatedNode, Simulation

START = "2027-03-01T18:30:00"


@pytest.fixture
def quiet() -> tuple[Simulation, Verified]:
    """Three nodes that agree, and an event that all of them hold."""
    simulation = Simulation(seed=1, nodes=3)
    simulation.run_for(10)
    writer = simulation.nodes["n00"]
    event = writer.add(writer.found("Paris"), "Meetup", START)
    simulation.run_for(60)
    assert simulation.breaches() == []
    return simulation, event


def named(simulation: Simulation) -> set[tuple[str, str]]:
    return {(breach.what, breach.who) for breach in simulation.breaches()}


def alter(node: SimulatedNode, event: Verified, **changes: object) -> None:
    """Alter what is on a node's disk, behind its back."""
    known = node.log._items[event.id]
    assert isinstance(known, Stored)
    node.log._items[event.id] = replace(known, **changes)


def test_a_record_that_one_node_lacks_is_found(quiet: tuple[Simulation, Verified]) -> None:
    simulation, event = quiet
    simulation.nodes["n02"].log.remove([event.id])
    assert {
        ("same-set", "n02 and n00"),
        ("same-calendar", "n02"),
        ("acknowledged", "n00"),
    } <= named(simulation)


def test_a_record_that_its_author_alone_lost_is_found(quiet: tuple[Simulation, Verified]) -> None:
    simulation, event = quiet
    for node in simulation.honest:
        node.log.remove([event.id])
    assert ("acknowledged", "n00") in named(simulation)


def test_a_body_that_is_not_the_headers_is_found(quiet: tuple[Simulation, Verified]) -> None:
    simulation, event = quiet
    assert event.body is not None
    alter(simulation.nodes["n01"], event, body=bytes([event.body[0] ^ 1]) + event.body[1:])
    assert ("refused", "n01") in named(simulation)


def test_a_record_that_stands_where_it_should_not_is_found(
    quiet: tuple[Simulation, Verified],
) -> None:
    simulation, event = quiet
    simulation.nodes["n01"].log.move([event.id], to=LogStanding.SET_ASIDE, now_ms=0)
    assert ("standing", "n01") in named(simulation)


def test_a_missing_body_is_another_calendar(quiet: tuple[Simulation, Verified]) -> None:
    simulation, event = quiet
    alter(simulation.nodes["n01"], event, body=None)
    assert ("same-calendar", "n01") in named(simulation)


def test_a_sum_that_is_not_its_logs_is_found(quiet: tuple[Simulation, Verified]) -> None:
    simulation, _ = quiet
    life = simulation.nodes["n01"].life
    assert life is not None
    life.shared.ledger._whole.clear()
    life.shared.ledger.__init__(type(simulation.nodes["n01"].log)(incarnation=bytes(16)))  # type: ignore[misc]
    assert ("ledger", "n01") in named(simulation)


def test_a_blamed_honest_peer_is_found(quiet: tuple[Simulation, Verified]) -> None:
    simulation, _ = quiet
    simulation.nodes["n01"].blames("n02", "nothing")
    assert ("blame", "n01") in named(simulation)


@pytest.fixture
def small() -> tuple[Simulation, SimulatedNode, list[Verified]]:
    """Three nodes that agree, and one that keeps privately what its small store leaves out."""
    simulation = Simulation(seed=1, nodes=4, small=1, store_bytes_max=12_000)
    simulation.run_for(30)
    writer, follower = simulation.nodes["n00"], simulation.nodes["n03"]
    paris = writer.found("Paris")
    follower.follow(paris)
    events = [writer.add(paris, f"Evening {number}", START) for number in range(40)]
    simulation.run_for(3600)
    simulation.read("n03")
    simulation.run_for(3 * 3600)
    assert not follower.log.entries(paris)
    assert simulation.breaches() == []
    return simulation, follower, events


Small = tuple[Simulation, SimulatedNode, list[Verified]]


def test_what_was_followed_and_is_gone_is_found(small: Small) -> None:
    simulation, follower, events = small
    assert follower.private.log is not None
    follower.private.log.remove([events[3].id])
    assert named(simulation) == {("followed", "n03"), ("shown", "n03")}


def test_what_a_reading_did_not_bring_is_found(small: Small) -> None:
    simulation, follower, events = small
    assert follower.private.log is not None
    follower.had[events[3].header.chapter].discard(events[3].id)
    follower.private.log.remove([events[3].id])
    assert named(simulation) == {("shown", "n03")}
    follower.has_read = False
    assert named(simulation) == set()


def test_a_store_above_its_cap_is_found(small: Small) -> None:
    simulation, follower, _ = small
    follower.store_bytes_max = -1
    assert named(simulation) == {("cap", "n03")}


def test_a_comparison_that_does_not_settle_is_found(small: Small) -> None:
    simulation, follower, _ = small
    peer = next(iter(follower.outcomes))
    follower.outcomes[peer] = Outcome.UNFINISHED
    assert {each for each, _ in named(simulation)} == {"settled"}
