"""Measure again what docs/reliability.md says, and write that page.

`python -m tests.hostile.figures` takes some twelve minutes of two quiet cores, and never more than
`--minutes`: what is not done by then is said to be so. `--seconds` says how long each decoder is
fuzzed, `--days` how many days are simulated, `--full` runs the larger counts of the suite too.
Which tests a row stands on is in rows.toml, what was once run by hand in by_hand.toml.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.sim.story import Story

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
ROWS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("rows.toml").read_text())["row"]
BY_HAND: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("by_hand.toml").read_text("utf-8")
)["run"]
MINUTES_MAX = 15.0
FIRST_SEED = 500
# What the tests print of what they measured: a figure with its unit.
_FIGURE = re.compile(r"[0-9] ?(ms|s|MiB|x|arrived|flips|times|taken)\b")


HEAD = """\
# Reliability

What was tried against this program, and what came of it. The page is written by
`python -m tests.hostile.figures`; everything on it was measured by that run, but for what stands
under *by hand*.
"""
DEFENCES = """
## What each defence must meet

*Holds* says that the tests passed, at the counts of this run; where these are fewer than what is
asked, the last column says whether as many were run by hand, by `python -m tests.hostile.soak` or
`pytest -m full`.

| threat | asked | in this run | outcome | by hand |
| --- | --- | --- | --- | --- |"""
LOAD = """
## Under load, and after losses

Lines as the tests print them: what was offered, what the honest noticed meanwhile.
"""
DECODERS = """
## Decoders

`python -m tests.hostile.fuzz --seconds N --target NAME` tries one for longer. An outcome is a rule,
and the line that found it broken; the shortest input of each is kept in `tests/hostile/corpus` and
tried again by every run of the suite.

| decoder | inputs | taken | outcomes | slowest, ms | findings |
| --- | --- | --- | --- | --- | --- |"""


@dataclass(slots=True)
class Ran:
    """What came of tests.

    Attributes:
        outcomes: by id, below tests/: passed, failed or skipped.
        said: the lines that they printed.
        is_whole: that the run was not cut short.
    """

    outcomes: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    is_whole: bool = True

    def of(self, tests: list[str]) -> Counter[str]:
        """Count the outcomes of these tests."""
        return Counter(
            outcome
            for identifier, outcome in self.outcomes.items()
            if any(
                identifier == each or identifier.startswith((f"{each}::", f"{each}["))
                for each in tests
            )
        )


class Runner:
    """Runs commands of this project, politely, until the time is up."""

    def __init__(self, minutes: float) -> None:
        self._ends_s = time.monotonic() + minutes * 60

    def run(self, command: list[str], **environment: str) -> tuple[str, bool]:
        """Return what a command printed, and whether it was done in time."""
        left_s = self._ends_s - time.monotonic()
        print(f"  {' '.join(command)[:200]}   ({left_s / 60:.0f} min left)", flush=True)
        if left_s <= 1:
            return "", False
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
            subprocess.Popen(
                ["nice", sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                process.wait(left_s)
                is_whole = True
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                is_whole = False
            output.seek(0)
            return output.read(), is_whole

    def tests(self, rows: list[dict[str, Any]], *options: str) -> Ran:
        """Run the tests of some rows, each once."""
        ran = Ran()
        ids = sorted({f"tests/{each}" for row in rows for each in row["tests"]})
        # A file goes before its own tests: pytest would run those twice.
        ids = [each for each in ids if "::" not in each or each.partition("::")[0] not in ids]
        with tempfile.TemporaryDirectory() as folder:
            notes = Path(folder) / "notes"
            notes.touch()
            command = ["-m", "pytest", "-q", "-p", "tests.hostile.noting", *options, *ids]
            output, ran.is_whole = self.run(command, NOTE_TO=str(notes))
            for line in notes.read_text("utf-8").splitlines():
                noted = json.loads(line)
                ran.outcomes[noted["id"].removeprefix("tests/")] = noted["outcome"]
        for line in output.splitlines():
            if line.startswith(("=", "FAILED", "SKIPPED", "_", "E ", "test", "WARNING", "ERROR")):
                continue
            if _FIGURE.search(line) and "%]" not in line and "passed" not in line:
                ran.said.append(line.strip())
        return ran

    def fuzzed(self, seconds: float) -> list[dict[str, Any]]:
        """Fuzz every decoder for so long, and return what was said of each."""
        command = ["-m", "tests.hostile.fuzz", "--seconds", str(seconds), "--seed", "1", "--json"]
        output, _ = self.run(command)
        return [json.loads(line) for line in output.splitlines() if line.startswith('{"target"')]

    def simulated(self, days: int) -> list[str]:
        """Play days, and return what was said of each."""
        seeds = ["--seed", str(FIRST_SEED), "--count", str(days)]
        output, _ = self.run(["-m", "tests.sim", *seeds, "--quiet"])
        return [line for line in output.splitlines() if "comparisons" in line]


def machine() -> str:
    """Say what this was measured on; never its name."""
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{os.cpu_count()} cores at a load of {load:.1f}, {system}, Python {python}"


def commit() -> str:
    """Return the commit that is measured."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def verdict(row: dict[str, Any], ran: Ran, days: list[str]) -> str:
    """Return whether all of a row's tests passed; that there is none is no success."""
    counts = ran.of(row["tests"])
    if row.get("days"):
        counts["passed"] += sum("all holds" in line for line in days)
        counts["failed"] += sum("BREACHES" in line for line in days)
    if counts["failed"]:
        return f"**not met**: {counts['failed']} of {counts.total()} failed"
    if not counts["passed"]:
        return "not run" if not counts["skipped"] else f"{counts['skipped']} skipped"
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    return f"holds ({counts['passed']} tests{skipped})"


def noted(threat: str) -> str:
    """Return what runs by hand said of a row."""
    notes = []
    for each in BY_HAND:
        if each["threat"] == threat:
            at = f" of {each['commit']}" if each["commit"] else ""
            notes.append(f"{each['said']} (`{each['how']}`, {each['day']}{at})")
    return "; ".join(notes)


def summary(whole: Ran, found: list[dict[str, Any]], days: list[str]) -> list[tuple[str, object]]:
    """Return what the head of the page counts."""
    day, counts = Story(seed=0), Counter(whole.outcomes.values())
    unguarded = [
        each
        for each, outcome in whole.outcomes.items()
        if outcome == "passed" and "unguarded" in each
    ]
    tried, findings = (sum(each[name] for each in found) for name in ("tried", "findings"))
    items, steps = (
        sum(int(match[1]) for line in days if (match := re.search(rf"(\d+) {what}", line)))
        for what in ("items", "steps")
    )
    breaches = sum("BREACHES" in line for line in days)
    seeds = f"{len(days)} from {FIRST_SEED} on"
    return [
        (f"hostile inputs to {len(found)} decoders", f"{tried:,}"),
        ("of these: exceptions that are not the decoder's own, or hangs", findings),
        ("tests of attacks and faults that passed", counts["passed"]),
        ("that failed, were skipped", f"{counts['failed']}, {counts['skipped']}"),
        ("attacks that succeed once their guard is taken away", len(unguarded)),
        ("simulated hours, seeds", f"{day.hours * len(days):g}, {seeds}"),
        ("in them: partitions healed", day.partitions * len(days)),
        ("crashes", day.crashes * len(days)),
        ("old copies restored", day.restores * len(days)),
        ("records written, steps", f"{items:,}, {steps:,}"),
        ("days after which a record was lost, or two nodes differed", breaches),
    ]


def page(
    *, of: str, ran: Ran, load: Ran, found: list[dict[str, Any]], days: list[str], how: str
) -> str:
    """Return the page, of a commit."""
    whole = Ran(outcomes=ran.outcomes | load.outcomes, is_whole=ran.is_whole and load.is_whole)
    failed = sorted(each for each, outcome in whole.outcomes.items() if outcome == "failed")
    cut = "" if whole.is_whole else ", which was cut short when its time was up"
    lines = [
        HEAD,
        f"- commit {of}, {datetime.now(UTC):%Y-%m-%d}, {machine()}",
        f"- by `{how}`{cut}",
        "",
        "| | |",
        "| --- | --- |",
    ]
    lines += [f"| {what} | {count} |" for what, count in summary(whole, found, days)]
    lines += [DEFENCES]
    lines += [
        f"| {row['threat']} | {row['asked']} | {row.get('here', '')} |"
        f" {verdict(row, whole, days)} | {noted(row['threat'])} |"
        for row in ROWS
    ]
    lines += [LOAD]
    lines += [f"    {line}" for line in load.said or ["not measured by this run: docs/figures.md"]]
    lines += [DECODERS]
    lines += [
        f"| {each['target']} | {each['tried']:,} | {each['taken']:,} |"
        f" {each['outcomes']} | {each['slowest_ms']} | {each['findings']} |"
        for each in found
    ]
    if failed:
        lines += ["\n## Failed\n", *(f"- `{each}`" for each in failed)]
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.figures", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="to fuzz each decoder")
    parser.add_argument("--days", type=int, default=20, help="to simulate")
    parser.add_argument("--minutes", type=float, default=MINUTES_MAX, help="for all of it, at most")
    parser.add_argument("--full", action="store_true", help="the larger counts of the suite too")
    parser.add_argument(
        "--no-load", action="store_true", help="leave out what a busy machine spoils"
    )
    asked = parser.parse_args()
    runner, of = Runner(asked.minutes), commit()
    full = ("-m", "") if asked.full else ()
    # What is measured by the clock goes first, while nothing else runs.
    load = Ran()
    if not asked.no_load:
        load = runner.tests([row for row in ROWS if row.get("load")], "-s", *full)
    rest = [row for row in ROWS if not row.get("load")]
    ran = runner.tests(rest, "--numprocesses=2", "--dist=loadfile", *full)
    found, days = runner.fuzzed(asked.seconds), runner.simulated(asked.days)
    how = " ".join(["python -m tests.hostile.figures", *sys.argv[1:]])
    PAGE.write_text(page(of=of, ran=ran, load=load, found=found, days=days, how=how), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
