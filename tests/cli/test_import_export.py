"""Files in and out, on the real data where it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import icalendar
import pytest

from p2pevents.errors import LogError
from p2pevents.node.desk import Desk
from tests.cli.conftest import Run

DATA = Path(__file__).parents[3] / "shared" / "data"
FESTIVAL = DATA / "festival-0.csv"
MEETUPS = DATA / "meetups.json"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the real data is not beside the project")


@pytest.fixture(autouse=True)
def chapters(run: Run) -> None:
    """Every test begins with chapters in Paris and Lyon."""
    for city in ("Paris", "Lyon"):
        run("chapter", "found", f"{city} P2P (demo)", "--city", city, "--timezone", "Europe/Paris")


@needs_data
def test_the_festival_asks_which_reading_holds_and_then_comes_in_whole(run: Run) -> None:
    asked = run("import", str(FESTIVAL), "--chapter", "Paris")
    assert asked.code == 1
    assert "--trust wall" in asked.err
    assert run("event", "list", "--json").json == []

    done = run("--json", "import", str(FESTIVAL), "--chapter", "Paris", "--trust", "wall").json
    assert done["groups"][0]["changed"] == 64
    (event,) = run("event", "list", "--json").json
    assert len(event["sessions"]) == 63
    row_2 = next(each for each in event["sessions"] if "Cypherpunk" in each["title"])
    assert (row_2["start"], row_2["startUtc"]) == ("2020-01-08T19:00:00", "2020-01-08T18:00:00Z")


@needs_data
def test_a_second_import_changes_nothing(run: Run) -> None:
    words = ("--json", "import", str(FESTIVAL), "--chapter", "Paris", "--trust", "wall")
    run(*words)
    again = run(*words).json["groups"][0]
    assert (again["changed"], again["unchanged"]) == (0, 64)


@needs_data
def test_a_dry_run_writes_nothing(run: Run) -> None:
    outcome = run("import", str(FESTIVAL), "--chapter", "Paris", "--trust", "wall", "--dry-run")
    assert "would write 64 of 64" in outcome.out
    assert run("event", "list", "--json").json == []


@needs_data
def test_each_group_goes_to_my_chapter_of_its_city_and_the_others_are_named(run: Run) -> None:
    done = run("--json", "import", str(MEETUPS), "--history").json
    assert len(done["groups"]) == 2
    assert done["leftOut"] == ["meetups.json: nantes"]
    rows = run("event", "list", "--chapter", "Paris", "--json").json
    held = [row["start"][:10] for row in rows if row["status"] != "skipped"]
    assert held == [
        "2019-08-07", "2019-09-04", "2019-10-02", "2019-11-06", "2019-12-04",
        "2020-01-08", "2020-02-05", "2020-03-04", "2020-04-01", "2020-05-06",
    ]  # fmt: skip
    (skipped,) = [row for row in rows if row["status"] == "skipped"]
    assert skipped["movedTo"].endswith("/2020-01-08")


@needs_data
def test_the_schedule_doctor_finds_the_overlaps_of_the_real_programme(run: Run) -> None:
    findings = run("check", str(FESTIVAL), "--json").json
    assert {"overlap", "midnight", "zone"} <= {each["rule"] for each in findings}
    assert sum(each["rule"] == "overlap" for each in findings) == 6


@needs_data
def test_the_ics_export_reads_back_with_every_session(run: Run, tmp_path: Path) -> None:
    run("import", str(FESTIVAL), "--chapter", "Paris", "--trust", "wall")
    target = tmp_path / "festival.ics"
    assert run("export", "--format", "ics", "-o", str(target)).code == 0
    calendar = icalendar.Calendar.from_ical(target.read_bytes())
    events = calendar.walk("VEVENT")
    assert len(events) == 1 + 54
    # The nine whose hour is to be announced stand in the festival's own description.
    (festival,) = [event for event in events if event["SUMMARY"] == "Festival"]
    assert str(festival["DESCRIPTION"]).count("time to be announced") == 9


def test_bad_files_get_one_clear_error_and_nothing_is_half_imported(
    run: Run, tmp_path: Path
) -> None:
    cases = {
        "latin.csv": "id,t_start,en_title\n1,2020-01-08T18:00,caf\xe9".encode("latin-1"),
        "empty.csv": b"",
        "columns.csv": b"a,b\n1,2\n",
        "broken.json": b'{"paris": {"editions": [',
        "what.xyz": b"x",
    }
    for name, data in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        outcome = run("import", str(path), "--chapter", "Paris")
        assert outcome.code == 1, name
        assert name in outcome.err
        assert "Traceback" not in outcome.err
    missing = run("import", str(tmp_path / "missing.csv"))
    assert missing.code == 1
    assert "missing.csv: cannot be read" in missing.err
    assert run("event", "list", "--json").json == []


def test_a_folder_is_no_file_to_check(run: Run, tmp_path: Path) -> None:
    outcome = run("check", str(tmp_path))
    assert outcome.code == 1
    assert "cannot be read: is a directory" in outcome.err


def test_a_calendar_goes_out_and_in_again_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    run("series", "add", "Meetup", "--chapter", "Paris", "--rule", "first Wednesday",
        "--start", "18:30", "--end", "23:00")  # fmt: skip
    run("event", "add", "--chapter", "Paris", "--title", "Festival", "--start", "2027-01-08 18:30",
        "--end", "2027-01-08 23:00", "--venue", "Hall", "--tag", "p2p")  # fmt: skip
    target = tmp_path / "paris.ics"
    assert run("export", "--chapter", "Paris", "--format", "ics", "-o", str(target)).code == 0
    again = run("--json", "import", str(target), "--chapter", "Paris").json["groups"][0]
    assert (again["changed"], again["unchanged"]) == (0, 2)
    into_lyon = run("--json", "import", str(target), "--chapter", "Lyon").json["groups"][0]
    assert (into_lyon["added"], into_lyon["unchanged"]) == (2, 0)
    twice = run("--json", "import", str(target), "--chapter", "Lyon").json["groups"][0]
    assert (twice["changed"], twice["unchanged"]) == (0, 2)


def test_what_was_taken_back_does_not_return_by_a_file(run: Run, tmp_path: Path) -> None:
    run("event", "add", "--chapter", "Paris", "--title", "Meetup", "--start", "2027-01-08 18:30")
    target = tmp_path / "paris.ics"
    run("export", "--chapter", "Paris", "--format", "ics", "-o", str(target))
    (event,) = run("event", "list", "--json").json
    run("event", "retract", event["id"])
    outcome = run("import", str(target), "--chapter", "Paris")
    assert "1 were taken back and stay so" in outcome.out
    assert run("event", "list", "--json").json == []


def test_a_dry_run_shows_each_object_that_would_be_new_or_change(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "talks.csv"
    path.write_text("id,start,title\n1,2027-01-08T19:00,One\n2,2027-01-08T20:00,Two\n")
    shown = run("import", str(path), "--chapter", "Paris", "--dry-run").out
    assert "talks.csv: columns: id is id, start is start, title is title" in shown
    assert [line.split()[0] for line in shown.splitlines() if "session" in line] == ["new", "new"]
    run("import", str(path), "--chapter", "Paris")
    path.write_text("id,start,title\n1,2027-01-08T19:00,One\n2,2027-01-08T20:00,Three\n")
    shown = run("import", str(path), "--chapter", "Paris", "--dry-run").out
    (line,) = [line for line in shown.splitlines() if "session" in line]
    assert line.split()[:2] == ["change", "title"]


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("ics", b"BEGIN:VCALENDAR"),
        ("atom", b"<?xml"),
        ("json", b"[\n"),
        ("markdown", b"# Paris P2P \\(demo\\)"),
        ("csv", b"id,chapter,day"),
    ],
)
def test_every_format_is_written(run: Run, tmp_path: Path, form: str, begins: bytes) -> None:
    run("event", "add", "--chapter", "Paris", "--title", "Meetup", "--start", "2027-01-08 18:30")
    target = tmp_path / "out"
    done = run("--json", "export", "--chapter", "Paris", "--format", form, "-o", str(target))
    assert done.json["events"] == 1
    data = target.read_bytes()
    assert data.startswith(begins) or form == "markdown"
    assert b"Meetup" in data


@needs_data
def test_a_programme_goes_through_schedule_xml(run: Run, tmp_path: Path) -> None:
    run("import", str(FESTIVAL), "--chapter", "Paris", "--trust", "wall")
    (event,) = run("event", "list", "--json").json
    target = tmp_path / "schedule.xml"
    words = ("export", "--format", "schedule-xml", "-o", str(target))
    assert run(*words).code == 2
    assert run("--json", *words, "--event", event["id"][:6]).json["events"] == 52
    again = run("--json", "import", str(target), "--chapter", "Paris").json["groups"][0]
    assert again["added"] == 0


@needs_data
def test_the_communitys_post_becomes_a_recap(run: Run) -> None:
    done = run("--json", "import", str(DATA / "paris-p2p.md"), "--chapter", "Paris", "--history")
    (group,) = done.json["groups"]
    assert group["added"] == 1
    assert [each["rule"] for each in done.json["findings"]] == ["encoding", "left-out"]


def test_a_column_is_what_a_person_says_where_its_name_does_not_tell(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "talks.csv"
    path.write_text("When,Quoi,Start\n2027-01-08T19:00,Un,never\n2027-01-08T20:00,Deux,never\n")
    refused = run("import", str(path), "--chapter", "Paris")
    assert "no column for the title" in refused.err
    assert "--column NAME=title" in refused.err
    words = ("--column", "Quoi=fr_title", "--column", "When=start", "--column", "Start=")
    done = run("--json", "import", str(path), "--chapter", "Paris", *words).json
    assert done["columns"]["talks.csv"] == {"When": "start", "Quoi": "title (fr)"}
    (event,) = run("event", "list", "--json").json
    assert [each["title"] for each in event["sessions"]] == ["Un", "Deux"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--column", "Nope=title"), 1, "no column 'Nope'"),
        (("--column", "title=price"), 1, "--column title=price: not what a column can be"),
        (("--column", "title"), 2, "no = in it"),
        (("--column", "title=start", "--column", "title=end"), 2, "'title' is given twice"),
        (("--encoding", "klingon"), 1, "'klingon' is no encoding"),
        (("--encoding", "rot13"), 1, "'rot13' is no encoding"),
    ],
)
def test_what_cannot_be_said_of_a_table_is_refused(
    run: Run, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    path = tmp_path / "talks.csv"
    path.write_text("title,start\nOne,2027-01-08T19:00\n")
    refused = run("import", str(path), "--chapter", "Paris", *words)
    assert (refused.code, said in refused.err) == (code, True), refused.err
    calendar = tmp_path / "a.ics"
    calendar.write_text("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    refused = run("import", str(calendar), "--chapter", "Paris", "--column", "a=title")
    assert "has no columns" in refused.err


def test_an_old_encoding_is_shown_as_it_would_read_and_taken_when_it_is_named(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "talks.csv"
    text = "title,start\nCafé \u20ac5,2027-01-08T19:00\n"
    path.write_bytes(text.encode("windows-1252"))
    refused = run("import", str(path), "--chapter", "Paris")
    assert "if 'Café €5,2027-01-08T19:0' reads right, say --encoding windows-1252" in refused.err
    run("import", str(path), "--chapter", "Paris", "--encoding", "windows-1252")
    path.write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))  # a spreadsheet's "Unicode text"
    again = run("--json", "import", str(path), "--chapter", "Paris").json["groups"][0]
    assert (again["changed"], again["unchanged"]) == (0, 2)


def test_of_an_import_that_is_killed_on_its_way_nothing_is_left(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "talks.csv"
    rows = "".join(f"{n},2027-01-08T19:00,Talk {n}\n" for n in range(9))
    path.write_text("id,start,title\n" + rows)
    monkeypatch.setattr("p2pevents.cli.import_.WRITTEN_AT_ONCE_MAX", 4)
    write = Desk.write
    asked: list[int] = []

    def failing(desk: Desk, *arguments: Any) -> Any:
        asked.append(1)
        if len(asked) == 3:
            raise LogError("no room on the disk")
        return write(desk, *arguments)

    monkeypatch.setattr(Desk, "write", failing)
    assert run("import", str(path), "--chapter", "Paris").code == 1
    assert len(asked) == 3
    monkeypatch.undo()
    assert run("event", "list", "--json").json == []
    done = run("--json", "import", str(path), "--chapter", "Paris").json["groups"][0]
    assert done["added"] == 10
