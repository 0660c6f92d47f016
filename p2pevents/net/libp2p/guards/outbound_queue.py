"""The queue to a peer holds a burst, and frames in it are no larger than its reader takes.

libp2p's queue of 32 drops the rest of a burst without a word, and frames up to
1 MiB are made where this network's readers take 128 KiB.
"""

from libp2p.peer.id import ID
from libp2p.pubsub.pubsub import Pubsub

from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.libp2p.guards.rpc_in_order import RPC_BYTES_MAX

QUEUE_MAX = 256
"""Frames to one peer; 16 MiB at the most, for a peer that takes nothing any more."""

FRAME_SLACK_BYTES = 1024
PENDING_MAX = 8
"""Messages kept for one connected peer that has not told its subscriptions yet."""


class OutboundQueue(Pubsub):
    """Gives each peer's queue its bounds."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.router._max_pending_messages_per_peer = PENDING_MAX  # type: ignore[attr-defined]

    async def _handle_new_peer(self, peer_id: ID) -> None:
        await super()._handle_new_peer(peer_id)
        queue = self.peer_queues.get(peer_id)
        if queue is not None:
            queue._queue.max_size = QUEUE_MAX
            queue.max_message_size = RPC_BYTES_MAX - FRAME_SLACK_BYTES


GUARD = Guard(
    name="outbound queue",
    holes=("pubsub/rpc_queue.py:40 a queue of 32: 200 published at once, 31 arrive",),
    wears=(OutboundQueue,),
)
