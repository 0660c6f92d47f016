"""The pages in a real browser: how they look, whether everybody can use them, keys alone.

Pictures of every page are written to the folder named by P2PEVENTS_PICTURES, where it is set,
for a person to look at.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pages.browser import BACKSPACE, ENTER, TAB, Browser
from tests.pages.conftest import Pages, found, serving, typed
from tests.pages.looking import (
    AXE,
    LANGUAGES,
    MISFITS,
    SCREENS,
    check_fits,
    check_open_to_all,
    choose,
    come_in,
    faults,
    focus,
    keep_picture,
)


@pytest.fixture(scope="module")
def addresses(pages: Pages) -> dict[str, str]:
    rows: list[dict[str, Any]] = json.loads(pages.get("/events.json"))
    event = next(row for row in rows if len(row["sessions"]) > 60)
    return {
        "agenda": "/",
        "filtered": "/?q=berty&from=2020-01-01",
        "past": "/?past=1",
        "month": "/month?of=2020-01",
        "event": f"/event/{event['id']}",
        "session": f"/event/{event['sessions'][20]['id']}",
        "chapter": f"/chapter/{event['chapter']}",
        "new": "/new",
        "edit": f"/edit/{event['id']}",
        "join": "/join",
        "nowhere": "/nowhere",
    }


NAMES = (
    "agenda", "filtered", "past", "month", "event", "session", "chapter", "new", "edit", "join",
    "nowhere",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_sticks_out_or_is_cut_off_on_any_screen(
    window: Browser, pages: Pages, addresses: dict[str, str], name: str, language: str
) -> None:
    check_fits(window, pages, addresses[name], name=name, language=language)


def test_the_check_for_misfits_finds_some(window: Browser, pages: Pages) -> None:
    window.show(360)
    window.open(pages.served.page)
    window.run(
        "document.querySelector('h1').style.width = '900px';"
        "document.querySelector('h2').style.cssText ="
        " 'width: 20px; overflow: hidden; white-space: nowrap; display: block';"
    )
    assert len(window.run(MISFITS)) > 1


@pytest.mark.skipif(
    not AXE.is_file(), reason="needs axe-core: npm ci --ignore-scripts --prefix tests/js"
)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_that_keeps_anybody_out(
    window: Browser, pages: Pages, addresses: dict[str, str], name: str
) -> None:
    check_open_to_all(window, pages, addresses[name], name=name)


def test_keys_alone_follow_a_chapter_and_add_an_event(
    window: Browser, year: Path, tmp_path: Path
) -> None:
    link = typed(year, "chapter", "invite")["link"]
    home = tmp_path / "home"
    chapter = found(home, "Lyon P2P (demo)")
    typed(home, "unfollow", "Lyon")
    with serving(home) as pages:
        come_in(window, pages)
        window.show(1440)
        window.open(pages.served.page)
        assert "Which community" in window.run("return document.querySelector('h1').textContent")
        window.press(TAB)
        assert window.run("return document.activeElement.className") == "skip"
        focus(window, "#link")
        window.press(link + ENTER)
        window.wait("return document.body.textContent.includes('Nothing of')")
        focus(window, "nav .action")
        window.press(ENTER)
        window.wait("return location.pathname === '/new'")
        for field, words in (
            ("title", "Typed"),
            ("start", "2020-02-03 19:00"),
            ("end", "18:00"),
        ):
            focus(window, f"#w-{field}")
            window.press(words)
        # The doctor looks while one types.
        window.wait("return document.querySelector('#doctor .wrong')")
        window.press(BACKSPACE * 5 + "21:00")
        window.wait("return document.querySelector('#doctor .well')")
        keep_picture(window, "doctor", 1440, dark=False)
        window.press(ENTER)
        window.wait("return location.pathname.startsWith('/event/')")
        assert window.run("return document.querySelector('h1').textContent") == "Typed"
        assert chapter
        rows = typed(home, "event", "list")
        assert [(row["title"], row["end"]) for row in rows] == [("Typed", "2020-02-03T21:00:00")]


def test_what_arrives_is_shown_by_itself(window: Browser, own: Pages) -> None:
    window.show(1440)
    window.open(own.served.page)
    window.run("window.stays = true")
    typed(own.home, "event", "add", "--title", "Just announced", "--start", "2020-01-03 18:30")
    window.wait("return document.querySelector('main').textContent.includes('Just announced')")
    assert window.run("return window.stays") is True


def test_a_link_behind_the_hash_shows_its_chapter_alone(
    window: Browser, year: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(year, home)
    typed(
        home, "chapter", "found", "Lyon P2P (demo)", "--city", "Lyon",
        "--timezone", "Europe/Paris",
    )  # fmt: skip
    link = typed(home, "chapter", "invite", "--chapter", "Lyon")["link"]
    with serving(home) as pages:
        window.open(f"{pages.served.public}join#{link}")
        shown = window.run(
            "return [...document.querySelectorAll('[data-chapter]')].filter((e) => !e.hidden)"
            ".map((e) => [e.querySelector('h1').textContent, e.querySelector('[data-app]').href])"
        )
        assert [name for name, _ in shown] == ["Join Lyon P2P (demo)"]
        assert shown[0][1].startswith("p2pevents://")


def test_everything_can_be_read_and_written_without_scripts(window: Browser, own: Pages) -> None:
    come_in(window, own)
    window.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        text = own.get("/?q=berty")
        assert "Festival" in text
        answer = own.post(
            "/new",
            {
                "chapter": json.loads(own.get("/events.json"))[0]["chapter"],
                "title": "By form",
                "start": "2020-02-03 19:00",
                "end": "18:00",
                "zone": "Europe/Paris",
                "action": "check",
            },
        )
        assert "wrong" in answer.text
        assert 'value="By form"' in answer.text
    finally:
        window.devtools("Emulation.setScriptExecutionDisabled", value=False)


def test_the_first_screen_is_seen_by_everybody(window: Browser, empty: Pages) -> None:
    come_in(window, empty)
    for language in LANGUAGES:
        choose(window, empty, language)
        for width, dark in SCREENS:
            window.show(width, dark=dark)
            assert window.run(MISFITS) == []
            if AXE.is_file():
                assert faults(window) == []
            keep_picture(window, "welcome", width, dark=dark, language=language)


def test_a_chosen_language_stays_and_leads_back_to_the_same_page(
    window: Browser, pages: Pages
) -> None:
    come_in(window, pages)
    choose(window, pages, "en", "/month?of=2020-01")
    window.run("document.querySelector('.tongues a').click()")
    window.wait("return document.documentElement.lang === 'fr'")
    assert window.url == f"{pages.served.page}month?of=2020-01"
    assert window.run("return document.querySelector('h1').textContent") == "Janvier 2020"
    window.open(pages.served.page)
    assert window.run("return document.querySelector('h1').textContent") == "À venir"
