"""Feeds: what subscribers get, in the form that they chose, and how it is taken back."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import icalendar
import pytest

from tests.pages.conftest import Pages, found, serving, typed

ATOM = "{http://www.w3.org/2005/Atom}"


def statuses(data: str) -> dict[str, str]:
    """Return the status of each event by its title."""
    calendar = icalendar.Calendar.from_ical(data)
    return {str(each["summary"]): str(each["status"]) for each in calendar.walk("VEVENT")}


@pytest.fixture
def cancelled(tmp_path: Path) -> Path:
    """A home with one event that takes place, and one that does not."""
    home = tmp_path / "home"
    found(home)
    typed(home, "event", "add", "--title", "On", "--start", "2020-01-08 18:30")
    off = typed(home, "event", "add", "--title", "Off", "--start", "2020-01-09 18:30")["id"]
    typed(home, "event", "cancel", off, "--reason", "rain")
    return home


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("", {"On": "CONFIRMED", "Off": "CANCELLED"}),
        ("nonsense", {"On": "CONFIRMED", "Off": "CANCELLED"}),
        ("cancelled", {"On": "CONFIRMED", "Off": "CANCELLED"}),
        ("remove", {"On": "CONFIRMED"}),
        ("keep-with-title", {"On": "CONFIRMED", "Off (cancelled: rain)": "CONFIRMED"}),
    ],
)
def test_a_subscriber_chooses_what_becomes_of_the_cancelled(
    cancelled: Path, mode: str, expected: dict[str, str]
) -> None:
    with serving(cancelled) as pages:
        assert statuses(pages.get(f"/feed.ics?mode={mode}")) == expected
        assert statuses(pages.get(f"/feed.ics?mode={mode}", public=True)) == expected


def test_a_feed_that_did_not_change_is_not_sent_again(pages: Pages) -> None:
    for address in ("/feed.ics", "/feed.atom", "/events.json", "/events.json?limit=1"):
        tag = pages.ask("GET", address).headers["etag"]
        for named in (tag, f"W/{tag}", f'"other", {tag}'):
            again = pages.ask("GET", address, headers={"If-None-Match": named})
            assert (again.status, again.body) == (304, b""), address
        other = pages.ask("GET", address, headers={"If-None-Match": '"other"'})
        assert other.status == 200


def test_the_atom_feed_is_read_back(pages: Pages) -> None:
    feed = ET.fromstring(pages.get("/feed.atom"))
    titles = [each.findtext(f"{ATOM}title") for each in feed.iter(f"{ATOM}entry")]
    assert "Paris P2P Festival #0" in titles
    assert len(titles) == 13  # the festival, the series, and eleven dates of it
    for name in ("id", "title", "updated"):
        assert feed.findtext(f"{ATOM}{name}")


def test_json_is_the_shape_of_the_command(pages: Pages) -> None:
    rows = json.loads(pages.get("/events.json"))
    assert {"completeness", "asOf", "reliableUntil", "lacking"} <= rows[0].keys()
    # What I call a chapter is said by commands alone.
    assert rows == [
        {name: value for name, value in row.items() if name != "petname"}
        for row in typed(pages.home, "agenda")
    ]


def test_json_is_as_long_as_was_asked_for(pages: Pages) -> None:
    every = json.loads(pages.get("/events.json"))
    assert json.loads(pages.get("/events.json?limit=2")) == every[:2]
    assert json.loads(pages.get("/events.json?q=xyzzy")) == []
    for limit in ("0", "-1", "many", "99999999"):
        assert json.loads(pages.get(f"/events.json?limit={limit}")) == every
    first = every[0]["start"][:10]
    assert json.loads(pages.get(f"/events.json?from={first}&to={first}"))[0] == every[0]


# --- feeds of single subscribers ------------------------------------------------------------------


def test_a_secret_feed_is_served_until_it_is_taken_back(cancelled: Path) -> None:
    made = typed(cancelled, "feed", "add", "Ana", "--mode", "remove")
    with serving(cancelled) as pages:
        for public in (False, True):
            assert list(statuses(pages.get(made["path"], public=public))) == ["On"]
        assert pages.ask("GET", "/feed/guessed.ics", public=True).status == 404
        typed(cancelled, "feed", "revoke", "Ana")
        for public in (False, True):
            assert pages.ask("GET", made["path"], public=public).status == 404
    assert typed(cancelled, "feed", "list") == []


def test_no_secret_is_kept(cancelled: Path) -> None:
    made = typed(cancelled, "feed", "add", "Ana")
    secret = made["path"].removeprefix("/feed/").removesuffix(".ics")
    assert secret not in json.dumps(typed(cancelled, "feed", "list"))
    for path in cancelled.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()


def test_a_secret_feed_may_be_of_one_chapter(cancelled: Path) -> None:
    typed(
        cancelled, "chapter", "found", "Lyon P2P (demo)", "--city", "Lyon",
        "--timezone", "Europe/Paris",
    )  # fmt: skip
    typed(
        cancelled, "event", "add", "--chapter", "Lyon", "--title", "In Lyon",
        "--start", "2020-01-10 18:30",
    )  # fmt: skip
    lyon = typed(cancelled, "feed", "add", "Bo", "--chapter", "Lyon")["path"]
    every = typed(cancelled, "feed", "add", "Cy")["path"]
    with serving(cancelled) as pages:
        assert set(statuses(pages.get(lyon))) == {"In Lyon"}
        assert set(statuses(pages.get(every))) == {"In Lyon", "On", "Off"}


# --- the public face and the static site ---------------------------------------------------------


def test_the_public_face_shows_own_chapters_and_not_what_is_followed(
    cancelled: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    found(other, "Nantes P2P (demo)")
    typed(other, "event", "add", "--title", "In Nantes", "--start", "2020-01-11 18:30")
    typed(cancelled, "follow", typed(other, "chapter", "invite")["link"])
    pack = tmp_path / "records.pack"
    typed(other, "pack", "-o", str(pack))
    typed(cancelled, "unpack", str(pack))
    with serving(cancelled) as pages:
        for address in (
            "/",
            "/events.json",
            "/feed.ics",
            "/feed.atom",
            "/join",
            "/month?of=2020-01",
        ):
            assert "Nantes" not in pages.get(address, public=True)
            assert "On" in pages.get(address, public=True)
        assert "In Nantes" in pages.get("/")


def test_the_join_page_and_its_address(cancelled: Path) -> None:
    (cancelled / "config.toml").write_text(
        'network = "demo"\npublic_url = "https://events.example.org"\n'
    )
    invite = typed(cancelled, "chapter", "invite", "--web")
    assert invite["web"] == f"https://events.example.org/join#{invite['link']}"
    with serving(cancelled, public_url="https://events.example.org") as pages:
        text = pages.ask("GET", "/join", headers={"Host": "events.example.org"}, public=True).text
        assert "webcal://events.example.org/feed.ics?chapter=" in text
        assert "On" in text
        assert pages.ask("GET", "/", headers={"Host": "events.example.org"}).status == 421


def test_the_site_is_whole_links_within_itself_and_only_changes_what_changed(
    year: Path, tmp_path: Path
) -> None:
    home, site = tmp_path / "home", tmp_path / "site"
    shutil.copytree(year, home)
    (site / "theirs").mkdir(parents=True)
    (site / "theirs" / "file.txt").write_text("not ours")
    first = typed(home, "site", "-o", str(site))
    assert first["files"] > 140
    assert typed(home, "site", "-o", str(site))["changed"] == 0
    names = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert {"index.html", "feed.ics", "feed.atom", "events.json", "join/index.html"} <= names
    assert not [name for name in names if name.endswith(".new")]
    for page in site.rglob("*.html"):
        for address in _addresses(page.read_text("utf-8")):
            if address.startswith(("p2pevents:", "http", "webcal:", "#")):
                continue
            target = (page.parent / address.partition("?")[0].partition("#")[0]).resolve()
            assert target.is_file() or (target / "index.html").is_file(), f"{page}: {address}"
    event = typed(home, "event", "list")[0]["id"]
    typed(home, "event", "retract", event)
    again = typed(home, "site", "-o", str(site))
    assert again["removed"] > 0
    assert again["changed"] < first["files"] // 2
    assert not (site / "event" / event).exists()
    assert (site / "theirs" / "file.txt").read_text() == "not ours"


def test_the_site_is_in_both_languages_the_chapters_own_first(year: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    typed(year, "site", "-o", str(site))
    own = (site / "index.html").read_text("utf-8")
    other = (site / "en" / "index.html").read_text("utf-8")
    assert '<html lang="fr">' in own
    assert '<html lang="en">' in other
    assert '<link rel="alternate" hreflang="en" href="./en/">' in own
    assert '<link rel="alternate" hreflang="fr" href="../">' in other
    assert {str(path.relative_to(site / "en")) for path in (site / "en").rglob("*.html")} == {
        str(path.relative_to(site))
        for path in site.rglob("*.html")
        if path.relative_to(site).parts[0] != "en"
    }
    assert not list((site / "en").rglob("*.ics"))  # feeds are the same in all languages


def test_the_site_has_link_previews(cancelled: Path, tmp_path: Path) -> None:
    (cancelled / "config.toml").write_text(
        'network = "demo"\npublic_url = "https://events.example.org/paris"\n'
    )
    typed(cancelled, "site", "-o", str(tmp_path / "site"))
    page = next((tmp_path / "site" / "event").iterdir()) / "index.html"
    text = page.read_text("utf-8")
    assert '<meta property="og:title" content="O' in text
    assert f'content="https://events.example.org/paris/event/{page.parent.name}"' in text


def _addresses(text: str) -> list[str]:
    from tests.pages.test_pages import parsed

    return parsed(text).addresses
