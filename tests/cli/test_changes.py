"""What changed since I last asked."""

from __future__ import annotations

import pytest

from p2pevents.node import looking
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def chapter(run: Run) -> None:
    run("chapter", "found", "Paris P2P (demo)", "--city", "Paris", "--timezone", "Europe/Paris")


def told(run: Run, *words: str) -> list[tuple[str, str]]:
    return [(each["change"], each["title"]) for each in run("changes", "--json", *words).json]


def add(run: Run, title: str) -> str:
    added = run("event", "add", "--title", title, "--start", "2027-02-03 18:30", "--json").json
    return str(added["id"])


def test_the_first_time_nothing_is_old_and_then_each_change_is_told_once(run: Run) -> None:
    add(run, "Old")
    assert "from now on" in run("changes").out
    assert "nothing changed" in run("changes").out
    event = add(run, "New")
    assert told(run, "--keep") == [("new", "New")]
    assert told(run) == [("new", "New")]
    assert told(run) == []
    run("event", "move", event, "--start", "2027-02-04 18:30")
    moved = run("changes", "--keep", "--json").json[0]
    assert (moved["change"], moved["before"]["start"]) == ("moved", "2027-02-03T18:30:00")
    assert "moved      2027-02-04 18:30  New  (was 2027-02-03 18:30)" in run("changes").out
    run("event", "cancel", event, "--reason", "holiday")
    run("event", "retract", add(run, "Never seen"))
    assert told(run) == [("cancelled", "New")]


def test_a_date_of_a_series_that_is_skipped_is_told_with_what_stands_for_it(run: Run) -> None:
    run("series", "add", "Meetup", "--rule", "first Wednesday", "--start", "2027-02-03 18:30")
    run("changes")
    (series,) = run("series", "list", "--json").json
    run("series", "skip", f"{series['id']}/2027-03-03", "--to", "2027-03-10")
    # Behind the date that stands for it, the count goes on as before.
    assert [change for change, _ in told(run)] == ["skipped", "new"]


def test_one_chapter_alone_leaves_the_others_for_the_next_time(run: Run) -> None:
    run("changes")
    add(run, "New")
    assert told(run, "--chapter", "Paris") == [("new", "New")]
    assert told(run) == [("new", "New")]


def test_without_a_chapter_there_is_nothing_to_tell(run: Run) -> None:
    (row,) = run("chapter", "list", "--json").json
    run("unfollow", row["chapter"])
    refused = run("changes")
    assert (refused.code, "you follow no chapter yet" in refused.err) == (1, True)


@pytest.mark.parametrize("roots_max", [looking.ROOTS_MAX, 1, 0])
def test_what_is_read_one_by_one_is_told_as_if_all_were_read(
    run: Run, monkeypatch: pytest.MonkeyPatch, roots_max: int
) -> None:
    run("series", "add", "Meetup", "--rule", "first Wednesday", "--start", "2027-02-03 18:30")
    moved, elsewhere, gone = add(run, "Moved"), add(run, "Elsewhere"), add(run, "Gone")
    add(run, "Same")
    run("changes")
    (series,) = run("series", "list", "--json").json
    run("series", "skip", f"{series['id']}/2027-03-03", "--to", "2027-03-10")
    run("event", "move", moved, "--start", "2027-02-05 18:30")
    run("event", "edit", elsewhere, "--venue", "La Paillasse")
    run("event", "retract", gone)
    talk = ("--title", "Talk", "--start", "19:00", "--end", "19:30")
    run("session", "add", "--event", f"{series['id']}/2027-04-07", *talk)
    monkeypatch.setattr(looking, "ROOTS_MAX", roots_max)
    assert sorted(told(run)) == [
        ("changed", "Meetup"),
        ("gone", "Gone"),
        ("moved", "Moved"),
        ("new", "Meetup"),
        ("new place", "Elsewhere"),
        ("skipped", "Meetup"),
    ]
