"""Homes with something in them, and their pages served by a thread of this process."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import trio

from p2pevents.cli.main import main
from p2pevents.node.home import Home
from p2pevents.web.doorkeeper import read_word, token_of
from p2pevents.web.serving import Served, serve_pages
from tests.pages.browser import CHROMIUM, DRIVER, Browser, browser

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NOW = "2020-01-02T10:00:00+01:00"
NOW_MS = 1_577_955_600_000
START_S_MAX = 20.0


def typed(home: Path, *arguments: str) -> Any:
    """Run a command in this process on the day of the tests, and return its JSON."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
        main(["--home", str(home), "--now", NOW, "--json", *arguments])
    assert not ended.value.code, out.getvalue()
    return json.loads(out.getvalue()) if out.getvalue() else None


def found(home: Path, name: str = "Paris P2P (demo)") -> str:
    """Make a home with a chapter; return the chapter's id."""
    home.mkdir(parents=True)
    (home / "config.toml").write_text('network = "demo"\n')
    facts = typed(
        home, "chapter", "found", name, "--city", "Paris", "--country", "FR",
        "--timezone", "Europe/Paris", "--languages", "fr,en",
    )  # fmt: skip
    return str(facts["chapter"])


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


@dataclass(slots=True)
class Pages:
    """The pages of a home, while they are served."""

    home: Path
    served: Served

    @property
    def port(self) -> int:
        return int(self.served.page.rsplit(":", 1)[1].rstrip("/"))

    @property
    def public_port(self) -> int:
        return int(self.served.public.rsplit(":", 1)[1].rstrip("/"))

    def token(self) -> str:
        _, secret = read_word(self.home)
        return token_of(secret, now_ms=NOW_MS)

    def session(self) -> str:
        """Come in by a token, and return the cookie."""
        answer = self.ask("GET", f"/open?token={self.token()}")
        assert answer.status == 303, answer.text
        return answer.headers["set-cookie"].partition(";")[0]

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        public: bool = False,
    ) -> Answer:
        """Ask with exactly these headers beside Host."""
        connection = HTTPConnection(
            "127.0.0.1", self.public_port if public else self.port, timeout=20
        )
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return Answer(
            answer.status, {key.lower(): value for key, value in answer.getheaders()}, body
        )

    def get(self, path: str, *, public: bool = False) -> str:
        answer = self.ask("GET", path, public=public)
        assert answer.status == 200, answer.text
        return answer.text

    def post(self, path: str, fields: dict[str, str], *, session: str | None = None) -> Answer:
        """Send a form as our own page does."""
        return self.ask(
            "POST",
            path,
            headers={
                "Origin": f"http://127.0.0.1:{self.port}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": self.session() if session is None else session,
            },
            body=urlencode(fields).encode(),
        )


Serve = Callable[..., contextlib.AbstractContextManager[Pages]]


@contextlib.contextmanager
def serving(home: Path, *, public_url: str = "", public: bool = True) -> Iterator[Pages]:
    """Serve a home's pages on free ports until the block ends."""
    started = threading.Event()
    found: list[Any] = []

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            served = await nursery.start(
                partial(
                    serve_pages,
                    Home(folder=home),
                    page=0,
                    may_move=False,
                    page_public=0 if public else "off",
                    public_url=public_url,
                    now_ms=lambda: NOW_MS,
                )
            )
            found.extend([served, trio.lowlevel.current_trio_token(), nursery.cancel_scope])
            started.set()

    thread = threading.Thread(target=trio.run, args=(run,), daemon=True)
    thread.start()
    ends = time.monotonic() + START_S_MAX
    while not started.wait(0.1):
        assert thread.is_alive(), "the pages could not be served"
        assert time.monotonic() < ends, "the pages were not served in time"
    served, token, scope = found
    try:
        yield Pages(home, served)
    finally:
        token.run_sync_soon(scope.cancel)
        thread.join(10)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the real community's year; tests that write take a copy of it."""
    if not (DATA / "festival-0.csv").is_file():
        pytest.skip("the real festival is not on this machine")
    home = tmp_path_factory.mktemp("year") / "home"
    found(home)
    typed(home, "import", str(DATA / "meetups.json"), "--history")
    typed(
        home, "import", str(DATA / "festival-0.csv"), "--trust", "wall", "--history",
        "--title", "Paris P2P Festival #0",
    )  # fmt: skip
    return home


@pytest.fixture(scope="session")
def pages(year: Path) -> Iterator[Pages]:
    """The year's pages, for tests that only read."""
    with serving(year) as served:
        yield served


@pytest.fixture
def own(year: Path, tmp_path: Path) -> Iterator[Pages]:
    """The year's pages, for one test that writes."""
    home = tmp_path / "home"
    shutil.copytree(year, home)
    with serving(home) as served:
        yield served


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Pages]:
    """The pages of a home where nothing is followed."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text('network = "demo"\n')
    with serving(home) as served:
        yield served


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests that look at pages."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("needs Chromium and its driver: apt-get install chromium chromium-driver")
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def window(chromium: Browser) -> Browser:
    """Its window, told no language that another test chose."""
    chromium.devtools("Network.clearBrowserCookies")
    return chromium
