"""One exchange that ends: with several peers, whose answers are united in the log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Final

import trio

from p2pevents.errors import NetworkError, ProtocolError, StateError
from p2pevents.keys.node_key import load_node_key
from p2pevents.log.local import Delivery
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network, PeerId
from p2pevents.net.peer_id import SEED_BYTES
from p2pevents.net.proxy import parse_proxy
from p2pevents.node.clerk import Clerk
from p2pevents.node.conduct import Shared
from p2pevents.node.config import Config
from p2pevents.node.core.passing import Passing
from p2pevents.node.encounters import ended_words
from p2pevents.node.home import Home
from p2pevents.node.inbox.post import Post
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.presence import Presence
from p2pevents.node.sync_stream import SyncStream
from p2pevents.node.told_addresses import told_by_profiles
from p2pevents.record.places import peer_of
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import Blame, Ended
from p2pevents.sync.messages import NONCE_BYTES, SYNC_PROTOCOL

__all__ = [
    "PEERS_ASKED_MAX",
    "PEERS_WANTED",
    "Exchange",
    "exchange",
    "known_addresses",
    "on_network",
    "passing_network",
    "sync_once",
]

_logger = logging.getLogger(__name__)

SYNC_S_MAX: Final = 120.0  # one peer's exchange, from dial to end
PEERS_AT_ONCE: Final = 4
PEERS_ASKED_MAX: Final = 8
PEERS_WANTED: Final = 2  # that answered: one alone may leave out what it likes
DIAL_S_MAX: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """How one exchange of `sync_once` came out: `ended` where the peer was reached.

    Attributes:
        address: where the peer was asked.
        ended: how the comparison came out.
        why: what went wrong, in words.
        hint: the way out, where there is one.
        handed_over: how many own records that waited to be announced it now has.
    """

    address: str
    ended: Ended | None
    why: str = ""
    hint: str = ""
    handed_over: int = 0

    @property
    def took_all(self) -> bool:
        """Whether the peer now holds all that this node has: its own records are announced."""
        ended = self.ended
        return ended is not None and not ended.why and not ended.left_out_there


async def sync_once(
    home: Home,
    config: Config,
    *,
    addresses: Sequence[str] = (),
    first: Sequence[str] = (),
    is_reader: bool,
    now_ms: Callable[[], int],
) -> list[Exchange]:
    """Exchange with peers once: with those at `addresses`, else with whom this node knows.

    Args:
        home: the home, on which no node runs.
        config: what it is told.
        addresses: whom to ask and nobody else; empty for several of those who are known.
        first: whom to ask before those.
        is_reader: as a light client does.
        now_ms: the clock, in ms since 1970.

    Raises:
        StateError: nobody is known, or a node runs on this home.
        NetworkError: the network failed.
    """
    home.create()
    with Presence.hold(home.folder):
        async with on_network(home, config) as (log, network):
            return await exchange(
                log,
                network,
                config,
                addresses=addresses,
                first=first,
                is_reader=is_reader,
                now_ms=now_ms,
                rng=SystemRandom(),
            )


async def exchange(
    log: Log,
    network: Network,
    config: Config,
    *,
    addresses: Sequence[str] = (),
    first: Sequence[str] = (),
    is_reader: bool,
    now_ms: Callable[[], int],
    rng: Random,
) -> list[Exchange]:
    """Do what `sync_once` does, over any network.

    Raises:
        StateError: nobody is known.
    """
    asked = _Exchanges(log=log, network=network, config=config, is_reader=is_reader, now_ms=now_ms)
    exchanges: list[Exchange] = []
    met: set[str] = {str(network.peer_id)}
    while len(exchanges) < PEERS_ASKED_MAX:
        known = tuple(addresses) or (*first, *known_addresses(config, log, rng=rng))
        by_peer = {peer_of(each): each for each in reversed(known)}
        fresh = [by_peer[peer] for peer in reversed(by_peer) if peer not in met][:PEERS_AT_ONCE]
        if not fresh:
            break
        met.update(peer_of(each) for each in fresh)
        exchanges += await asked.with_peers_at(fresh)
        if sum(each.took_all for each in exchanges) >= PEERS_WANTED:
            break
    if not exchanges:
        raise StateError(
            "this node knows no peer yet",
            hint="follow a chapter by its link, or name an address: p2pevents sync ADDRESS",
        )
    return exchanges


@asynccontextmanager
async def on_network(home: Home, config: Config) -> AsyncIterator[tuple[Log, Network]]:
    """Open a home's log and its network, not yet listening; through the proxy that is set."""
    proxy = parse_proxy(config.proxy) if config.proxy else None
    log = SqliteLog(home.log)
    try:
        seed = load_node_key(home.node_key).reveal()
        async with open_libp2p_network(seed=seed, proxy=proxy) as network:
            yield log, network
    finally:
        log.close()


@asynccontextmanager
async def passing_network(config: Config) -> AsyncIterator[Network]:
    """Open a network under a name that nobody has met, not listening; through the proxy set."""
    proxy = parse_proxy(config.proxy) if config.proxy else None
    async with open_libp2p_network(seed=secrets.token_bytes(SEED_BYTES), proxy=proxy) as network:
        yield network


def known_addresses(config: Config, log: Log, *, rng: Random) -> tuple[str, ...]:
    """Return an address of every known peer: the configured first, the others as chance has it.

    Whom the person follows has no part in it, or their dials would tell.
    """
    by_peer = {peer_of(address): address for address in reversed(config.peers)}
    others: dict[str, str] = {}
    for peer in log.local.peers():
        if peer.addresses:
            others[peer.peer] = peer.addresses[0]
    for address in told_by_profiles(log):
        others.setdefault(peer_of(address), address)
    drawn = sorted(others.items())
    rng.shuffle(drawn)
    for peer_name, address in drawn:
        by_peer.setdefault(peer_name, address)
    return tuple(by_peer.values())


class _Exchanges:
    """Exchanges with several peers at once; hears how each came out."""

    def __init__(
        self,
        *,
        log: Log,
        network: Network,
        config: Config,
        is_reader: bool,
        now_ms: Callable[[], int],
    ) -> None:
        self._network = network
        self._log = log
        self._now_ms = now_ms
        self._came_out: dict[str, Ended] = {}
        self._done: dict[str, trio.Event] = {}
        self._shared = Shared(
            log=log,
            ingest=Ingest(log),
            ledger=Ledger(log),
            network=config.network,
            shard=config.shard,
            is_reader=is_reader,
            now_ms=now_ms,
            nonce=lambda: secrets.token_bytes(NONCE_BYTES),
            listener=self,
        )
        charters = self._shared.ingest.charters
        self._post = Post(log, charters, network, name=config.network, now_ms=now_ms)
        self._clerk = Clerk(log=log, ingest=self._shared.ingest, passing=Passing(), now_ms=now_ms)
        self._mine = [each.item for each in log.local.outbox()]

    async def with_peers_at(self, addresses: Sequence[str]) -> list[Exchange]:
        """Exchange with peers at the same time, and return how it came out, in their order."""
        found: dict[str, Exchange] = {}

        async def one(address: str) -> None:
            found[address] = await self._with_peer_at(address)

        async with trio.open_nursery() as nursery:
            for address in addresses:
                nursery.start_soon(one, address)
        return [found[address] for address in addresses]

    async def _with_peer_at(self, address: str) -> Exchange:
        """Dial a peer, and exchange with it until both sides are done."""
        try:
            with trio.fail_after(DIAL_S_MAX):
                peer = await self._network.dial(address)
                self._done[str(peer)] = trio.Event()
                stream = await self._network.open_stream(peer, SYNC_PROTOCOL)
        except NetworkError as error:
            return Exchange(address=address, ended=None, why=error.message, hint=error.hint)
        except trio.TooSlowError:
            return Exchange(address=address, ended=None, why="it did not answer in time")
        self._clerk.reached(str(peer), address)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(SyncStream(self._shared, stream, is_opener=True).run)
            with trio.move_on_after(SYNC_S_MAX):
                await self._done[str(peer)].wait()
            nursery.cancel_scope.cancel()
        try:
            await self._post.visit(str(peer))
        except (NetworkError, ProtocolError) as error:  # records went over all the same
            _logger.warning("no letters exchanged: %s", error)
        ended = self._came_out.get(str(peer))
        if ended is None:
            return Exchange(address=address, ended=None, why="it did not finish in time")
        why = ended_words(ended) if ended.why else ""
        result = Exchange(address=address, ended=ended, why=why)
        if not result.took_all or not self._mine:
            return result
        return Exchange(address=address, ended=ended, handed_over=self._handed_over())

    def _handed_over(self) -> int:
        """Keep that one more peer has what was written here, and return how much that is."""
        known = self._log.local.deliveries(self._mine)
        for each in known.values():
            self._log.local.set_delivery(
                Delivery(
                    item=each.item,
                    announced_ms=each.announced_ms or self._now_ms(),
                    peers=each.peers + 1,
                )
            )
        return len(known)

    def ended(self, peer: str, ended: Ended) -> None:
        """Take in how the comparison came out."""
        self._came_out.setdefault(peer, ended)
        if (done := self._done.get(peer)) is not None:
            done.set()

    def delivered(self, peer: str, items: Sequence[Item]) -> None:
        """Nothing is pushed here, so nothing is delivered that way."""

    def blamed(self, peer: str, blame: Blame) -> None:
        """Strike a peer that broke the protocol."""
        del blame
        self._network.blame(PeerId(peer))

    def grown(self) -> None:
        """Nobody waits for the log here."""
