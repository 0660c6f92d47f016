"""Where a home's own person follows and writes by the page, once a token has let them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from p2pevents.errors import InputError, P2PEventsError, StateError
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.link import LINK_CHARACTERS_MAX, parse_link
from p2pevents.view.entries import Entry
from p2pevents.web.answers import Answers, page
from p2pevents.web.asked import chapter_of
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.drawing import Painter, found_entry
from p2pevents.web.shelf import Shelf
from p2pevents.web.writing import FIELDS, announce, findings_of, values_of

__all__ = ["Forms"]

FIELDS_MAX: Final = 64  # of one form
_FORM: Final = "application/x-www-form-urlencoded"


class Forms:
    """The addresses of one page that change something, and those that lead to them."""

    def __init__(self, answers: Answers, doorkeeper: Doorkeeper) -> None:
        self._answers = answers
        self._doorkeeper = doorkeeper

    def routes(self) -> list[Route]:
        """Return their addresses."""
        return [
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

    async def open(self, request: Request) -> Response:
        """Let in the window that shows a good token."""
        session = self._doorkeeper.enter(request.query_params.get("token", ""))
        if session is None:
            return await self._refused(request)
        link = request.query_params.get("link", "")
        answer = RedirectResponse(f"/follow?link={quote(link)}" if link else "/", status_code=303)
        answer.set_cookie(self._answers.cookie, session, path="/", httponly=True, samesite="strict")
        return answer

    async def ask_to_follow(self, request: Request) -> Response:
        """Show a link that was clicked somewhere in the box, and follow nothing by itself."""
        typed = request.query_params.get("link", "")[:LINK_CHARACTERS_MAX]

        def work(shelf: Shelf) -> str:
            return Painter(shelf, self._answers.face(request)).welcome(link_typed=typed)

        return page(await self._answers.shelf.use(work))

    async def follow(self, request: Request) -> Response:
        """Follow the chapter that a link leads to, or show what is wrong with the link."""
        form = await self._form(request)
        if form is None:
            return await self._refused(request)
        typed = form.get("link", "").strip()

        def work(shelf: Shelf) -> str:
            try:
                link = parse_link(typed)
            except InputError as error:
                face = self._answers.face(request)
                said = {
                    "link_error": face.words.message(error.message),
                    "link_hint": face.words.message(error.hint),
                }
                return Painter(shelf, face).welcome(link_typed=typed, **said)
            shelf.desk.follow(link)
            return ""

        problem = await self._answers.shelf.use(work)
        if problem:
            return page(problem, status_code=400)
        return RedirectResponse("/", status_code=303)

    async def unfollow(self, request: Request) -> Response:
        """Follow a chapter no more."""
        form = await self._form(request)
        if form is None:
            return await self._refused(request)

        def work(shelf: Shelf) -> None:
            chapter = chapter_of(form.get("chapter", ""), shelf.chapters())
            if chapter is not None:
                shelf.desk.log.local.unfollow(chapter)

        await self._answers.shelf.use(work)
        return RedirectResponse("/", status_code=303)

    async def new(self, request: Request) -> Response:
        """Show the form of an event that is yet to be."""

        def draw(painter: Painter, shelf: Shelf) -> str:
            mine = shelf.mine()
            if not mine:
                raise StateError("you are not an organiser of any chapter on this home")
            values = values_of(None, zone=shelf.desk.profile(mine[0]).time_zone)
            return self._drawn_form(painter, shelf, values | {"chapter": to_text(mine[0])})

        if not self._answers.may_write(request):
            return await self._refused(request)
        return await self._answers.draw(request, draw)

    async def edit(self, request: Request) -> Response:
        """Show the form of an event that stands."""

        def draw(painter: Painter, shelf: Shelf) -> str:
            found = _own_event(shelf, request.path_params["path"])
            if found is None:
                raise HTTPException(404)
            object_id, entry = found
            values: Any = values_of(entry.shown, zone=None)  # type: ignore[arg-type]
            values |= {"chapter": to_text(object_id.chapter)}
            return self._drawn_form(painter, shelf, values, id_=entry.id)

        if not self._answers.may_write(request):
            return await self._refused(request)
        return await self._answers.draw(request, draw)

    async def save(self, request: Request) -> Response:
        """Announce what the form says, or show it again with what is wrong or odd."""
        form = await self._form(request)
        if form is None:
            return await self._refused(request)

        def work(shelf: Shelf) -> tuple[str, str]:
            painter = Painter(shelf, self._answers.face(request))
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

        saved, drawn = await self._answers.shelf.use(work)
        if saved:
            return RedirectResponse(f"/event/{saved}", status_code=303)
        return page(drawn, status_code=200 if form.get("action") == "check" else 400)

    async def check(self, request: Request) -> Response:
        """Return what looks odd in the form while it is filled in: a part of a page."""
        form = await self._form(request)
        if form is None:
            return PlainTextResponse("", status_code=403)

        def work(shelf: Shelf) -> str:
            painter = Painter(shelf, self._answers.face(request))
            try:
                chapter, object_id = _target(shelf, form, form.get("id", ""))
                return painter.doctor(findings_of(shelf.desk, chapter, form, object_id))
            except P2PEventsError as error:
                return painter.doctor([], error.message, error.hint)

        return page(await self._answers.shelf.use(work))

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

    async def _form(self, request: Request) -> dict[str, str] | None:
        """Return the fields of a form; None where the request is not from a page that may write.

        Raises:
            HTTPException: it is no form.
        """
        origin = request.headers.get("origin", "")
        host = request.headers.get("host", "")
        if not self._answers.may_write(request) or origin.lower() != f"http://{host}".lower():
            return None
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise HTTPException(415)
        try:
            text = (await request.body()).decode("utf-8")
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
        except ValueError:
            raise HTTPException(400) from None

    async def _refused(self, request: Request) -> Response:
        return await self._answers.said(
            request, "refused", "refused_lead", status_code=403, command="p2pevents open"
        )


def _own_event(shelf: Shelf, id_: str) -> tuple[ObjectId, Entry] | None:
    """Return the event that an id names where it is shown and mine to change; else None."""
    found = found_entry(shelf, id_)
    if found is None or found[0].kind != Kind.EVENT or found[0].chapter not in shelf.mine():
        return None
    return found


def _target(shelf: Shelf, form: Mapping[str, str], id_: str) -> tuple[ChapterId, ObjectId | None]:
    """Return the chapter, and the event where one is changed, that a form is about.

    Raises:
        StateError: it is none of mine.
    """
    if id_:
        found = _own_event(shelf, id_)
        if found is None:
            raise StateError("this event is not shown any more, or is no longer yours to change")
        return found[0].chapter, found[0]
    chapter = chapter_of(form.get("chapter", ""), shelf.mine())
    if chapter is None:
        raise StateError("no key on this home may write for that chapter")
    return chapter, None
