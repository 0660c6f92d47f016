"""What can be done to simulated nodes, one thing at a time."""

from __future__ import annotations

import pytest

from p2pevents.errors import StateError
from p2pevents.record.authority_kinds import Grant
from p2pevents.testing import Manner, SimulatedNode, Simulation, Weather

START = "2027-03-01T18:30:00"
HOUR_S = 3600
YEAR_MS = 365 * 24 * HOUR_S * 1000


def settled(nodes: int = 5, *, seed: int = 1, **rest: object) -> Simulation:
    simulation = Simulation(seed=seed, nodes=nodes, **rest)  # type: ignore[arg-type]
    simulation.run_for(30)
    return simulation


def holders(simulation: Simulation, item: bytes) -> set[str]:
    return {node.name for node in simulation.honest if node.log.has([item])}


def everybody(simulation: Simulation) -> set[str]:
    return {node.name for node in simulation.honest}


def test_an_event_is_everywhere_within_two_seconds() -> None:
    simulation = settled(20)
    writer = simulation.nodes["n03"]
    event = writer.add(writer.found("Paris"), "Meetup", START)
    simulation.run_for(2)
    assert holders(simulation, event.id) == everybody(simulation)
    assert simulation.breaches() == []


@pytest.mark.parametrize("one_way", [False, True])
def test_what_was_written_on_either_side_of_a_cut_is_everywhere_after_it(one_way: bool) -> None:
    simulation = settled(6)
    left, right = simulation.nodes["n00"], simulation.nodes["n05"]
    paris, lyon = left.found("Paris"), right.found("Lyon")
    simulation.run_for(60)
    simulation.partition(["n00", "n01"], one_way=one_way)
    simulation.run_for(120)
    ours, theirs = left.add(paris, "Here", START), right.add(lyon, "There", START)
    simulation.run_for(600)
    assert holders(simulation, ours.id) == {"n00", "n01"}
    assert holders(simulation, theirs.id) == {"n02", "n03", "n04", "n05"}
    simulation.heal()
    simulation.run_for(HOUR_S)
    assert simulation.breaches() == []


@pytest.mark.parametrize("power_cut", [False, True])
def test_a_crash_right_after_writing_loses_nothing(power_cut: bool) -> None:
    simulation = settled()
    writer = simulation.nodes["n00"]
    event = writer.add(writer.found("Paris"), "Meetup", START)
    writer.crash(power_cut=power_cut)
    simulation.run_for(HOUR_S)
    assert holders(simulation, event.id) == {"n00"}
    with pytest.raises(StateError, match="n00 does not run"):
        writer.found("Lyon")
    writer.start()
    simulation.run_for(HOUR_S)
    assert simulation.breaches() == []


def test_an_old_copy_that_is_restored_catches_up_and_misleads_nobody() -> None:
    simulation = settled()
    writer = simulation.nodes["n00"]
    chapter = writer.found("Paris")
    simulation.run_for(10)
    writer.copy_log()
    before = writer.log.incarnation
    events = [writer.add(chapter, f"Meetup {number}", START) for number in range(5)]
    simulation.run_for(60)
    simulation.restore("n00")
    assert writer.log.incarnation != before
    assert holders(simulation, events[0].id) == everybody(simulation) - {"n00"}
    fresh = writer.add(chapter, "After", START)
    simulation.run_for(HOUR_S)
    assert holders(simulation, events[4].id) == holders(simulation, fresh.id)
    assert simulation.breaches() == []


def test_what_was_only_on_the_lost_disk_is_lost_and_is_no_breach() -> None:
    simulation = settled()
    writer = simulation.nodes["n00"]
    chapter = writer.found("Paris")
    simulation.run_for(10)
    writer.copy_log()
    simulation.partition(["n00"])
    event = writer.add(chapter, "Nobody heard", START)
    simulation.restore("n00")
    simulation.heal()
    simulation.run_for(HOUR_S)
    assert holders(simulation, event.id) == set()
    assert simulation.breaches() == []


def test_without_a_copy_nothing_is_restored() -> None:
    with pytest.raises(StateError, match="n01 has no copy"):
        settled().restore("n01")


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_that_jumps_ten_years_stops_neither_dialling_nor_comparing(years: int) -> None:
    simulation = settled(weather=Weather(loss_ratio=0.3))
    writer, turned = simulation.nodes["n00"], simulation.nodes["n01"]
    chapter = writer.found("Paris")
    simulation.run_for(60)
    turned.set_clock(years * YEAR_MS)
    turned.crash()
    turned.start()
    simulation.run_for(60)
    writer.add(chapter, "Meanwhile", START)
    turned.set_clock(0)
    simulation.run_for(2 * HOUR_S)
    assert simulation.breaches() == []


def test_a_record_ahead_of_all_clocks_waits_until_they_have_come_there() -> None:
    simulation = settled()
    writer = simulation.nodes["n00"]
    chapter = writer.found("Paris")
    simulation.run_for(10)
    writer.set_clock(2 * HOUR_S * 1000)
    event = writer.add(chapter, "Tomorrow", START)
    writer.set_clock(0)
    simulation.run_for(HOUR_S)
    assert holders(simulation, event.id) == {"n00"}
    simulation.run_for(2 * HOUR_S)
    assert simulation.breaches() == []


@pytest.mark.parametrize("manner", list(Manner))
def test_a_peer_that_misbehaves_neither_parts_the_others_nor_has_them_blame_each_other(
    manner: Manner,
) -> None:
    simulation = settled(6, hostile=[manner, manner])
    writer = simulation.nodes["n00"]
    chapter = writer.found("Paris")
    for number in range(20):
        simulation.run_for(HOUR_S / 4)
        writer.add(chapter, f"Meetup {number}", START)
    simulation.run_for(HOUR_S)
    assert simulation.breaches() == []
    is_blamed = any(node.blamed for node in simulation.honest)
    if manner is Manner.BABBLES:
        assert is_blamed
    if manner is Manner.REPEATS:  # nothing that an honest peer might not send
        assert not is_blamed


def test_more_than_one_message_names_differ_by_a_full_comparison() -> None:
    simulation = settled(4, seed=2)
    left, right = simulation.nodes["n00"], simulation.nodes["n03"]
    paris, lyon = left.found("Paris"), right.found("Lyon")
    written = [left.add(paris, f"Meetup {number}", START) for number in range(1_100)]
    simulation.run_for(120)
    assert simulation.breaches() == []
    simulation.partition(["n00", "n01"])
    simulation.run_for(120)
    for number in range(10):
        left.add(paris, f"Here {number}", START)
        right.add(lyon, f"There {number}", START)
    _lose_cursors(left)
    _lose_cursors(simulation.nodes["n01"])
    sorted_before = _full(simulation)
    simulation.heal()
    simulation.run_for(HOUR_S)
    assert simulation.breaches() == []
    assert _full(simulation) > sorted_before
    assert holders(simulation, written[-1].id) == everybody(simulation)


def test_a_reader_holds_what_carriers_hold_and_is_dialled_by_nobody() -> None:
    simulation = settled(5, readers=1)
    writer, reader = simulation.nodes["n00"], simulation.nodes["n04"]
    event = writer.add(writer.found("Paris"), "Meetup", START)
    simulation.run_for(HOUR_S)
    assert reader.log.has([event.id])
    assert reader.life is not None
    assert all(link.dialler is reader.life for link in reader.life.links.values())
    assert simulation.breaches() == []


def test_what_is_written_at_a_reader_while_nobody_hears_it_is_announced_later() -> None:
    simulation = settled(5, readers=1)
    writer, reader = simulation.nodes["n00"], simulation.nodes["n04"]
    chapter = writer.found("Paris")
    grant = Grant(key=reader.organiser.key, kinds=("event",))
    writer.write(
        lambda life: writer.organiser.grant(life.ingest, chapter, grant, now_ms=life.now_ms())
    )
    simulation.run_for(600)
    simulation.partition(["n04"])
    simulation.run_for(120)
    event = reader.add(chapter, "Written on a train", START)
    simulation.run_for(600)
    assert holders(simulation, event.id) == {"n04"}
    reader.crash()
    reader.start()
    simulation.heal()
    simulation.run_for(HOUR_S)
    assert simulation.breaches() == []
    assert reader.log.local.outbox() == []


def _lose_cursors(node: SimulatedNode) -> None:
    for known in node.log.local.peers():
        node.log.local.forget_peer(known.peer)


def _full(simulation: Simulation) -> int:
    """Return how many full comparisons all nodes counted in this hour."""
    lives = [node.life for node in simulation.honest if node.life is not None]
    return sum(len(life.shared.full_comparisons._sorts) for life in lives)
