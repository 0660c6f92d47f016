"""Links that lead nowhere, and hosts that are nobody's business."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from p2pevents.node.links import LinkState, check_links, is_public_host, links_of


class _Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()
        if self.path == "/endless":
            for _ in range(10_000):
                self.wfile.write(b"x" * 10_000)

    def _answer(self) -> None:
        code = {"/gone": 404, "/locked": 403, "/broken": 500}.get(self.path, 200)
        if self.path == "/get-only" and self.command == "HEAD":
            code = 405
        if self.path == "/endless" and self.command == "HEAD":
            code = 501
        if self.path.startswith(("/round", "/inside")):
            code = 302
        self.send_response(code)
        if self.path == "/round":
            self.send_header("Location", "/round")
        if self.path == "/inside":
            self.send_header("Location", "http://169.254.169.254/latest")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_each_link_is_there_gone_locked_or_not_reached(site: str) -> None:
    paths = ("there", "get-only", "endless", "gone", "locked", "broken", "round")
    found = check_links((f"{site}/{path}" for path in paths), may_dial=lambda _: True)
    assert [state for state, _ in found.values()] == [
        LinkState.THERE, LinkState.THERE, LinkState.THERE, LinkState.GONE, LinkState.LOCKED,
        LinkState.UNREACHED, LinkState.UNREACHED,
    ]  # fmt: skip


def test_no_link_and_no_redirect_leads_into_the_network_of_who_checks(site: str) -> None:
    ((state, why),) = check_links([f"{site}/there"]).values()
    assert (state, why) == (LinkState.PRIVATE, "127.0.0.1 is not a public host")
    found = check_links([f"{site}/inside"], may_dial=lambda address: address == "127.0.0.1")
    ((state, why),) = found.values()
    assert (state, why) == (LinkState.PRIVATE, "169.254.169.254 is not a public host")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False),
        ("10.1.2.3", False), ("192.168.1.1", False), ("169.254.169.254", False), ("::1", False),
        ("fe80::1%eth0", False), ("::ffff:10.0.0.1", False), ("100.64.0.1", False),
        ("224.0.0.1", False), ("0.0.0.0", False), ("fd00::1", False),
    ],
)  # fmt: skip
def test_only_public_addresses_are_dialled(address: str, *, public: bool) -> None:
    assert is_public_host(address) is public


def test_a_host_that_is_not_there_is_said() -> None:
    ((state, why),) = check_links(["https://nobody.invalid/"]).values()
    assert state is LinkState.UNREACHED
    assert why == "no such host: nobody.invalid"


def test_every_link_of_an_object_is_looked_at() -> None:
    fields = {
        "links": {"slides": {"href": "https://a.example/"}},
        "stream": {"uri": "https://b.example/"},
        "participants": {"zoe": {"name": "Zoé", "link": "https://c.example/"}},
    }
    assert links_of(fields) == [f"https://{name}.example/" for name in "abc"]
    assert links_of({}) == []
