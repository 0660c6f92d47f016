"""The messages of circuit relay v2 on a stream, and a stream as the connection it carries."""

from typing import TypeVar

import trio
from google.protobuf.message import DecodeError, Message
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, StopMessage
from libp2p.utils.varint import encode_varint_prefixed

from p2pevents.errors import NetworkError
from p2pevents.net.network import PeerStream

HOP = "/libp2p/circuit/relay/0.2.0/hop"
STOP = "/libp2p/circuit/relay/0.2.0/stop"

OK = 100
REFUSED = 201
DENIED = 202
FAILED = 203
NO_RESERVATION = 204
MALFORMED = 400

MESSAGE_BYTES_MAX = 4096
PREFIX_BYTES_MAX = 2
"""A message's length is written in at most two bytes, which reach 16 KiB."""

M = TypeVar("M", bound=Message)


async def send(stream: PeerStream, message: Message) -> None:
    """Send one message."""
    await stream.send_all(encode_varint_prefixed(message.SerializeToString()))


async def receive(stream: PeerStream, kind: type[M]) -> M:
    """Return one message, and leave what follows it unread: that is the circuit's.

    Raises:
        NetworkError: there is none, or it is out of bounds.
    """
    length = await _length(stream)
    if length > MESSAGE_BYTES_MAX:
        raise NetworkError(f"a message of {length} bytes in place of a relay's")
    message = kind()
    try:
        message.ParseFromString(await _exactly(stream, length))
    except DecodeError as error:
        raise NetworkError("not a relay's message") from error
    return message


def check(answer: HopMessage | StopMessage, otherwise: str) -> None:
    """Go on where an answer says that all is well.

    Raises:
        NetworkError: with these words, where it does not.
    """
    if answer.status != OK:
        raise NetworkError(otherwise)


async def _length(stream: PeerStream) -> int:
    length = 0
    for position in range(PREFIX_BYTES_MAX):
        (byte,) = await _exactly(stream, 1)
        length |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return length
    raise NetworkError("a message without a length in place of a relay's")


async def _exactly(stream: PeerStream, bytes_count: int) -> bytes:
    data = b""
    while len(data) < bytes_count:
        more = await stream.receive_some(bytes_count - len(data))
        if not more:
            raise NetworkError("a relay's stream ended early")
        data += more
    return data


class Circuit(ReadWriteCloser):
    """A stream through a relay, as libp2p wants a connection."""

    def __init__(self, stream: PeerStream) -> None:
        self._stream = stream
        self._sending = trio.Lock()
        self._receiving = trio.Lock()

    async def write(self, data: bytes) -> None:
        """Send `data`."""
        async with self._sending:
            try:
                await self._stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise ConnectionClosedError("the circuit is closed") from error

    async def read(self, n: int | None = None) -> bytes:
        """Return what comes next, b"" at the end."""
        async with self._receiving:
            try:
                return bytes(await self._stream.receive_some(n)) if n != 0 else b""
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise ConnectionClosedError("the circuit is closed") from error

    async def close(self) -> None:
        """Close both directions."""
        await self._stream.aclose()

    def get_remote_address(self) -> tuple[str, int] | None:
        """Return nothing: the relay's address is not the peer's."""
        return None
