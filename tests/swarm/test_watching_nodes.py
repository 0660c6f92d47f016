"""Who watches a node that runs learns nothing of whom its person follows: not even by when."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import zip_longest
from random import Random
from typing import Any

import pytest
import trio
import trio.testing

from p2pevents.log.local import Follow, KnownPeer
from p2pevents.log.memory import MemoryLog
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import Network, PeerId, PeerStream, StreamHandler
from p2pevents.node.config import Config
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.testing import Organiser
from p2pevents.testing.walled_network import WalledNetwork
from tests.swarm.test_watching_readers import CITIES

RUNS = 1
PEERS = 4
WATCHED_S = 90
NOW_MS = 1_800_000_000_000

Seen = tuple[float, str, str, bytes]
"""Seconds since the beginning, what a node does, with whom, and the bytes of it."""


class WatchedNetwork(WalledNetwork):
    """A network on which all that a node does is written down as who watches its line sees it."""

    def __init__(self, inner: Network) -> None:
        super().__init__(inner, is_walled=lambda _: False)
        self.seen: list[Seen] = []
        self._began = trio.current_time()

    def note(self, does: str, whom: str, data: bytes = b"") -> None:
        """Write down what is done now."""
        self.seen.append((round(trio.current_time() - self._began, 3), does, whom, data))

    async def dial(self, address: str) -> PeerId:
        """Dial, and note it."""
        self.note("dials", address)
        return await super().dial(address)

    async def open_stream(self, peer: PeerId, protocol: str) -> PeerStream:
        """Open a stream, and note that, and what is said on it."""
        self.note("opens", f"{peer} {protocol}")
        return self._tapped(await super().open_stream(peer, protocol), f"{peer} {protocol}")

    def serve(self, protocol: str, handler: StreamHandler) -> None:
        """Answer, and note what is said."""

        async def answer(stream: PeerStream) -> None:
            await handler(self._tapped(stream, f"{stream.peer} {protocol}"))

        super().serve(protocol, answer)

    async def publish(self, topic: str, data: bytes) -> int:
        """Gossip, and note it."""
        self.note("gossips", topic, data)
        return await super().publish(topic, data)

    def _tapped(self, stream: PeerStream, whom: str) -> PeerStream:
        send_all = stream.send_all

        async def tapped(data: bytes | bytearray | memoryview) -> None:
            self.note("says", whom, bytes(data))
            await send_all(data)

        stream.send_all = tapped  # type: ignore[method-assign]
        return stream


async def watched(
    *, follows: range, is_reader: bool, seed: int, dials_whom_it_follows: bool
) -> list[Seen]:
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
        mine = logs[PEERS].local
        for number, log in enumerate(logs[:PEERS]):
            opened = open_memory_network(hub, seed=bytes([number + 1]) * 32)
            network = await stack.enter_async_context(opened)
            node = Node(
                log=log, network=network, config=config, now_ms=lambda: NOW_MS, rng=Random(number)
            )
            await nursery.start(node.run)
            address = network.addresses()[0]
            met = KnownPeer(peer=str(network.peer_id), addresses=(address,), seen_ms=NOW_MS)
            if not dials_whom_it_follows or number in follows:
                mine.set_peer(met)
        for place in follows:
            mine.set_follow(Follow(chapter=chapters[place], petname="mine", since_ms=NOW_MS))
        inner = await stack.enter_async_context(open_memory_network(hub, seed=b"w" * 32))
        tapped = WatchedNetwork(inner)
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
        assert dials_whom_it_follows or logs[PEERS].total().records >= 20
        nursery.cancel_scope.cancel()
    return tapped.seen


async def _run_here(work: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    """Stand in for `trio.to_thread.run_sync`: how long a thread takes is chance."""
    await trio.lowlevel.checkpoint()
    return work(*arguments)


def run(
    *, follows: range, is_reader: bool, seed: int, dials_whom_it_follows: bool = False
) -> list[Seen]:
    """Run it where nothing is left to chance: neither the order of tasks, nor salts and nonces."""
    trio._core._run._r.seed(seed)
    clock = trio.testing.MockClock(autojump_threshold=0)

    async def main() -> list[Seen]:
        return await watched(
            follows=follows,
            is_reader=is_reader,
            seed=seed,
            dials_whom_it_follows=dials_whom_it_follows,
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)
        patch.setattr(secrets, "token_bytes", Random(seed).randbytes)
        patch.setattr(trio.to_thread, "run_sync", _run_here)
        gc.collect()  # what others left is cleared away now, and not at a time of chance
        gc.disable()
        try:
            return trio.run(main, clock=clock)
        finally:
            gc.enable()


def differences(seed: int, *, is_reader: bool) -> str:
    """Run a node with three lists; return where its traffic differs, byte by byte: nowhere."""
    none = run(follows=range(0), is_reader=is_reader, seed=seed)
    assert sum(does == "dials" for _, does, _, _ in none) >= PEERS
    assert any(does == "says" and "sync" in whom for _, does, whom, _ in none)
    for follows in (range(1), range(1, len(CITIES))):
        other = run(follows=follows, is_reader=is_reader, seed=seed)
        if none != other:
            pairs = zip_longest(none, other)
            at = next(place for place, pair in enumerate(pairs) if pair[0] != pair[1])
            return f"seed {seed}, follows {follows}: {none[at : at + 1]} or {other[at : at + 1]}"
    return ""


@pytest.mark.parametrize("is_reader", [True, False])
def test_two_lists_make_a_running_node_send_the_same_bytes_at_the_same_times(
    *, is_reader: bool
) -> None:
    """`python -m tests.hostile.soak watching --count 100` runs more."""
    for seed in range(RUNS):
        assert differences(seed, is_reader=is_reader) == ""


def test_unguarded_a_node_that_dials_whom_it_follows_is_told_by_its_traffic() -> None:
    """The test above can fail."""
    one, other = (
        run(follows=follows, is_reader=False, seed=0, dials_whom_it_follows=True)
        for follows in (range(1), range(1, 3))
    )
    assert one != other
