"""How answers are made: for the reader that asks, drawn within the shelf's worker thread."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from p2pevents.errors import InputError, KeyFileError, LogError, P2PEventsError
from p2pevents.view.tagged import Tagged
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.drawing import Painter
from p2pevents.web.face import Face
from p2pevents.web.language import language_of
from p2pevents.web.shelf import Shelf
from p2pevents.web.words import Words

__all__ = ["Answers", "fresh", "page"]


class Answers:
    """What the answers of one page have in common.

    Attributes:
        shelf: what they are read from.
        public_url: where the page is seen from outside; empty where it is not.
        cookie: the name of the cookie of a window that may write.

    Args:
        port: where the page is served.
        doorkeeper: who may write; None for the public face, where nobody may.
    """

    def __init__(
        self, shelf: Shelf, *, port: int, public_url: str, doorkeeper: Doorkeeper | None
    ) -> None:
        self.shelf = shelf
        self.public_url = public_url
        self.cookie = f"p2pevents-{port}"  # cookies know no ports: two nodes on one machine would
        self._doorkeeper = doorkeeper

    def may_write(self, request: Request) -> bool:
        """Tell whether a request comes from a window that a token let in."""
        keeper = self._doorkeeper
        return keeper is not None and keeper.knows(request.cookies.get(self.cookie, ""))

    def face(self, request: Request) -> Face:
        """Return to whom the answer to a request is shown, and from where."""
        here = f"http://{request.headers.get('host', '')}/"
        public = f"{self.public_url.rstrip('/')}/" if self.public_url else ""
        is_local = self._doorkeeper is not None
        return Face(
            root="/",
            public_url=self.public_url,
            is_local=is_local,
            may_write=self.may_write(request),
            feeds=public or (here if is_local else ""),
            words=Words(language_of(request)),
            path=f"{request.url.path}?{request.url.query}".rstrip("?").lstrip("/"),
        )

    async def draw(self, request: Request, draw: Callable[[Painter, Shelf], str]) -> Response:
        """Answer with a page, drawn in the worker thread."""
        face = self.face(request)
        text = await self.shelf.use(lambda shelf: draw(Painter(shelf, face), shelf))
        return page(text)

    async def said(
        self, request: Request, title: str, lead: str, *, status_code: int, **more: str
    ) -> Response:
        """Answer with a page that says one thing, by the names of its words; else in plain text."""
        face = self.face(request)
        t = face.words

        def draw(shelf: Shelf) -> str:
            return Painter(shelf, face).message(t(title), t(lead) if lead else "", **more)

        try:
            return page(await self.shelf.use(draw), status_code)
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
        """Answer where there is nothing, or where what was asked cannot be answered.

        An address with a slash too many leads to the one without it.
        """
        status = error.status_code if isinstance(error, HTTPException) else 500
        path = request.scope["path"]
        if status == 404 and path.strip("/") and path.endswith("/"):
            # By its path alone: only what stands before this page knows the scheme that it is
            # reached by, and one slash at the beginning leads to no other host.
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/{quote(path.strip('/'))}{query}", status_code=307)
        if status == 404:
            return await self.said(request, "not_found", "not_found_lead", status_code=status)
        headers = getattr(error, "headers", None)
        return PlainTextResponse(f"{status}\n", status_code=status, headers=headers)

    async def wrong(self, request: Request, error: Exception) -> Response:
        """Answer with what is wrong, and what a person can do about it."""
        t = Words(language_of(request))
        if isinstance(error, LogError):
            return self._unread(error, t)
        if isinstance(error, KeyFileError) and self._doorkeeper is None:
            return self._unread(error, t)
        said = (error.message, error.hint) if isinstance(error, P2PEventsError) else ("", "")
        hint = ". ".join(map(t.message, filter(None, said)))
        status_code = 400 if isinstance(error, InputError) else 409
        return await self.said(request, "error", "", status_code=status_code, hint=hint)


def page(text: str, status_code: int = 200) -> HTMLResponse:
    """Return a page, which is another one for another reader's language."""
    return HTMLResponse(text, status_code, headers={"Vary": "Accept-Language, Cookie"})


def fresh(request: Request, found: Tagged, media_type: str) -> Response:
    """Return a feed with its tag; a client that has it already is told so."""
    headers = {"ETag": found.tag, "Cache-Control": "no-cache"}
    # What stands between may say of a tag that it is weak, as it packs what it tags.
    named = request.headers.get("if-none-match", "").split(",")
    if found.tag in (each.strip().removeprefix("W/") for each in named):
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type=media_type, headers=headers)
