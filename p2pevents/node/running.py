"""A home on the network: the daemon and the light client, and one exchange that ends."""

from __future__ import annotations

import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import SystemRandom
from typing import Any, Final

import trio

from p2pevents.errors import NetworkError, ProtocolError, StateError
from p2pevents.keys.node_key import load_node_key
from p2pevents.log.local import Delivery
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network, PeerId
from p2pevents.node.clerk import peer_of
from p2pevents.node.conduct import Shared
from p2pevents.node.config import Config
from p2pevents.node.home import Home
from p2pevents.node.inbox.post import Post
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.node import Node
from p2pevents.node.presence import Presence
from p2pevents.node.sync_stream import SyncStream
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import Blame, Ended
from p2pevents.sync.messages import NONCE_BYTES, SYNC_PROTOCOL

__all__ = ["Exchange", "Ready", "run_node", "sync_once"]

_logger = logging.getLogger(__name__)

PRESENCE_S: Final = 0.5  # how often the running node tells how it is doing
SYNC_S_MAX: Final = 120.0  # one peer's exchange, from dial to end
PEERS_ASKED_MAX: Final = 8
DIAL_S_MAX: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a node says of itself once it is reachable."""

    peer_id: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """How one exchange of `sync_once` came out: `ended` where the peer was reached."""

    address: str
    ended: Ended | None
    why: str = ""

    @property
    def took_all(self) -> bool:
        """Whether the peer now holds all that this node has: its own records are announced."""
        ended = self.ended
        return ended is not None and not ended.why and not ended.left_out_there


async def run_node(
    home: Home,
    config: Config,
    *,
    now_ms: Callable[[], int],
    is_reader: bool,
    on_ready: Callable[[Ready], None],
) -> None:
    """Be a node until SIGTERM or SIGINT comes.

    Args:
        home: the home, which no other node runs on.
        config: what it is told.
        now_ms: the clock, in ms since 1970.
        is_reader: a light client.
        on_ready: told once it listens.

    Raises:
        NetworkError: it cannot listen, or the network failed.
        StateError: another node runs on this home.
        LogError: the log cannot be opened.
    """
    home.create()
    # The signals first: one that comes while the node starts must end it cleanly too.
    with (
        trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals,
        Presence.hold(home.folder) as presence,
    ):
        started_ms = now_ms()
        async with _on_network(home) as (log, network), trio.open_nursery() as nursery:
            node = Node(
                log=log,
                network=network,
                config=config,
                now_ms=now_ms,
                rng=SystemRandom(),
                is_reader=is_reader,
            )
            await nursery.start(node.run)
            nursery.start_soon(_be_present, presence, node, started_ms)
            on_ready(Ready(peer_id=str(network.peer_id), addresses=network.addresses()))
            async for _ in signals:
                nursery.cancel_scope.cancel()
                return


async def sync_once(
    home: Home,
    config: Config,
    *,
    addresses: Sequence[str],
    now_ms: Callable[[], int],
) -> list[Exchange]:
    """Exchange with peers once: with those at `addresses`, else with whom this node knows.

    Raises:
        StateError: nobody is known.
        NetworkError: the network failed.
    """
    home.create()
    with Presence.hold(home.folder):
        async with _on_network(home) as (log, network):
            wanted = tuple(addresses) or _known_addresses(config, log)
            if not wanted:
                raise StateError(
                    "this node knows no peer yet",
                    hint="follow a chapter by its link, or name an address: p2pevents sync ADDRESS",
                )
            asked = _Exchanges(log=log, network=network, config=config, now_ms=now_ms)
            exchanges: list[Exchange] = []
            for address in wanted[:PEERS_ASKED_MAX]:
                mine = log.local.outbox()
                exchange = await asked.with_peer_at(address)
                exchanges.append(exchange)
                if exchange.took_all:
                    for each in mine:
                        log.local.set_delivery(
                            Delivery(item=each.item, announced_ms=now_ms(), peers=each.peers + 1)
                        )
            return exchanges


@asynccontextmanager
async def _on_network(home: Home) -> AsyncIterator[tuple[Log, Network]]:
    log = SqliteLog(home.log)
    try:
        seed = load_node_key(home.node_key).reveal()
        async with open_libp2p_network(seed=seed) as network:
            yield log, network
    finally:
        log.close()


def _known_addresses(config: Config, log: Log) -> tuple[str, ...]:
    """Return one address a known peer, the configured ones first, then the last seen."""
    by_peer = {peer_of(address): address for address in reversed(config.peers)}
    for peer in log.local.peers():
        if peer.addresses:
            by_peer.setdefault(peer.peer, peer.addresses[0])
    return tuple(by_peer.values())


class _Exchanges:
    """Exchanges with one peer after the other; hears how each came out."""

    def __init__(
        self, *, log: Log, network: Network, config: Config, now_ms: Callable[[], int]
    ) -> None:
        self._network = network
        self._came_out: list[Ended] = []
        self._done = trio.Event()
        self._shared = Shared(
            log=log,
            ingest=Ingest(log),
            ledger=Ledger(log),
            network=config.network,
            shard=config.shard,
            is_reader=False,
            now_ms=now_ms,
            nonce=lambda: secrets.token_bytes(NONCE_BYTES),
            listener=self,
        )
        charters = self._shared.ingest.charters
        self._post = Post(log, charters, network, name=config.network, now_ms=now_ms)

    async def with_peer_at(self, address: str) -> Exchange:
        """Dial a peer, and exchange with it until both sides are done."""
        self._came_out.clear()
        self._done = trio.Event()
        try:
            with trio.fail_after(DIAL_S_MAX):
                peer = await self._network.dial(address)
                stream = await self._network.open_stream(peer, SYNC_PROTOCOL)
        except NetworkError as error:
            return Exchange(address=address, ended=None, why=error.message)
        except trio.TooSlowError:
            return Exchange(address=address, ended=None, why="it did not answer in time")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(SyncStream(self._shared, stream).run)
            with trio.move_on_after(SYNC_S_MAX):
                await self._done.wait()
            nursery.cancel_scope.cancel()
        try:
            await self._post.visit(str(peer))
        except (NetworkError, ProtocolError) as error:  # records went over all the same
            _logger.warning("no letters exchanged: %s", error)
        if not self._came_out:
            return Exchange(address=address, ended=None, why="it did not finish in time")
        return Exchange(address=address, ended=self._came_out[0], why=self._came_out[0].why)

    def ended(self, peer: str, ended: Ended) -> None:
        """Take in how the comparison came out."""
        del peer
        self._came_out.append(ended)
        self._done.set()

    def delivered(self, peer: str, items: Sequence[Item]) -> None:
        """Nothing is pushed here, so nothing is delivered that way."""

    def blamed(self, peer: str, blame: Blame) -> None:
        """Strike a peer that broke the protocol."""
        del blame
        self._network.blame(PeerId(peer))

    def grown(self) -> None:
        """Nobody waits for the log here."""


async def _be_present(presence: Presence, node: Node, started_ms: int) -> None:
    """Tell other programs of this home how the node is doing, whenever that has changed."""
    said: dict[str, Any] = {}
    is_mute = False
    while True:
        network = node.network
        facts = {
            "peerId": str(network.peer_id),
            "addresses": list(network.addresses()),
            "peers": [
                {
                    "peerId": str(peer.peer_id),
                    "address": peer.address,
                    "direction": peer.direction.value,
                }
                for peer in network.peers()
            ],
            "lastSync_ms": node.last_sync_ms,
            "started_ms": started_ms,
            "waiting": node.ingest.waiting.counts(),
        }
        if facts != said:
            try:
                presence.say(facts)
                said = facts
            except OSError as error:  # a full disk ends no node: it tries again, and says so once
                if not is_mute:
                    _logger.warning("what this node does cannot be written: %s", error)
                is_mute = True
        await trio.sleep(PRESENCE_S)
