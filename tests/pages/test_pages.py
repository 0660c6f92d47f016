"""What the pages show: read as text, before any browser."""

import contextlib
import io
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from p2pevents.cli.main import main
from p2pevents.node.home import Home
from p2pevents.web import drawing
from p2pevents.web.asked import Asked
from p2pevents.web.choices import choices_of
from p2pevents.web.drawing import Painter
from p2pevents.web.face import Face
from p2pevents.web.shelf import Shelf
from p2pevents.web.words import ENGLISH, Words
from tests.pages.conftest import NOW, NOW_MS, Pages, found, serving, typed

TEMPLATES = files("p2pevents.web") / "templates"

# What breaks out of text, attributes, scripts, styles and addresses, where nothing stops it.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }} {% raw %}",
    "</title></textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp;",
    "]]> <!-- -->",
)


class _Elements(HTMLParser):
    """Collects what a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.images: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.addresses += [
            value for name, value in attrs if name in ("href", "src", "action") and value
        ]
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "script":
            self.scripts.append(values.get("src") or "inline")
        if tag == "img":
            self.images.append(values)


def parsed(text: str) -> _Elements:
    elements = _Elements()
    elements.feed(text)
    return elements


def events(pages: Pages) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(pages.get("/events.json"))
    return rows


def festival(pages: Pages) -> str:
    return str(next(row["id"] for row in events(pages) if len(row["sessions"]) > 60))  # type: ignore[arg-type]


# --- the agenda ----------------------------------------------------------------------------------


def test_the_agenda_shows_what_is_coming_up_in_order(pages: Pages) -> None:
    text = pages.get("/")
    titles = [f"Paris P2P (demo) #{number}" for number in range(5, 10)]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert "Paris P2P Festival #0" in text
    assert "8–12 Jan" in text


def test_the_past_is_on_a_page_of_its_own_newest_first(pages: Pages) -> None:
    text = pages.get("/?past=1")
    assert "#5" not in text
    assert text.index("#4") < text.index("#3")


@pytest.mark.parametrize(
    ("query", "shows", "hides"),
    [
        ("q=festival", "Festival #0", "(demo) #6"),
        ("q=berty", "Festival #0", "(demo) #9"),
        ("city=paris", "Festival #0", "Nothing fits"),
        ("city=lyon", "Nothing fits", "Festival #0"),
        ("language=en", "Festival #0", "Nothing fits"),
        ("language=de", "Nothing fits", "Festival #0"),
        ("from=2020-02-01", "(demo) #6", "Festival #0"),
        ("to=2020-01-31", "Festival #0", "(demo) #6"),
        ("from=2020-01-10&to=2020-01-11", "Festival #0", "(demo) #5"),
        ("chapter=bnothing", "Nothing fits", "Festival #0"),
        ("from=nonsense&to=9999-99-99", "Festival #0", "Nothing fits"),
    ],
)
def test_filters_leave_what_is_asked_for(pages: Pages, query: str, shows: str, hides: str) -> None:
    text = pages.get(f"/?{query}")
    assert shows in text
    assert hides not in text


def test_what_was_asked_for_stands_in_the_fields_again(pages: Pages) -> None:
    assert 'value="berty"' in pages.get("/?q=berty")


def test_a_month_shows_its_days(pages: Pages) -> None:
    text = pages.get("/month?of=2020-01")
    assert text.count("Paris P2P Festival #0") == 5
    assert "Skipped" in text
    assert main_of(pages.get("/month?of=nonsense")) == main_of(pages.get("/month"))


def main_of(text: str) -> str:
    """The page without its frame, which knows under which address it was asked for."""
    return text.partition("<main")[2].partition("</main>")[0]


# --- an event ------------------------------------------------------------------------------------


def test_a_programme_has_every_session_once(pages: Pages) -> None:
    text = pages.get(f"/event/{festival(pages)}")
    assert len(re.findall(r'<li class="session ', text)) == 63
    assert len(re.findall(r'class="progday"', text)) == 6  # five days, and what has no hour yet


def test_sessions_that_share_a_room_at_a_time_stand_beside_each_other(pages: Pages) -> None:
    text = pages.get(f"/event/{festival(pages)}")
    for day in re.findall(r'<section class="progday".*?</section>', text, re.DOTALL):
        taken: set[tuple[int, int]] = set()
        for column, begins, ends in re.findall(r"c(\d+) r(\d+) e(\d+)", day):
            cells = {(int(column), line) for line in range(int(begins), int(ends))}
            assert cells
            assert not cells & taken
            taken |= cells


def test_every_session_has_a_page_that_leads_back(pages: Pages) -> None:
    event = festival(pages)
    paths = re.findall(rf'href="/(event/{event}/[^"]+)"', pages.get(f"/event/{event}"))
    assert len(set(paths)) == 63
    assert f'href="/event/{event}"' in pages.get("/" + paths[0])


def test_an_event_can_be_put_into_a_calendar(pages: Pages) -> None:
    event = festival(pages)
    text = pages.get(f"/ics/{event}.ics")
    assert text.startswith("BEGIN:VCALENDAR")
    assert text.count("BEGIN:VEVENT") > 50


@pytest.mark.parametrize("path", ["/event/bnone", "/chapter/bnone", "/nowhere", "/ics/bnone.ics"])
def test_what_is_not_there_says_so(pages: Pages, path: str) -> None:
    answer = pages.ask("GET", path)
    assert answer.status == 404
    assert "There is nothing here" in answer.text


# --- a chapter -----------------------------------------------------------------------------------


def test_a_chapter_can_be_subscribed_to_shared_and_left(own: Pages) -> None:
    chapter = events(own)[0]["chapter"]
    answer = own.ask("GET", f"/chapter/{chapter}", headers={"Cookie": own.session()})
    assert f"webcal://127.0.0.1:{own.port}/feed.ics?chapter={chapter}" in answer.text
    assert f"p2pevents://{chapter}/" in answer.text
    assert own.get(f"/chapter/{chapter}/link.svg").startswith("<?xml")
    assert own.post("/unfollow", {"chapter": str(chapter)}).status == 303
    assert "Which community" in own.get("/")


def test_a_link_that_was_pasted_is_followed(pages: Pages, empty: Pages) -> None:
    link = typed(pages.home, "chapter", "invite")["link"]
    text = empty.get("/")
    assert 'name="link"' in text
    assert text.count("<li>") == 3
    assert empty.post("/follow", {"link": link}).status == 303
    assert "Nothing of" in empty.get("/")


@pytest.mark.parametrize("link", ["", "x", "https://example.org", "p2pevents://b/", *HOSTILE])
def test_a_link_that_is_none_says_what_is_wrong(empty: Pages, link: str) -> None:
    answer = empty.post("/follow", {"link": link})
    assert answer.status == 400
    assert 'class="wrong"' in answer.text
    assert not parsed(answer.text).handlers
    assert parsed(answer.text).scripts == [s for s in parsed(answer.text).scripts if "page.js" in s]


# --- what strangers write ------------------------------------------------------------------------


def test_hostile_words_in_every_field_stay_words(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chapter = found(home, HOSTILE[0])
    for number, text in enumerate(HOSTILE):
        words: list[str] = []
        for option in ("title", "venue", "address", "city", "room", "description", "speaker"):
            words += [f"--{option}", text]
        typed(home, "event", "add", *words, "--start", f"2020-01-{number + 10} 18:30")
    with serving(home, public_url="https://events.example.org") as pages:
        rows = events(pages)
        assert {row["title"] for row in rows} == set(HOSTILE)
        addresses = ["/", "/month?of=2020-01", f"/chapter/{chapter}", "/join"]
        addresses += [f"/event/{row['id']}" for row in rows]
        addresses += [f"/?q={quote(text)}&city={quote(text)}" for text in HOSTILE]
        for address in addresses:
            for public in (False, True):
                text = pages.get(address, public=public)
                elements = parsed(text)
                assert all("static/page.js" in each for each in elements.scripts), address
                assert not elements.handlers, address
                assert not [each for each in elements.images if each["src"] == "x"], address
                assert not [
                    each for each in elements.addresses if each.lower().startswith("javascript:")
                ], address
                assert "49" not in re.sub(r"v=[0-9a-f]+|b[a-z2-7]{16,}|\d{5}", "", text) or (
                    "7 * 7" in text
                )
        feed = pages.get("/feed.ics")
        assert feed.count("BEGIN:VEVENT") == len(HOSTILE)
        for row in rows:
            assert str(row["title"])[:4] in HOSTILE[0][:4] + "".join(HOSTILE)


def test_no_page_names_anything_elsewhere(pages: Pages) -> None:
    chapter = events(pages)[0]["chapter"]
    for address in ("/", "/month", f"/chapter/{chapter}", "/join"):
        for each in parsed(pages.get(address)).addresses:
            assert each.startswith(("/", "#", "webcal://127.0.0.1", "p2pevents://", "./")), each


def test_no_id_stands_twice_on_a_page(pages: Pages) -> None:
    chapter = events(pages)[0]["chapter"]
    for address in ("/", "/month", f"/chapter/{chapter}", f"/event/{festival(pages)}", "/join"):
        ids = parsed(pages.get(address)).ids
        assert len(ids) == len(set(ids))


# --- words ---------------------------------------------------------------------------------------


def test_every_word_of_the_templates_is_in_the_table_and_none_is_there_for_nothing() -> None:
    text = "\n".join(
        path.read_text("utf-8") for path in TEMPLATES.iterdir() if path.name.endswith(".html")
    )
    text += "\n".join(
        path.read_text("utf-8")
        for path in files("p2pevents.web").iterdir()
        if path.name.endswith(".py") and path.name != "words.py"
    )
    named = set(re.findall(r"\bt\.([a-z_0-9]+)", text)) | set(
        re.findall(r'\bt\(\s*"([a-z_0-9]+)"[,)]', text)
    )
    named |= {"error", "not_found", "not_found_lead", "refused", "refused_lead"}  # `_said`
    statuses = {"tentative", "cancelled", "postponed", "skipped", "confirmed"}
    groups = ("mode_", "dispute_", "type_", "level_", "recording_", "change_", "nth_", "rel_")
    modes = {name for name in ENGLISH if name.startswith(groups)}
    assert named - set(ENGLISH) - {*dir(Words), "tongue"} == set()
    assert set(ENGLISH) - named - statuses - modes == set()


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("venue", "facts"),
    [
        ("", "Paris online"),
        ("Online", "Online"),
        ("online (Jitsi)", "online (Jitsi)"),
        ("En ligne", "En ligne"),
        ("Onlinehaus", "Onlinehaus, Paris online"),
        ("La Paillasse", "La Paillasse, Paris online"),
    ],
)
def test_that_it_is_online_is_said_once(tmp_path: Path, venue: str, facts: str) -> None:
    home = tmp_path / "home"
    found(home)
    words = ("--title", "Meetup", "--start", "2020-02-05 18:30", "--venue", venue)
    typed(home, "event", "add", *words, "--stream", "https://meet.example/p2p")
    with serving(home) as pages:
        (said,) = re.findall(r'<p class="facts">(.*?)</p>', pages.get("/"), re.DOTALL)
    assert " ".join(re.findall(r"<span>(.*?)</span>", said)) == facts
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit):
        main(["--home", str(home), "--now", NOW, "agenda"])
    where = facts.removesuffix(" online").removesuffix("Paris").removesuffix(", ")
    ends = [each for each in (where, "online" if facts.endswith(" online") else "") if each]
    assert out.getvalue().splitlines()[1].rstrip().endswith("  " + " · ".join(ends))


def test_metrics_are_numbers_and_name_no_chapter(pages: Pages) -> None:
    text = pages.get("/metrics")
    chapter = str(events(pages)[0]["chapter"])
    assert chapter[:8] not in text
    assert "Paris" not in text
    numbers = dict(re.findall(r"^(p2pevents_\w+) ([0-9.]+)$", text, re.MULTILINE))
    assert float(numbers["p2pevents_follows"]) == 1
    assert float(numbers["p2pevents_records"]) > 100
    for line in text.splitlines():
        assert line.startswith("# ") or re.fullmatch(r"[a-z0-9_]+ [0-9.e+]+", line)


def test_what_the_filters_offer_is_found_once_for_a_language(
    year: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    make = choices_of

    def counted(*given: Any) -> dict[str, list[tuple[str, str]]]:
        found.append(given[-1].tongue)
        return make(*given)

    monkeypatch.setattr(drawing, "choices_of", counted)
    shelf = Shelf(Home(folder=year), now_ms=lambda: NOW_MS)
    try:
        for language in ("en", "fr", "en", "fr"):
            Painter(shelf, Face(words=Words(language))).agenda(Asked(values={}))
    finally:
        shelf.close()
    assert found == ["en", "fr"]
