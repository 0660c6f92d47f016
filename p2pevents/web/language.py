"""A reader's language: what they chose, kept in a cookie, else what their browser asks for."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from p2pevents.words import LANGUAGES, language_of_header

__all__ = ["choose", "language_of"]

BACK_CHARACTERS_MAX: Final = 2_000  # of the address of a page, in the link to another language
_LANGUAGE: Final = "p2pevents-language"  # the name of the cookie
_LANGUAGE_S: Final = 365 * 24 * 60 * 60


def language_of(request: Request) -> str:
    """Return the reader's language: what they chose, else what their browser asks for."""
    chosen = request.cookies.get(_LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    return language_of_header(request.headers.get("accept-language", ""))


async def choose(request: Request) -> Response:
    """Keep the language that a reader chose, and lead them back to their page in it."""
    chosen, back = request.query_params.get("to", ""), request.query_params.get("back", "")
    answer = RedirectResponse(back if _is_own(back) else "/", status_code=303)
    if chosen in LANGUAGES:
        answer.set_cookie(
            _LANGUAGE, chosen, max_age=_LANGUAGE_S, path="/", httponly=True, samesite="lax"
        )
    return answer


def _is_own(address: str) -> bool:
    """Tell whether an address leads to a page of this very face, and nowhere else."""
    return (
        len(address) <= BACK_CHARACTERS_MAX
        and address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and address.isprintable()
    )
