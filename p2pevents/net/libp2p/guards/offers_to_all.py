"""Who is not in the mesh hears what there is, whether or not it may be grafted.

libp2p leaves peers in back-off out of its offers. A node whose neighbours all
pruned it a moment ago hears of nothing at all.
"""

from collections import defaultdict

from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub

from p2pevents.net.libp2p.guards.guard import Guard

OFFER_PEERS_MIN = 6
OFFER_RATIO = 0.25
OFFERED_MESSAGES_MAX = 2_000


class OffersToAll(GossipSub):
    """Offers to a random part of all subscribers outside the mesh."""

    def gossip_heartbeat(self) -> defaultdict[ID, dict[str, list[bytes]]]:
        """Return what to offer to whom, by topic."""
        offers: defaultdict[ID, dict[str, list[bytes]]] = defaultdict(dict)
        pubsub = self.pubsub
        if pubsub is None:
            return offers
        for topic, near in (*self.mesh.items(), *self.fanout.items()):
            message_ids = self.mcache.window(topic)[-OFFERED_MESSAGES_MAX:]
            far = [
                peer
                for peer in pubsub.peer_topics.get(topic, ())
                if peer not in near and peer in self.peer_protocol
            ]
            if message_ids:
                count = max(OFFER_PEERS_MIN, int(len(far) * OFFER_RATIO))
                for peer in self.select_from_minus(count, far, ()):
                    offers[peer][topic] = list(message_ids)
        return offers


GUARD = Guard(
    name="offers to all",
    holes=("pubsub/gossipsub.py:1494 peers in back-off are left out of IHAVE: 0 of 10 arrived",),
    wears=(OffersToAll,),
)
