"""Who is let in, as raw HTTP: other names, other sites, forged forms, paths that climb."""

import base64
import socket
from pathlib import Path
from urllib.parse import urlencode

import pytest

from p2pevents.web.doorkeeper import TOKEN_MS_MAX, Doorkeeper, token_of
from tests.pages.conftest import NOW_MS, Pages, found, serving

FORM = "application/x-www-form-urlencoded"
PATHS = ("/", "/month", "/feed.ics", "/feed.atom", "/events.json", "/healthz", "/metrics", "/live")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.:{port}",
     "127.0.0.1:{port}.evil.example", "0.0.0.0:{port}", ""],
)  # fmt: skip
def test_a_name_that_a_stranger_pointed_here_is_refused(pages: Pages, path: str, host: str) -> None:
    answer = pages.ask("GET", path, headers={"Host": host.format(port=pages.port)})
    assert answer.status in (400, 421)
    assert b"Paris" not in answer.body


@pytest.mark.parametrize("host", ["127.0.0.1", "LOCALHOST", "[::1]"])
def test_the_page_goes_by_the_names_of_this_machine(pages: Pages, host: str) -> None:
    answer = pages.ask("GET", "/healthz", headers={"Host": f"{host}:{pages.port}"})
    assert answer.status == 200


@pytest.mark.parametrize("path", PATHS[:-1])
def test_no_other_origin_may_read_an_answer(pages: Pages, path: str) -> None:
    answer = pages.ask("GET", path, headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_preflight_is_granted_nothing(pages: Pages) -> None:
    answer = pages.ask(
        "OPTIONS",
        "/follow",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", PATHS)
def test_what_another_site_embeds_is_refused(pages: Pages, path: str) -> None:
    answer = pages.ask(
        "GET", path, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    )
    assert answer.status == 403


def test_a_link_from_another_site_may_be_followed(pages: Pages) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert pages.ask("GET", "/", headers=headers).status == 200


def test_every_answer_forbids_what_is_not_its_own(pages: Pages) -> None:
    for path in ("/", "/nowhere", "/feed.ics", "/static/page.js", "/join"):
        headers = pages.ask("GET", path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


# --- writing -------------------------------------------------------------------------------------

WRITES = ("/follow", "/unfollow", "/new", "/check", "/edit/bwhatever")


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://localhost:{port}", "http://127.0.0.1"]
)
def test_a_form_from_elsewhere_is_refused_even_with_the_cookie(
    pages: Pages, path: str, origin: str
) -> None:
    headers = {"Cookie": pages.session(), "Content-Type": FORM}
    if origin:
        headers["Origin"] = origin.format(port=pages.port)
    assert pages.ask("POST", path, headers=headers, body=b"link=x").status == 403


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("session", ["", "p2pevents-1=x", "p2pevents-{port}=guessed"])
def test_a_form_without_a_session_is_refused(pages: Pages, path: str, session: str) -> None:
    answer = pages.post(path, {"link": "x"}, session=session.format(port=pages.port))
    assert answer.status == 403


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_only_a_form_is_read(pages: Pages, kind: str) -> None:
    headers = {
        "Cookie": pages.session(),
        "Origin": f"http://127.0.0.1:{pages.port}",
        "Content-Type": kind,
    }
    assert pages.ask("POST", "/follow", headers=headers, body=b"link=x").status == 415


def test_a_form_of_too_many_fields_is_refused(pages: Pages) -> None:
    fields = {f"f{number}": "x" for number in range(100)}
    assert pages.post("/follow", fields).status == 400


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(pages: Pages) -> None:
    cookie = pages.ask("GET", f"/open?token={pages.token()}").headers["set-cookie"].lower()
    assert "samesite=strict" in cookie
    assert "httponly" in cookie


def test_a_token_is_good_once(pages: Pages) -> None:
    token = pages.token()
    assert pages.ask("GET", f"/open?token={token}").status == 303
    assert pages.ask("GET", f"/open?token={token}").status == 403


@pytest.mark.parametrize("later_ms", [TOKEN_MS_MAX + 1, -TOKEN_MS_MAX - 1])
def test_a_token_of_another_time_is_refused(later_ms: int) -> None:
    now = [NOW_MS]
    keeper = Doorkeeper(now_ms=lambda: now[0])
    token = token_of(keeper.secret, now_ms=NOW_MS)
    now[0] += later_ms
    assert keeper.enter(token) is None


def test_a_token_that_was_changed_or_of_another_secret_is_refused() -> None:
    keeper = Doorkeeper(now_ms=lambda: NOW_MS)
    token = token_of(keeper.secret, now_ms=NOW_MS)
    raw = bytearray(base64.urlsafe_b64decode(token))
    for place in range(len(raw)):
        other = bytearray(raw)
        other[place] ^= 1
        assert keeper.enter(base64.urlsafe_b64encode(other).decode()) is None
    assert keeper.enter(token_of(bytes(32), now_ms=NOW_MS)) is None
    for text in ("", "x", "=", "ä", "A" * 5000):
        assert keeper.enter(text) is None
    session = keeper.enter(token)
    assert session
    assert keeper.knows(session)


def test_the_word_that_the_page_leaves_is_for_its_user_alone(pages: Pages) -> None:
    assert (pages.home / "page.json").stat().st_mode & 0o077 == 0


# --- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/static/../page.json", "/static/..%2f..%2fpage.json", "/static/%2e%2e/doorkeeper.py",
     "/static//etc/passwd", "/event/../../etc/passwd", "/static/page.css%00", "/feed/..ics",
     "/chapter/../metrics", "/%ff%fe", "/event/" + "x/" * 400 + "x"],
)  # fmt: skip
def test_a_path_that_climbs_leads_nowhere(pages: Pages, path: str) -> None:
    with socket.create_connection(("127.0.0.1", pages.port), timeout=10) as sock:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{pages.port}\r\nConnection: close\r\n\r\n"
        )
        sock.sendall(request.encode())
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.split(b" ", 2)[1] == b"404"
    assert b"secret" not in answer
    assert b"root:" not in answer


# --- the public face -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/metrics", "/open?token=x", "/new", "/edit/b"])
def test_the_public_face_has_no_such_page(pages: Pages, path: str) -> None:
    assert pages.ask("GET", path, public=True).status == 404


@pytest.mark.parametrize("path", WRITES)
def test_nothing_is_written_by_the_public_face(pages: Pages, path: str) -> None:
    headers = {
        "Cookie": pages.session(),
        "Origin": f"http://127.0.0.1:{pages.public_port}",
        "Content-Type": FORM,
    }
    body = urlencode({"link": "x"}).encode()
    answer = pages.ask("POST", path, headers=headers, body=body, public=True)
    assert answer.status in (404, 405)


def test_the_public_face_tells_nothing_of_this_home(pages: Pages) -> None:
    text = pages.get("/", public=True)
    assert "<form" not in text.replace('<form class="filters"', "")
    assert "p2pevents open" not in text
    assert "compared with" not in text


@pytest.mark.parametrize("path", ["/", "/nowhere", "/feed.ics"])
def test_a_key_file_that_cannot_be_read_is_named_to_its_person_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    home = tmp_path / "home"
    found(home)
    for file in (home / "keys").glob("*.key"):
        file.write_text("no key at all\n")
        file.chmod(0o600)
    with serving(home) as pages:
        outside = pages.ask("GET", path, public=True)
        inside = pages.ask("GET", path, headers={"Cookie": pages.session()})
    assert outside.status == 503
    assert outside.text == "this page cannot be shown now\n"
    if path != "/feed.ics":  # of what is followed: no key is needed for it
        assert inside.status == 503
        assert "is not a key file" in inside.text
    assert not caplog.records


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/month/", "/month"),
        ("/month/?of=2020-01", "/month?of=2020-01"),
        ("/event/b%20%C3%A9//", "/event/b%20%C3%A9"),
        ("//example.org/", "/example.org"),
        ("/%5C/example.org/", "/%5C/example.org"),
    ],
)
def test_a_slash_too_many_leads_on_under_whatever_scheme_and_host(
    pages: Pages, asked: str, led: str
) -> None:
    for public in (False, True):
        answer = pages.ask("GET", asked, public=public)
        assert (answer.status, answer.headers["location"]) == (307, led)


def test_a_slash_is_not_too_many_where_it_belongs(pages: Pages) -> None:
    for address in ("/", "//", "/join/"):
        assert pages.ask("GET", address).status in (200, 404)
