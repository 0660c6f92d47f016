"""Many real nodes in one process, in real time: over the in-memory network, or over sockets."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from random import Random
from typing import Any, Final

import trio

from p2pevents.errors import StateError
from p2pevents.log.both import BothLogs
from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import INCARNATION_BYTES
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import Network, PeerId
from p2pevents.node.config import Config
from p2pevents.node.ledger import Ledger
from p2pevents.node.node import Node
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.record.places import peer_of
from p2pevents.testing.organiser import Organiser
from p2pevents.testing.private_disk import PrivateDisk
from p2pevents.testing.walled_network import WalledNetwork

__all__ = ["NODES_MAX", "Swarm", "SwarmNode"]

NODES_MAX: Final = 64
_POLL_S: Final = 0.02
_KEY_SEED_BYTES: Final = 32
_PAUSE_S: Final = 5  # between two comparisons: the least that a configuration may say

_Open = Callable[[bytes], AbstractAsyncContextManager[Network]]


class SwarmNode:
    """One node of a swarm; its log and its keys outlast a restart.

    Attributes:
        name: what a test calls it.
        log: what is on its disk.
        private: what is kept there beside the log.
        store_bytes_max: what the log may hold from the next start on.
        organiser: the person whose node it is.
        addresses: where it listens, once it has run.
        node: the running node; None while it is stopped.
    """

    def __init__(self, name: str, *, rng: Random, now_ms: Callable[[], int]) -> None:
        self.name = name
        self.log = MemoryLog(incarnation=rng.randbytes(INCARNATION_BYTES))
        self.private = PrivateDisk(rng=Random(f"private {name}"))
        self.store_bytes_max = Config().store_bytes_max
        self.organiser = Organiser(rng=rng)
        self.addresses: tuple[str, ...] = ()
        self.node: Node | None = None
        self.network: WalledNetwork | None = None
        self.key_seed = rng.randbytes(_KEY_SEED_BYTES)
        self.rng = rng
        self.scope = trio.CancelScope()
        self.has_ended = trio.Event()
        self._now_ms = now_ms

    @property
    def peer(self) -> str:
        """Its name on the network; empty before it has run."""
        return peer_of(self.addresses[0]) if self.addresses else ""

    def found(self, name: str) -> ChapterId:
        """Found a chapter, and return its id."""
        node = self._running()
        chapter = self.organiser.found(node.ingest, name, now_ms=self._now_ms())
        node.grown()
        return chapter

    def add(self, chapter: ChapterId, title: str, start: str, **changes: Any) -> Verified:
        """Announce an event of a chapter, and return the record that says so.

        Args:
            chapter: whose lead this node's person is.
            title: what it is called.
            start: local time in Paris, `YYYY-MM-DDTHH:MM:SS`.
            changes: further fields, as `record.draft.compose` takes them.
        """
        node = self._running()
        when = {"start": start, "timeZone": "Europe/Paris"}
        record = self.organiser.add(
            node.ingest, chapter, {"title": title, "when": when, **changes}, now_ms=self._now_ms()
        )
        node.grown()
        return record

    @property
    def both(self) -> BothLogs:
        """The log and what is kept privately beside it, as its person reads them."""
        return self.private.with_store(self.log)

    def follow(self, chapter: ChapterId) -> None:
        """Follow a chapter."""
        self.log.local.set_follow(Follow(chapter=chapter, petname="", since_ms=self._now_ms()))

    def holds(self, record: Verified) -> bool:
        """Whether a record is on this node's disk."""
        return bool(self.log.has([record.id]))

    def _running(self) -> Node:
        if self.node is None:
            raise StateError(f"{self.name} does not run")
        return self.node


class Swarm:
    """Nodes that find each other; made by `over_memory` and `over_sockets`.

    Attributes:
        nodes: all of them, running or not; each is told of those before it.
    """

    def __init__(
        self, count: int, *, seed: int, open_network: _Open, listen: str, nursery: trio.Nursery
    ) -> None:
        if not 1 <= count <= NODES_MAX:
            raise ValueError(f"{count} nodes, of 1 to {NODES_MAX}")
        rng = Random(seed)
        self._began_ms = int(time.time() * 1000)
        self._began_s = trio.current_time()
        self._open_network = open_network
        self._listen = listen
        self._nursery = nursery
        self._walls: set[frozenset[str]] = set()
        self.nodes = [
            SwarmNode(f"n{number}", rng=Random(rng.getrandbits(64)), now_ms=self.now_ms)
            for number in range(count)
        ]

    @classmethod
    @asynccontextmanager
    async def over_memory(cls, count: int, *, seed: int) -> AsyncIterator[Swarm]:
        """Run nodes over the in-memory network until the block is left."""
        hub = MemoryHub(rng=Random(seed))
        async with cls._over(
            count,
            seed=seed,
            open_network=lambda key: open_memory_network(hub, seed=key),
            listen="/memory/0",
        ) as swarm:
            yield swarm

    @classmethod
    @asynccontextmanager
    async def over_sockets(cls, count: int, *, seed: int) -> AsyncIterator[Swarm]:
        """Run nodes over real libp2p hosts, on loopback, until the block is left."""
        from p2pevents.net.libp2p import open_libp2p_network

        async with cls._over(
            count,
            seed=seed,
            open_network=lambda key: open_libp2p_network(seed=key),
            listen="/ip4/127.0.0.1/tcp/0",
        ) as swarm:
            yield swarm

    @classmethod
    @asynccontextmanager
    async def _over(
        cls, count: int, *, seed: int, open_network: _Open, listen: str
    ) -> AsyncIterator[Swarm]:
        async with trio.open_nursery() as nursery:
            swarm = cls(count, seed=seed, open_network=open_network, listen=listen, nursery=nursery)
            for node in swarm.nodes:
                await swarm.start(node)
            yield swarm
            nursery.cancel_scope.cancel()

    def now_ms(self) -> int:
        """The clock of all nodes, in ms since 1970: it goes on with trio's."""
        return self._began_ms + int((trio.current_time() - self._began_s) * 1000)

    # --- nodes ---------------------------------------------------------------------------------

    async def start(self, node: SwarmNode) -> None:
        """Run a node, with the log as it is, where it was before; return once it listens."""
        if node.node is None:
            await self._nursery.start(self._live, node)

    async def stop(self, node: SwarmNode) -> None:
        """End a node: what is in its memory is lost."""
        if node.node is not None:
            node.scope.cancel()
            await node.has_ended.wait()

    async def _live(
        self, node: SwarmNode, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        node.scope, node.has_ended = trio.CancelScope(), trio.Event()
        try:
            with node.scope:
                async with self._open_network(node.key_seed) as inner, trio.open_nursery() as own:
                    await self._run(node, inner, own)
                    task_status.started()
                    await trio.sleep_forever()
        finally:
            node.node = node.network = None
            node.has_ended.set()

    async def _run(self, node: SwarmNode, inner: Network, own: trio.Nursery) -> None:
        # Others come back to where it was.
        places = tuple(each.partition("/p2p/")[0] for each in node.addresses)
        network = WalledNetwork(inner, is_walled=lambda peer: self._is_walled(node, peer))
        others = (each for each in self.nodes if each is not node and each.addresses)
        running = Node(
            log=node.log,
            network=network,
            config=Config(
                network="swarm",
                listen=places or (self._listen,),
                peers=tuple(each.addresses[0] for each in others),
                sync_interval_s=_PAUSE_S,
                store_bytes_max=node.store_bytes_max,
            ),
            now_ms=self.now_ms,
            rng=node.rng,
            beside=partial(node.private.beside, now_ms=self.now_ms),
        )
        await own.start(running.run)
        node.node, node.network = running, network
        node.addresses = network.addresses()

    # --- the network ---------------------------------------------------------------------------

    async def partition(self, group: Collection[SwarmNode]) -> None:
        """Cut nodes off from all others: connections end, and nobody answers a dial."""
        for one in group:
            for other in self.nodes:
                if other not in group:
                    self._walls.add(frozenset((one.peer, other.peer)))
        for node in self.nodes:
            if node.network is not None:
                await node.network.wall_off()

    def heal(self) -> None:
        """Let everybody reach everybody again."""
        self._walls.clear()

    def _is_walled(self, node: SwarmNode, peer: PeerId) -> bool:
        return frozenset((node.peer, str(peer))) in self._walls

    # --- waiting -------------------------------------------------------------------------------

    async def until(self, holds: Callable[[], bool], *, seconds: float = 30.0) -> float:
        """Wait until something holds, and return how many seconds that took.

        Raises:
            trio.TooSlowError: it did not, within `seconds`.
        """
        began_s = trio.current_time()
        with trio.fail_after(seconds):
            while not holds():  # noqa: ASYNC110 - of what many nodes hold, no event tells
                await trio.sleep(_POLL_S)
        return trio.current_time() - began_s

    async def until_all_hold(self, record: Verified, *, seconds: float = 30.0) -> float:
        """Wait until a record is on every node's disk, and return how many seconds that took."""
        return await self.until(
            lambda: all(node.holds(record) for node in self.nodes), seconds=seconds
        )

    async def until_equal(self, *, seconds: float = 30.0) -> float:
        """Wait until every node that runs has the same set, and return the seconds that took."""
        return await self.until(self.is_equal, seconds=seconds)

    def is_equal(self) -> bool:
        """Whether the sets of all nodes that run have the same fingerprints."""
        snapshots = [Ledger(node.log).snapshot() for node in self.nodes if node.node is not None]
        return len({(each.authority, each.records) for each in snapshots}) <= 1
