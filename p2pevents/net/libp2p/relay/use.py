"""Being reached through others: holding a place, taking circuits, dialling by them."""

import trio
from libp2p.connection_types import ConnectionType
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.relay.circuit_v2.pb.circuit_pb2 import (
    HopMessage,
    PeerId as CircuitPeer,
    StopMessage,
)

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p import addresses
from p2pevents.net.libp2p.faults import network_faults
from p2pevents.net.libp2p.relay import wire
from p2pevents.net.network import Network, PeerId, PeerStream

ASK_S_MAX = 10.0


class Places:
    """The places that this node holds at others, and the circuits that come by them."""

    def __init__(self, network: Network, swarm: Swarm) -> None:
        self._network = network
        self._swarm = swarm
        self._held: dict[PeerId, str] = {}

    def addresses(self) -> tuple[str, ...]:
        """Return where this node is dialled by its places; without those whose relay is gone."""
        connected = {peer.peer_id for peer in self._network.peers()}
        return tuple(
            f"{relay}/p2p-circuit" for peer, relay in self._held.items() if peer in connected
        )

    async def reserve(self, relay: str) -> None:
        """Ask a connected peer for a place, or for the same once more.

        Raises:
            NetworkError: it is not connected, offers none, or has none left.
        """
        peer = addresses.name(addresses.parse_peer(relay)[1])
        with network_faults(f"{relay}: no place there"), trio.fail_after(ASK_S_MAX):
            async with await self._network.open_stream(peer, wire.HOP) as stream:
                await wire.send(stream, HopMessage(type=HopMessage.RESERVE))
                answer = await wire.receive(stream, HopMessage)
        if answer.status != wire.OK:
            self._held.pop(peer, None)
            raise NetworkError(f"{relay}: it has no place left")
        self._held[peer] = relay

    async def answer(self, stream: PeerStream) -> None:
        """Serve one stream of `STOP`: somebody dials this node through a relay.

        Taken up as any inbound connection, within the same bounds; the handshake
        on it proves who it is, whatever the relay said.
        """
        relay = self._held.get(stream.peer)
        if relay is None:
            raise NetworkError("a circuit from a peer that was not asked for a place")
        with trio.fail_after(ASK_S_MAX):
            asked = await wire.receive(stream, StopMessage)
            if asked.type != StopMessage.CONNECT:
                raise NetworkError("no circuit")
            answer = StopMessage(type=StopMessage.STATUS)
            answer.status = wire.OK  # type: ignore[assignment]
            await wire.send(stream, answer)
        place = addresses.parse(f"{relay}/p2p-circuit")
        await self._swarm._handle_inbound_connection(wire.Circuit(stream), place)


async def dial_by(network: Network, swarm: Swarm, relay: str, peer_id: ID) -> None:
    """Connect to a peer through a relay, which is dialled where it is not connected.

    Raises:
        NetworkError: the relay is not there, or does not lead to the peer.
    """
    at = await network.dial(relay)
    stream = await network.open_stream(at, wire.HOP)
    try:
        asked = HopMessage(type=HopMessage.CONNECT, peer=CircuitPeer(id=peer_id.to_bytes()))
        await wire.send(stream, asked)
        answer = await wire.receive(stream, HopMessage)
        wire.check(answer, f"{relay}: it does not lead to that peer")
        raw = RawConnection(
            wire.Circuit(stream), initiator=True, connection_type=ConnectionType.RELAYED
        )
        await swarm.upgrade_outbound_raw_conn(raw, peer_id)
    except BaseException:
        with trio.move_on_after(1, shield=True):
            await stream.aclose()
        raise
