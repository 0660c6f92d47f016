"""The demo, played whole: real processes, real sockets, the real programme."""

from __future__ import annotations

import os
import subprocess
import sys

DEMO_S_MAX = 180.0
_PROGRAM = [sys.executable, "-m", "p2pevents.cli"]


def test_the_demo_ends_with_the_real_programme_in_an_attendees_agenda() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "P2PEVENTS_HOME"}
    done = subprocess.run(
        [*_PROGRAM, "demo"],
        capture_output=True,
        text=True,
        timeout=DEMO_S_MAX,
        env={**environment, "LC_ALL": "en_GB.UTF-8"},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    story = done.stdout
    for told in (
        "skipped, moved to 2020-01-08",  # the festival takes January's meetup in
        "Wednesday, 8 January 2020",
        # A talk of two languages, by its title in the reader's.
        "19:00-19:30    A History of the CypherPunk Movement, by @weedcoder",
        "20:00-00:30    DJ Set Hiphop/Soul/Funk",
        "day 1 of 5   Paris P2P Festival #0",
        "and read them these words:",  # a colleague joins
        "disputed ",  # two of them, cut off
        "settled: where",
        "later the attendee knows",  # cancelled on the day
        "records here as in Paris",  # a chapter that was away
        "lead comes",  # handed over
        "removed",
    ):
        assert told in story, told
    agenda = story.rpartition("attendee$ p2pevents agenda")[2]
    for shown in (
        "postponed: no gatherings for now",
        "Paris P2P (demo) #8",
        "Online",
        "Lyon P2P (demo) #5",
        "agenda.ics: ",
        "chapter found",  # what to type next
    ):
        assert shown in agenda, shown
    assert "Traceback" not in story


def test_another_clock_is_refused_on_any_other_network(tmp_path: os.PathLike[str]) -> None:
    done = subprocess.run(
        [*_PROGRAM, "--home", str(tmp_path), "--now", "2020-01-02T10:00:00+01:00", "agenda"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 1
    assert "--now is refused on network 'main'" in done.stderr
