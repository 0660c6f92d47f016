"""Live updates: tells every open page when the log has grown, by server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import trio

from p2pevents.errors import LogError
from p2pevents.web.shelf import Shelf

__all__ = ["Live"]

LOOK_S: Final = 0.3
BEAT_S: Final = 15.0  # a word now and then: else one who left would never be noticed
STREAMS_MAX: Final = 16
STREAM_S_MAX: Final = 3600.0  # the browser comes back by itself


class Live:
    """Looks at the log for all open pages together."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._grown = trio.Event()
        self._streams = 0

    @property
    def is_full(self) -> bool:
        """Whether no more pages are told."""
        return self._streams >= STREAMS_MAX

    async def watch(self) -> None:
        """Look at the log until cancelled; only while somebody listens."""
        seen: object = None
        while True:
            await trio.sleep(LOOK_S)
            if not self._streams:
                seen = None
                continue
            try:
                stands = await self._shelf.use(_stands)
            except LogError:
                continue
            if seen is not None and stands != seen:
                self._grown.set()
                self._grown = trio.Event()
            seen = stands

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield what a page is told, as an event stream."""
        self._streams += 1
        ends_s = trio.current_time() + STREAM_S_MAX
        try:
            yield b"retry: 3000\n\n"
            while trio.current_time() < ends_s:
                with trio.move_on_after(BEAT_S) as beat:
                    await self._grown.wait()
                yield b": here\n\n" if beat.cancelled_caught else b"event: changed\ndata: 1\n\n"
        finally:
            self._streams -= 1


def _stands(shelf: Shelf) -> object:
    return shelf.tip, tuple(shelf.follows())
