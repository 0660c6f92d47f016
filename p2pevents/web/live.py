"""Live updates: tells every open page when the log has grown, by server-sent events."""

from __future__ import annotations

from typing import Final

import trio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from p2pevents.errors import LogError
from p2pevents.web.shelf import Shelf

__all__ = ["Live", "LiveAnswer"]

LOOK_S: Final = 0.3
BEAT_S: Final = 15.0  # a word now and then: what stands between would close a silent stream
STREAMS_MAX: Final = 16
_CHANGED: Final = b"event: changed\ndata: 1\n\n"
STREAM_S_MAX: Final = 3600.0  # the browser comes back by itself


class Live:
    """Looks at the log for all open pages together."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._grown = trio.Event()
        self._mark = ""
        self._streams = 0

    @property
    def is_full(self) -> bool:
        """Whether no more pages are told."""
        return self._streams >= STREAMS_MAX

    async def watch(self) -> None:
        """Look at the log until cancelled; only while somebody listens."""
        while True:
            await trio.sleep(LOOK_S)
            if not self._streams:
                continue
            try:
                mark = await self._shelf.use(_mark)
            except LogError:
                continue
            if mark != self._mark:
                self._mark = mark
                self._grown.set()
                self._grown = trio.Event()

    async def tell(self, seen: str, receive: Receive, send: Send) -> None:
        """Tell one page, as an event stream, until it goes.

        Args:
            seen: the shelf's mark when the page was drawn: what came since is told at once.
            receive: ASGI's.
            send: ASGI's.
        """
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        self._streams += 1
        try:
            with trio.move_on_after(STREAM_S_MAX):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_until_gone, receive, nursery.cancel_scope)
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    await _say(send, b"retry: 3000\n\n")
                    while True:
                        if self._mark and seen != self._mark:
                            seen = self._mark
                            await _say(send, _CHANGED)
                        with trio.move_on_after(BEAT_S) as beat:
                            await self._grown.wait()
                        if beat.cancelled_caught:
                            await _say(send, b": here\n\n")
        finally:
            self._streams -= 1


class LiveAnswer(Response):
    """The answer that tells a page of what is new."""

    def __init__(self, live: Live, seen: str) -> None:
        super().__init__()
        self._live = live
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell, until the page goes."""
        del scope
        await self._live.tell(self._seen, receive, send)


async def _until_gone(receive: Receive, scope: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _say(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


def _mark(shelf: Shelf) -> str:
    return shelf.mark
