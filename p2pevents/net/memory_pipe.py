"""One direction of an in-memory stream: bytes in order, late by a latency, bounded by a window."""

from collections import deque

import trio

WINDOW_BYTES_MAX = 256 * 1024
"""Bytes sent and not yet read; a sender waits beyond it."""


CHUNK_BYTES_MAX = 64 * 1024
"""The largest piece kept as one, so that reading a window stays linear."""


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
        view = memoryview(data)
        while True:
            if self._broken or self._unread:
                raise trio.BrokenResourceError("the peer closed or reset this stream")
            room = min(WINDOW_BYTES_MAX - self._bytes_under_way, CHUNK_BYTES_MAX)
            if view and room > 0:
                part, view = bytes(view[:room]), view[room:]
                self._chunks.append((trio.current_time() + self._latency_s, part))
                self._bytes_under_way += len(part)
                self._wake()
            elif view:
                await self._changed.wait()
            else:
                return

    async def receive(self, bytes_max: int) -> bytes:
        """Return the next bytes, at most `bytes_max`, or b"" at the end."""
        while not self._broken:
            if self._chunks:
                due_s, chunk = self._chunks[0]
                if due_s > trio.current_time():
                    await trio.sleep_until(due_s)
                    continue
                self._chunks.popleft()
                if len(chunk) > bytes_max:
                    self._chunks.appendleft((due_s, chunk[bytes_max:]))
                self._bytes_under_way -= len(chunk[:bytes_max])
                self._wake()
                return chunk[:bytes_max]
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
