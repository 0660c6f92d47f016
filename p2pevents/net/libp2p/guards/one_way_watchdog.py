"""A peer with whom gossip goes one way only is disconnected, so that it is dialled again.

A disconnect while a connection is set up leaves libp2p with a peer that is
connected and never heard, or never spoken to, for as long as both live.
"""

import logging

import trio
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.peer.id import ID
from libp2p.pubsub.pubsub import Pubsub

from p2pevents.net.libp2p.guards.guard import Guard

PATIENCE_S = 15.0
LOOK_EVERY_S = 3.0

logger = logging.getLogger(__name__)


class OneWayWatchdog(Pubsub):
    """Looks now and then whether gossip goes both ways with everybody."""

    async def run(self) -> None:
        """Run gossip, watched."""
        self.manager.run_daemon_task(self._watch)
        await super().run()

    async def _watch(self) -> None:
        one_way_since_s: dict[ID, float] = {}
        swarm = self.host.get_network()
        while True:
            await trio.sleep(LOOK_EVERY_S)
            now_s = trio.current_time()
            one_way = {
                peer_id for peer_id in swarm.connections if not self._goes_both_ways(peer_id)
            }
            one_way_since_s = {peer_id: one_way_since_s.get(peer_id, now_s) for peer_id in one_way}
            for peer_id, since_s in one_way_since_s.items():
                if now_s - since_s >= PATIENCE_S:
                    logger.info("gossip with %s goes one way: disconnecting", peer_id)
                    await swarm.close_peer(peer_id)

    def _goes_both_ways(self, peer_id: ID) -> bool:
        inbound: dict[ID, object] = getattr(self, "inbound", {})
        return peer_id in self.peers and peer_id in inbound and self._stands(peer_id)

    def _stands(self, peer_id: ID) -> bool:
        connection = getattr(self.peers[peer_id], "swarm_conn", None)
        return isinstance(connection, SwarmConn) and not connection.is_closed


GUARD = Guard(
    name="one-way watchdog",
    holes=("pubsub/pubsub.py:1130 a disconnect during set-up leaves one-way gossip for good",),
    wears=(OneWayWatchdog,),
)
