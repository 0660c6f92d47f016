"""How a test looks at a page in a real browser: which screens, which keys, which faults."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

from tests.pages.browser import TAB, Browser
from tests.pages.conftest import Pages

AXE = Path(__file__).parents[1] / "js" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("P2PEVENTS_PICTURES")
LANGUAGES = ("en", "fr")
SCREENS = [(width, dark) for width in (360, 768, 1440) for dark in (False, True)]
AXE_SCREENS = [(360, False, "en"), (360, True, "fr"), (1440, False, "fr"), (1440, True, "en")]
TABS_MAX = 80

# What sticks out of the screen, and words that are cut off by their own box.
MISFITS = """
const found = [];
const screen = document.documentElement.clientWidth;
const wide = document.documentElement.scrollWidth - screen;
if (wide > 0) found.push(`the page is ${wide} px too wide`);
for (const each of document.body.querySelectorAll("*")) {
  const style = getComputedStyle(each);
  if (style.display === "none" || style.visibility === "hidden") continue;
  if (each.closest(".wide, .tabs, .only-read, .skip, .long")) continue;
  const box = each.getBoundingClientRect();
  if (!box.width || !box.height) continue;
  const name = `${each.tagName.toLowerCase()}.${each.className}`;
  if (box.right > screen + 1 || box.left < -1) found.push(`${name} sticks out`);
  const cell = each.closest("td")?.getBoundingClientRect();
  if (cell && box.right > cell.right + 1) found.push(`${name} lies over the next cell`);
  const isText = [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  if (isText && each.scrollWidth > each.clientWidth + 1 && style.overflowX !== "visible"
      && style.display !== "inline" && !each.matches("input, code")) {
    found.push(`${name} cuts off: ${each.textContent.trim().slice(0, 40)}`);
  }
}
return found;
"""

# What a finger cannot hit: links and buttons that are not within a line of words.
SMALL = """
return [...document.querySelectorAll("a, button, input, select, summary")].filter((each) => {
  const box = each.getBoundingClientRect();
  if (!box.width || each.closest("p:not(.buttons), .skip, h3, h4, dd")) return false;
  if (each.matches("input[type=checkbox], input[type=hidden]")) return false;
  return box.height < 28;
}).map((each) => `${each.outerHTML.slice(0, 80)} ${each.getBoundingClientRect().height}`);
"""


def come_in(window: Browser, pages: Pages) -> None:
    window.open(f"{pages.served.page}open?token={pages.token()}")
    assert window.url == pages.served.page


def choose(window: Browser, pages: Pages, language: str, back: str = "/") -> None:
    """Come to a page by the switch of languages, as a person does."""
    window.open(f"{pages.served.page}language?to={language}&back={quote(back, safe='')}")
    assert window.run("return document.documentElement.lang") == language


def keep_picture(
    window: Browser, name: str, width: int, *, dark: bool, language: str = "en"
) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        shade = "-dark" if dark else ""
        window.picture(Path(PICTURES) / f"{name}-{language}-{width}{shade}.png")


def faults(window: Browser) -> list[str]:
    """Return what axe finds, each with the first place where it found it."""
    window.run(AXE.read_text("utf-8") + "; window.axe = axe;")
    found = window.run_async(
        "const done = arguments[0]; axe.run(document).then((result) => done(result.violations.map("
        "(each) => each.id + ': ' + each.nodes[0].html + ' ' + each.nodes[0].failureSummary)));"
    )
    assert isinstance(found, list)
    return [str(each) for each in found]


def focus(window: Browser, selector: str) -> None:
    """Press Tab until the focus is where it should come to."""
    for _ in range(TABS_MAX):
        if window.run(f"return document.activeElement.matches({json.dumps(selector)})"):
            return
        window.press(TAB)
    raise AssertionError(f"{selector} is out of the keyboard's reach")


def check_fits(window: Browser, pages: Pages, address: str, *, name: str, language: str) -> None:
    """Look at a page on every screen, in one language: nothing sticks out or is cut off."""
    come_in(window, pages)
    choose(window, pages, language, address)
    for width, dark in SCREENS:
        window.show(width, dark=dark)
        assert window.run(MISFITS) == [], (name, width, language)
        assert window.run(SMALL) == [], (name, width, language)
        keep_picture(window, name, width, dark=dark, language=language)


def check_open_to_all(window: Browser, pages: Pages, address: str, *, name: str) -> None:
    """Ask axe about a page: it finds nothing that keeps anybody out."""
    come_in(window, pages)
    for width, dark, language in AXE_SCREENS:
        window.show(width, dark=dark)
        choose(window, pages, language, address)
        assert faults(window) == [], (name, width, dark, language)
