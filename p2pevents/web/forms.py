"""Where a home's own person follows and writes by the page, once a token has let them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from p2pevents.errors import InputError, P2PEventsError, StateError
from p2pevents.record.ids import to_text
from p2pevents.record.link import LINK_CHARACTERS_MAX, parse_link
from p2pevents.web.acts import NEW_ACTS, Act, Task, acts_of, new_task
from p2pevents.web.agendas import found_entry
from p2pevents.web.answers import Answers, page
from p2pevents.web.asked import chapter_of
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.drawing import Painter
from p2pevents.web.shelf import Shelf
from p2pevents.web.writing import Written, fields_of, findings_of, values_of, written

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
            *(
                route
                for act in Act
                for address in (f"/{act}" if act in NEW_ACTS else f"/{act}/{{path:path}}",)
                for route in (
                    Route(address, self.ask),
                    Route(address, self.save, methods=["POST"]),
                )
            ),
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

    async def ask(self, request: Request) -> Response:
        """Show the form of an act."""

        def draw(painter: Painter, shelf: Shelf) -> str:
            act, id_ = _asked(request)
            if act in NEW_ACTS:
                if not shelf.mine():
                    raise StateError("you are not an organiser of any chapter on this home")
                task = new_task(shelf, act, to_text(shelf.mine()[0]))
            else:
                found = _task(shelf, act, id_)
                if found is None:
                    raise HTTPException(404)
                task = found
            return _drawn(painter, shelf, task, values_of(shelf.desk, task))

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
            task = _meant(shelf, *_asked(request), form)
            try:
                told = written(shelf.desk, task, form)
                if form.get("action") != "check":
                    if told.changes:
                        shelf.desk.write(task.chapter, told.changes)
                    return told.id, ""
                said = _looked(painter, shelf, task, told)
            except (InputError, StateError) as error:
                said = painter.doctor([], error.message, error.hint)
            values = {name: form.get(name, "") for name in fields_of(task)}
            return "", _drawn(painter, shelf, task, values, doctor=said)

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
                act = Act(form["act"]) if form.get("act") in list(Act) else Act.NEW
                task = _meant(shelf, act, form.get("id", ""), form)
                return _looked(painter, shelf, task, written(shelf.desk, task, form))
            except P2PEventsError as error:
                return painter.doctor([], error.message, error.hint)

        return page(await self._answers.shelf.use(work))

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


def _asked(request: Request) -> tuple[Act, str]:
    """Return the act and the id that a form's address names."""
    act = request.url.path.lstrip("/").partition("/")[0]
    return Act(act), request.path_params.get("path", "")


def _task(shelf: Shelf, act: Act, id_: str) -> Task | None:
    """Return what the form of an act is about; None where it is not shown, or not mine to do."""
    found = found_entry(shelf, id_)
    if found is None or act not in acts_of(shelf, found[0]):
        return None
    return Task(act=act, chapter=found[0].chapter, found=found[0], entry=found[1])


def _meant(shelf: Shelf, act: Act, id_: str, form: Mapping[str, str]) -> Task:
    """Return what a form that was sent is about.

    Raises:
        StateError: it is none of mine.
    """
    if act in NEW_ACTS:
        return new_task(shelf, act, form.get("chapter", ""))
    task = _task(shelf, act, id_)
    if task is None:
        raise StateError("this event is not shown any more, or is no longer yours to change")
    return task


def _looked(painter: Painter, shelf: Shelf, task: Task, told: Written) -> str:
    """Draw what the schedule doctor says of a form."""
    return painter.doctor(
        findings_of(shelf, task, told), ends=told.ends, said=told.said, dates=told.dates
    )


def _drawn(
    painter: Painter, shelf: Shelf, task: Task, values: Mapping[str, str], *, doctor: str = ""
) -> str:
    mine = [(to_text(each), shelf.name(each)) for each in shelf.mine()]
    return painter.form(
        task, values={**values, "chapter": to_text(task.chapter)}, mine=mine, doctor=doctor
    )
