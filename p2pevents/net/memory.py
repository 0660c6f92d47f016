"""Many networks in one process, without sockets: for swarms, tests and demonstrations.

Streams are in order and lose nothing, as TCP's; gossip floods the subscribed
peers that are connected, loses what the hub says and what a full queue drops.
"""

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import trio

from p2pevents.errors import NetworkError
from p2pevents.net.changes import PeerChanges
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.memory_pipe import MemoryPipe
from p2pevents.net.memory_stream import MemoryStream
from p2pevents.net.network import (
    GOSSIP_BYTES_MAX,
    STREAM_ENDED,
    Direction,
    Network,
    PeerId,
    PeerInfo,
    PeerStream,
    StreamHandler,
    Validator,
)
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.net.strikes import Strikes
from p2pevents.record.verdict import Verdict

GOSSIP_QUEUE_MAX = 256
"""Messages under way from one peer to another; more are dropped, as a real network does."""

SEEN_MAX = 16_384
"""Message ids remembered by one network."""

logger = logging.getLogger(__name__)


class _Link:
    """A connection as one of its two networks sees it."""

    def __init__(self, *, info: PeerInfo, remote: "MemoryNetwork") -> None:
        self.info = info
        self.remote = remote
        self.streams: set[MemoryStream] = set()
        self.gossip_out, self.gossip_in = trio.open_memory_channel[tuple[float, str, int, bytes]](
            GOSSIP_QUEUE_MAX
        )


class MemoryNetwork(Network):
    """One node's network in a hub. Made by `open_memory_network`.

    What `Network` does not name is public for the other networks of the hub.
    """

    def __init__(self, *, hub: MemoryHub, peer_id: PeerId, nursery: trio.Nursery) -> None:
        self._hub = hub
        self._peer_id = peer_id
        self.nursery = nursery
        self._addresses: list[str] = []
        self.links: dict[PeerId, _Link] = {}
        self.handlers: dict[str, StreamHandler] = {}
        self.validators: dict[str, Validator] = {}
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._changes = PeerChanges()
        self.strikes = Strikes()
        self.closed = False

    @property
    def peer_id(self) -> PeerId:
        """This node's own name."""
        return self._peer_id

    @property
    def changes(self) -> PeerChanges:
        """Connections that came and went."""
        return self._changes

    def addresses(self) -> tuple[str, ...]:
        """Return where this network listens."""
        return tuple(self._addresses)

    def peers(self) -> tuple[PeerInfo, ...]:
        """Return the connected peers, longest connected first."""
        return tuple(
            replace(link.info, topics=frozenset(link.remote.validators))
            for link in self.links.values()
        )

    async def listen(self, addresses: Sequence[str]) -> None:
        """Listen on /memory/N; N is 0 for any."""
        await trio.lowlevel.checkpoint()
        for address in addresses:
            self._addresses.append(self._hub.listen(self, address))

    async def dial(self, address: str) -> PeerId:
        """Connect to the network listening at `address`."""
        remote = self._hub.find(address)
        if remote is self:
            raise NetworkError(f"{address}: that is this node itself")
        await trio.sleep(2 * self._latency_s(remote.peer_id))
        if remote.peer_id in self.links:
            return remote.peer_id
        now_s = trio.current_time()
        for one, other in ((self, remote), (remote, self)):
            if one.strikes.is_banned(other.peer_id, now_s=now_s) or one.closed:
                raise NetworkError(f"{address}: refused")
        back = f"/memory/0/p2p/{self._peer_id}"
        self.join(remote, address=address, direction=Direction.OUTBOUND, now_s=now_s)
        remote.join(self, address=back, direction=Direction.INBOUND, now_s=now_s)
        return remote.peer_id

    async def probe(self, address: str) -> None:
        """Find out whether the network that `address` names listens there."""
        remote = self._hub.find(address)
        await trio.sleep(2 * self._latency_s(remote.peer_id))
        if remote.closed:
            raise NetworkError(f"{address}: refused")

    async def disconnect(self, peer: PeerId) -> None:
        """Cut the connection to `peer`."""
        await trio.lowlevel.checkpoint()
        self.cut(peer)

    def blame(self, peer: PeerId) -> None:
        """Count one strike against `peer`; enough of them cut and ban it."""
        if self.strikes.blame(peer, now_s=trio.current_time()):
            self.cut(peer)

    async def reserve(self, relay: str) -> None:
        """Refuse: everybody in memory is reached by everybody."""
        await trio.lowlevel.checkpoint()
        raise NetworkError(f"{relay}: offers no place")

    def offer_places(self, count: int) -> None:
        """Do nothing, as `reserve` says."""

    async def open_stream(self, peer: PeerId, protocol: str) -> PeerStream:
        """Open a stream to a connected peer."""
        latency_s = self._latency_s(peer)
        await trio.sleep(2 * latency_s)
        link = self.links.get(peer)
        if link is None:
            raise NetworkError(f"{peer}: not connected")
        handler = link.remote.handlers.get(protocol)
        back = link.remote.links.get(self._peer_id)
        if handler is None or back is None:
            raise NetworkError(f"{peer}: does not speak {protocol}")
        there, here = MemoryPipe(latency_s), MemoryPipe(latency_s)
        mine = MemoryStream(peer=peer, remote_address=link.info.address, outward=there, inward=here)
        theirs = MemoryStream(
            peer=self._peer_id, remote_address=back.info.address, outward=here, inward=there
        )
        link.streams.add(mine)
        link.remote.nursery.start_soon(link.remote.run_handler, handler, theirs, back)
        return mine

    def serve(self, protocol: str, handler: StreamHandler) -> None:
        """Answer inbound streams of `protocol` with `handler`."""
        self.handlers[protocol] = handler

    async def subscribe(self, topic: str, validate: Validator) -> None:
        """Join `topic`."""
        await trio.lowlevel.checkpoint()
        self.validators[topic] = validate

    async def publish(self, topic: str, data: bytes) -> int:
        """Flood `data` to the subscribed peers."""
        await trio.lowlevel.checkpoint()
        if len(data) > GOSSIP_BYTES_MAX:
            raise NetworkError(f"message of {len(data)} bytes, above {GOSSIP_BYTES_MAX}")
        message_id = self._hub.next_message_id()
        self._note_seen(message_id)
        return self._flood(topic, message_id, data, but=self._peer_id)

    def _latency_s(self, peer: PeerId) -> float:
        return self._hub.latency_s(self._peer_id, peer, self._hub.rng)

    def join(
        self, remote: "MemoryNetwork", *, address: str, direction: Direction, now_s: float
    ) -> None:
        """Take up a new connection to `remote`."""
        info = PeerInfo(
            peer_id=remote.peer_id, address=address, direction=direction, connected_s=now_s
        )
        link = _Link(info=info, remote=remote)
        self.links[remote.peer_id] = link
        self.nursery.start_soon(self._pump, link)
        self._changes.up(info)

    def cut(self, peer: PeerId) -> None:
        """Lose the connection to `peer`, on both sides."""
        link = self.links.pop(peer, None)
        if link is None:
            return
        link.gossip_out.close()
        for stream in link.streams:
            stream.reset()
        self._changes.down(peer)
        link.remote.cut(self._peer_id)

    def close(self) -> None:
        """Leave the hub for good."""
        self.closed = True
        for peer in tuple(self.links):
            self.cut(peer)
        self._hub.leave(self)
        self._changes.close()

    async def run_handler(self, handler: StreamHandler, stream: MemoryStream, link: _Link) -> None:
        """Run `handler` on an inbound stream and keep what it raises from everybody else."""
        link.streams.add(stream)
        try:
            await handler(stream)
        except STREAM_ENDED:
            stream.reset()
        except Exception:
            # The one place in this network that sees a handler fail: whatever it
            # is, it must cost this stream alone.
            logger.exception("a stream handler failed")
            stream.reset()
        finally:
            await stream.aclose()
            link.streams.discard(stream)

    def _note_seen(self, message_id: int) -> None:
        self._seen[message_id] = None
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)

    def _flood(self, topic: str, message_id: int, data: bytes, *, but: PeerId) -> int:
        reached = 0
        for peer, link in self.links.items():
            if peer == but or topic not in link.remote.validators:
                continue
            reached += 1
            back = link.remote.links.get(self._peer_id)
            if back is None or self._hub.lost(self._peer_id, peer, self._hub.rng):
                continue
            due_s = trio.current_time() + self._latency_s(peer)
            try:
                back.gossip_out.send_nowait((due_s, topic, message_id, data))
            except trio.WouldBlock:
                logger.debug("gossip queue to %s is full", peer)
        return reached

    async def _pump(self, link: _Link) -> None:
        """Take in the gossip that `link` brings, one message after the other."""
        async for due_s, topic, message_id, data in link.gossip_in:
            await trio.sleep_until(max(due_s, trio.current_time()))
            validate = self.validators.get(topic)
            if message_id in self._seen or validate is None:
                continue
            self._note_seen(message_id)
            sender = link.info.peer_id
            try:
                verdict = await validate(sender, data)
            except Exception:
                # As in `run_handler`: a validator's fault must not reach the network.
                logger.exception("a validator failed")
                verdict = Verdict.IGNORE
            if verdict is Verdict.ACCEPT:
                self._flood(topic, message_id, data, but=sender)
            elif verdict is Verdict.REJECT:
                self.blame(sender)


@asynccontextmanager
async def open_memory_network(hub: MemoryHub, *, seed: bytes) -> AsyncIterator[MemoryNetwork]:
    """Run one network in `hub` until the block is left.

    Args:
        hub: shared by the networks that are to meet.
        seed: the 32-byte Ed25519 node key; it makes the peer id.
    """
    failure: BaseException | None = None
    async with trio.open_nursery() as nursery:
        network = MemoryNetwork(hub=hub, peer_id=peer_id_of_seed(seed), nursery=nursery)
        try:
            yield network
        except trio.Cancelled:
            raise
        except BaseException as error:  # noqa: BLE001
            # Carried out of the nursery, which would wrap it in a group.
            failure = error
        finally:
            network.close()
            nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
