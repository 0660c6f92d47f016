"""The pages as an ASGI application: which address is answered by what.

Starlette finds the way; every answer is made within the shelf's worker thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import ASGIApp

from p2pevents.errors import InputError, KeyFileError, LogError, P2PEventsError, StateError
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.link import LINK_CHARACTERS_MAX, parse_link
from p2pevents.view.entries import Entry
from p2pevents.web.asked import Asked, chapter_of, day_of
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.drawing import ASSETS, Painter, asset, found_entry
from p2pevents.web.face import Face
from p2pevents.web.feeds import atom_feed, entry_ics, ics_feed, json_feed, mode_of
from p2pevents.web.guard import Guard
from p2pevents.web.live import Live, LiveAnswer
from p2pevents.web.metrics import metrics_text
from p2pevents.web.shelf import Shelf
from p2pevents.web.subscribers import find_subscriber
from p2pevents.web.words import Words
from p2pevents.web.writing import FIELDS, announce, findings_of, values_of
from p2pevents.words import LANGUAGES, language_of_header

__all__ = ["application"]

FIELDS_MAX: Final = 64  # of one form
BACK_CHARACTERS_MAX: Final = 2_000  # of the address of a page, in the link to another language
_ICS: Final = "text/calendar; charset=utf-8"
_ATOM: Final = "application/atom+xml; charset=utf-8"
_FORM: Final = "application/x-www-form-urlencoded"
_LANGUAGE: Final = "p2pevents-language"  # the name of the cookie
_LANGUAGE_S: Final = 365 * 24 * 60 * 60


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
    pages = _Pages(shelf, live, port=port, public_url=public_url, doorkeeper=doorkeeper)
    own = tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
    starlette = Starlette(
        routes=pages.routes(),
        exception_handlers={
            HTTPException: pages.not_found,
            P2PEventsError: pages.wrong,
        },
    )
    return Guard(starlette, hosts=(*own, *hosts), is_local=doorkeeper is not None)


class _Pages:
    """The answers of one page."""

    def __init__(
        self,
        shelf: Shelf,
        live: Live,
        *,
        port: int,
        public_url: str,
        doorkeeper: Doorkeeper | None,
    ) -> None:
        self._shelf = shelf
        self._live = live
        self._public_url = public_url
        self._doorkeeper = doorkeeper
        self._cookie = f"p2pevents-{port}"  # cookies know no ports: two nodes on one machine would

    def routes(self) -> list[Route]:
        """Return the addresses of this face."""
        routes = [
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
            Route("/language", self.language),
        ]
        if self._doorkeeper is not None:
            routes += [
                Route("/metrics", self.metrics),
                Route("/open", self.open),
                Route("/follow", self.ask_to_follow, methods=["GET"]),
                Route("/follow", self.follow, methods=["POST"]),
                Route("/unfollow", self.unfollow, methods=["POST"]),
                Route("/new", self.new),
                Route("/new", self.save, methods=["POST"]),
                Route("/edit/{path:path}", self.edit),
                Route("/edit/{path:path}", self.save, methods=["POST"]),
                Route("/check", self.check, methods=["POST"]),
            ]
        return routes

    # --- reading -------------------------------------------------------------------------------

    async def agenda(self, request: Request) -> Response:
        return await self._draw(request, lambda painter, _: painter.agenda(_asked(request)))

    async def month(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            first = day_of(f"{request.query_params.get('of', '')}-01") or shelf.today()
            return painter.month(first.replace(day=1), _asked(request))

        return await self._draw(request, draw)

    async def event(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            return painter.event(_found(shelf, request), _asked(request))

        return await self._draw(request, draw)

    async def chapter(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            return painter.chapter(_chapter(shelf, request), _asked(request))

        return await self._draw(request, draw)

    async def join(self, request: Request) -> Response:
        return await self._draw(request, lambda painter, _: painter.join())

    async def language(self, request: Request) -> Response:
        """Keep the language that a reader chose, and lead them back to their page in it."""
        chosen, back = request.query_params.get("to", ""), request.query_params.get("back", "")
        answer = RedirectResponse(back if _is_own(back) else "/", status_code=303)
        if chosen in LANGUAGES:
            answer.set_cookie(
                _LANGUAGE, chosen, max_age=_LANGUAGE_S, path="/", httponly=True, samesite="lax"
            )
        return answer

    async def qr(self, request: Request) -> Response:
        def draw(shelf: Shelf) -> bytes:
            painter = Painter(shelf, self._face(request))
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

        def make(shelf: Shelf) -> bytes:
            return ics_feed(shelf, self._face(request), _wanted(shelf, request), mode)

        return _fresh(request, await self._shelf.use(make), _ICS)

    async def feed_atom(self, request: Request) -> Response:
        def make(shelf: Shelf) -> bytes:
            return atom_feed(shelf, self._face(request), _wanted(shelf, request))

        return _fresh(request, await self._shelf.use(make), _ATOM)

    async def events_json(self, request: Request) -> Response:
        data = await self._shelf.use(
            lambda shelf: json_feed(shelf, self._face(request), _asked(request))
        )
        return _fresh(request, data, "application/json")

    async def secret_feed(self, request: Request) -> Response:
        def make(shelf: Shelf) -> bytes:
            found = find_subscriber(shelf.desk.log.local, request.path_params["secret"])
            if found is None:
                raise HTTPException(404)
            shown = shelf.chapters()
            wanted = tuple(each for each in found.chapters if each in shown) or shown
            return ics_feed(shelf, self._face(request), wanted, found.mode)

        return _fresh(request, await self._shelf.use(make), _ICS)

    async def event_ics(self, request: Request) -> Response:
        def make(shelf: Shelf) -> bytes:
            object_id, entry = _found(shelf, request)
            calendar = shelf.desk.reader.under(object_id.chapter, [object_id.path[:1]])
            return entry_ics(calendar, entry, public_url=self._public_url)

        data = await self._shelf.use(make)
        headers = {"Content-Disposition": 'attachment; filename="event.ics"'}
        return Response(data, media_type=_ICS, headers=headers)

    # --- writing -------------------------------------------------------------------------------

    async def open(self, request: Request) -> Response:
        keeper = self._doorkeeper
        session = keeper.enter(request.query_params.get("token", "")) if keeper else None
        if session is None:
            return await self._refused(request)
        link = request.query_params.get("link", "")
        answer = RedirectResponse(f"/follow?link={quote(link)}" if link else "/", status_code=303)
        answer.set_cookie(self._cookie, session, path="/", httponly=True, samesite="strict")
        return answer

    async def ask_to_follow(self, request: Request) -> Response:
        """Show a link that was clicked somewhere in the box, and follow nothing by itself."""
        typed = request.query_params.get("link", "")[:LINK_CHARACTERS_MAX]

        def work(shelf: Shelf) -> str:
            return Painter(shelf, self._face(request)).welcome(link_typed=typed)

        return _page(await self._shelf.use(work))

    async def follow(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return await self._refused(request)
        typed = form.get("link", "").strip()

        def work(shelf: Shelf) -> str:
            try:
                link = parse_link(typed)
            except InputError as error:
                face = self._face(request)
                said = {
                    "link_error": face.words.message(error.message),
                    "link_hint": face.words.message(error.hint),
                }
                return Painter(shelf, face).welcome(link_typed=typed, **said)
            shelf.desk.follow(link)
            return ""

        problem = await self._shelf.use(work)
        if problem:
            return _page(problem, status_code=400)
        return RedirectResponse("/", status_code=303)

    async def unfollow(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return await self._refused(request)

        def work(shelf: Shelf) -> None:
            chapter = chapter_of(form.get("chapter", ""), shelf.chapters())
            if chapter is not None:
                shelf.desk.log.local.unfollow(chapter)

        await self._shelf.use(work)
        return RedirectResponse("/", status_code=303)

    async def new(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            mine = shelf.mine()
            if not mine:
                raise StateError("you are not an organiser of any chapter on this home")
            values = values_of(None, zone=shelf.desk.profile(mine[0]).time_zone)
            return self._drawn_form(painter, shelf, values | {"chapter": to_text(mine[0])})

        if not self._may_write(request):
            return await self._refused(request)
        return await self._draw(request, draw)

    async def edit(self, request: Request) -> Response:
        def draw(painter: Painter, shelf: Shelf) -> str:
            object_id, entry = _found(shelf, request)
            if object_id.kind != Kind.EVENT or object_id.chapter not in shelf.mine():
                raise HTTPException(404)
            values: Any = values_of(entry.shown, zone=None)  # type: ignore[arg-type]
            values |= {"chapter": to_text(object_id.chapter)}
            return self._drawn_form(painter, shelf, values, id_=entry.id)

        if not self._may_write(request):
            return await self._refused(request)
        return await self._draw(request, draw)

    async def save(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return await self._refused(request)

        def work(shelf: Shelf) -> tuple[str, str]:
            painter = Painter(shelf, self._face(request))
            chapter, object_id = _target(shelf, form, request.path_params.get("path", ""))
            try:
                if form.get("action") != "check":
                    return announce(shelf.desk, chapter, form, object_id), ""
                said = painter.doctor(findings_of(shelf.desk, chapter, form, object_id))
            except (InputError, StateError) as error:
                said = painter.doctor([], error.message, error.hint)
            values = {name: form.get(name, "") for name in (*FIELDS, "chapter")}
            id_ = request.path_params.get("path", "")
            return "", self._drawn_form(painter, shelf, values, id_=id_, doctor=said)

        saved, page = await self._shelf.use(work)
        if saved:
            return RedirectResponse(f"/event/{saved}", status_code=303)
        return _page(page, status_code=200 if form.get("action") == "check" else 400)

    async def check(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return PlainTextResponse("", status_code=403)

        def work(shelf: Shelf) -> str:
            painter = Painter(shelf, self._face(request))
            try:
                chapter, object_id = _target(shelf, form, form.get("id", ""))
                return painter.doctor(findings_of(shelf.desk, chapter, form, object_id))
            except P2PEventsError as error:
                return painter.doctor([], error.message, error.hint)

        return _page(await self._shelf.use(work))

    def _drawn_form(
        self,
        painter: Painter,
        shelf: Shelf,
        values: Mapping[str, str],
        *,
        id_: str = "",
        doctor: str = "",
    ) -> str:
        mine = [(to_text(each), shelf.name(each)) for each in shelf.mine()]
        return painter.form(values=values, mine=mine, id=id_, doctor=doctor)

    # --- what they have in common --------------------------------------------------------------

    def _may_write(self, request: Request) -> bool:
        keeper = self._doorkeeper
        return keeper is not None and keeper.knows(request.cookies.get(self._cookie, ""))

    async def _form(self, request: Request) -> dict[str, str] | None:
        """Return the fields of a form; None where the request is not from a page that may write.

        Raises:
            HTTPException: it is no form.
        """
        origin = request.headers.get("origin", "")
        host = request.headers.get("host", "")
        if not self._may_write(request) or origin.lower() != f"http://{host}".lower():
            return None
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise HTTPException(415)
        try:
            text = (await request.body()).decode("utf-8")
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
        except ValueError:
            raise HTTPException(400) from None

    def _face(self, request: Request) -> Face:
        here = f"http://{request.headers.get('host', '')}/"
        public = f"{self._public_url.rstrip('/')}/" if self._public_url else ""
        is_local = self._doorkeeper is not None
        return Face(
            root="/",
            public_url=self._public_url,
            is_local=is_local,
            may_write=self._may_write(request),
            feeds=public or (here if is_local else ""),
            words=Words(_language(request)),
            path=f"{request.url.path}?{request.url.query}".rstrip("?").lstrip("/"),
        )

    async def _draw(self, request: Request, draw: Callable[[Painter, Shelf], str]) -> Response:
        face = self._face(request)
        text = await self._shelf.use(lambda shelf: draw(Painter(shelf, face), shelf))
        return _page(text)

    async def _refused(self, request: Request) -> Response:
        return await self._said(
            request, "refused", "refused_lead", status_code=403, command="p2pevents open"
        )

    async def _said(
        self, request: Request, title: str, lead: str, *, status_code: int, **more: str
    ) -> Response:
        face = self._face(request)
        t = face.words

        def draw(shelf: Shelf) -> str:
            return Painter(shelf, face).message(t(title), t(lead) if lead else "", **more)

        try:
            return _page(await self._shelf.use(draw), status_code)
        except (KeyFileError, LogError) as error:
            return self._unread(error, t)

    def _unread(self, error: P2PEventsError, t: Words) -> Response:
        """Say in plain text that no page can be drawn; which file it is, to its person alone."""
        if isinstance(error, LogError):
            text = "the log cannot be read now"
        elif self._doorkeeper is None:
            text = "this page cannot be shown now"
        else:
            text = "\n".join(map(t.message, filter(None, (error.message, error.hint))))
        return PlainTextResponse(f"{text}\n", status_code=503)

    async def not_found(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 404:
            return await self._said(request, "not_found", "not_found_lead", status_code=status)
        headers = getattr(error, "headers", None)
        return PlainTextResponse(f"{status}\n", status_code=status, headers=headers)

    async def wrong(self, request: Request, error: Exception) -> Response:
        t = Words(_language(request))
        if isinstance(error, LogError):
            return self._unread(error, t)
        if isinstance(error, KeyFileError) and self._doorkeeper is None:
            return self._unread(error, t)
        said = (error.message, error.hint) if isinstance(error, P2PEventsError) else ("", "")
        hint = ". ".join(map(t.message, filter(None, said)))
        status_code = 400 if isinstance(error, InputError) else 409
        return await self._said(request, "error", "", status_code=status_code, hint=hint)


def _page(text: str, status_code: int = 200) -> HTMLResponse:
    """Return a page, which is another one for another reader's language."""
    return HTMLResponse(text, status_code, headers={"Vary": "Accept-Language, Cookie"})


def _language(request: Request) -> str:
    """Return the reader's language: what they chose, else what their browser asks for."""
    chosen = request.cookies.get(_LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    return language_of_header(request.headers.get("accept-language", ""))


def _is_own(address: str) -> bool:
    """Tell whether an address leads to a page of this very face, and nowhere else."""
    return (
        len(address) <= BACK_CHARACTERS_MAX
        and address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and address.isprintable()
    )


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


def _target(shelf: Shelf, form: Mapping[str, str], id_: str) -> tuple[ChapterId, ObjectId | None]:
    """Return the chapter, and the event where one is changed, that a form is about.

    Raises:
        StateError: it is none of mine.
    """
    if id_:
        found = found_entry(shelf, id_)
        if found is not None and found[0].kind == Kind.EVENT and found[0].chapter in shelf.mine():
            return found[0].chapter, found[0]
        raise StateError("this event is not shown any more, or is no longer yours to change")
    chapter = chapter_of(form.get("chapter", ""), shelf.mine())
    if chapter is None:
        raise StateError("no key on this home may write for that chapter")
    return chapter, None


def _fresh(request: Request, data: bytes, media_type: str) -> Response:
    """Return data with a tag by which a client that has it already is told so."""
    import hashlib

    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type, headers=headers)
