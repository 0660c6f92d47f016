"""What is free is taken at once, and what has come is read at once.

Trio's locks give the loop a turn even where nobody holds them. libp2p takes five on a message's
way out and four on its way in, and reads each packet of noise in two calls, its length first: most
of a message's way through a process is spent in waiting for its turn.
"""

from types import TracebackType
from typing import Any, cast

import trio
from libp2p.abc import IMuxedStream, INetStream, ISecureConn
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import IncompleteReadError
from libp2p.io.trio import TrioTCPStream
from libp2p.network.stream.net_stream import NetStream
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.security.noise.io import NoiseTransportReadWriter
from libp2p.security.secure_session import SecureSession
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream

from p2pevents.net.libp2p.guards.guard import Guard

LENGTH_BYTES = 2
"""Before each packet of noise: how long it is."""

READS_A_TURN = 32
"""Answered from what has come, before others have their turn: a peer of many small frames
holds nobody up. Each frame takes one read or two."""


class FreeLock:
    """A lock for `async with`, which costs no turn of the loop while it is free."""

    def __init__(self) -> None:
        self._lock = trio.Lock()

    async def __aenter__(self) -> None:
        """Take the lock; who finds it taken waits in the order of coming."""
        try:
            self._lock.acquire_nowait()
        except trio.WouldBlock:
            await self._lock.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._lock.release()


class _WriteLock:
    """In the place of a stream's lock for readers and writers, of which it has writers alone."""

    def __init__(self) -> None:
        self._lock = FreeLock()

    def write_lock(self) -> FreeLock:
        """Return what is held while something is written."""
        return self._lock


class PromptSession(SecureSession):
    """A session that reads what has come, and opens packets as they are wanted.

    It holds at most a packet and a read of what is closed, and a packet beyond what is asked
    for of what is opened. A session becomes one in `_prompt`.
    """

    _raw: ReadWriteCloser
    _packets: bytearray
    _plain: bytearray
    _reads: int

    async def read(self, n: int | None = None) -> bytes:
        """Return the next `n` bytes; without a number, what the next packet has.

        Raises:
            IncompleteReadError: the connection ended before.
        """
        self._reads += 1
        if self._reads % READS_A_TURN == 0:
            await trio.lowlevel.checkpoint()
        wanted = 1 if n is None else n
        while len(self._plain) < wanted:
            self._plain += self.conn.decrypt(await self._packet(wanted))
        taken = len(self._plain) if n is None else n
        data = bytes(self._plain[:taken])
        del self._plain[:taken]
        return data

    def has(self, length: int) -> bool:
        """Whether so many bytes are there already."""
        return len(self._plain) >= length

    async def _packet(self, wanted: int) -> bytes:
        packets = self._packets
        while True:
            if len(packets) >= LENGTH_BYTES:
                end = LENGTH_BYTES + int.from_bytes(packets[:LENGTH_BYTES], "big")
                if len(packets) >= end:
                    packet = bytes(packets[LENGTH_BYTES:end])
                    del packets[:end]
                    return packet
            data = await self._raw.read()
            if not data:
                raise IncompleteReadError(
                    "the connection ended",
                    expected_bytes=wanted,
                    received_bytes=len(self._plain) + len(packets),
                )
            packets += data


def _prompt(session: ISecureConn) -> None:
    """Make a session a prompt one, in place, and free the locks of the socket under it.

    libp2p names its class in the midst of a handshake of 80 lines.
    """
    if type(session) is not SecureSession or not isinstance(session.conn, NoiseTransportReadWriter):
        return
    raw = session.conn.read_writer.read_write_closer
    socket = getattr(raw, "stream", None)
    if isinstance(socket, TrioTCPStream):
        socket.read_lock = FreeLock()  # type: ignore[assignment]
        socket.write_lock = FreeLock()  # type: ignore[assignment]
    unread = session._drain(None)
    session.__class__ = PromptSession
    prompt = cast("PromptSession", session)
    prompt._raw, prompt._packets, prompt._plain, prompt._reads = (
        raw,
        bytearray(),
        bytearray(unread),
        0,
    )


def _freed(stream: YamuxStream) -> YamuxStream:
    """Return a stream whose locks cost nothing while they are free."""
    stream.window_lock = FreeLock()  # type: ignore[assignment]
    stream.rw_lock = _WriteLock()  # type: ignore[assignment]
    return stream


class FewerTurns(Yamux):
    """A connection whose frames and streams wait for nobody where nobody is."""

    def __init__(self, secured_conn: ISecureConn, peer_id: ID, *args: Any, **kwargs: Any) -> None:
        _prompt(secured_conn)
        super().__init__(secured_conn, peer_id, *args, **kwargs)
        self.streams_lock = FreeLock()  # type: ignore[assignment]
        self._write_lock = FreeLock()  # type: ignore[assignment]

    async def open_stream(self) -> YamuxStream:
        """Return a new stream."""
        return _freed(await super().open_stream())

    async def accept_stream(self) -> IMuxedStream:
        """Return the next stream that the peer has opened."""
        return _freed(cast("YamuxStream", await super().accept_stream()))

    async def _read_data_body(self, length: int) -> bytes:
        session = self.secured_conn
        if isinstance(session, PromptSession) and session.has(length):
            return await session.read(length)  # what is there needs no timeout
        return await super()._read_data_body(length)


class FreeStreams(Swarm):
    """Frees the lock of each stream's state."""

    async def notify_opened_stream(self, stream: INetStream) -> None:
        """Take in that a stream is open."""
        cast("NetStream", stream)._state_lock = FreeLock()  # type: ignore[assignment]
        await super().notify_opened_stream(stream)


GUARD = Guard(
    name="fewer turns",
    holes=(
        "stream_muxer/yamux/yamux.py:239 five turns of the loop before a frame is written",
        "security/noise/io.py:87 a packet is read in two calls, with a lock around each",
    ),
    wears=(FewerTurns, FreeStreams),
)
