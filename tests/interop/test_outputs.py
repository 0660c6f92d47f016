"""What is written for other programs, read by other people's readers: the real year, in and out.

iCalendar is read by ical.js, Atom by feedparser, HTML by html5lib at its strictest; schedule.xml
has no library, and is held to the elements that its readers ask for.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import html5lib
import pytest

from p2pevents.cli.main import main
from tests.interop.js_peer import JS, NODE

DATA = Path(__file__).parents[3] / "shared" / "data"
READ_S_MAX = 60
ZONE = "Europe/Paris"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real data is not beside the project")
needs_ical = pytest.mark.skipif(
    NODE is None or not (JS / "node_modules" / "ical.js").exists(),
    reason="needs Node.js and npm ci --ignore-scripts --prefix tests/js",
)
Typed = Callable[..., str]


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """A home of two chapters with the real year, and a way to type commands on it."""
    home = tmp_path_factory.mktemp("outputs") / "home"

    def run(*arguments: str) -> str:
        target = home.parent / "out"
        out = ("-o", str(target)) if arguments[0] == "export" else ()
        with pytest.raises(SystemExit) as exit_info:
            main(["--home", str(home), *arguments, *out])
        assert not exit_info.value.code, arguments
        return target.read_text("utf-8") if out else ""

    for city in ("Paris", "Lyon"):
        run("chapter", "found", f"{city} P2P (demo)", "--city", city, "--timezone", ZONE)
    for words in IMPORTS:
        run("import", *words)
    run("series", "add", "Future", "--chapter", "Paris", "--rule", "first Wednesday", "--start",
        "2027-02-03 18:30", "--end", "2027-02-03 23:00")  # fmt: skip
    return run


IMPORTS = (
    (str(DATA / "festival-0.csv"), "--chapter", "Paris", "--trust", "wall", "--history"),
    (str(DATA / "meetups.json"), "--history"),
    (str(DATA / "paris-p2p.md"), "--chapter", "Paris", "--history"),
)


@pytest.fixture(scope="module")
def rows(typed: Typed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(typed("export", "--format", "json"))
    return found


@pytest.fixture(scope="module")
def festival(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = [row for row in rows if len(row["sessions"]) == 63]
    return found


def test_a_second_import_of_everything_changes_nothing(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in IMPORTS:
        capsys.readouterr()
        typed("--json", "import", *words)
        groups = json.loads(capsys.readouterr().out)["groups"]
        assert [group["changed"] for group in groups] == [0] * len(groups), words


@needs_ical
def test_ical_js_understands_every_event_and_every_date_as_we_do(
    typed: Typed, rows: list[dict[str, Any]]
) -> None:
    """CAL-12 to CAL-16: another calendar program shows the same dates."""
    text = typed("export", "--format", "ics")
    done = subprocess.run(
        [str(NODE), JS / "ical.mjs"],
        input=text,
        capture_output=True,
        text=True,
        timeout=READ_S_MAX,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["components"] == text.count("BEGIN:VEVENT") > 100
    assert len({event["uid"] for event in told["events"]}) == len(told["events"])
    series = [event for event in told["events"] if event["dates"]]
    theirs = {
        (each["start"], each["status"] or "CONFIRMED")
        for event in series
        for each in event["dates"]
    }
    off = {"cancelled", "postponed", "skipped"}
    ours = {
        (row["start"], "CANCELLED" if row["status"] in off else "CONFIRMED")
        for row in rows
        if row["kind"] == "occurrence"
    }
    assert len(ours) > 20
    assert ours <= theirs
    (paris,) = [event for event in series if event["start"] == "2019-08-07T18:30:00"]
    held = [each["start"][:10] for each in paris["dates"] if each["status"] != "CANCELLED"]
    assert held == [
        "2019-08-07", "2019-09-04", "2019-10-02", "2019-11-06", "2019-12-04",
        "2020-01-08", "2020-02-05", "2020-03-04", "2020-04-01", "2020-05-06",
    ]  # fmt: skip
    (skipped,) = [each for each in paris["dates"] if each["start"] == "2020-01-01T18:30:00"]
    assert "skipped, moved to 2020-01-08" in skipped["summary"]
    instants = {event["utc"] for event in told["events"]}
    timed = [s["startUtc"] for row in rows for s in row["sessions"] if s["startUtc"]]
    assert {f"{each[:-1]}.000Z" for each in timed} <= instants


def test_feedparser_finds_nothing_wrong_with_the_feed(typed: Typed) -> None:
    feed = feedparser.parse(typed("export", "--format", "atom").encode("utf-8"))
    assert (feed.bozo, feed.version) == (False, "atom10")
    assert feed.feed.title
    assert feed.feed.updated_parsed
    assert len(feed.entries) > 10
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
    for entry in feed.entries:
        assert entry.title
        assert entry.updated_parsed
        assert entry.author


def test_every_page_that_is_written_is_html_without_a_fault(
    typed: Typed, tmp_path: Path, festival: dict[str, Any]
) -> None:
    typed("site", "-o", str(tmp_path / "site"))
    pages = {str(path): path.read_text("utf-8") for path in (tmp_path / "site").rglob("*.html")}
    assert len(pages) > 100
    for by in ("day", "room", "speaker"):
        words = ("--event", festival["id"], "--by", by)
        pages[by] = typed("export", "--format", "html", *words)
    for name, text in pages.items():
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(text)
        assert [code for _, code, _ in parser.errors] == [], name


def test_the_programme_has_what_conference_apps_ask_for(
    typed: Typed, festival: dict[str, Any]
) -> None:
    text = typed("export", "--format", "schedule-xml", "--event", festival["id"])
    root = ET.fromstring(text)
    assert root.tag == "schedule"
    assert [root.find("version") is None, root.find("conference") is None] == [False, False]
    days = root.findall("day")
    assert [day.get("date") for day in days] == [f"2020-01-{number:02}" for number in range(8, 13)]
    assert [day.get("index") for day in days] == ["1", "2", "3", "4", "5"]
    events = list(root.iter("event"))
    timed = [each for each in festival["sessions"] if each["startUtc"] and each["end"]]
    assert len(events) == len(timed) == 52
    for attribute in ("id", "guid"):
        assert len({event.get(attribute) for event in events}) == len(events)
    asked = {
        "date": r"2020-01-\d\dT\d\d:\d\d:00\+01:00",
        "start": r"\d\d:\d\d", "duration": r"\d\d:\d\d",
        "room": r".+", "title": r".+", "type": r"[a-z]+", "slug": r"[a-z0-9_]+",
    }  # fmt: skip
    for event in events:
        for name, form in asked.items():
            assert re.fullmatch(form, event.findtext(name) or ""), (event.get("id"), name)
        for name in (
            "subtitle",
            "track",
            "language",
            "abstract",
            "description",
            "persons",
            "links",
        ):
            assert event.find(name) is not None
    assert {room.get("name") for room in root.iter("room") if room.get("name")} >= {"Avion"}


def test_a_spreadsheet_has_a_row_for_everything_and_markdown_a_line(
    typed: Typed, rows: list[dict[str, Any]]
) -> None:
    table = list(csv.DictReader(io.StringIO(typed("export", "--format", "csv"), newline="")))
    assert len(table) == len(rows) + sum(len(row["sessions"]) for row in rows)
    page = typed("export", "--format", "markdown")
    assert page.count("\n## ") == len(rows)
    assert "(skipped, moved to 2020-01-08)" in page


def test_past_events_stay_in_every_feed_and_are_marked_as_history(
    typed: Typed, rows: list[dict[str, Any]]
) -> None:
    old = [row for row in rows if row["start"] < "2021"]
    assert len(old) > 10
    assert all(row["history"] for row in old if row["kind"] == "event")
    for form in ("ics", "atom", "csv", "markdown", "html"):
        assert "2020" in typed("export", "--format", form), form
