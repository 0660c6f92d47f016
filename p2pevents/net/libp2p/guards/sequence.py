"""A node that restarts does not repeat its numbers.

libp2p numbers messages from the time in whole seconds. So one that restarts
after it sent more messages than seconds went by says numbers again, and its
peers drop what they take for seen.
"""

import time

from libp2p.pubsub.pubsub import Pubsub

from p2pevents.net.libp2p.guards.guard import Guard


class Sequence(Pubsub):
    """Numbers messages from the time in nanoseconds."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.counter = time.time_ns()


GUARD = Guard(
    name="sequence",
    holes=("pubsub/pubsub.py:478 numbers from whole seconds: a restart loses messages",),
    wears=(Sequence,),
)
