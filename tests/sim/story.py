"""One day of a community, drawn by a seed: people write, and everything goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from p2pevents.errors import StateError
from p2pevents.record.authority_kinds import Grant
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, RecordId
from p2pevents.testing import Breach, Happening, Manner, SimulatedNode, Simulation, Weather
from p2pevents.testing.hostile import HostileNode

HOUR_S = 3600.0
QUIET_S = 3 * HOUR_S
MINUTE_MS = 60_000
YEAR_MS = 365 * 24 * 60 * MINUTE_MS
CLOCKS_MS = (5 * MINUTE_MS, 60 * MINUTE_MS, 24 * 60 * MINUTE_MS, 10 * YEAR_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a day is to have; all else the seed draws."""

    seed: int
    nodes: int = 20
    hours: float = 24.0
    loss: float = 0.3
    partitions: int = 3
    readers: int = 2
    hostile: int = 3
    chapters: int = 3
    writes: int = 60
    crashes: int = 8
    restores: int = 2
    clocks: int = 3
    small: int = 0  # nodes with a small store, whose people follow something
    lists: int = 1  # which lists of follows they have; 0 for none
    pause_s: int = 300  # two peers rest 160 minutes at most: less than the quiet hours

    @property
    def command(self) -> str:
        """What a person types to see this day again."""
        changed = [
            f"--{name} {getattr(self, name):g}"
            for name in ("nodes", "hours", "loss", "partitions", "small", "lists")
            if getattr(self, name) != getattr(Story(seed=0), name)
        ]
        return " ".join(["python -m tests.sim", f"--seed {self.seed}", *changed])


@dataclass(slots=True, kw_only=True)
class Played:
    """How a day came out.

    Attributes:
        breaches: what does not hold.
        records: how many items every node has in the end.
        bytes_ratio: what the honest nodes sent, over the bytes of what each had to get.
    """

    simulation: Simulation
    breaches: list[Breach]
    records: int
    bytes_ratio: float
    compared: int


@dataclass(slots=True)
class _Plot:
    """The day as it goes."""

    story: Story
    simulation: Simulation
    rng: Random
    chapters: list[tuple[ChapterId, SimulatedNode]] = field(default_factory=list)
    delegates: list[tuple[ChapterId, SimulatedNode]] = field(default_factory=list)
    events: list[Verified] = field(default_factory=list)

    def some_time(self, first_s: float = HOUR_S / 2) -> float:
        return self.rng.uniform(first_s, self.story.hours * HOUR_S - QUIET_S)

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        def attempt() -> None:
            # That node does not run now, its person may not, or there is nobody yet to choose.
            with suppress(StateError, IndexError):
                act()

        self.simulation.later(seconds, attempt)

    def node(self) -> SimulatedNode:
        return self.rng.choice(self.simulation.honest)

    # --- what people do ------------------------------------------------------------------------

    def found(self, number: int) -> None:
        node = self.simulation.nodes[f"n{number:02}"]
        self.chapters.append((node.found(f"City {number}"), node))

    def grant(self) -> None:
        chapter, lead = self.rng.choice(self.chapters)
        delegate = self.node()
        grant = Grant(key=delegate.organiser.key, kinds=("*",))
        lead.write(
            lambda life: lead.organiser.grant(life.ingest, chapter, grant, now_ms=life.now_ms())
        )
        self.delegates.append((chapter, delegate))

    def revoke(self) -> None:
        chapter, delegate = self.rng.choice(self.delegates)
        lead = next(node for each, node in self.chapters if each == chapter)
        if lead.life is None:
            return
        key = delegate.organiser.key
        signed = [item.id for item in lead.log.in_set(chapter=chapter) if item.author == key]
        keep = [RecordId(each) for each in signed if self.rng.random() < 0.5]
        lead.note(f"removes the person at {delegate.name}, keeps {len(keep)} of {len(signed)}")
        lead.organiser.revoke(lead.life.ingest, chapter, key, keep=keep, now_ms=lead.life.now_ms())
        lead.life.grown()

    def write(self) -> None:
        chapter, node = self.rng.choice([*self.chapters, *self.delegates])
        known = [event for event in self.events if event.header.chapter == chapter]
        if known and self.rng.random() < 0.5:
            changes: dict[str, Any] = self.rng.choice(
                [
                    {"title": f"Evening {self.rng.randrange(10**6)}"},
                    {"status": {"is": self.rng.choice(["cancelled", "postponed", "confirmed"])}},
                    {"when": self.when()},
                ]
            )
            node.edit(self.rng.choice(known), changes)
        else:
            self.add(node, chapter)

    def bring_in(self) -> None:
        chapter, node = self.rng.choice(self.chapters)
        for _ in range(40):
            self.add(node, chapter)

    def add(self, node: SimulatedNode, chapter: ChapterId) -> None:
        title = f"Meetup {self.rng.randrange(10**6)}"
        self.events.append(node.add(chapter, title, str(self.when()["start"])))

    def when(self) -> dict[str, str]:
        day = f"2027-{self.rng.randint(2, 12):02}-{self.rng.randint(1, 28):02}"
        return {"start": f"{day}T{self.rng.randint(9, 21):02}:30:00", "timeZone": "Europe/Paris"}

    def follow(self, node: SimulatedNode, number: int) -> None:
        node.follow(self.chapters[number][0])

    def unfollow(self, node: SimulatedNode, number: int) -> None:
        node.unfollow(self.chapters[number][0])

    # --- what goes wrong -----------------------------------------------------------------------

    def part(self, until: Callable[[float, Callable[[], None]], None]) -> None:
        names = [node.name for node in self.simulation.honest]
        group = self.rng.sample(names, self.rng.randint(1, max(1, len(names) // 2)))
        self.simulation.partition(group, one_way=self.rng.random() < 0.3)
        until(self.rng.uniform(0.2, 2.0) * HOUR_S, self.simulation.heal)

    def crash(self) -> None:
        node = self.node()
        node.crash(power_cut=self.rng.random() < 0.5)
        self.simulation.later(self.rng.choice([1, 60, HOUR_S]), node.start)

    def restore(self) -> None:
        node = self.node()
        node.copy_log()
        wait_s = self.rng.uniform(0.1, 3.0) * HOUR_S
        self.simulation.later(wait_s, lambda: self.simulation.restore(node.name))

    def turn_clock(self) -> None:
        node = self.node()
        node.set_clock(self.rng.choice(CLOCKS_MS) * self.rng.choice([1, -1]))
        self.simulation.later(self.rng.uniform(0.1, 3.0) * HOUR_S, lambda: node.set_clock(0))


def play(story: Story, *, on_happening: Callable[[Happening], None] | None = None) -> Played:
    """Play a day, then three quiet hours of it, and look at what holds."""
    compared = 0

    def hear(happening: Happening) -> None:
        nonlocal compared
        compared += int(happening.what.startswith("compared"))
        if on_happening is not None:
            on_happening(happening)

    rng = Random(f"story {story.seed}")
    manners = tuple(rng.choice(list(Manner)) for _ in range(story.hostile))
    simulation = Simulation(
        seed=story.seed,
        nodes=story.nodes,
        readers=story.readers,
        small=story.small,
        hostile=manners,
        pause_s=story.pause_s,
        weather=Weather(loss_ratio=story.loss, twice_ratio=0.05),
        on_happening=hear,
    )
    plot = _Plot(story, simulation, rng)
    _plan(plot)
    _follow(plot)
    for node in simulation.nodes.values():
        if isinstance(node, HostileNode):
            simulation.later(story.hours * HOUR_S / 3, node.begin_to_lie)
    simulation.run_for(story.hours * HOUR_S - QUIET_S)
    _calm(simulation)
    small = [node.name for node in simulation.honest if node.store_bytes_max is not None]
    for name in small:
        simulation.later(HOUR_S, partial(simulation.read, name))
    simulation.run_for(QUIET_S)
    _wait_for_clocks(simulation)
    first = simulation.honest[0]
    ids = [RecordId(item.id) for item in first.log.in_set()]
    size = sum(len(each.envelope) + len(each.body or b"") for each in first.log.records(ids))
    return Played(
        simulation=simulation,
        breaches=simulation.breaches(),
        records=len(ids),
        bytes_ratio=simulation.traffic.bytes / max(1, size * (story.nodes - 1)),
        compared=compared,
    )


def _plan(plot: _Plot) -> None:
    story = plot.story
    for number in range(story.chapters):
        plot.at(plot.rng.uniform(5, 600), lambda number=number: plot.found(number))  # type: ignore[misc]
    for _ in range(2 * story.chapters):
        plot.at(plot.rng.uniform(700, story.hours * HOUR_S / 4), plot.grant)
    for _ in range(story.writes):
        plot.at(plot.some_time(700), plot.write)
    plot.at(plot.some_time(), plot.bring_in)
    for _ in range(story.chapters):
        plot.at(plot.some_time(story.hours * HOUR_S / 3), plot.revoke)
    for _ in range(story.partitions):
        plot.at(plot.some_time(), lambda: plot.part(plot.simulation.later))
    for _ in range(story.crashes):
        plot.at(plot.some_time(), plot.crash)
    for _ in range(story.restores):
        plot.at(plot.some_time(), plot.restore)
    for _ in range(story.clocks):
        plot.at(plot.some_time(), plot.turn_clock)


def _follow(plot: _Plot) -> None:
    """Have the people at small stores follow chapters, early or late, some for a while only.

    By a chance of its own: nothing else may depend on it.
    """
    story, rng = plot.story, Random(f"follows {plot.story.seed} {plot.story.lists}")
    for node in plot.simulation.honest:
        if node.store_bytes_max is None or not story.lists:
            continue
        for number in range(story.chapters):
            if rng.random() < 0.3:
                continue
            at_s = rng.choice([900.0, rng.uniform(900, story.hours * HOUR_S - QUIET_S)])
            plot.at(at_s, partial(plot.follow, node, number))
            if rng.random() < 0.2:
                plot.at(
                    rng.uniform(at_s, story.hours * HOUR_S), partial(plot.unfollow, node, number)
                )


def _calm(simulation: Simulation) -> None:
    """From here on nothing is cut, every clock is right, and everybody runs."""
    simulation.heal()
    for node in simulation.nodes.values():
        node.set_clock(0)
        node.start()


def _wait_for_clocks(simulation: Simulation) -> None:
    """Where somebody's clock was far ahead, go on until the world's has come there."""
    now_ms = simulation.now_ms
    last_ms = max(item.clock for node in simulation.honest for item in node.log.in_set())
    if last_ms > now_ms:
        for node in simulation.nodes.values():
            node.set_clock(last_ms - now_ms)
        # Nobody is told of it: each asks at its own pace, an hour apart by now, hop by hop.
        simulation.run_for(2 * QUIET_S)
