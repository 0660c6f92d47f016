"""Of two connections to one peer the newer stands, and gossip moves over to it.

A peer that lost its network dials again while its old connection still seems
to stand here. libp2p keeps both, and gossip stays on the dead one: nothing is
heard from that peer any more, and its subscriptions are not learnt.

Two peers that dial each other at once both keep the connection that the
smaller name dialled; newest first would close one each.
"""

import time

from libp2p.abc import IMuxedConn, INetConn
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.network.exceptions import SwarmException
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.pubsub.pubsub import Pubsub
from libp2p.rcmgr import Direction

from p2pevents.net.libp2p.guards.guard import Guard

AT_ONCE_S = 3.0
"""Two connections made within this time, one each way, are two dials that crossed."""


class NewestConnection(Swarm):
    """Keeps one connection a peer."""

    async def add_conn(self, muxed_conn: IMuxedConn, direction: str = "unknown") -> SwarmConn:
        """Take up a connection in place of an older one.

        Raises:
            SwarmException: the older one stays.
        """
        peer_id = muxed_conn.peer_id
        outbound = direction == "outbound"
        for older in self._standing(peer_id):
            crossed = (
                time.time() - older._created_at < AT_ONCE_S
                and (older.direction is Direction.OUTBOUND) != outbound
            )
            if crossed and outbound != self._dials_count(peer_id):
                await muxed_conn.close()
                raise SwarmException("the connection that the other side dialled stands")
        added = await super().add_conn(muxed_conn, direction)
        for older in self._standing(peer_id):
            if older is not added:
                await older.close()
        return added

    def _standing(self, peer_id: ID) -> list[SwarmConn]:
        connections: list[INetConn] = self.get_connections(peer_id)
        return [conn for conn in connections if isinstance(conn, SwarmConn) and not conn.is_closed]

    def _dials_count(self, peer_id: ID) -> bool:
        """Say whether this node's dials win over the peer's."""
        return bool(self.self_id.to_bytes() < peer_id.to_bytes())


class GossipMoves(Pubsub):
    """Opens its stream anew when the connection under it ended."""

    async def handle_dead_peer_queue(self) -> None:
        """Let go of peers, or of their old streams, as connections end."""
        async with self.dead_peer_receive_channel:
            self.event_handle_dead_peer_queue_started.set()
            async for peer_id in self.dead_peer_receive_channel:
                stream = self.peers.get(peer_id)
                connection = getattr(stream, "swarm_conn", None)
                if connection is None or connection.is_closed:
                    # Opens a new stream when the peer is still connected.
                    self._handle_dead_peer(peer_id)


GUARD = Guard(
    name="newest connection",
    holes=(
        "pubsub/pubsub.py:909 gossip stays on a connection that is dead: 0 of 10 arrived",
        "pubsub/pubsub.py:1229 the end of a connection is ignored while another stands",
    ),
    wears=(NewestConnection, GossipMoves),
)
