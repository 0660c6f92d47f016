"""Each peer gets its own control messages.

libp2p fills one list for the first peer and goes on filling it for the next:
each peer is grafted into, and offered, what was meant for those before it.
"""

from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2

from p2pevents.net.libp2p.guards.guard import Guard


class OwnControlLists(GossipSub):
    """Packs one control message a peer."""

    async def _emit_control_msgs(
        self,
        peers_to_graft: dict[ID, list[str]],
        peers_to_prune: dict[ID, list[str]],
        peers_to_gossip: dict[ID, dict[str, list[bytes]]],
    ) -> None:
        for peer in dict.fromkeys((*peers_to_graft, *peers_to_prune, *peers_to_gossip)):
            grafts = [rpc_pb2.ControlGraft(topicID=topic) for topic in peers_to_graft.get(peer, ())]
            prunes = [
                rpc_pb2.ControlPrune(topicID=topic, backoff=self.prune_back_off)
                for topic in peers_to_prune.get(peer, ())
            ]
            offers = [
                rpc_pb2.ControlIHave(messageIDs=message_ids, topicID=topic)
                for topic, message_ids in peers_to_gossip.get(peer, {}).items()
            ]
            await self.emit_control_message(self.pack_control_msgs(offers, grafts, prunes), peer)


GUARD = Guard(
    name="own control lists",
    holes=("pubsub/gossipsub.py:1247 control lists leak from one peer to the next",),
    wears=(OwnControlLists,),
)
