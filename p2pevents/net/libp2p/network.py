"""A libp2p host with gossip, seen as a `Network`."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast

import trio
from libp2p.abc import IHost, INetStream, IRawConnection
from libp2p.custom_types import TProtocol
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.network.stream.net_stream import NetStream
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub

from p2pevents.errors import NetworkError
from p2pevents.net.changes import PeerChanges
from p2pevents.net.libp2p import addresses
from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.faults import network_faults
from p2pevents.net.libp2p.guards.blame import blame
from p2pevents.net.libp2p.guards.bouncer import Bouncer
from p2pevents.net.libp2p.peer_table import PeerTable
from p2pevents.net.libp2p.relay.offer import Offer
from p2pevents.net.libp2p.relay.use import Places, dial_by
from p2pevents.net.libp2p.relay.wire import HOP, STOP
from p2pevents.net.libp2p.stream import Libp2pStream
from p2pevents.net.network import (
    GOSSIP_BYTES_MAX,
    STREAM_ENDED,
    Network,
    PeerId,
    PeerInfo,
    PeerStream,
    StreamHandler,
    Validator,
)
from p2pevents.record.verdict import Verdict

WEBSOCKET = "/ws"
DIAL_S_MAX = 10.0
OPEN_STREAM_S_MAX = 10.0
DISCONNECT_S_MAX = 3.0

logger = logging.getLogger(__name__)


class Libp2pNetwork(Network):
    """What a node sees of a running host. Made by `open_libp2p_network`."""

    def __init__(
        self,
        *,
        host: IHost,
        swarm: Swarm,
        pubsub: Pubsub,
        bouncer: Bouncer,
        nursery: trio.Nursery,
    ) -> None:
        self._host = host
        self._swarm = swarm
        self._pubsub = pubsub
        self._nursery = nursery
        self._own_id: ID = host.get_id()
        self._table = PeerTable(swarm, refuse=self._refuse)
        self._dialling: dict[PeerId, trio.Lock] = {}
        self._bouncer = bouncer
        bouncer.on_ban = self._show_out
        self._places = Places(self, swarm)
        self.serve(STOP, self._places.answer)

    @property
    def peer_id(self) -> PeerId:
        """This node's own name."""
        return addresses.name(self._own_id)

    @property
    def changes(self) -> PeerChanges:
        """Connections that came and went."""
        return self._table.changes

    def addresses(self) -> tuple[str, ...]:
        """Return where this host is dialled, as far as the machine itself can know."""
        places = [
            place
            for listener in self._swarm.listeners.values()
            for listened in listener.get_addrs()
            for place in addresses.dialable(str(listened))
        ]
        # Every port answers WebSockets too (guard `one port`).
        places += [f"{place}{WEBSOCKET}" for place in places if not place.endswith(WEBSOCKET)]
        places += self._places.addresses()
        return tuple(f"{place}/p2p/{self.peer_id}" for place in places)

    def peers(self) -> tuple[PeerInfo, ...]:
        """Return the connected peers, longest connected first."""
        topics: dict[PeerId, set[str]] = {}
        for topic, subscribers in self._pubsub.peer_topics.items():
            for subscriber in subscribers:
                topics.setdefault(addresses.name(subscriber), set()).add(topic)
        return tuple(
            replace(peer, topics=frozenset(topics.get(peer.peer_id, ())))
            for peer in self._table.peers.values()
        )

    async def listen(self, addresses_to_bind: Sequence[str]) -> None:
        """Listen on /ip4/../tcp/.., /ip6/../tcp/.., each with or without /ws at the end."""
        # The plain ones first: each of their ports answers WebSockets too (guard `one port`).
        for address in sorted(addresses_to_bind, key=lambda each: each.endswith(WEBSOCKET)):
            if self._listens_at(address.removesuffix(WEBSOCKET)):
                continue
            with network_faults(f"{address}: cannot listen"):
                if not await self._swarm.listen(addresses.parse(address)):
                    raise NetworkError(
                        f"{address}: cannot listen there",
                        hint="the port may be taken, or the address not be this machine's",
                    )

    def _listens_at(self, place: str) -> bool:
        return any(
            str(listened).removesuffix(WEBSOCKET) == place
            for listener in self._swarm.listeners.values()
            for listened in listener.get_addrs()
        )

    async def dial(self, address: str) -> PeerId:
        """Connect to the peer at `address`."""
        place, peer_id = addresses.parse_peer(address)
        peer = addresses.name(peer_id)
        if peer_id == self._own_id:
            raise NetworkError(f"{address}: that is this node itself")
        if self._bouncer.is_banned(peer):
            raise NetworkError(f"{address}: banned for a while, for what it sent")
        lock = self._dialling.setdefault(peer, trio.Lock())
        try:
            async with lock:
                if not self._table.is_connected(peer_id):
                    await self._dial_now(address, place, peer_id)
        except NetworkError:
            # The peer may have dialled us meanwhile, and its connection be the one that stands.
            if not self._table.is_connected(peer_id):
                raise
        finally:
            if not lock.statistics().tasks_waiting and not lock.locked():
                self._dialling.pop(peer, None)
        return peer

    async def _dial_now(self, address: str, place: Multiaddr, peer_id: ID) -> None:
        with (
            network_faults(f"{address}: cannot connect"),
            self._table.dialling(addresses.name(peer_id), address),
            trio.fail_after(DIAL_S_MAX),
        ):
            relay, is_relayed, _ = str(place).partition(addresses.CIRCUIT)
            if is_relayed:
                await dial_by(self, self._swarm, relay, peer_id)
                return
            # Swarm.dial_peer would wait for happy eyeballs, remember failures
            # for 60 s and choose among stored addresses.
            await self._swarm.dial_addr(place, peer_id)

    async def probe(self, address: str) -> None:
        """Shake hands with the peer at `address`, and close."""
        place, peer_id = addresses.parse_peer(address)
        with network_faults(f"{address}: cannot connect"), trio.fail_after(DIAL_S_MAX):
            if addresses.CIRCUIT in address:
                raise NetworkError(f"{address}: leads through a relay")
            transport = self._swarm.transport_manager.transport_for_dialing(place)
            if transport is None:
                raise NetworkError(f"{address}: no transport for it")
            raw: IRawConnection = await transport.dial(place)
            try:
                secured = await self._swarm.upgrader.upgrade_security(raw, True, peer_id)  # noqa: FBT003 (libp2p's signature)
                if secured.get_remote_peer() != peer_id:
                    raise NetworkError(f"{address}: somebody else answers there")
            finally:
                with trio.move_on_after(DISCONNECT_S_MAX, shield=True):
                    await raw.close()

    async def disconnect(self, peer: PeerId) -> None:
        """Close every connection to `peer`."""
        with (
            network_faults(f"{peer}: cannot disconnect"),
            trio.move_on_after(DISCONNECT_S_MAX),
        ):
            await self._swarm.close_peer(addresses.parse_id(peer))

    def blame(self, peer: PeerId) -> None:
        """Count one strike against `peer`; enough of them disconnect and ban it."""
        blame(self._bouncer, self._host, addresses.parse_id(peer), "by the node")

    async def open_stream(self, peer: PeerId, protocol: str) -> PeerStream:
        """Open a stream to a connected peer."""
        peer_id = addresses.parse_id(peer)
        if not self._table.is_connected(peer_id):
            raise NetworkError(f"{peer}: not connected")
        with network_faults(f"{peer}: no {protocol} stream"), trio.fail_after(OPEN_STREAM_S_MAX):
            stream = await self._host.new_stream(peer_id, [TProtocol(protocol)])
        return self._wear(stream)

    def serve(self, protocol: str, handler: StreamHandler) -> None:
        """Answer inbound streams of `protocol` with `handler`."""

        async def answer(net_stream: INetStream) -> None:
            stream = self._wear(net_stream)
            try:
                await handler(stream)
            except STREAM_ENDED as error:
                logger.debug("a stream of %s broke: %s", protocol, error)
                await stream.reset()
            except Exception:
                # What a stream handler raises climbs the swarm's service tree and
                # ends the host; so nothing may pass here.
                logger.exception("the handler of %s failed", protocol)
                await stream.reset()
            finally:
                await stream.aclose()

        self._host.set_stream_handler(TProtocol(protocol), answer)

    async def subscribe(self, topic: str, validate: Validator) -> None:
        """Join `topic`."""

        async def judge(forwarder: ID, message: rpc_pb2.Message) -> bool:
            if forwarder == self._own_id:
                return True
            sender = addresses.name(forwarder)
            try:
                verdict = await validate(sender, message.data)
            except Exception:
                # As in `serve`: pubsub lets a validator's exception end the host.
                logger.exception("the validator of %s failed", topic)
                verdict = Verdict.IGNORE
            if verdict is Verdict.REJECT:
                self.blame(sender)
            return verdict is Verdict.ACCEPT

        with network_faults(f"{topic}: cannot subscribe"):
            self._pubsub.set_topic_validator(topic, judge, is_async_validator=True)
            await self._pubsub.subscribe(topic)

    async def publish(self, topic: str, data: bytes) -> int:
        """Hand `data` to the gossip of `topic`."""
        if len(data) > GOSSIP_BYTES_MAX:
            raise NetworkError(f"message of {len(data)} bytes, above {GOSSIP_BYTES_MAX}")
        with network_faults(f"{topic}: cannot publish"):
            await self._pubsub.publish(topic, data)
        return len(self._pubsub.peer_topics.get(topic, ()))

    async def reserve(self, relay: str) -> None:
        """Be reached through the peer at `relay` too, for the next hour."""
        await self._places.reserve(relay)

    def offer_places(self, count: int) -> None:
        """Let others be reached through this host."""
        self.serve(HOP, Offer(self, places=count).answer)

    def in_background(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` for as long as the network runs; a network that ended needs none."""
        try:
            self._nursery.start_soon(work)
        except RuntimeError:
            logger.debug("the network has ended")

    def close(self) -> None:
        """Tell readers of `changes` that it is over."""
        self._table.changes.close()

    def _refuse(self, peer: PeerId) -> bool:
        """Say whether a peer that just connected is banned, and if so show it out."""
        if not self._bouncer.is_banned(peer):
            return False
        self._show_out(peer)
        return True

    def _show_out(self, peer: PeerId) -> None:
        logger.info("peer %s is banned for a while", peer)

        async def leave() -> None:
            # In the network's own nursery, where an exception would end the network.
            with suppress(NetworkError):
                await self.disconnect(peer)

        self.in_background(leave)

    def _wear(self, stream: INetStream) -> Libp2pStream:
        # The swarm makes no other kind of stream; its interface leaves out half of it.
        net_stream = cast("NetStream", stream)
        connection = cast("SwarmConn", net_stream.swarm_conn)
        peer = addresses.name(connection.muxed_conn.peer_id)
        info = self._table.peers.get(peer)
        return Libp2pStream(
            net_stream,
            peer=peer,
            remote_address=info.address if info else addresses.of_connection(connection),
            in_background=self.in_background,
        )
