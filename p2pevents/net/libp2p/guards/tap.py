"""How much gossip is taken a second: of each peer, and of all of them together.

What is counted is the weight of a frame, in messages. A peer has a small share
of its own, so that an honest one waits for nobody else; what goes beyond is
taken frame by frame, one peer after the other.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from libp2p.pubsub.pb import rpc_pb2

MESSAGES_A_SECOND_MAX = 1_500
"""Weight taken from one peer, over `BURST_S`; whoever sends more waits. Measured: a host with
nothing else to do takes 4,400, and answers others three times as slowly meanwhile."""

ALL_MESSAGES_A_SECOND_MAX = 1_500
"""Weight taken from all peers together, beyond their shares: 100 strangers are not 100 times as
loud as one."""

BURST_S = 0.5
IDS_A_MESSAGE = 32
"""Ids that weigh one message. Measured: an offer of 4,096 ids takes as long as 120 messages."""

OWN_MESSAGES_A_SECOND = 6
"""What an honest node says of its own: a bundle every 250 ms (docs/spec/gossip.md, GOSSIP-6), and
once a heartbeat an offer of what was said in the last three, and an answer to an offer."""

SHARE_MESSAGES_A_SECOND = 60
"""What an honest node says when it passes on all of a mesh of twelve of which each speaks as
fast as it may: 48 bundles, an offer and an answer of up to 144 ids, and some room."""

ALL_SHARES_MESSAGES_A_SECOND = 1_536
"""All shares together. Of 25 peers each has a whole one; of 256, all places taken, each still
has what a node says of its own."""

SHARE_S = 1.0
"""A share that was not used is kept for so long."""


def weight(rpc: rpc_pb2.RPC) -> int:
    """Return what a frame costs, in messages: at least one."""
    control = rpc.control
    entries = len(rpc.subscriptions) + len(control.graft) + len(control.prune)
    ids = 0
    for kind in (control.ihave, control.iwant):
        entries += len(kind)
        ids += sum(len(entry.messageIDs) for entry in kind)
    return max(1, len(rpc.publish) + entries + ids // IDS_A_MESSAGE)


class Allowance:
    """What one peer may still say at once. Pure: time is an argument.

    It begins with nothing: whoever comes again and again gains nothing by it.
    """

    def __init__(self, *, now_s: float) -> None:
        self._paid_until_s = now_s
        self._share = 0.0
        self._looked_s = now_s

    def spend(self, messages: int, *, now_s: float) -> float:
        """Return until when the peer waits by its own rate."""
        paid_s = max(self._paid_until_s, now_s - BURST_S)
        self._paid_until_s = paid_s + messages / MESSAGES_A_SECOND_MAX
        return self._paid_until_s

    def beyond_share(self, messages: int, *, now_s: float, peers: int) -> int:
        """Return how much of this weight its own share does not cover."""
        rate = min(SHARE_MESSAGES_A_SECOND, ALL_SHARES_MESSAGES_A_SECOND / max(1, peers))
        grown = self._share + (now_s - self._looked_s) * rate
        self._share, self._looked_s = min(rate * SHARE_S, grown), now_s
        covered = min(messages, int(self._share))
        self._share -= covered
        return messages - covered


class Tap:
    """How much is taken a second: each peer's own rate, and that of all together.

    Frames of those who say more than their share are taken one after the other:
    were they taken side by side, everything else would wait for a message of each.
    """

    def __init__(self) -> None:
        self._turn = trio.Lock()
        self._all_paid_until_s = -math.inf

    @asynccontextmanager
    async def turn(self, messages: int, own: Allowance, *, peers: int) -> AsyncIterator[None]:
        """In the block a frame of this weight is taken; leaving it waits until that is paid.

        Args:
            messages: what the frame weighs.
            own: the allowance of the peer that sent it.
            peers: how many peers there are to share.
        """
        now_s = trio.current_time()
        until_s = own.spend(messages, now_s=now_s)
        loud = own.beyond_share(messages, now_s=now_s, peers=peers)
        if loud:
            async with self._turn:
                yield
                paid_s = max(self._all_paid_until_s, trio.current_time() - BURST_S)
                self._all_paid_until_s = paid_s + loud / ALL_MESSAGES_A_SECOND_MAX
                await trio.sleep_until(self._all_paid_until_s)
        else:
            yield
        await trio.sleep_until(until_s)
