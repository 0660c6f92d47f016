"""Of two connections to one peer the newer stands, and gossip moves over to it.

A peer that lost its network dials again while its old connection still seems
to stand here. libp2p keeps both, and gossip stays on the dead one: nothing is
heard from that peer any more, and its subscriptions are not learnt.

Two peers that dial each other at once both keep the connection that the
smaller name dialled; newest first would close one each.
"""

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


def _is_outbound(connection: SwarmConn) -> bool:
    return connection.direction is Direction.OUTBOUND


class NewestConnection(Swarm):
    """Keeps one connection a peer."""

    async def add_conn(self, muxed_conn: IMuxedConn, direction: str = "unknown") -> SwarmConn:
        """Take up a connection in place of an older one.

        Raises:
            SwarmException: the older one stays.
        """
        added = await super().add_conn(muxed_conn, direction)
        peer_id = muxed_conn.peer_id
        # Looked at only now: two dials that cross are both under way before.
        for other in self._standing(peer_id):
            if other is added:
                continue
            if self._have_crossed(added, other) and self._wins(other, peer_id):
                await added.close()
                raise SwarmException("the other of two connections made at once stands")
            await other.close()
        return added

    def _standing(self, peer_id: ID) -> list[SwarmConn]:
        connections: list[INetConn] = self.get_connections(peer_id)
        return [conn for conn in connections if isinstance(conn, SwarmConn) and not conn.is_closed]

    def _have_crossed(self, one: SwarmConn, other: SwarmConn) -> bool:
        """Say whether these are two dials, one each way, at about the same time."""
        at_once = abs(one._created_at - other._created_at) < AT_ONCE_S
        return at_once and _is_outbound(one) != _is_outbound(other)

    def _wins(self, connection: SwarmConn, peer_id: ID) -> bool:
        """Say whether a connection is the one that the smaller name dialled."""
        own_is_smaller = self.self_id.to_bytes() < peer_id.to_bytes()
        return bool(_is_outbound(connection) == own_is_smaller)


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
