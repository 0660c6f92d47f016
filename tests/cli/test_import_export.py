"""Files in and out, on the real data where it is there."""

from __future__ import annotations

from pathlib import Path

import icalendar
import pytest

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
