"""Makes the pictures of docs/tour.md anew: `python -m tests.repository.pictures`.

Real nodes on this machine, filled with the demo's own sample data, at the demo's own clock;
what stands in a terminal is what the program writes there, and pages are what Chromium shows.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from p2pevents.cli.playing import Player, Stage
from tests.pages.browser import Browser, browser, free_port
from tests.repository.screens import drawn, shown

__all__ = ["PICTURES", "PICTURE_BYTES_MAX"]

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PICTURE_BYTES_MAX = 150_000
ARRIVAL_S_MAX = 60.0
_SAMPLE = files("p2pevents.cli") / "sample"
_BEGINNING = "2020-01-02T10:00:00+01:00"
_DESK, _PHONE = (1280, 800), (390, 780)
# Brings a heading to the top of the screen.
_SCROLL = """
const found = [...document.querySelectorAll("h2, h3")].find(
  (each) => arguments[0] && each.textContent.includes(arguments[0]));
if (found) window.scrollTo({ top: found.getBoundingClientRect().top + scrollY - 80,
                             behavior: "instant" });
"""


def main() -> None:
    """Play what the pictures show, and write them all."""
    PICTURES.mkdir(exist_ok=True)
    _write("demo", drawn(_demo(), title="p2pevents demo"))
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder)) as stage:
        paris, bea, attendee = _community(stage)
        port = free_port()
        evening = _disputed(paris, bea, attendee, port)
        _write("disputed", _screen(stage, paris, ["event", "merge", evening]))
        spring = ["agenda", "--from", "2020-01-20", "--to", "2020-04-30"]
        _write("agenda", _screen(stage, attendee, spring))
        _write("doctor", _screen(stage, paris, ["status"], ["doctor"]))
        with browser(Path(folder)) as window:
            _pages(window, attendee, paris, port)
    for each in sorted(PICTURES.iterdir()):
        print(f"{each.name:20} {each.stat().st_size:>7} bytes")
    sys.exit(any(each.stat().st_size > PICTURE_BYTES_MAX for each in PICTURES.iterdir()))


# --- who is there --------------------------------------------------------------------------------


def _community(stage: Stage) -> tuple[Player, Player, Player]:
    """Three chapters with their year, a colleague who has joined one, and an attendee."""
    stage.act(_BEGINNING)
    chapters = []
    for city in ("Paris", "Lyon", "Nantes"):
        player = stage.player(city.lower())
        chapters.append(player)
        player.ask(
            *("chapter", "found", f"{city} P2P (demo)", "--city", city, "--country", "FR"),
            *("--timezone", "Europe/Paris", "--languages", "fr,en"),
        )
        player.start()
        player.ask("import", str(_SAMPLE / "meetups.json"), "--history")
    paris = chapters[0]
    paris.ask(
        *("import", str(_SAMPLE / "festival.csv"), "--trust", "wall", "--history"),
        *("--title", "Paris P2P Festival #0"),
    )
    bea = stage.player("bea")
    answer = bea.ask("organiser", "join", paris.ask("organiser", "invite")["link"])
    paris.ask(
        *("organiser", "add", answer["text"], "--role", "organiser", "--words", answer["words"])
    )
    paris.ask("name", answer["key"], "Bea")
    paris.ask("chapter", "sheet", "confirm")
    bea.start()
    _until(lambda: _february(bea))
    attendee = stage.player("attendee")
    for player in chapters:
        attendee.ask("follow", player.ask("chapter", "invite")["link"])
    attendee.start("--light")
    return paris, bea, attendee


def _disputed(paris: Player, bea: Player, attendee: Player, port: int) -> str:
    """Two organisers move one evening while they are cut off; return its id."""
    evening = str(_february(paris)[0]["id"])
    paris.stop()
    bea.stop()
    paris.ask("event", "edit", evening, "--venue", "La Paillasse")
    bea.ask("event", "edit", evening, "--venue", "Le Square")
    paris.start("--page-public", str(port))
    bea.start()
    _until(lambda: all(_february(each)[0]["conflict"] for each in (paris, bea, attendee)))
    return evening


def _february(player: Player) -> Any:
    return player.ask("agenda", "--from", "2020-02-05", "--to", "2020-02-05", "--city", "Paris")


def _until(holds: Callable[[], Any]) -> None:
    ends = time.monotonic() + ARRIVAL_S_MAX
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError("what the pictures show did not come about")
        time.sleep(0.2)


# --- in the terminal -----------------------------------------------------------------------------


def _demo() -> str:
    """The demo's own screen, as far as one picture holds it."""
    story = shown(["demo"], environment={"HOME": "/nonexistent"})
    return re.split(r"\n\S*\w+ 20 January 2020", story)[0]


def _screen(stage: Stage, player: Player, *typed: list[str]) -> str:
    """What a player sees of some commands, as a picture."""
    screens = []
    for words in typed:
        said = shown(
            ["--home", str(player.home), "--now", stage.now(), *words],
            environment={"HOME": str(stage.folder)},
        )
        screens.append(f"\x1b[36m$ p2pevents {' '.join(words)}\x1b[0m\n{said.rstrip()}")
    return drawn("\n\n".join(screens), title=f"p2pevents {typed[-1][0]}")


def _write(name: str, svg: str) -> None:
    (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


# --- in the browser ------------------------------------------------------------------------------


def _pages(window: Browser, attendee: Player, paris: Player, port: int) -> None:
    """Look at the pages as people do: on a desk and on a telephone, by day and by night."""
    opened = attendee.ask("open", "--print")
    days = ("--from", "2020-01-08", "--to", "2020-01-12")
    festival = next(
        row["id"] for row in attendee.ask("agenda", *days) if "Festival" in row["title"]
    )
    page = str(opened["page"])
    window.open(str(opened["address"]))
    for name, path, (width, height), dark, language, top in (
        ("page", "", _DESK, False, "en", ""),
        ("month", "month?of=2020-01", _DESK, True, "fr", ""),
        ("festival", f"event/{festival}", _DESK, False, "en", "Saturday 11"),
        ("phone", f"event/{festival}", _PHONE, True, "fr", "Mercredi 8"),
    ):
        window.show(width, height=height, dark=dark)
        window.open(f"{page}language?to={language}&back=/{quote(path, safe='')}")
        window.run(_SCROLL, top)
        window.picture(PICTURES / f"{name}.png", whole=False)
    window.devtools("Network.clearBrowserCookies")
    window.show(_PHONE[0], height=_PHONE[1])
    link = paris.ask("chapter", "invite")["link"]
    window.open(f"http://127.0.0.1:{port}/join#{link}")
    window.picture(PICTURES / "join.png", whole=False)


if __name__ == "__main__":
    main()
