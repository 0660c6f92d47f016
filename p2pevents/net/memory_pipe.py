"""One direction of an in-memory stream: bytes in order, late by a latency, bounded by a window."""

from collections import deque

import trio

from p2pevents.net.network import READ_BYTES_MAX

WINDOW_BYTES_MAX = 256 * 1024
"""Bytes sent and not yet read; a sender waits beyond it."""


class MemoryPipe:
    """Bytes on their way from one sender to one receiver.

    Args:
        latency_s: how long each byte is on its way.
    """

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._chunks: deque[tuple[float, bytes]] = deque()
        self._bytes_under_way = 0
        self._ended = False
        self._unread = False
        self._broken = False
        self._changed = trio.Event()

    async def send(self, data: bytes) -> None:
        """Send all of `data`, waiting for room in the window."""
        await trio.lowlevel.checkpoint()
        view = memoryview(data)
        while True:
            if self._broken or self._unread:
                raise trio.BrokenResourceError("the peer closed or reset this stream")
            room = WINDOW_BYTES_MAX - self._bytes_under_way
            if view and room > 0:
                self._chunks.append((trio.current_time() + self._latency_s, bytes(view[:room])))
                self._bytes_under_way += len(view[:room])
                view = view[room:]
                self._wake()
            if not view:
                return
            await self._changed.wait()

    async def receive(self, bytes_max: int | None) -> bytes:
        """Return the next bytes, or b"" at the end."""
        await trio.lowlevel.checkpoint()
        while not self._broken:
            if self._chunks:
                due_s, chunk = self._chunks[0]
                if due_s > trio.current_time():
                    await trio.sleep_until(due_s)
                    continue
                take = min(bytes_max or READ_BYTES_MAX, READ_BYTES_MAX)
                self._chunks.popleft()
                if len(chunk) > take:
                    self._chunks.appendleft((due_s, chunk[take:]))
                self._bytes_under_way -= len(chunk[:take])
                self._wake()
                return chunk[:take]
            if self._ended:
                return b""
            await self._changed.wait()
        raise trio.BrokenResourceError("this stream was reset")

    def end(self) -> None:
        """The sender has nothing more to send."""
        self._ended = True
        self._wake()

    def abandon(self) -> None:
        """The receiver reads no more: sending breaks."""
        self._unread = True
        self._wake()

    def break_off(self) -> None:
        """The connection is gone, with all that was under way."""
        self._broken = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
