"""Serves a home's pages: the local one, and the public face where it is asked for.

Needs the home alone, and neither the node nor its network: the page answers
while they are still being loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

import trio

from p2pevents.errors import NetworkError
from p2pevents.node.home import Home
from p2pevents.web.app import application
from p2pevents.web.doorkeeper import Doorkeeper, leave_word, take_word_back
from p2pevents.web.live import Live
from p2pevents.web.server import Message, Receive, Send, Server
from p2pevents.web.shelf import Shelf

__all__ = ["Served", "serve_pages"]

Port = int | Literal["off"]
_ANY: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Where pages are served; empty where they are not."""

    page: str = ""
    public: str = ""


async def serve_pages(
    home: Home,
    *,
    page: Port,
    may_move: bool,
    page_public: Port,
    public_url: str,
    now_ms: Callable[[], int],
    task_status: trio.TaskStatus[Served] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until cancelled; started with the addresses.

    Args:
        home: whose.
        page: the port of the local page, 0 for any.
        may_move: whether another port does where that one is taken.
        page_public: the port of the public face.
        public_url: where that is seen from outside; empty where nobody said.
        now_ms: the clock, in ms since 1970.
        task_status: trio's.

    Raises:
        NetworkError: a port is not to be had.
        KeyFileError, LogError: the home cannot be used.
    """
    home.create()
    take_word_back(home.folder)
    async with trio.open_nursery() as nursery:
        local = public = ""
        if page != "off":
            keeper = Doorkeeper(now_ms=now_ms)
            found = _Face(home, now_ms=now_ms, public_url=public_url, keeper=keeper)
            try:
                port: int = await nursery.start(found.run, page)
            except* NetworkError:
                if not may_move:
                    raise
                port = await nursery.start(found.run, _ANY)
            local = f"http://127.0.0.1:{port}/"
            leave_word(home.folder, url=local, secret=keeper.secret)
        if page_public != "off":
            outside = _Face(home, now_ms=now_ms, public_url=public_url, keeper=None)
            port = await nursery.start(outside.run, page_public)
            public = f"http://127.0.0.1:{port}/"
        task_status.started(Served(page=local, public=public))
        try:
            await trio.sleep_forever()
        finally:
            take_word_back(home.folder)


class _Face:
    """One face and its server."""

    def __init__(
        self, home: Home, *, now_ms: Callable[[], int], public_url: str, keeper: Doorkeeper | None
    ) -> None:
        self._home = home
        self._now_ms = now_ms
        self._public_url = public_url
        self._keeper = keeper

    async def run(
        self, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Serve one face until cancelled; started with its port."""
        shelf = Shelf(self._home, now_ms=self._now_ms, own=self._keeper is None)
        try:
            live = Live(shelf)
            bound: list[int] = []

            async def answer(scope: Message, receive: Receive, send: Send) -> None:
                await app(scope, receive, send)

            async with trio.open_nursery() as nursery:
                bound.append(await nursery.start(Server(answer).run, port))
                host = urlsplit(self._public_url).netloc.lower()
                app = application(
                    shelf,
                    live,
                    port=bound[0],
                    public_url=self._public_url,
                    doorkeeper=self._keeper,
                    hosts=(host,) if host and self._keeper is None else (),
                )
                nursery.start_soon(live.watch)
                nursery.start_soon(shelf.keep_up)
                task_status.started(bound[0])
        finally:
            shelf.close()
