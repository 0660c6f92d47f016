"""Who watches a node that runs learns nothing of whom its person follows: not even by when."""

from __future__ import annotations

from contextlib import AsyncExitStack
from random import Random

import pytest
import trio
import trio.testing

from p2pevents.log.local import Follow, KnownPeer
from p2pevents.log.memory import MemoryLog
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import PeerId
from p2pevents.node.config import Config
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.testing import Organiser
from tests.swarm.test_watching_readers import CITIES, Sent, TappedNetwork

RUNS = 1
PEERS = 4
WATCHED_S = 90
NOW_MS = 1_800_000_000_000

Traffic = tuple[list[tuple[float, str]], dict[PeerId, list[Sent]]]


class TimedNetwork(TappedNetwork):
    """A tapped network that also notes when each dial was made."""

    @property
    def dials(self) -> list[tuple[float, str]]:
        """Seconds since the beginning, and where."""
        return self._dials

    def begin(self) -> None:
        """Begin to note."""
        self._dials: list[tuple[float, str]] = []
        self._began = trio.current_time()

    async def dial(self, address: str) -> PeerId:
        """Dial, and note it."""
        self._dials.append((round(trio.current_time() - self._began, 3), address))
        return await super().dial(address)


async def watched(*, follows: range, is_reader: bool, seed: int) -> Traffic:
    """Run a node that follows some of the chapters, and return what a watcher sees of it."""
    hub = MemoryHub(rng=Random(seed))
    organiser = Organiser(rng=Random(2))
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        logs = [MemoryLog(incarnation=bytes([number]) * 16) for number in range(PEERS + 1)]
        doors = [Ingest(log) for log in logs[:PEERS]]
        chapters = [organiser.found(doors[0], city, now_ms=NOW_MS) for city in CITIES]
        when = {"start": "2027-02-03T18:30:00", "timeZone": "Europe/Paris"}
        for number in range(20):
            organiser.add(
                doors[0],
                chapters[number % len(chapters)],
                {"title": f"Evening {number}", "when": when},
                now_ms=NOW_MS + number,
            )
        config = Config(network="watched", listen=("/memory/0",))
        for number, log in enumerate(logs[:PEERS]):
            opened = open_memory_network(hub, seed=bytes([number + 1]) * 32)
            network = await stack.enter_async_context(opened)
            node = Node(
                log=log, network=network, config=config, now_ms=lambda: NOW_MS, rng=Random(number)
            )
            await nursery.start(node.run)
            address = network.addresses()[0]
            met = KnownPeer(peer=str(network.peer_id), addresses=(address,), seen_ms=NOW_MS)
            logs[PEERS].local.set_peer(met)
        for place in follows:
            follow = Follow(chapter=chapters[place], petname="mine", since_ms=NOW_MS)
            logs[PEERS].local.set_follow(follow)
        inner = await stack.enter_async_context(open_memory_network(hub, seed=b"w" * 32))
        tapped = TimedNetwork(inner)
        tapped.begin()
        node = Node(
            log=logs[PEERS],
            network=tapped,
            config=Config(network="watched", listen=() if is_reader else ("/memory/0",)),
            now_ms=lambda: NOW_MS,
            rng=Random(seed),
            is_reader=is_reader,
        )
        await nursery.start(node.run)
        await trio.sleep(WATCHED_S)
        assert logs[PEERS].total().records >= 20
        nursery.cancel_scope.cancel()
    # What is said is salted anew each time; test_watching_readers compares it word by word.
    said = {
        peer: sorted({each for each in sent if each[0] == "opens"}, key=repr)
        for peer, sent in tapped.sent.items()
    }
    return tapped.dials, said


def run(*, follows: range, is_reader: bool, seed: int) -> Traffic:
    """Run it where the order of things is not left to chance."""
    trio._core._run._r.seed(seed)
    clock = trio.testing.MockClock(autojump_threshold=0)

    async def main() -> Traffic:
        return await watched(follows=follows, is_reader=is_reader, seed=seed)

    return trio.run(main, clock=clock)


@pytest.mark.parametrize("is_reader", [True, False])
def test_two_lists_make_a_running_node_dial_the_same_at_the_same_times(
    monkeypatch: pytest.MonkeyPatch, *, is_reader: bool
) -> None:
    monkeypatch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
    for seed in range(RUNS):
        none = run(follows=range(0), is_reader=is_reader, seed=seed)
        one = run(follows=range(1), is_reader=is_reader, seed=seed)
        most = run(follows=range(1, len(CITIES)), is_reader=is_reader, seed=seed)
        assert none == one == most, seed
        dials, sent = none
        assert len(dials) >= PEERS
        assert sum(len(each) for each in sent.values()) >= PEERS
