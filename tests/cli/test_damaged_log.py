"""A damaged log: who looks sees what can be read, who writes is refused; both hear what to do."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.people import Person

PAGE_BYTES = 4096
EVENTS = 12
LOOKING = (
    ("event", "list", "--chapter", "Paris"),
    ("agenda", "--from", "2027-01-01", "--to", "2027-12-31"),
    ("export", "--format", "json"),
    ("following",),
    ("status",),
)
WRITING = (
    ("event", "add", "--title", "X", "--start", "2027-03-01 18:30", "--chapter", "Paris"),
    ("name", "Paris", "Ours"),
)
REPAIR = "p2pevents doctor --repair"


@pytest.fixture
def log(ana: Person) -> Path:
    """Ana's log with twelve events, all of it in one file."""
    for number in range(EVENTS):
        ana.adds(f"Meetup {number:02}", "--description", "what it is about " * 20)
    path = ana.home / "log.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def put(log: Path, data: bytes) -> None:
    """Have the log be these bytes, and nothing beside them."""
    for side in ("-wal", "-shm"):
        log.with_name(log.name + side).unlink(missing_ok=True)
    log.write_bytes(data)


def shown(text: str) -> set[str]:
    return {title for n in range(EVENTS) if (title := f"Meetup {n:02}") in text}


def test_one_record_that_was_altered_is_left_out_and_said(ana: Person, log: Path) -> None:
    data = log.read_bytes()
    (event,) = (row["id"] for row in ana.does("event", "list") if row["title"] == "Meetup 07")
    put(log, data.replace(b"Meetup 07", b"Meetup 77"))
    outcome = ana("event", "list")
    assert outcome.code == 0
    assert shown(outcome.out) == {f"Meetup {n:02}" for n in range(EVENTS)} - {"Meetup 07"}
    assert "Meetup 77" not in outcome.out
    assert "1 record here is damaged, and not shown" in outcome.err
    assert REPAIR in outcome.err
    assert len(ana.does("event", "list")) == EVENTS - 1  # stdout is the document alone
    said = ana.fails("event", "edit", event, "--start", "2027-02-03 18:30")
    assert REPAIR in said or "not shown" in said


def test_nobody_writes_on_a_word_of_their_own_that_cannot_be_read(ana: Person, log: Path) -> None:
    """The newest version of an author takes the place of the older: it needs all of that."""
    rows = ana.does("event", "list")
    (event,) = (row["id"] for row in rows if row["title"] == "Meetup 07")
    ana.does("event", "edit", event, "--tag", "p2p")
    connection = sqlite3.connect(log)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = log.read_bytes()
    newest = data.rfind(b"Meetup 07")  # the second version, which holds the tag
    assert newest != data.find(b"Meetup 07")
    for at in (data.find(b"Meetup 07"), newest):
        put(log, data[:at] + b"m" + data[at + 1 :])
        said = ana.fails("event", "edit", event, "--end", "23:00")
        assert REPAIR in said
    put(log, data)
    ana.does("event", "edit", event, "--end", "23:00")


def test_whichever_page_is_gone_what_can_be_read_is_shown_and_the_way_out_is_said(
    ana: Person, log: Path
) -> None:
    data = log.read_bytes()
    whole = {command: ana(*command) for command in LOOKING}
    assert {outcome.code for outcome in whole.values()} == {0}
    shows: Counter[str] = Counter()
    for start in range(0, len(data), PAGE_BYTES):
        gone = data[:start] + bytes(PAGE_BYTES) + data[start + PAGE_BYTES :]
        for command in LOOKING:
            put(log, gone)
            outcome = ana(*command)
            where = (start // PAGE_BYTES, command, outcome.err)
            assert "unexpected" not in outcome.err, where
            assert outcome.code in (0, 1), where
            assert outcome.code == 0 or REPAIR in outcome.err, where
            assert outcome.code == 1 or outcome.out == whole[command].out or REPAIR in outcome.err
            if command[0] == "event":
                some = len(shown(outcome.out))
                shows["all" if some == EVENTS else "some" if some else "none"] += 1
        for typed in WRITING:
            put(log, gone)
            outcome = ana(*typed)
            assert "unexpected" not in outcome.err, (typed, outcome.err)
            assert outcome.code == 0 or REPAIR in outcome.err, (typed, outcome.err)
    assert shows["some"]
    assert shows["all"] > shows["none"]


def test_what_was_shown_of_a_damaged_log_is_whole_again_after_the_repair(
    ana: Person, log: Path
) -> None:
    data = log.read_bytes()
    start = len(data) // 2 // PAGE_BYTES * PAGE_BYTES
    put(log, data[:start] + bytes(PAGE_BYTES) + data[start + PAGE_BYTES :])
    before = shown(ana("event", "list", "--chapter", "Paris").out)
    ana("doctor", "--repair")
    outcome = ana("event", "list")
    assert outcome.code == 0
    assert shown(outcome.out) >= before


def test_a_file_that_is_no_log_is_said_so_and_left_alone(ana: Person, log: Path) -> None:
    put(log, b"no log at all" * 1000)
    for command in (*LOOKING, *WRITING):
        assert REPAIR in ana.fails(*command)
    assert log.read_bytes() == b"no log at all" * 1000
