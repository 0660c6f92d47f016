"""A peer sends no more than it was allowed, on no more streams than it was allowed.

libp2p warns when a window is overrun and buffers what came, takes single frames
of 16 MiB, lets a window grow to 16 MiB a stream, and any number of streams.
"""

import logging
from typing import TYPE_CHECKING, Any

import trio
from libp2p.abc import IMuxedStream
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream

from p2pevents.net.libp2p.guards.guard import Guard

WINDOW_BYTES_MAX = 1024 * 1024
INBOUND_STREAMS_MAX = 32
"""Streams that a peer may have open on one connection; the next is reset."""

RESET_S_MAX = 1.0

logger = logging.getLogger(__name__)


class WindowedStream(YamuxStream):
    """A stream whose window is enforced. Streams become one in `_Streams`."""

    refused = False

    if not TYPE_CHECKING:

        @property
        def recv_window(self) -> int:
            """How many bytes the peer may still send."""
            return self.__dict__["recv_window"]

        @recv_window.setter
        def recv_window(self, window: int) -> None:
            self.__dict__["recv_window"] = window
            if window < 0:
                # Set by the loop that reads the connection, which would only warn.
                self.conn.overrun = True
                self.conn.event_shutting_down.set()

    async def _auto_tune_and_send_window_update(self, *, bytes_read: int = 0) -> None:  # noqa: ARG002
        """Give back what was read, in pieces of at least half a window.

        libp2p gives back each read by itself: three small frames with each
        message of gossip.
        """
        if self.recv_closed:
            return
        buffered = len(self.conn.stream_buffers.get(self.stream_id, b""))
        given = self.target_recv_window - (self.recv_window + buffered)
        if given * 2 < self.target_recv_window:
            return
        self.recv_window += given
        if self.target_recv_window * 2 <= WINDOW_BYTES_MAX:
            given += self._apply_autotune_epoch(buffered)
        await self.send_window_update(given)


class _Streams(dict[int, YamuxStream]):
    """The table of a connection's streams, which dresses and counts what is put in."""

    def __init__(self, connection: Yamux) -> None:
        super().__init__()
        self._own_parity = 1 if connection.is_initiator_value else 0
        self.inbound = 0

    def __setitem__(self, stream_id: int, stream: YamuxStream) -> None:
        stream.__class__ = WindowedStream
        if stream_id % 2 != self._own_parity:
            self.inbound += 1
            stream.refused = self.inbound > INBOUND_STREAMS_MAX  # type: ignore[attr-defined]
        super().__setitem__(stream_id, stream)

    def __delitem__(self, stream_id: int) -> None:
        super().__delitem__(stream_id)
        self._left(stream_id)

    def pop(self, stream_id: int, *default: Any) -> Any:
        """Take out a stream."""
        if stream_id in self:
            self._left(stream_id)
        return super().pop(stream_id, *default)

    def clear(self) -> None:
        """Take out all streams."""
        super().clear()
        self.inbound = 0

    def _left(self, stream_id: int) -> None:
        if stream_id % 2 != self._own_parity:
            self.inbound -= 1


class StreamWindows(Yamux):
    """A connection that ends when its peer sends more than it may."""

    overrun = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streams = _Streams(self)

    async def accept_stream(self) -> IMuxedStream:
        """Return the next stream that is within the number allowed."""
        while True:
            stream = await super().accept_stream()
            if not getattr(stream, "refused", False):
                return stream
            with trio.move_on_after(RESET_S_MAX):
                await stream.reset()

    def _finalize_stream_locked(self, stream: YamuxStream, *, fully_closed: bool) -> None:
        if fully_closed and stream.reset_received:
            # Nobody may read it any more, and it would be kept for a minute or more.
            self.stream_buffers.pop(stream.stream_id, None)
        super()._finalize_stream_locked(stream, fully_closed=fully_closed)

    async def handle_incoming(self) -> None:
        """Read the connection until it ends or its peer overruns a window."""
        await super().handle_incoming()
        if self.overrun:
            logger.info("peer %s sent more than its window", self.peer_id)
            with trio.CancelScope(shield=True):
                await self._cleanup_on_error()

    async def _read_data_body(self, length: int) -> bytes:
        if length > WINDOW_BYTES_MAX:
            # The one exception that libp2p takes for the end of the connection here.
            raise trio.TooSlowError
        return await super()._read_data_body(length)


GUARD = Guard(
    name="stream windows",
    holes=(
        "stream_muxer/yamux/yamux.py:1315, 1433, 1546 a window overrun is only warned of",
        "stream_muxer/yamux/yamux.py:145 windows grow to 16 MiB a stream, frames to 16 MiB",
        "stream_muxer/yamux/yamux.py:1300 any number of inbound streams",
        "stream_muxer/yamux/yamux.py:1043 what a reset stream had buffered is kept for 90 s",
        "stream_muxer/yamux/yamux.py:466 three window updates with each message",
    ),
    wears=(StreamWindows,),
)
