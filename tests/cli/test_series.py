"""Series: a rule that changes from a day on, a date that is skipped, what editions begin with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from p2pevents.node.continuing import continue_series
from p2pevents.record.fields import Series
from p2pevents.record.header import ObjectId
from p2pevents.record.values import Recurring
from tests.cli.conftest import Run
from tests.view.making import CHAPTER

TEMPLATE = """
venue = "Ground Control"
languages = ["fr", "en"]

[[slot]]
title = "Doors"
type = "doors"
start = "18:30"
end = "19:00"

[[slot]]
title = "Talks"
type = "talk"
start = "19:00"
end = "20:30"

[call]
title = "Talks for the next meetup"
closes_days_before = 7
types = ["talk"]
"""


@pytest.fixture(autouse=True)
def series(run: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    """A chapter in Paris that meets every first Wednesday, from February 2027 on."""
    run("chapter", "found", "Paris P2P (demo)", "--city", "Paris", "--timezone", "Europe/Paris")
    added = run("series", "add", "Meetup", "--rule", "first Wednesday", "--start",
                "2027-02-03 18:30", "--end", "2027-02-03 23:00", "--venue", "Ground Control",
                "--json")  # fmt: skip
    return str(added.json["id"])


def dates(run: Run, until: str = "2027-07-01") -> list[tuple[str, int | None, str]]:
    rows = run("event", "list", "--json").json
    return [
        (row["start"][:16], row["edition"], row["status"])
        for row in rows
        if row["start"][:10] < until
    ]


def test_a_rule_that_changes_from_a_day_on_keeps_the_past(run: Run, series: str) -> None:
    done = run("series", "edit", series, "--rule", "second Thursday", "--start", "19:00",
               "--from", "2027-05-01", "--json").json  # fmt: skip
    assert (done["continues"], done["first"], done["said"]) == (series, "2027-05-13", [])
    assert dates(run) == [
        ("2027-02-03T18:30", 0, "confirmed"),
        ("2027-03-03T18:30", 1, "confirmed"),
        ("2027-04-07T18:30", 2, "confirmed"),
        ("2027-05-13T19:00", 3, "confirmed"),
        ("2027-06-10T19:00", 4, "confirmed"),
    ]
    (row,) = run("series", "list", "--json").json
    assert (row["id"], row["rule"]) == (done["id"], "FREQ=MONTHLY;BYDAY=2TH")
    assert row["before"] == [
        {
            "id": series,
            "rule": "FREQ=MONTHLY;BYDAY=1WE;UNTIL=20270430",
            "start": "2027-02-03T18:30:00",
        }
    ]
    (heir,) = [each for each in run("event", "list", "--json").json if each["edition"] == 3]
    assert (heir["venue"], heir["end"]) == ("Ground Control", "2027-05-13T23:30:00")


def test_an_hour_that_changes_from_a_day_on_keeps_the_rule(run: Run, series: str) -> None:
    run("series", "edit", series, "--start", "20:00", "--end", "22:00", "--from", "2027-04-01")
    assert [start for start, _, _ in dates(run, "2027-06-01")] == [
        "2027-02-03T18:30", "2027-03-03T18:30", "2027-04-07T20:00", "2027-05-05T20:00",
    ]  # fmt: skip


def test_two_organisers_who_continue_a_series_at_once_meet_on_one_object() -> None:
    found = ObjectId(chapter=CHAPTER, kind="series", path=("paris",))
    when = Recurring(
        start="2027-02-03T18:30:00",
        time_zone="Europe/Paris",
        recurrence_rule="FREQ=MONTHLY;BYDAY=1WE",
    )
    ana, ben = (
        continue_series(
            found,
            Series(title="Meetup", when=when),
            on=date(2027, 5, 1),
            words={"rule": rule},
        )
        for rule in ("second Thursday", "third Friday")
    )
    assert ana.heir.path == ben.heir.path
    assert ana.old.changes == ben.old.changes


def test_a_series_that_ended_cannot_go_on_twice(run: Run, series: str) -> None:
    words = ("--rule", "second Thursday", "--from", "2027-05-01")
    run("series", "edit", series, *words)
    refused = run("series", "edit", series, *words)
    assert (refused.code, "the series ends on 2027-04-30" in refused.err) == (1, True)


def test_words_of_dates_that_the_new_rule_takes_over_are_named(run: Run, series: str) -> None:
    run("event", "edit", f"{series}/2027-06-02", "--title", "Crypto night")
    done = run("series", "edit", series, "--rule", "second Thursday", "--from", "2027-05-01")
    assert "of 2027-06-02 something was said already" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2027-05-01"), "nothing to change"),
        (("--from", "2027-01-01", "--start", "19:00"), "has no date before it"),
        (("--from", "soon", "--start", "19:00"), "--from: 'soon' is not a day"),
        (("--from", "2027-05-01", "--rule", "now and then"), "is not understood"),
    ],
)
def test_what_cannot_go_on_is_refused(
    run: Run, series: str, words: tuple[str, ...], said: str
) -> None:
    outcome = run("series", "edit", series, *words)
    assert outcome.code == 1
    assert said in outcome.err


def test_a_date_that_is_skipped_says_where_it_went(run: Run, series: str) -> None:
    done = run("series", "skip", f"{series}/2027-04-07", "--to", "2027-04-14", "--reason", "Easter")
    assert "skipped, moved to 2027-04-14" in done.out
    assert dates(run, "2027-06-01") == [
        ("2027-02-03T18:30", 0, "confirmed"),
        ("2027-03-03T18:30", 1, "confirmed"),
        ("2027-04-07T18:30", None, "skipped"),
        ("2027-04-14T18:30", 2, "confirmed"),
        ("2027-05-05T18:30", 3, "confirmed"),
    ]
    assert "skipped, moved to 2027-04-14: Easter" in run("event", "list").out
    (moved,) = [each for each in run("event", "list", "--json").json if each["edition"] == 2]
    assert (moved["end"], moved["venue"]) == ("2027-04-14T23:00:00", "Ground Control")
    twice = run("series", "skip", f"{series}/2027-03-03", "--to", "2027-03-03")
    assert "is no other day" in twice.err
    assert "is no date of a series" in run("series", "skip", series).err


def test_a_template_is_copied_to_each_edition(run: Run, series: str, tmp_path: Path) -> None:
    """CAL-19: the copy has the slot's own component, moved by the days between."""
    file = tmp_path / "evening.toml"
    file.write_text(TEMPLATE)
    made = run("chapter", "template", "set", str(file), "--json").json
    assert [part["title"] for part in made["parts"]] == [
        "Talks for the next meetup",
        "Doors",
        "Talks",
    ]
    assert run("chapter", "template", "set", str(file), "--json").json["changed"] == 0
    rows = run("event", "list", "--json").json
    assert all(row["sessions"] == [] for row in rows)  # a template is a part of no date

    done = run("chapter", "template", "apply", f"{series}/2027-04-07", "--json").json
    assert done["changed"] == 3
    assert [part["start"] for part in done["parts"]] == [
        "2027-03-31", "2027-04-07T18:30:00", "2027-04-07T19:00:00",
    ]  # fmt: skip
    assert (
        run("chapter", "template", "apply", f"{series}/2027-04-07", "--json").json["changed"] == 0
    )
    (april,) = [
        row for row in run("event", "list", "--json").json if row["start"] == "2027-04-07T18:30:00"
    ]
    assert [each["title"] for each in april["sessions"]] == ["Doors", "Talks"]
    assert (april["venue"], april["languages"]) == ("Ground Control", ["fr", "en"])
    ids = {part["id"].rpartition("/")[2] for part in done["parts"]}
    assert ids == {part["id"].rpartition("/")[2] for part in made["parts"]}
    calls = run("call", "show", "--all", "--json").json
    assert "2027-03-31" in [each["closes"] for each in calls]

    run("event", "retract", april["sessions"][0]["id"])
    assert (
        run("chapter", "template", "apply", f"{series}/2027-04-07", "--json").json["changed"] == 0
    )

    file.write_text('[[slot]]\ntitle = "Doors"\nstart = "18:30"\n')
    made = run("chapter", "template", "set", str(file), "--json").json
    assert [part["title"] for part in made["parts"]] == ["Doors"]
    assert "Doors" in run("chapter", "template", "show").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slots = 1", "slots: not a word of a template"),
        ("slot = 1", "slot: not a list of tables"),
        ("[[slot]]\nstart = '18:30'", "slot 1: has no title"),
        ("[[slot]]\ntitle = 'A'\nstart = 'late'", "slot 1: start:"),
        ("call = 1", "call: not a table"),
        ("[call]\ntitle = 'A'\ncloses = '2027-01-01'", "call: closes: has no day in a template"),
        ("[call]\ntitle = 'A'\ncloses_days_before = 999", "call: closes_days_before"),
        ("[call]\ntypes = ['talk']", "call: has no title"),
    ],
)
def test_a_template_that_cannot_be_used_names_file_and_field(
    run: Run, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "evening.toml"
    file.write_text(text)
    outcome = run("chapter", "template", "set", str(file))
    assert outcome.code == 1
    assert f"evening.toml: {said}" in outcome.err


def test_a_template_is_of_a_series_and_goes_to_one_of_its_dates(run: Run, series: str) -> None:
    run("event", "add", "--title", "Party", "--start", "2027-02-06 20:00")
    (party,) = [each for each in run("event", "list", "--json").json if each["title"] == "Party"]
    assert "not a series" in run("chapter", "template", "show", "--series", party["id"]).err
    assert "no date of a series" in run("chapter", "template", "apply", series).err
    assert "is no date of" in run("chapter", "template", "apply", f"{series}/2027-02-04").err
    run("series", "add", "Other", "--rule", "first Friday", "--start", "2027-02-05 18:30")
    assert "the chapter has 2 series" in run("chapter", "template", "show").err
