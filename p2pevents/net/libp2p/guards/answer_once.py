"""What a peer asks for is sent to it once in a request, and a few times in all.

libp2p sends a message as often as its id stands in a request: a small frame
draws out megabytes.
"""

from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2

from p2pevents.net.libp2p.guards.guard import Guard

ANSWERS_MAX = 3
"""How often one peer gets one message by asking."""


class AnswerOnce(GossipSub):
    """Counts what each peer was sent by asking, for as long as the message is in the cache."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._answered: dict[ID, dict[bytes, int]] = {}

    async def handle_iwant(self, iwant_msg: rpc_pb2.ControlIWant, sender_peer_id: ID) -> None:
        """Send what is asked for and was not sent too often."""
        answered = self._answered.setdefault(sender_peer_id, {})
        for known in [known for known in answered if known not in self.mcache.msgs]:
            del answered[known]
        wanted = rpc_pb2.ControlIWant()
        for message_id in dict.fromkeys(iwant_msg.messageIDs):
            if message_id in self.mcache.msgs and answered.get(message_id, 0) < ANSWERS_MAX:
                answered[message_id] = answered.get(message_id, 0) + 1
                wanted.messageIDs.append(message_id)
        if wanted.messageIDs:
            await super().handle_iwant(wanted, sender_peer_id)

    def remove_peer(self, peer_id: ID) -> None:
        """Forget a peer."""
        super().remove_peer(peer_id)
        self._answered.pop(peer_id, None)


GUARD = Guard(
    name="answer once",
    holes=("pubsub/gossipsub.py:1778 a message is sent as often as its id is asked for: x85",),
    wears=(AnswerOnce,),
)
