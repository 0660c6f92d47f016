"""What organisers and attendees do on the page, in a real browser: what changed, and forms."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.browser import Browser
from tests.pages.conftest import Pages, serving, typed
from tests.pages.looking import (
    AXE,
    AXE_SCREENS,
    LANGUAGES,
    MISFITS,
    SCREENS,
    SMALL,
    choose,
    come_in,
    faults,
    keep_picture,
)


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
        yield pages


@pytest.fixture(scope="module")
def addresses(busy: Pages) -> dict[str, str]:
    rows = typed(busy.home, "event", "list")
    festival = next(row for row in rows if len(row["sessions"]) > 60)
    return {
        "changes": "/changes",
        "marked": "/",
        "marked-event": f"/event/{festival['id']}",
    }


NAMES = ("changes", "marked", "marked-event")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_sticks_out_or_is_cut_off_on_any_screen(
    window: Browser, busy: Pages, addresses: dict[str, str], name: str, language: str
) -> None:
    come_in(window, busy)
    choose(window, busy, language, addresses[name])
    for width, dark in SCREENS:
        window.show(width, dark=dark)
        assert window.run(MISFITS) == [], (name, width, language)
        assert window.run(SMALL) == [], (name, width, language)
        keep_picture(window, name, width, dark=dark, language=language)


@pytest.mark.skipif(
    not AXE.is_file(), reason="needs axe-core: npm ci --ignore-scripts --prefix tests/js"
)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_that_keeps_anybody_out(
    window: Browser, busy: Pages, addresses: dict[str, str], name: str
) -> None:
    come_in(window, busy)
    for width, dark, language in AXE_SCREENS:
        window.show(width, dark=dark)
        choose(window, busy, language, addresses[name])
        assert faults(window) == [], (name, width, dark, language)
