"""Attacks on the local page from outside: by other sites, by neighbours on the machine, by bytes.

Each is tried on a page as it is served, and again on one whose guard is taken away: there it
succeeds. Every name, path, method and form that is refused stands in `tests/pages/test_doors`.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import h11
import pytest
from starlette.responses import FileResponse, Response
from starlette.routing import Route

import p2pevents.web
from p2pevents.log.local import LocalState
from p2pevents.web import app, language, server, subscribers
from p2pevents.web.doorkeeper import read_word, token_of
from p2pevents.web.forms import Forms
from p2pevents.web.guard import Guard
from p2pevents.web.server import BODY_BYTES_MAX, CONNECTIONS_MAX
from tests.pages.conftest import NOW_MS, Pages, found, serving, typed

MINE, THEIRS, GUEST = "Paris P2P (demo)", "Evil P2P (demo)", "Ana"
EVIL = "https://evil.example"
FORM = "application/x-www-form-urlencoded"
STATIC = Path(p2pevents.web.__file__).parent / "static"
ASKS_S_MAX = 20.0
PIPELINED = 400  # answers that nobody reads are more than the kernel keeps for a connection
OFFERED_BYTES = 4 * 1024 * 1024

Patch = pytest.MonkeyPatch
pytestmark = [
    pytest.mark.timeout(120),
    # Connections are cut off while they are answered.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@dataclass(frozen=True, slots=True)
class Target:
    """A page that is served, and what an attacker may know of it.

    Attributes:
        pages: the page.
        link: to the attacker's chapter, which nobody here follows.
        feed: what is said of a feed that was handed out, all but its secret.
    """

    pages: Pages
    link: str
    feed: dict[str, Any]

    def follows(self) -> bool:
        """Tell whether the attacker's chapter is followed."""
        return any(each["chapter"] in self.link for each in typed(self.pages.home, "following"))

    def raw(self, data: bytes) -> bytes:
        """Send bytes, and return whatever comes."""
        with socket.create_connection(("127.0.0.1", self.pages.port), timeout=ASKS_S_MAX) as sock:
            sock.sendall(data)
            return b"".join(iter(lambda: sock.recv(65536), b""))

    def get(self, path: str) -> bytes:
        """Ask for a path exactly as it is written."""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.pages.port}\r\nConnection: close"
        return self.raw(f"{head}\r\n\r\n".encode())


# --- other web sites ------------------------------------------------------------------------------


def rebinding(at: Target) -> bool:
    """A name of the attacker's is pointed here, and their page reads what is followed."""
    host = f"rebound.evil.example:{at.pages.port}"
    return MINE in at.pages.ask("GET", "/", headers={"Host": host}).text


def embedding(at: Target) -> bool:
    """A page elsewhere loads the feed as if it were a script or a picture."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    return MINE in at.pages.ask("GET", "/feed.ics", headers=headers).text


def reading_across(at: Target) -> bool:
    """A browser without those headers would hand the answer to another origin, or frame it."""
    headers = at.pages.ask("GET", "/", headers={"Origin": EVIL}).headers
    return (
        "access-control-allow-origin" in headers
        or headers.get("cross-origin-resource-policy") != "same-origin"
        or "frame-ancestors 'none'" not in headers.get("content-security-policy", "")
    )


def forged_form(at: Target) -> bool:
    """A form elsewhere is sent by the browser that has the cookie."""
    headers = {"Origin": EVIL, "Cookie": at.pages.session(), "Content-Type": FORM}
    at.pages.ask("POST", "/follow", headers=headers, body=f"link={quote(at.link)}".encode())
    return at.follows()


def open_redirect(at: Target) -> bool:
    """A link to this page leads on to the attacker's."""
    answer = at.pages.ask("GET", "/language?to=fr&back=//evil.example/")
    return answer.headers["location"].startswith("//evil")


def split_answer(at: Target) -> bool:
    """An address with line ends in it writes headers of its own."""
    return any(
        b"\r\nSet-Cookie: mine=1"
        in at.get(path + "%0d%0aSet-Cookie:%20mine=1").partition(b"\r\n\r\n")[0]
        for path in ("/language?to=fr&back=/", f"/open?token={at.pages.token()}&link=")
    )


# --- neighbours on the machine --------------------------------------------------------------------


def form_without_session(at: Target) -> bool:
    """Somebody with another account writes by the page: its port is open to them too."""
    own = f"http://127.0.0.1:{at.pages.port}"
    headers = {"Origin": own, "Cookie": f"p2pevents-{at.pages.port}=x", "Content-Type": FORM}
    at.pages.ask("POST", "/follow", headers=headers, body=f"link={quote(at.link)}".encode())
    return at.follows()


def forged_token(at: Target) -> bool:
    """They make themselves a token, without the secret that tokens are made of."""
    token = token_of(b"guessed" * 5, now_ms=NOW_MS)
    return "set-cookie" in at.pages.ask("GET", f"/open?token={token}").headers


def climbing_path(at: Target) -> bool:
    """They ask for that secret itself, by a path that leads out of the folder."""
    way = os.path.relpath(at.pages.home / "page.json", STATIC)
    secret = read_word(at.pages.home)[1].hex().encode()
    ways = (way, way.replace("/", "%2f"), way.replace("..", "%2e%2e"), f"/{way}", way + "%00")
    return any(secret in at.get(f"/static/{each}") for each in ways)


def guessed_feed(at: Target) -> bool:
    """They ask for a feed by all that is known of it."""
    guesses = {str(each) for each in at.feed.values()} | {GUEST, GUEST.lower(), "1", ""}
    return any(b"BEGIN:VCALENDAR" in at.get(f"/feed/{quote(each)}.ics") for each in guesses)


# --- bytes ----------------------------------------------------------------------------------------


def keeps_out(at: Target, said: bytes) -> bool:
    """Say something on more connections than there are places, read nothing, and stay.

    Returns:
        Whether somebody who asks meanwhile is turned away.
    """
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX + 20):
            sock = stack.enter_context(
                socket.create_connection(("127.0.0.1", at.pages.port), timeout=ASKS_S_MAX)
            )
            sock.setblocking(False)
            with suppress(BlockingIOError, ConnectionError):
                sock.send(said)
        for _ in range(3):
            try:
                if b" 200 " not in at.get("/healthz")[:20]:
                    return True
            except OSError:
                return True
        return False


def silent_sockets(at: Target) -> bool:
    return keeps_out(at, b"")


def slow_bodies(at: Target) -> bool:
    head = f"POST /follow HTTP/1.1\r\nHost: 127.0.0.1:{at.pages.port}\r\nContent-Length: 9\r\n\r\n"
    return keeps_out(at, head.encode() + b"x")


def slow_readers(at: Target) -> bool:
    head = f"GET /static/page.css HTTP/1.1\r\nHost: 127.0.0.1:{at.pages.port}\r\n\r\n"
    return keeps_out(at, head.encode() * PIPELINED)


def large_body(at: Target) -> bool:
    """Send a body without end; it succeeds where far more of it is taken than a form has."""
    with socket.create_connection(("127.0.0.1", at.pages.port), timeout=ASKS_S_MAX) as sock:
        host = f"127.0.0.1:{at.pages.port}"
        sock.sendall(
            f"POST /follow HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        chunk = b"%x\r\n" % BODY_BYTES_MAX + bytes(BODY_BYTES_MAX) + b"\r\n"
        try:
            for _ in range(OFFERED_BYTES // BODY_BYTES_MAX):
                sock.sendall(chunk)
            sock.sendall(b"0\r\n\r\n")
            return b" 413 " not in sock.recv(100)
        except OSError:
            return False


# --- without their guards -------------------------------------------------------------------------


def no_refusal(patch: Patch) -> None:
    patch.setattr(Guard, "_refusal", lambda _self, _scope: None)


def no_headers(patch: Patch) -> None:
    async def bare(self: Guard, scope: Any, receive: Any, send: Any) -> None:
        await self._application(scope, receive, send)

    patch.setattr(Guard, "__call__", bare)


def any_form(patch: Patch) -> None:
    async def form(_self: Forms, request: Any) -> dict[str, str]:
        return dict(parse_qsl((await request.body()).decode()))

    patch.setattr(Forms, "_form", form)


def any_redirect(patch: Patch) -> None:
    patch.setattr(language, "_is_own", lambda _address: True)


def any_header(patch: Patch) -> None:
    """Three guards stand before this one: the page's own, starlette's and h11's."""
    any_redirect(patch)
    patch.setattr("starlette.responses.quote", lambda url, **_: url)
    patch.setattr(h11._headers, "_field_value_re", re.compile(rb"(?s).*"))


def any_token(patch: Patch) -> None:
    patch.setattr("hmac.compare_digest", lambda _one, _other: True)


def any_path(patch: Patch) -> None:
    async def static(request: Any) -> Response:
        return FileResponse(f"{STATIC}/{request.path_params['name']}")

    routes = app._Pages.routes
    patch.setattr(
        app._Pages, "routes", lambda self: [Route("/static/{name:path}", static), *routes(self)]
    )


def feeds_by_name(patch: Patch) -> None:
    def find(local: LocalState, said: str) -> subscribers.Subscriber | None:
        known = subscribers.subscribers_of(local)
        return next((each for each in known if said in (each.id, each.name)), None)

    patch.setattr(app, "find_subscriber", find)


def no_room_is_made(patch: Patch) -> None:
    patch.setattr(server._Waits, "end_longest", lambda _self: False)


def bodies_without_end(patch: Patch) -> None:
    patch.setattr(server, "BODY_BYTES_MAX", 2 * OFFERED_BYTES)


ATTACKS: dict[Callable[[Target], bool], Callable[[Patch], None]] = {
    rebinding: no_refusal,
    embedding: no_refusal,
    reading_across: no_headers,
    forged_form: any_form,
    open_redirect: any_redirect,
    split_answer: any_header,
    form_without_session: any_form,
    forged_token: any_token,
    climbing_path: any_path,
    guessed_feed: feeds_by_name,
    silent_sockets: no_room_is_made,
    slow_bodies: no_room_is_made,
    slow_readers: no_room_is_made,
    large_body: bodies_without_end,
}
every = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)


@pytest.fixture
def prey(tmp_path: Path) -> Iterator[Callable[[], Target]]:
    """Serves a home's page, when it is asked to."""
    home, other = tmp_path / "home", tmp_path / "other"
    found(home, MINE)
    typed(home, "event", "add", "--title", "On", "--start", "2020-01-08 18:30")
    feed = {key: value for key, value in typed(home, "feed", "add", GUEST).items() if key != "path"}
    found(other, THEIRS)
    link = typed(other, "chapter", "invite")["link"]
    with ExitStack() as stack:
        yield lambda: Target(stack.enter_context(serving(home, public=False)), link, feed)


@every
def test_an_attack_on_the_page_fails(
    prey: Callable[[], Target], attack: Callable[[Target], bool]
) -> None:
    at = prey()
    assert not attack(at)
    assert at.pages.ask("GET", "/healthz").status == 200


@every
def test_unguarded_the_same_attack_on_the_page_succeeds(
    prey: Callable[[], Target], monkeypatch: Patch, attack: Callable[[Target], bool]
) -> None:
    ATTACKS[attack](monkeypatch)
    assert attack(prey())
