"""Nobody enters a mesh that is full."""

from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2

from p2pevents.net.libp2p.guards.guard import Guard


class MeshBound(GossipSub):
    """Answers a graft beyond the upper degree with a prune."""

    async def handle_graft(self, graft_msg: rpc_pb2.ControlGraft, sender_peer_id: ID) -> None:
        """Take a peer into the mesh while there is room."""
        topic = graft_msg.topicID
        mesh = self.mesh.get(topic, set())
        if len(mesh) >= self.degree_high and sender_peer_id not in mesh:
            self._add_back_off(sender_peer_id, topic, False)  # noqa: FBT003 (libp2p's signature)
            await self.emit_prune(topic, sender_peer_id, do_px=False, is_unsubscribe=False)
            return
        await super().handle_graft(graft_msg, sender_peer_id)


GUARD = Guard(
    name="mesh bound",
    holes=("pubsub/gossipsub.py:1841 a graft is taken beyond the upper degree: 23 for 12",),
    wears=(MeshBound,),
)
