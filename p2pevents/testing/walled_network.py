"""A network with a wall in it: whom a test cuts off is neither dialled nor answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import trio

from p2pevents.errors import NetworkError
from p2pevents.net.network import (
    Network,
    PeerChange,
    PeerId,
    PeerInfo,
    PeerStream,
    StreamHandler,
    Validator,
)
from p2pevents.record.places import peer_of

__all__ = ["WalledNetwork"]


class WalledNetwork(Network):
    """Another network, as far as the wall lets it.

    Args:
        inner: the network that does the work.
        is_walled: tells whether a peer is behind the wall now.
    """

    def __init__(self, inner: Network, *, is_walled: Callable[[PeerId], bool]) -> None:
        self._inner = inner
        self._is_walled = is_walled

    @property
    def peer_id(self) -> PeerId:
        """This node's own name."""
        return self._inner.peer_id

    @property
    def changes(self) -> trio.abc.ReceiveChannel[PeerChange]:
        """Connections that came and went."""
        return self._inner.changes

    def addresses(self) -> tuple[str, ...]:
        """Return where this node listens."""
        return self._inner.addresses()

    def peers(self) -> tuple[PeerInfo, ...]:
        """Return the connected peers."""
        return self._inner.peers()

    async def listen(self, addresses: Sequence[str]) -> None:
        """Listen on these addresses too."""
        await self._inner.listen(addresses)

    async def dial(self, address: str) -> PeerId:
        """Connect to the peer at an address, unless the wall stands between."""
        if self._is_walled(PeerId(peer_of(address))):
            await trio.lowlevel.checkpoint()
            raise NetworkError(f"{address}: nobody answers")
        return await self._inner.dial(address)

    async def probe(self, address: str) -> None:
        """Find out whether a peer answers, unless the wall stands between."""
        if self._is_walled(PeerId(peer_of(address))):
            await trio.lowlevel.checkpoint()
            raise NetworkError(f"{address}: nobody answers")
        await self._inner.probe(address)

    async def disconnect(self, peer: PeerId) -> None:
        """Close every connection to a peer."""
        await self._inner.disconnect(peer)

    def blame(self, peer: PeerId) -> None:
        """Count one strike against a peer."""
        self._inner.blame(peer)

    async def reserve(self, relay: str) -> None:
        """Be reached through a peer."""
        await self._inner.reserve(relay)

    def offer_places(self, count: int) -> None:
        """Let others be reached through this node."""
        self._inner.offer_places(count)

    async def open_stream(self, peer: PeerId, protocol: str) -> PeerStream:
        """Open a stream to a connected peer."""
        return await self._inner.open_stream(peer, protocol)

    def serve(self, protocol: str, handler: StreamHandler) -> None:
        """Answer inbound streams."""
        self._inner.serve(protocol, handler)

    async def subscribe(self, topic: str, validate: Validator) -> None:
        """Join a topic."""
        await self._inner.subscribe(topic, validate)

    async def publish(self, topic: str, data: bytes) -> int:
        """Hand data to the gossip of a topic."""
        return await self._inner.publish(topic, data)

    async def wall_off(self) -> None:
        """Close what connects this node with those behind the wall."""
        for peer in self._inner.peers():
            if self._is_walled(peer.peer_id):
                await self._inner.disconnect(peer.peer_id)
