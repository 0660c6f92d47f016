"""Events, series and sessions from the command line, good input and bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

WHEN = ("--start", "2027-01-06 18:30", "--end", "23:00")


@pytest.fixture(autouse=True)
def chapter(run: Run) -> None:
    """Every test begins with a chapter in Paris."""
    run("chapter", "found", "Paris P2P (demo)", "--city", "Paris", "--timezone", "Europe/Paris")


def add(run: Run, *words: str) -> str:
    outcome = run("--json", "event", "add", *words)
    assert outcome.code == 0, outcome.err
    return str(outcome.json["id"])


def show(run: Run, identifier: str) -> dict[str, Any]:
    shown: dict[str, Any] = run("event", "show", identifier, "--json").json
    return shown


def test_an_added_event_has_every_key_that_programs_count_on(run: Run) -> None:
    identifier = add(
        run,
        "--title",
        "Paris P2P #10",
        *WHEN,
        "--venue",
        "Ground Control",
        "--tag",
        "meetup",
        "--language",
        "fr",
        "--stream",
        "https://example.org/live",
    )
    (row,) = run("agenda", "--from", "2027-01-06", "--to", "2027-01-06", "--json").json
    assert {
        "id", "chapter", "chapterName", "title", "start", "end", "timeZone", "startUtc", "status",
        "venue", "tags", "languages", "conflict", "url",
    } <= row.keys()  # fmt: skip
    assert row["id"] == identifier
    assert (row["start"], row["startUtc"]) == ("2027-01-06T18:30:00", "2027-01-06T17:30:00Z")
    assert (row["status"], row["conflict"], row["url"]) == ("confirmed", False, None)
    assert (row["tags"], row["languages"]) == (["meetup"], ["fr"])


def test_without_a_daemon_it_is_saved_and_says_so(run: Run) -> None:
    outcome = run("event", "add", "--title", "X", *WHEN)
    assert "saved; will be announced when a node runs" in outcome.out
    assert "waits for a node" in show(run, outcome.out.split()[0])["delivery"]


def test_an_end_before_its_start_names_the_way_out_and_writes_nothing(run: Run) -> None:
    outcome = run(
        "event", "add", "--title", "X", "--start", "2027-03-01 19:00", "--end", "2027-03-01 18:00"
    )
    assert outcome.code == 1
    assert "before" in outcome.err
    assert "2027-03-02" in outcome.err
    assert run("event", "list", "--json").json == []


def test_an_end_after_midnight_is_typed_as_an_hour_and_its_date_is_shown(run: Run) -> None:
    outcome = run("event", "add", "--title", "X", "--start", "2027-03-01 23:30", "--end", "00:30")
    assert "; ends 2027-03-02 at 00:30" in outcome.out
    identifier = outcome.out.split()[0]
    assert show(run, identifier)["end"] == "2027-03-02T00:30:00"
    moved = run("event", "move", identifier, "--start", "2027-03-01 19:00", "--end", "21:00")
    assert "ends" not in moved.out


def test_an_error_in_a_file_names_the_file(run: Run, tmp_path: Path) -> None:
    talk = tmp_path / "talk.toml"
    talk.write_text('title = "X"\nstart = "2027-03-01 19:00"\nvenu = "Y"\n', encoding="utf-8")
    outcome = run("event", "add", str(talk))
    assert outcome.code == 1
    assert "talk.toml" in outcome.err
    assert "venue" in outcome.err


def test_a_file_of_words_makes_an_event(run: Run, tmp_path: Path) -> None:
    talk = tmp_path / "talk.toml"
    talk.write_text(
        'title = "A talk"\nstart = 2027-03-01T19:00:00\nend = "20:00"\ntags = ["talk"]\n',
        encoding="utf-8",
    )
    assert show(run, add(run, str(talk)))["title"] == "A talk"


def test_edit_changes_what_is_named_and_leaves_the_rest(run: Run) -> None:
    identifier = add(run, "--title", "X", *WHEN, "--venue", "Ground Control")
    assert run("event", "edit", identifier[:8], "--title", "Y").code == 0
    shown = show(run, identifier)
    assert (shown["title"], shown["venue"]) == ("Y", "Ground Control")


def test_move_cancel_and_retract(run: Run) -> None:
    identifier = add(run, "--title", "X", *WHEN)
    run("event", "move", identifier, "--start", "2027-01-13 19:00", "--end", "22:00")
    assert show(run, identifier)["start"] == "2027-01-13T19:00:00"
    run("event", "cancel", identifier, "--reason", "the venue is closed")
    assert show(run, identifier)["status"] == "cancelled"
    assert "the venue is closed" in run("agenda", "--from", "2027-01-01").out
    run("event", "retract", identifier)
    assert run("event", "list", "--json").json == []
    gone = run("event", "show", identifier)
    assert gone.code == 1
    assert "retracted" in gone.err


def test_an_unknown_id_names_where_to_look(run: Run) -> None:
    outcome = run("event", "show", "zzzz")
    assert outcome.code == 1
    assert "p2pevents event list" in outcome.err


def test_a_series_gives_first_wednesdays_and_one_date_can_differ(run: Run) -> None:
    outcome = run(
        "--json",
        "--now",
        "2027-01-01T00:00:00+01:00",
        "series",
        "add",
        "Monthly",
        "--rule",
        "first Wednesday",
        "--start",
        "18:30",
        "--end",
        "23:00",
    )
    assert outcome.code == 1  # a clock of one's own is for the demo's network alone
    series = run(
        "--json",
        "series",
        "add",
        "Monthly",
        "--rule",
        "first Wednesday",
        "--start",
        "2027-01-06 18:30",
        "--end",
        "23:00",
    ).json["id"]
    assert run("event", "edit", f"{series[:6]}/2027-02-03", "--venue", "Online").code == 0
    rows = run("agenda", "--from", "2027-01-01", "--to", "2027-04-30", "--json").json
    assert [row["start"][:10] for row in rows] == [
        "2027-01-06", "2027-02-03", "2027-03-03", "2027-04-07",
    ]  # fmt: skip
    assert [row["venue"] for row in rows] == [None, "Online", None, None]


def test_a_date_that_no_rule_gives_is_refused(run: Run) -> None:
    series = run(
        "--json",
        "series",
        "add",
        "Monthly",
        "--rule",
        "first Wednesday",
        "--start",
        "2027-01-06 18:30",
        "--end",
        "23:00",
    ).json["id"]
    outcome = run("event", "edit", f"{series}/2027-02-04", "--venue", "Online")
    assert outcome.code == 1
    assert "no date of its series" in outcome.err


def test_sessions_stand_under_their_event(run: Run) -> None:
    event = add(run, "--title", "Festival", *WHEN)
    session = run(
        "--json",
        "session",
        "add",
        "--event",
        event[:8],
        "--title",
        "Replacing BGP",
        "--start",
        "19:00",
        "--end",
        "19:30",
        "--type",
        "talk",
        "--speaker",
        "Someone",
    ).json["id"]
    assert session.startswith(f"{event}/")
    assert run("session", "edit", session, "--room", "Village").code == 0
    (row,) = run("session", "list", "--event", event, "--json").json
    assert (row["start"], row["room"], row["type"]) == ("2027-01-06T19:00:00", "Village", "talk")
    assert [each["id"] for each in show(run, event)["sessions"]] == [session]


def test_markup_and_escapes_in_a_title_reach_the_terminal_as_text(run: Run) -> None:
    add(run, "--title", "[bold red]x[/] <b> & `y`", *WHEN)
    assert "[bold red]x[/] <b> & `y`" in run("agenda", "--from", "2027-01-01").out
    refused = run("event", "add", "--title", "a\x1b[31mb", *WHEN)
    assert refused.code == 1
    assert "\x1b" not in refused.err


def test_a_file_that_is_no_text_says_so(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "talk.toml"
    file.write_bytes(b"\xff\xfe")
    outcome = run("event", "add", str(file))
    assert outcome.code == 1
    assert "talk.toml: not UTF-8 text" in outcome.err


def test_a_window_that_ends_before_it_begins_is_an_error(run: Run) -> None:
    outcome = run("agenda", "--from", "2027-01-10", "--to", "2027-01-01")
    assert outcome.code == 1
    assert "2027-01-01 is before --from 2027-01-10" in outcome.err
