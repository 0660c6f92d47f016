"""Gossip is read frame by frame, within bounds, one message after the other.

libp2p lets a frame that does not parse end the host, reads a frame byte by
byte, starts a task for each message of a frame without end, and drops a whole
frame, subscriptions included, when the record of addresses that comes with it
is older than one it knows. That record is nowhere used here, so that it is not
even looked at.
"""

import logging

import trio
from google.protobuf.message import DecodeError
from libp2p.abc import INetStream
from libp2p.exceptions import BaseLibp2pError
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub

from p2pevents.net.libp2p.guards.blame import blame
from p2pevents.net.libp2p.guards.bouncer import Bouncer
from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.libp2p.guards.tap import Allowance, Tap, weight

RPC_BYTES_MAX = 128 * 1024
MESSAGES_MAX = 64
ENTRIES_MAX = 64
"""Subscriptions, and control entries of each kind, in one frame."""

IDS_MAX = 4096
"""Message ids named in one frame."""

TOPIC_BYTES_MAX = 256
READ_BYTES = 64 * 1024
PREFIX_BYTES_MAX = 3
"""A frame's length is written in at most three bytes, which reach 2 MiB."""

RESET_S_MAX = 1.0

logger = logging.getLogger(__name__)


class _MisbehavedError(Exception):
    """A frame that no honest peer sends."""


class FrameReader:
    """Frames with their length before them, out of a stream that is read in large pieces."""

    def __init__(self, stream: INetStream) -> None:
        self._stream = stream
        self._unread = bytearray()

    async def next_frame(self) -> bytes:
        """Return the next frame.

        Raises:
            StreamEOF: there is none.
            _MisbehavedError: its length is out of bounds.
        """
        while True:
            length, start = self._length()
            if start and len(self._unread) >= start + length:
                frame = bytes(self._unread[start : start + length])
                del self._unread[: start + length]
                return frame
            self._unread += await self._stream.read(READ_BYTES)

    def _length(self) -> tuple[int, int]:
        """Return the next frame's length and where it starts, or 0, 0 if that is not read yet."""
        length = 0
        for position, byte in enumerate(self._unread[:PREFIX_BYTES_MAX]):
            length |= (byte & 0x7F) << (7 * position)
            if byte < 0x80:
                if length > RPC_BYTES_MAX:
                    raise _MisbehavedError(f"a frame of {length} bytes")
                return length, position + 1
        if len(self._unread) >= PREFIX_BYTES_MAX:
            raise _MisbehavedError("a frame without a length")
        return 0, 0


class _Reading:
    """The one task that reads the gossip of a peer."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self.takes = False
        self.is_over = False

    def end(self) -> None:
        """End it: at once while it waits, with all that it holds; else after what it takes in."""
        self.is_over = True
        if not self.takes:
            self.scope.cancel()


class RpcInOrder(Pubsub):
    """Reads gossip with bounds and back-pressure, from one stream a peer."""

    bouncer: Bouncer

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.inbound: dict[ID, _Reading] = {}
        self.tap = Tap()

    async def continuously_read_stream(self, stream: INetStream) -> None:
        """Take in what a peer says on one stream, until it ends."""
        peer_id = stream.muxed_conn.peer_id
        older, reading = self.inbound.get(peer_id), _Reading()
        self.inbound[peer_id] = reading
        if older is not None:
            # A peer opens one stream; a second one means that it lost the first.
            older.end()
        with reading.scope:
            try:
                await self._read(FrameReader(stream), peer_id, reading)
            except StreamEOF:
                logger.debug("peer %s ended its gossip", peer_id)
            except BaseLibp2pError as error:
                logger.debug("gossip from %s broke off: %s", peer_id, error)
            except _MisbehavedError as error:
                blame(self.bouncer, self.host, peer_id, str(error))
            finally:
                # What it subscribed to is what it says on this stream.
                if self.inbound.get(peer_id) is reading:
                    del self.inbound[peer_id]
                    self._forget_all_subscriptions(peer_id)
                await _reset(stream)

    async def _read(self, reader: FrameReader, peer_id: ID, reading: "_Reading") -> None:
        allowance = Allowance(now_s=trio.current_time())
        while self.manager.is_running and not reading.is_over:
            rpc = _parsed(await reader.next_frame())
            async with self.tap.turn(weight(rpc), allowance, peers=len(self.inbound)):
                reading.takes = True
                await self._take(rpc, peer_id)
                reading.takes = False

    def _forget_all_subscriptions(self, peer_id: ID) -> None:
        if peer_id not in self.inbound:
            super()._forget_all_subscriptions(peer_id)

    async def _take(self, rpc: rpc_pb2.RPC, peer_id: ID) -> None:
        """Do what a frame says."""
        for message in rpc.publish:
            if self._is_subscribed_to_msg(message):
                await self.push_msg(peer_id, message)
        for subscription in rpc.subscriptions:
            self.handle_subscription(peer_id, subscription)
        if rpc.HasField("control"):
            rpc.ClearField("senderRecord")
            try:
                await self.router.handle_rpc(rpc, peer_id)
            except Exception as error:
                # Wide, because whatever leaves a stream's handler ends the host.
                logger.warning("control messages failed", exc_info=error)
                raise _MisbehavedError("control messages that could not be handled") from error


def _parsed(frame: bytes) -> rpc_pb2.RPC:
    """Return what a frame says, within the bounds."""
    rpc = rpc_pb2.RPC()
    try:
        rpc.ParseFromString(frame)
        _check(rpc)
    except DecodeError as error:
        raise _MisbehavedError("a frame that is not one") from error
    return rpc


def _check(rpc: rpc_pb2.RPC) -> None:
    """Raise unless a frame keeps to the bounds and all its text is UTF-8."""
    control = rpc.control
    if len(rpc.publish) > MESSAGES_MAX:
        raise _MisbehavedError(f"{len(rpc.publish)} messages in a frame")
    entries = (rpc.subscriptions, control.ihave, control.iwant, control.graft, control.prune)
    if max(len(entry) for entry in entries) > ENTRIES_MAX:
        raise _MisbehavedError("too many entries in a frame")
    ids = sum(len(entry.messageIDs) for kind in (control.ihave, control.iwant) for entry in kind)
    if ids > IDS_MAX:
        raise _MisbehavedError(f"{ids} message ids in a frame")
    topics: list[object] = [subscription.topicid for subscription in rpc.subscriptions]
    for kind in (control.ihave, control.graft, control.prune):
        topics += [entry.topicID for entry in kind]
    for message in rpc.publish:
        if len(message.topicIDs) != 1:
            raise _MisbehavedError("a message that is not of one topic")
        topics.append(message.topicIDs[0])
    for topic in topics:
        # protobuf gives bytes for text that is not UTF-8.
        if not isinstance(topic, str) or len(topic.encode()) > TOPIC_BYTES_MAX:
            raise _MisbehavedError("a topic too long, or not text")


async def _reset(stream: INetStream) -> None:
    with trio.move_on_after(RESET_S_MAX, shield=True):
        await stream.reset()


GUARD = Guard(
    name="rpc in order",
    holes=(
        "pubsub/pubsub.py:562 a frame that does not parse ends the host",
        "pubsub/gossipsub.py:1892 a topic that is not UTF-8 ends the host",
        "pubsub/pubsub.py:586 a task for each message, tools/anyio_service/trio_manager.py:277",
        "pubsub/pubsub.py:565 an older address record drops the frame, subscriptions included",
        "pubsub/pubsub.py:547 takes as much as peers can send: 4,400 messages a second",
        "utils/varint.py:178 a frame's length is read byte by byte",
    ),
    wears=(RpcInOrder,),
)
