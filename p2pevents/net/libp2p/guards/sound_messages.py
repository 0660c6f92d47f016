"""A message is judged once, by its own signature first, and no judge's fault ends the host.

libp2p lets a bad key field and a failing validator end the host, remembers a
verdict under a name that the sender chooses, longer than it remembers having
seen the message, blames nobody for bad signatures, and keeps a second copy of
each message for a queue of 32 that drops what does not fit.
"""

import logging
from collections.abc import Awaitable
from typing import cast

from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub
from libp2p.pubsub.validators import PUBSUB_SIGNING_PREFIX
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from p2pevents.net.libp2p.guards.blame import blame
from p2pevents.net.libp2p.guards.bouncer import Bouncer
from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.network import GOSSIP_BYTES_MAX

ED25519_ID_BYTES = 38
ED25519_ID_PREFIX = bytes.fromhex("002408011220")
SEQUENCE_BYTES = 8
SIGNATURE_BYTES = 64

logger = logging.getLogger(__name__)


class SoundMessages(Pubsub):
    """Takes in one message: bounds, seen before, signature, validator, in this order."""

    bouncer: Bouncer

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Judge a message and pass it on if it was accepted."""
        own = msg_forwarder == self.my_id
        if not own:
            if msg.from_id == self.my_id.to_bytes() or self._is_msg_seen(msg):
                return
            if not _is_signed(msg):
                blame(self.bouncer, self.host, msg_forwarder, "a message badly made or signed")
                return
        # Only now: marked before, a forged copy would keep the true one out. And
        # before the validator waits: no second copy is judged meanwhile.
        self._mark_msg_seen(msg)
        if own or await self._is_accepted(msg_forwarder, msg):
            await self.router.publish(msg_forwarder, msg)

    async def _is_accepted(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> bool:
        for validator in self.get_msg_validators(msg):
            try:
                verdict = validator.validator(msg_forwarder, msg)
                if not (await cast("Awaitable[bool]", verdict) if validator.is_async else verdict):
                    return False
            except Exception:
                # Wide, because whatever leaves here ends the host.
                logger.exception("a validator failed")
                return False
        return True


def _is_signed(msg: rpc_pb2.Message) -> bool:
    """Say whether a message keeps to the bounds and its author's Ed25519 key signed it."""
    author: bytes = msg.from_id
    if (
        len(author) != ED25519_ID_BYTES
        or not author.startswith(ED25519_ID_PREFIX)
        or len(msg.seqno) != SEQUENCE_BYTES
        or len(msg.signature) != SIGNATURE_BYTES
        or len(msg.data) > GOSSIP_BYTES_MAX
    ):
        return False
    signed = rpc_pb2.Message(
        data=msg.data, topicIDs=msg.topicIDs, from_id=author, seqno=msg.seqno
    ).SerializeToString()
    try:
        VerifyKey(author[len(ED25519_ID_PREFIX) :]).verify(
            PUBSUB_SIGNING_PREFIX.encode() + signed, msg.signature
        )
    except BadSignatureError:
        return False
    return True


GUARD = Guard(
    name="sound messages",
    holes=(
        "pubsub/validators.py:63 a bad key field ends the host",
        "pubsub/pubsub.py:1640 a validator that raises ends the host",
        "pubsub/pubsub.py:1616 a verdict is remembered under a name that its sender chooses",
        "pubsub/pubsub.py:124 a subscriber's queue of 32 drops what does not fit",
    ),
    wears=(SoundMessages,),
)
