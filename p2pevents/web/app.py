"""The pages as an ASGI application: which address is answered by what.

Starlette finds the way; every answer is made within the shelf's worker thread.
"""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from p2pevents.errors import P2PEventsError
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId
from p2pevents.view.entries import Entry
from p2pevents.view.tagged import Tagged
from p2pevents.view.times import day_named
from p2pevents.web.agendas import found_entry
from p2pevents.web.answers import Answers, fresh
from p2pevents.web.asked import Asked, chapter_of
from p2pevents.web.assets import ASSETS, asset
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.drawing import Painter
from p2pevents.web.feeds import (
    Subscribed,
    atom_feed,
    entry_ics,
    ics_feed_behind,
    json_feed,
    mode_of,
)
from p2pevents.web.forms import Forms
from p2pevents.web.guard import Guard
from p2pevents.web.language import choose
from p2pevents.web.live import Live, LiveAnswer
from p2pevents.web.metrics import metrics_text
from p2pevents.web.news import news_of, settle
from p2pevents.web.shelf import Shelf
from p2pevents.web.subscribers import find_subscriber

__all__ = ["application"]

_ICS: Final = "text/calendar; charset=utf-8"
_ATOM: Final = "application/atom+xml; charset=utf-8"


def application(
    shelf: Shelf,
    live: Live,
    *,
    port: int,
    public_url: str = "",
    doorkeeper: Doorkeeper | None = None,
    hosts: tuple[str, ...] = (),
) -> ASGIApp:
    """Return the application of a page.

    Args:
        shelf: what it reads.
        live: what tells it that the log has grown.
        port: where it is served.
        public_url: where it is seen from outside; empty where it is not.
        doorkeeper: who may write; None for the public face, where nobody may.
        hosts: other values of Host that it hears to, such as the public one.
    """
    answers = Answers(shelf, port=port, public_url=public_url, doorkeeper=doorkeeper)
    pages = _Pages(answers, live)
    routes = pages.routes()
    if doorkeeper is not None:
        routes += [Route("/metrics", pages.metrics), Route("/changes", pages.changes)]
        routes += [*Forms(answers, doorkeeper).routes()]
    own = tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
    starlette = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: answers.not_found,
            P2PEventsError: answers.wrong,
        },
    )
    starlette.router.redirect_slashes = False  # by a whole address, with the scheme from here
    return Guard(starlette, hosts=(*own, *hosts), is_local=doorkeeper is not None)


class _Pages:
    """The addresses of one page that are read."""

    def __init__(self, answers: Answers, live: Live) -> None:
        self._answers = answers
        self._shelf = answers.shelf
        self._live = live

    def routes(self) -> list[Route]:
        """Return the addresses of this face."""
        return [
            Route("/", self.agenda),
            Route("/month", self.month),
            Route("/chapter/{chapter}", self.chapter),
            Route("/chapter/{chapter}/link.svg", self.qr),
            Route("/event/{path:path}", self.event),
            Route("/ics/{path:path}.ics", self.event_ics),
            Route("/feed.ics", self.feed_ics),
            Route("/feed.atom", self.feed_atom),
            Route("/feed/{secret}.ics", self.secret_feed),
            Route("/events.json", self.events_json),
            Route("/live", self.live),
            Route("/static/{name}", self.static),
            Route("/healthz", self.healthz),
            Route("/join", self.join),
            Route("/join/", self.join),
            Route("/language", choose),
        ]

    # --- reading -------------------------------------------------------------------------------

    async def agenda(self, request: Request) -> Response:
        return await self._answers.draw(request, lambda painter, _: painter.agenda(_asked(request)))

    async def month(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            first = day_named(f"{request.query_params.get('of', '')}-01") or shelf.today()
            return painter.month(first.replace(day=1), _asked(request))

        return await self._answers.draw(request, draw)

    async def event(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            return painter.event(_found(shelf, request), _asked(request))

        return await self._answers.draw(request, draw)

    async def changes(self, request: Request) -> Response:
        """Show what changed; a look of the window that may write settles it, as the command does.

        What a browser fetches before anybody asked for it is no look.
        """
        is_look = self._answers.may_write(request) and request.method == "GET"
        is_look &= "sec-purpose" not in request.headers

        def draw(painter: Painter, shelf: Shelf) -> str:
            text = painter.changes()
            if is_look:
                settle(shelf, news_of(shelf))
            return text

        return await self._answers.draw(request, draw)

    async def chapter(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            return painter.chapter(_chapter(shelf, request), _asked(request))

        return await self._answers.draw(request, draw)

    async def join(self, request: Request) -> Response:
        return await self._answers.draw(request, lambda painter, _: painter.join())

    async def qr(self, request: Request) -> Response:
        def draw(shelf: Shelf) -> bytes:
            painter = Painter(shelf, self._answers.face(request))
            return painter.link_picture(_chapter(shelf, request))

        return Response(await self._shelf.use(draw), media_type="image/svg+xml")

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            raise HTTPException(404)
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(asset(name), media_type=ASSETS[name], headers=headers)

    async def live(self, request: Request) -> Response:
        if self._live.is_full:
            return PlainTextResponse("too many pages are open\n", status_code=503)
        return LiveAnswer(self._live, request.query_params.get("at", ""))

    async def healthz(self, request: Request) -> Response:
        del request
        await self._shelf.use(lambda shelf: shelf.mark)
        return PlainTextResponse("ok\n")

    async def metrics(self, request: Request) -> Response:
        del request
        text = await self._shelf.use(metrics_text)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    # --- feeds ---------------------------------------------------------------------------------

    async def feed_ics(self, request: Request) -> Response:
        mode = mode_of(request.query_params.get("mode", ""))

        def find(shelf: Shelf) -> Subscribed:
            chapters = _wanted(shelf, request)
            return Subscribed(chapters=chapters, mode=mode, public_url=self._answers.public_url)

        return fresh(request, await ics_feed_behind(self._shelf, find), _ICS)

    async def feed_atom(self, request: Request) -> Response:
        await self._shelf.wait_for_all()

        def make(shelf: Shelf) -> Tagged:
            return atom_feed(shelf, self._answers.face(request), _wanted(shelf, request))

        return fresh(request, await self._shelf.use(make), _ATOM)

    async def events_json(self, request: Request) -> Response:
        found = await self._shelf.use(
            lambda shelf: json_feed(shelf, self._answers.face(request), _asked(request))
        )
        return fresh(request, found, "application/json")

    async def secret_feed(self, request: Request) -> Response:
        def find(shelf: Shelf) -> Subscribed:
            found = find_subscriber(shelf.desk.log.local, request.path_params["secret"])
            if found is None:
                raise HTTPException(404)
            shown = shelf.chapters()
            wanted = tuple(each for each in found.chapters if each in shown) or shown
            public_url = self._answers.public_url
            return Subscribed(chapters=wanted, mode=found.mode, public_url=public_url)

        return fresh(request, await ics_feed_behind(self._shelf, find), _ICS)

    async def event_ics(self, request: Request) -> Response:
        def make(shelf: Shelf) -> bytes:
            object_id, entry = _found(shelf, request)
            calendar = shelf.desk.reader.under(object_id.chapter, [object_id.path[:1]])
            return entry_ics(calendar, entry, public_url=self._answers.public_url)

        data = await self._shelf.use(make)
        headers = {"Content-Disposition": 'attachment; filename="event.ics"'}
        return Response(data, media_type=_ICS, headers=headers)


def _asked(request: Request) -> Asked:
    return Asked.of(request.query_params)


def _chapter(shelf: Shelf, request: Request) -> ChapterId:
    """Return the chapter that an address names.

    Raises:
        HTTPException: it is none that is shown.
    """
    found = chapter_of(request.path_params["chapter"], shelf.known())
    if found is None:
        raise HTTPException(404)
    return found


def _wanted(shelf: Shelf, request: Request) -> tuple[ChapterId, ...]:
    """Return the chapters of a feed: the one that is named, else all that are shown."""
    named = request.query_params.get("chapter")
    if not named:
        return shelf.chapters()
    found = chapter_of(named, shelf.known())
    if found is None:
        raise HTTPException(404)
    return (found,)


def _found(shelf: Shelf, request: Request) -> tuple[ObjectId, Entry]:
    found = found_entry(shelf, request.path_params["path"])
    if found is None:
        raise HTTPException(404)
    return found
