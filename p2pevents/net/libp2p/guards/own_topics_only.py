"""Control messages count for topics that this node joined, and for no others.

libp2p keeps a back-off, a time of pruning and a rate limit for each topic that
a stranger makes up, and never forgets them; and its limit on offers is one for
each such topic. Offers are bounded by ids here, whatever their topics.
"""

import trio
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2

from p2pevents.net.libp2p.guards.guard import Guard

OFFERED_IDS_MAX = 5_000
"""Message ids that one peer may offer within `OFFERED_S`; more are not asked for."""

OFFERED_S = 1.0
BACK_OFF_S_MAX = 3600


class OwnTopicsOnly(GossipSub):
    """Takes no notice of topics that this node did not join."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._offered: dict[ID, tuple[float, int]] = {}

    async def handle_graft(self, graft_msg: rpc_pb2.ControlGraft, sender_peer_id: ID) -> None:
        """Take a peer into the mesh of a joined topic."""
        if graft_msg.topicID in self.mesh:
            await super().handle_graft(graft_msg, sender_peer_id)

    async def handle_prune(self, prune_msg: rpc_pb2.ControlPrune, sender_peer_id: ID) -> None:
        """Let a peer leave the mesh of a joined topic."""
        if prune_msg.topicID in self.mesh:
            prune_msg.backoff = min(prune_msg.backoff, BACK_OFF_S_MAX)
            await super().handle_prune(prune_msg, sender_peer_id)

    async def handle_ihave(self, ihave_msg: rpc_pb2.ControlIHave, sender_peer_id: ID) -> None:
        """Ask for what is offered on a joined topic, within a bound."""
        if ihave_msg.topicID not in self.mesh:
            return
        now_s = trio.current_time()
        since_s, ids = self._offered.get(sender_peer_id, (now_s, 0))
        if now_s - since_s >= OFFERED_S:
            since_s, ids = now_s, 0
        ids += len(ihave_msg.messageIDs)
        self._offered[sender_peer_id] = (since_s, ids)
        if ids <= OFFERED_IDS_MAX:
            await super().handle_ihave(ihave_msg, sender_peer_id)

    def remove_peer(self, peer_id: ID) -> None:
        """Forget a peer, its back-offs that are over included."""
        super().remove_peer(peer_id)
        self._offered.pop(peer_id, None)
        for topic, peers in self.back_off.items():
            for peer in [peer for peer in peers if not self._check_back_off(peer, topic)]:
                peers.pop(peer, None)


GUARD = Guard(
    name="own topics only",
    holes=(
        "pubsub/gossipsub.py:1616, 1894 a back-off for any topic is kept for good",
        "pubsub/gossipsub.py:490 offers are limited for each invented topic by itself",
    ),
    wears=(OwnTopicsOnly,),
)
