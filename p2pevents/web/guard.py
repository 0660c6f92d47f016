"""What every answer of a page is wrapped in: which hosts it hears to, and what a browser may do.

A page on loopback is within reach of every web site that its reader opens. So a
name that was pointed here by a stranger is refused, no other origin may read
what is answered, and nothing is loaded from anywhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_SOURCES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(_SOURCES),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: under it a browser leaves the origin out of our own forms' requests too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_READING: Final = ("GET", "HEAD")


class Guard:
    """Stands before an application.

    Args:
        application: what answers whom it lets through.
        hosts: the values of Host that are heard to, in lower case.
        is_local: a page for one person: other sites may not even embed what it answers.
    """

    def __init__(self, application: ASGIApp, *, hosts: Collection[str], is_local: bool) -> None:
        self._application = application
        self._hosts = frozenset(hosts)
        self._is_local = is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on and set the headers of its answer."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["Cross-Origin-Resource-Policy"] = (
                    "same-origin" if self._is_local else "cross-origin"
                )
                headers.setdefault("Cache-Control", "no-store" if self._is_local else "no-cache")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._application)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._hosts:
            return PlainTextResponse("this page does not go by that name\n", status_code=421)
        if not self._is_local:
            return None
        site = headers.get("sec-fetch-site", "none")
        if site in ("cross-site", "same-site") and not (
            scope["method"] in _READING and headers.get("sec-fetch-mode") == "navigate"
        ):
            return PlainTextResponse("another site asked for this\n", status_code=403)
        return None
