"""Which peers are connected, kept from what the swarm tells."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import trio
from libp2p.abc import INetConn, INetStream, INetwork, INotifee
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.rcmgr import Direction as Libp2pDirection

from p2pevents.net.changes import PeerChanges
from p2pevents.net.libp2p import addresses
from p2pevents.net.network import Direction, PeerId, PeerInfo


class PeerTable(INotifee):
    """The connected peers, one entry each, however many connections a peer has.

    Args:
        swarm: tells this table what happens.
        refuse: asked for every new connection; if it says yes the connection is
            not taken up.
    """

    def __init__(self, swarm: Swarm, *, refuse: Callable[[PeerId], bool]) -> None:
        self._swarm = swarm
        self._refuse = refuse
        self.peers: dict[PeerId, PeerInfo] = {}
        self._dialled: dict[PeerId, str] = {}
        self.changes = PeerChanges()
        swarm.register_notifee(self)

    def is_connected(self, peer_id: ID) -> bool:
        """Say whether a connection to this peer stands."""
        return any(not conn.is_closed for conn in self._swarm.get_connections(peer_id))

    @contextmanager
    def dialling(self, peer: PeerId, address: str) -> Iterator[None]:
        """While in the block, a connection to `peer` is one that leads to `address`."""
        self._dialled[peer] = address
        try:
            yield
        finally:
            del self._dialled[peer]

    async def connected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002
        """Take up a new connection, unless it is refused or its peer has one already."""
        await trio.lowlevel.checkpoint()
        connection = cast("SwarmConn", conn)
        peer = addresses.name(connection.muxed_conn.peer_id)
        if self._refuse(peer) or peer in self.peers:
            return
        address = addresses.of_connection(connection)
        direction = Direction.INBOUND
        if connection.direction is Libp2pDirection.OUTBOUND:
            address = self._dialled.get(peer, address)
            direction = Direction.OUTBOUND
        info = PeerInfo(
            peer_id=peer,
            address=address,
            direction=direction,
            connected_s=trio.current_time(),
        )
        self.peers[peer] = info
        self.changes.up(info)

    async def disconnected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002
        """Note that a connection ended."""
        await trio.lowlevel.checkpoint()
        peer_id = conn.muxed_conn.peer_id
        peer = addresses.name(peer_id)
        if peer in self.peers and not self.is_connected(peer_id):
            del self.peers[peer]
            self.changes.down(peer)

    async def opened_stream(self, network: INetwork, stream: INetStream) -> None:
        """Nothing hangs on it."""

    async def closed_stream(self, network: INetwork, stream: INetStream) -> None:
        """Nothing hangs on it."""

    async def listen(self, network: INetwork, multiaddr: object) -> None:
        """Nothing hangs on it."""

    async def listen_close(self, network: INetwork, multiaddr: object) -> None:
        """Nothing hangs on it."""
