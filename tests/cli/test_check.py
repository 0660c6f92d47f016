"""The schedule doctor on the command line: row by row, and what only a chapter can lack."""

from __future__ import annotations

import pytest

from p2pevents.node.links import LinkState
from tests.cli.conftest import Run
from tests.cli.test_import_export import FESTIVAL, needs_data

# By rule, the rows of the real programme; what the importer finds stands with its column.
FOUND = {
    "day": ["40", "43", "50"],
    "end": ["22", "32"],
    "left-out": ["image", "k_icon"],
    "midnight": ["31", "5", "50"],
    "overlap": ["31", "57", "60", "60", "61", "61"],
    "same-room": ["1", "14", "2", "22", "26", "3", "5", "6"],
    "same-translation": ["2", "21", "26", "31", "4", "41", "43", "60", "61", "63"],
    "space": ["16", "19", "22", "30", "39", "39", "44", "45", "45", "46", "46", "57", "57"],
    "speaker": ["44", "45", "46"],
    "speaker-spelling": ["43"],
    "tba": ["16", "19", "21", "21", "21", "23", "30", "51", "53", "63", "63", "63", "9"],
    "title": ["23", "56"],
    "translation": ["44"],
    "zone": ["1"],
}


@pytest.fixture(autouse=True)
def chapter(run: Run) -> None:
    run("chapter", "found", "Paris P2P (demo)", "--city", "Paris", "--timezone", "Europe/Paris")


@needs_data
def test_every_defect_of_the_real_programme_is_told_by_its_row_and_nothing_else(run: Run) -> None:
    found: dict[str, list[str]] = {}
    for each in run("check", str(FESTIVAL), "--json").json:
        row = each["where"].removeprefix("festival-0.csv: ").removeprefix("row ").split(":")[0]
        found.setdefault(each["rule"], []).append(row)
    assert {rule: sorted(rows) for rule, rows in found.items()} == FOUND


def test_a_chapter_without_a_date_to_come_is_told(run: Run) -> None:
    (finding,) = run("check", "--json").json
    assert (finding["rule"], finding["where"]) == ("next-date", "Paris P2P (demo)")
    run("event", "add", "--title", "Meetup", "--start", "2027-01-06 18:30", "--end", "23:00")
    assert run("check", "--json").json == []


def test_a_series_is_checked_by_its_id(run: Run) -> None:
    run("series", "add", "Meetup", "--rule", "first Wednesday", "--start", "2027-01-06 18:30",
        "--json")  # fmt: skip
    (series,) = run("series", "list", "--json").json
    dated = f"{series['id']}/2027-01-06"
    for title in ("A", "B"):
        run("session", "add", "--event", dated, "--title", title, "--start", "19:00", "--end",
            "20:00", "--room", "Hall")  # fmt: skip
    assert [each["rule"] for each in run("check", series["id"], "--json").json] == ["overlap"]


def test_links_are_asked_for_only_where_that_is_wanted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(links: dict[str, str]) -> dict[str, tuple[LinkState, str]]:
        asked.extend(links)
        return dict.fromkeys(links, (LinkState.GONE, "answers 404"))

    monkeypatch.setattr("p2pevents.cli.check.check_links", answer)
    run("event", "add", "--title", "Meetup", "--start", "2027-01-06 18:30", "--end", "23:00",
        "--stream", "https://live.example.org/p2p")  # fmt: skip
    assert run("check", "--json").json == []
    assert asked == []
    (finding,) = run("check", "--links", "--json").json
    assert asked == ["https://live.example.org/p2p"]
    assert finding["rule"] == "link-gone"
    assert finding["message"].endswith("is not there any more: answers 404")
