"""Measure again what docs/reliability.md says, and write that page.

`python -m tests.hostile.figures` takes some twelve minutes; `--seconds` says how long each decoder
is fuzzed, `--days` how many days are simulated, `--full` runs the larger counts, for hours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.sim.story import Story

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
COMMAND_S_MAX = 6 * 3600


@dataclass(slots=True)
class Ran:
    """What came of one part of the tests.

    Attributes:
        passed, failed, skipped: names of tests.
        said: the lines that they printed.
    """

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return len(self.passed) + len(self.failed)


def run(command: list[str]) -> str:
    """Run a command of this project, politely, and return what it printed."""
    print("  " + " ".join(command), flush=True)
    done = subprocess.run(
        ["nice", sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_S_MAX,
        check=False,
    )
    return done.stdout


def run_tests(*paths: str, options: tuple[str, ...] = ()) -> Ran:
    """Run tests, and return their names by result and what they printed."""
    ran = Ran()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        output = run(["-m", "pytest", "-q", f"--junitxml={report}", *options, *paths])
        for case in ET.parse(report).iter("testcase"):
            name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                ran.failed.append(name)
            elif case.find("skipped") is not None:
                ran.skipped.append(name)
            else:
                ran.passed.append(name)
    for line in output.splitlines():
        if line.startswith(("=", "FAILED", "SKIPPED", "_", "E ", "test", "WARNING", "ERROR")):
            continue
        if re.search(r"[0-9] ?(ms|s|MiB|x|arrived|flips|times|taken)\b", line) and "%]" not in line:
            ran.said.append(line.strip())
    return ran


def machine() -> str:
    """Say what this was measured on; never its name."""
    system = f"{platform.system()} {platform.release()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def fuzzed(seconds: float) -> list[dict[str, float | str]]:
    """Fuzz every decoder for so long, and return what it said of each."""
    output = run(["-m", "tests.hostile.fuzz", "--seconds", str(seconds), "--seed", "1", "--json"])
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def simulated(days: int) -> tuple[list[str], int]:
    """Play days, and return what was said of each, and how many had a breach."""
    output = run(["-m", "tests.sim", "--seed", "500", "--count", str(days), "--quiet"])
    lines = [line for line in output.splitlines() if "comparisons" in line]
    return lines, sum("BREACHES" in line for line in lines)


# What each defence must meet, and the tests that say whether it does. Where a number is of a
# larger run than this page's, the note says when that was.
ASKED: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    (
        "garbage before and after the handshake",
        "0 deaths, < 32 MiB, honest median < 2 x",
        ("test_garbage", "test_mutated"),
        "500 connections and 100 frames here; 10,000 and 2,000: [figures](figures.md)",
    ),
    (
        "stream, window, task, slot exhaustion",
        ">= 95 % of honest handshakes beside 500 idle sockets; 0 slots lost in 5,000 connections",
        ("test_no_place_is_lost", "test_idle_sockets"),
        "2,000 connections and 5 s here; 5,000 and 30 s: [figures](figures.md)",
    ),
    (
        "abuse of gossip",
        "15,000 messages/s offered: median <= 2 x, 0 lost, < 16 MiB",
        ("test_a_flood",),
        "12,000 messages here",
    ),
    (
        "a crowd that floods",
        "the same, of 20 peers at once, < 32 MiB",
        ("test_a_crowd",),
        "20,000 messages here; 150,000: [figures](figures.md)",
    ),
    (
        "CBOR bombs and look-alikes",
        "0 untyped exceptions, 0 not canonical taken, in 10^7",
        ("test_a_decoder_takes[cbor]",),
        "10^7 by `HYPOTHESIS_PROFILE=soak`, not in this run",
    ),
    (
        "bytes of strangers in every decoder",
        "0 exceptions but the decoder's own",
        ("test_a_decoder_takes", "test_what_once_crashed"),
        "",
    ),
    (
        "injection into formats",
        "0 findings",
        ("test_a_decoder_takes[shown]",),
        "JSON, iCalendar, Atom, Markdown, XML; the page: `tests/pages`",
    ),
    (
        "rollback, replay",
        "100 shuffles, one calendar",
        ("test_old_versions", "test_a_calendar_by_arrival", "test_peers_that_repeat"),
        "",
    ),
    ("freeze", "31 days later it is told", ("test_who_hears_nothing_new",), ""),
    ("fast-forward", "0 lost", ("test_no_clock_and_no_number",), ""),
    ("mix-and-match", "nothing new is made", ("test_parts_of_what_was_signed",), ""),
    (
        "spam with valid keys",
        "1,000 chapters of 1,000 records: store within its cap, `settled`",
        ("test_a_granted_key_that_floods", "test_a_thousand_chapters"),
        "1,000 chapters of 2 records here: fewer than asked, the cap as full",
    ),
    (
        "a stolen key",
        "all of it falls, what was honest stays",
        ("test_what_a_stolen_daily_key",),
        "5,000 histories against a model: `tests/authority`",
    ),
    (
        "forks",
        "same set and proof everywhere, no display switched by itself",
        ("test_leads_who_left", "test_a_link_with_a_true_id"),
        "1,000 chapters forked up to four ways: `tests/authority/test_pins.py`",
    ),
    (
        "abuse of sync",
        "ends < 30 s without progress; answers <= 4 x + 16 KiB a comparison",
        ("test_a_session_without_progress", "test_comparisons_one_after", "test_ranges_that_all"),
        "noticed within a second, so 31 s at most",
    ),
    (
        "power cuts",
        "100,000 states, 0 acknowledged lost",
        ("test_no_power_cut", "test_the_same_cuts"),
        "200 states here, 10,000 with `--full`: a tenth of what is asked",
    ),
    (
        "kills",
        "2,000, 0 acknowledged lost",
        ("test_killing_either_node",),
        "20 here: a hundredth of what is asked, two hours by hand",
    ),
    (
        "bit rot",
        "10,000 flips, 0 altered shown",
        ("test_a_flipped_bit", "test_ten_thousand_flipped"),
        "60 here; 1,500 by hand, 2026-11-22: 184 spoilt a record, 96 the log; healed",
    ),
    (
        "files that are traps",
        "one sentence, nothing left behind",
        (
            "test_a_file_",
            "test_a_backup_that_is",
            "test_a_pack_that",
            "test_a_configuration",
            "test_a_link_that_is",
        ),
        "",
    ),
    ("a full disk", "0 acknowledged lost", ("test_on_a_full_disk",), ""),
    (
        "restarts and networks lost in silence",
        "100 of each, 0 lost",
        ("test_after_a_restart", "test_after_a_network"),
        "20 of each here; 100: [figures](figures.md)",
    ),
    (
        "partitions, crashes, clocks that are wrong",
        "every node the same at the end of the day",
        ("days",),
        "",
    ),
)

# Not measured by this command: said, so that nobody takes silence for a result.
ELSEWHERE = """\
Not measured here: 4,000 Sybils around 100 nodes, and two lists of follows told apart by their
traffic in 100 runs (`tests/swarm/test_watching_readers.py` compares the traffic of two). The local
page is attacked in `tests/pages`, keys at rest in `tests/keys`, letters in `tests/inbox`."""


def verdict(names: tuple[str, ...], ran: Ran) -> str:
    """Return whether all tests of these names passed; that there is none is no success."""
    found = {each for each in ran.passed + ran.failed for name in names if name in _plain(each)}
    bad = [each for each in ran.failed if any(name in _plain(each) for name in names)]
    if not found:
        return "not run"
    return (
        f"**not met**: {len(bad)} of {len(found)} failed" if bad else f"holds ({len(found)} tests)"
    )


def _plain(name: str) -> str:
    return re.sub(r"(test_a_decoder_takes)\w*", r"\1", name)


def page(
    ran: Ran, load: Ran, found: list[dict[str, float | str]], days: tuple[list[str], int], how: str
) -> str:
    (lines, breaches), day = days, Story(seed=0)
    whole = Ran(
        passed=ran.passed + load.passed + ([] if breaches or not lines else ["days::days"]),
        failed=ran.failed + load.failed + (["days::days"] if breaches else []),
        skipped=ran.skipped + load.skipped,
    )
    unguarded = [each for each in whole.passed if "unguarded" in each]
    tried = sum(int(each["tried"]) for each in found)
    findings = sum(int(each["findings"]) for each in found)
    records = sum(int(match[1]) for line in lines if (match := re.search(r"(\d+) items", line)))
    steps = sum(int(match[1]) for line in lines if (match := re.search(r"(\d+) steps", line)))
    said = [
        "# Reliability",
        "",
        "What was tried against this program, and what came of it. The page is written by",
        "`python -m tests.hostile.figures`; everything on it was measured by that run but where a",
        "note says otherwise.",
        "",
        f"- commit {commit()}, {datetime.now(UTC):%Y-%m-%d}, {machine()}, a machine shared with",
        "  other work",
        f"- by `{how}`",
        "",
        "| | |",
        "| --- | --- |",
        f"| hostile inputs to {len(found)} decoders | {tried:,} |",
        f"| of these: exceptions that are not the decoder's own, or hangs | {findings} |",
        f"| tests of attacks and faults that passed | {len(whole.passed)} |",
        f"| that failed, were skipped | {len(whole.failed)}, {len(whole.skipped)} |",
        f"| attacks that succeed once their guard is taken away | {len(unguarded)} |",
        f"| simulated hours, seeds | {day.hours * len(lines):g}, {len(lines)} from 500 on |",
        f"| in them: partitions healed | {day.partitions * len(lines)} |",
        f"| crashes | {day.crashes * len(lines)} |",
        f"| old copies restored | {day.restores * len(lines)} |",
        f"| records written, steps | {records:,}, {steps:,} |",
        f"| days after which a record was lost, or two nodes differed | {breaches} |",
        "",
        "## What each defence must meet",
        "",
        "*Holds* says that the tests passed, at the counts of this run; where these are fewer than",
        "what is asked, the last column says so.",
        "",
        "| threat | asked | here | beyond this run |",
        "| --- | --- | --- | --- |",
        *(
            f"| {threat} | {asked} | {verdict(names, whole)} | {note} |"
            for threat, asked, names, note in ASKED
        ),
        "",
        ELSEWHERE,
        "",
        "## Under load, and after losses",
        "",
        "Lines as the tests print them: what was offered, what the honest noticed meanwhile.",
        "",
        *(f"    {line}" for line in load.said or ["not measured by this run: docs/figures.md"]),
        "",
        "## Decoders",
        "",
        "`python -m tests.hostile.fuzz --seconds N --target NAME` tries one for longer. An outcome",
        "is a rule, and the line that found it broken; the shortest input of each is kept in",
        "`tests/hostile/corpus` and tried again by every run of the suite.",
        "",
        "| decoder | inputs | taken | outcomes | slowest, ms | findings |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {each['target']} | {int(each['tried']):,} | {int(each['taken']):,} |"
            f" {each['outcomes']} | {each['slowest_ms']} | {each['findings']} |"
            for each in found
        ),
        "",
    ]
    if whole.failed:
        said += ["## Failed", "", *(f"- `{name}`" for name in sorted(whole.failed)), ""]
    return "\n".join(said)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.figures")
    parser.add_argument("--seconds", type=float, default=3.0, help="to fuzz each decoder")
    parser.add_argument("--days", type=int, default=20, help="to simulate")
    parser.add_argument("--full", action="store_true", help="the larger counts too")
    parser.add_argument(
        "--no-load", action="store_true", help="leave out what a busy machine spoils"
    )
    asked = parser.parse_args()
    options = ("-m", "full or not full") if asked.full else ()
    found = fuzzed(asked.seconds)
    ran = run_tests(
        "tests/hostile/test_fuzz.py",
        "tests/hostile/test_sync_attacks.py",
        "tests/hostile/test_authority_attacks.py",
        "tests/hostile/test_valid_keys.py",
        "tests/hostile/test_files.py",
        "tests/durability",
        "tests/sockets/test_two_daemons.py",
        options=options,
    )
    load = Ran()
    if not asked.no_load:
        load = run_tests(
            "tests/hostile/test_garbage_and_floods.py",
            "tests/hostile/test_connections.py",
            "tests/hostile/test_returns.py",
            options=("-s", *options),
        )
    how = f"python -m tests.hostile.figures --seconds {asked.seconds:g} --days {asked.days}" + (
        " --full" * asked.full + " --no-load" * asked.no_load
    )
    PAGE.write_text(page(ran, load, found, simulated(asked.days), how), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
