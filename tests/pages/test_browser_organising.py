"""What organisers and attendees do on the page, in a real browser: what changed, and forms."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.browser import BACKSPACE, ENTER, Browser
from tests.pages.conftest import Pages, found, serving, typed
from tests.pages.looking import (
    AXE,
    LANGUAGES,
    check_fits,
    check_open_to_all,
    choose,
    come_in,
    focus,
    keep_picture,
)

# What is pressed in a field for a date, and to choose the language that one writes in.
FIRST = {"en": "02052020", "fr": "02052020"}
LOCALE = {"en": "E", "fr": "F"}


@pytest.fixture(scope="module")
def busy(year: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The year's pages, looked at once; then much has changed."""
    home = tmp_path_factory.mktemp("busy") / "home"
    shutil.copytree(year, home)
    rows = typed(home, "event", "list")
    festival = next(row for row in rows if len(row["sessions"]) > 60)
    later = [row["id"] for row in rows if (row["start"] or "") > "2020-01-20"]
    with serving(home) as pages:
        assert pages.ask("GET", "/changes", headers={"Cookie": pages.session()}).status == 200
        typed(home, "event", "cancel", later[0], "--reason", "the venue is closed")
        typed(home, "event", "edit", later[1], "--venue", "La Paillasse")
        typed(home, "event", "move", later[2], "--start", "2020-04-02 19:30", "--end", "00:30")
        typed(home, "event", "add", "--title", "Café", "--start", "2020-01-16 18:30")
        talks = [row["id"] for row in festival["sessions"] if row["start"]]
        typed(home, "session", "edit", talks[5], "--room", "Village")
        typed(home, "session", "edit", talks[12], "--status", "cancelled", "--reason", "ill")
        words = ("--rule", "first Wednesday", "--start", "2020-05-06 18:30", "--end", "00:30")
        typed(home, "series", "add", "Tea", *words, "--venue", "Ground Control")
        yield pages


@pytest.fixture(scope="module")
def addresses(busy: Pages) -> dict[str, str]:
    rows = typed(busy.home, "event", "list")
    festival = next(row for row in rows if len(row["sessions"]) > 60)
    talk = next(row["id"] for row in festival["sessions"] if row["start"])
    (series,) = (row["id"] for row in typed(busy.home, "series", "list") if row["title"] == "Tea")
    date = f"{series}/2020-06-03"
    return {
        "new-series": "/series",
        "new-session": f"/add/{festival['id']}",
        "edit-session": f"/edit/{talk}",
        "date": f"/event/{date}",
        "edit-date": f"/edit/{date}",
        "skip-date": f"/skip/{date}",
        "go-on": f"/from/{date}",
        "changes": "/changes",
        "marked": "/",
        "marked-event": f"/event/{festival['id']}",
    }


NAMES = (
    "changes", "marked", "marked-event", "new-session", "edit-session", "date", "edit-date",
    "skip-date", "go-on", "new-series",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_sticks_out_or_is_cut_off_on_any_screen(
    window: Browser, busy: Pages, addresses: dict[str, str], name: str, language: str
) -> None:
    check_fits(window, busy, addresses[name], name=name, language=language)


@pytest.mark.skipif(
    not AXE.is_file(), reason="needs axe-core: npm ci --ignore-scripts --prefix tests/js"
)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_that_keeps_anybody_out(
    window: Browser, busy: Pages, addresses: dict[str, str], name: str
) -> None:
    check_open_to_all(window, busy, addresses[name], name=name)


def test_keys_alone_add_a_session_that_passes_midnight(
    window: Browser, year: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(year, home)
    rows = typed(home, "event", "list")
    festival = next(row["id"] for row in rows if len(row["sessions"]) > 60)
    with serving(home) as pages:
        come_in(window, pages)
        window.show(1440)
        window.open(f"{pages.served.page}event/{festival}")
        focus(window, f'[href="/add/{festival}"]')
        window.press(ENTER)
        window.wait("return location.pathname.startsWith('/add/')")
        for field, words in (
            ("title", "Typed"),
            ("start", "2020-01-09 23:30"),
            ("end", "22:00"),
        ):
            focus(window, f"#w-{field}")
            window.press(words)
        window.wait("return document.querySelector('#doctor .wrong')")
        window.press(BACKSPACE * 5 + "00:30")
        window.wait("return document.querySelector('#doctor .ends')")
        ends = window.run("return document.querySelector('#doctor .ends').textContent")
        assert ends == "Ends Friday 10 January at 00:30."
        for field, words in (
            ("room", "Quiet room"),
            ("type", "w"),
            ("level", "b"),
            ("recording", "n"),
            ("speakers", "Zoé"),
        ):
            focus(window, f"#w-{field}")
            window.press(words)
        keep_picture(window, "keys-session", 1440, dark=False)
        window.press(ENTER)
        window.wait("return location.pathname.startsWith('/event/')")
        assert window.run("return document.querySelector('h1').textContent") == "Typed"
        sessions = typed(home, "event", "show", festival)["sessions"]
        (row,) = (each for each in sessions if each["title"] == "Typed")
        assert (row["end"], row["room"]) == ("2020-01-10T00:30:00", "Quiet room")
        assert (row["type"], row["level"]) == ("workshop", "beginner")
        focus(window, f'[href="/add/{festival}"]')  # and the next one


@pytest.mark.parametrize(
    ("language", "rule", "dates"),
    [
        ("en", "first Wednesday of each month", "Its first dates: Wed 5 Feb 2020, Wed 4 Mar 2020"),
        ("fr", "premier mercredi du mois", "Ses premières dates : mer. 5 févr. 2020, mer. 4 mars"),
    ],
)
def test_keys_alone_announce_a_series(
    window: Browser, tmp_path: Path, language: str, rule: str, dates: str
) -> None:
    home = tmp_path / "home"
    found(home)
    with serving(home) as pages:
        come_in(window, pages)
        choose(window, pages, language)
        window.show(1440)
        focus(window, 'nav [href="/new"]')
        window.press(ENTER)
        window.wait("return location.pathname === '/new'")
        focus(window, 'main [href="/series"]')
        window.press(ENTER)
        window.wait("return location.pathname === '/series'")
        for field, words in (("title", "Café"), ("rule", rule + "s")):
            focus(window, f"#w-{field}")
            window.press(words)
        window.wait("return document.querySelector('#doctor .wrong')")
        window.press(BACKSPACE)
        for field, words in (("first", FIRST[language]), ("start", "18:30"), ("end", "23:00")):
            focus(window, f"#w-{field}")
            window.press(words)
        window.wait("return document.querySelector('#doctor .ends')")
        told = window.run("return document.querySelector('#doctor .ends').textContent")
        assert dates in str(told).replace("\xa0", " ")
        focus(window, "#w-locale")
        window.press(LOCALE[language])
        keep_picture(window, "keys-series", 1440, dark=False, language=language)
        focus(window, 'button[value="save"]')
        window.press(ENTER)
        window.wait("return location.pathname.startsWith('/event/')")
        assert window.run("return location.pathname").endswith("/2020-02-05")
        (row,) = typed(home, "series", "list")
        assert (row["title"], row["rule"]) == ("Café", "FREQ=MONTHLY;BYDAY=1WE")


def test_keys_alone_skip_a_date_and_see_what_changed(window: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    words = ("--rule", "first Wednesday", "--start", "2020-02-05 18:30")
    series = typed(home, "series", "add", "Meetup", *words)["id"]
    with serving(home) as pages:
        come_in(window, pages)
        window.show(1440)
        focus(window, 'nav [href="/changes"]')
        window.press(ENTER)
        window.wait("return location.pathname === '/changes'")
        window.open(f"{pages.served.page}event/{series}/2020-03-04")
        focus(window, '[href^="/skip/"]')
        window.press(ENTER)
        window.wait("return location.pathname.startsWith('/skip/')")
        focus(window, "#w-to")
        window.press("03112020")
        focus(window, "#w-reason")
        window.press("holiday" + ENTER)
        window.wait("return location.pathname.startsWith('/event/')")
        focus(window, 'nav [href="/changes"]')
        window.press(ENTER)
        window.wait("return location.pathname === '/changes'")
        told = window.run("return document.querySelector('.told').textContent")
        assert "Newly skipped" in told
        assert "holiday moved to Wednesday 11 March 2020" in " ".join(told.split())
