"""Run the suite part by part, and say how long each part took beside what it may take.

Every part runs, whatever became of the one before it; the exit code is 0 where all of them
passed. `sh .ci/test` makes the environment and calls this.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"

# A part that takes this many times its budget hangs: it is ended, with all that it started.
STOP_AFTER_BUDGETS = 3
PYTEST_RAN_NO_TEST = 5
PURE_ROOMS = ("record", "authority", "sync", "view", "importers", "node/core")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the suite: its folders under tests/, the minutes it may take, its processes.

    What listens on sockets and waits for clocks is shared out file by file.
    """

    name: str
    folders: tuple[str, ...]
    budget_min: float
    workers: int = 1
    dist: str = "worksteal"


UNIT = "unit and property"
INSTALL_BUDGET_MIN = 3.0
LINT_BUDGET_MIN = 2.0
AUDIT_S_MAX = 240.0
PARTS = (
    Part(name="simulation", folders=("sim",), budget_min=6.0, workers=2),
    Part(
        name="sockets and kills",
        folders=("net", "sockets", "durability", "interop"),
        budget_min=6.0,
        workers=2,
        dist="loadfile",
    ),
    Part(name="hostile", folders=("hostile",), budget_min=6.0, workers=2, dist="loadfile"),
    Part(name="pages", folders=("pages",), budget_min=4.0),
    Part(name="demo", folders=("demo",), budget_min=2.0),
)
# Measured by hand, never as part of the suite.
LEFT_OUT = ("bench",)


def parts(tests: Path = TESTS) -> list[Part]:
    """Return the parts whose folders stand; the first has every folder that no other names."""
    named = {folder for part in PARTS for folder in part.folders} | set(LEFT_OUT)
    stand = sorted(path.name for path in tests.iterdir() if any(path.glob("**/test_*.py")))
    rest = tuple(folder for folder in stand if folder not in named)
    return [
        replace(part, folders=tuple(folder for folder in part.folders if folder in stand))
        for part in (Part(name=UNIT, folders=rest, budget_min=5.0, workers=2), *PARTS)
        if set(part.folders) & set(stand)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one part: seconds taken, tests by result, and whether it passed."""

    name: str
    took_s: float
    budget_min: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    good: bool = True


def run(command: list[str], *, stop_s: float | None, env: dict[str, str]) -> int:
    """Run one command from the project's root, ending it and its children after `stop_s`."""
    with subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True) as process:
        try:
            return process.wait(stop_s)
        except subprocess.TimeoutExpired:
            print(f"ended after {stop_s:.0f} s: {' '.join(command)}", flush=True)
            return 1
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def heading(words: str) -> None:
    """Print where the run is, on a line of its own."""
    print(f"\n== {words} ==", flush=True)


def lint() -> Outcome:
    """Check style, types, layers and locks; every tool runs, whatever the others found."""
    started_s = time.monotonic()
    tools = Path(sys.executable).parent
    codes = []
    for command in (
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["lint-imports", "--no-logo"],
    ):
        heading(" ".join(command))
        env = dict(os.environ)
        codes.append(
            run(
                [str(tools / command[0]), *command[1:]],
                stop_s=STOP_AFTER_BUDGETS * LINT_BUDGET_MIN * 60,
                env=env,
            )
        )
    heading("known weaknesses")
    codes.append(run([sys.executable, ".ci/audit.py"], stop_s=AUDIT_S_MAX, env=dict(os.environ)))
    return Outcome(
        name="lint and types",
        took_s=time.monotonic() - started_s,
        budget_min=LINT_BUDGET_MIN,
        good=not any(codes),
    )


def counts(report: Path) -> tuple[int, int, int]:
    """Return passed, failed and skipped of a JUnit report; all 0 where there is none."""
    if not report.exists():
        return 0, 0, 0
    passed = failed = skipped = 0
    for suite in ET.parse(report).iter("testsuite"):  # noqa: S314 (written by pytest just now)
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        out = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - out
        failed += bad
        skipped += out
    return passed, failed, skipped


def test(part: Part, *, report: Path, full: bool, coverage: bool) -> Outcome:
    """Run one part under pytest and count what came of it."""
    heading(part.name)
    started_s = time.monotonic()
    env = dict(os.environ)
    command = [sys.executable, "-m", "pytest", f"--junit-xml={report}"]
    command += ["--continue-on-collection-errors", "--durations=5", "--durations-min=5"]
    if full:
        env.setdefault("HYPOTHESIS_PROFILE", "soak")
        command += ["-m", "", "--timeout=3600"]
    if part.workers > 1:
        command += [f"--numprocesses={part.workers}", f"--dist={part.dist}"]
    if coverage:
        command[1:2] = ["-m", "coverage", "run", "-m"]
    command += [str(TESTS / folder) for folder in part.folders]
    stop_s = None if full else STOP_AFTER_BUDGETS * part.budget_min * 60
    code = run(command, stop_s=stop_s, env=env)
    passed, failed, skipped = counts(report)
    return Outcome(
        name=part.name,
        took_s=time.monotonic() - started_s,
        budget_min=part.budget_min,
        passed=passed,
        failed=failed,
        skipped=skipped,
        good=code in (0, PYTEST_RAN_NO_TEST) and not failed,
    )


def cover() -> Outcome:
    """Report what the tests reached; the pure rooms are reached wholly, branches included."""
    started_s = time.monotonic()
    heading("coverage")
    command = [sys.executable, "-m", "coverage"]
    env = dict(os.environ)
    pure = ",".join(f"p2pevents/{room}/*,p2pevents/{room}.py" for room in PURE_ROOMS)
    run([*command, "combine", "--quiet"], stop_s=None, env=env)
    run([*command, "report"], stop_s=None, env=env)
    heading("coverage of the pure rooms")
    code = run([*command, "report", f"--include={pure}", "--fail-under=100"], stop_s=None, env=env)
    return Outcome(
        name="coverage", took_s=time.monotonic() - started_s, budget_min=1.0, good=code == 0
    )


def table(outcomes: list[Outcome]) -> str:
    """Return the closing table: a line a part, minutes taken beside minutes allowed."""
    lines = [f"{'part':<20}{'minutes':>9}{'budget':>8}{'passed':>8}{'failed':>8}{'skipped':>9}"]
    for outcome in outcomes:
        remark = "" if outcome.good else "  FAILED"
        if outcome.took_s > outcome.budget_min * 60:
            remark += "  over budget"
        lines.append(
            f"{outcome.name:<20}{outcome.took_s / 60:>9.1f}{outcome.budget_min:>8.0f}"
            f"{outcome.passed:>8}{outcome.failed:>8}{outcome.skipped:>9}{remark}"
        )
    total_s = sum(outcome.took_s for outcome in outcomes)
    budget_min = sum(outcome.budget_min for outcome in outcomes)
    lines.append(f"{'all':<20}{total_s / 60:>9.1f}{budget_min:>8.0f}")
    return "\n".join(lines)


def closing(outcomes: list[Outcome]) -> str:
    """Return the last line. A part that failed without a failed test counts as one."""
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed or not outcome.good for outcome in outcomes)
    skipped = sum(outcome.skipped for outcome in outcomes)
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def main() -> int:
    """Run what was asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="sh .ci/test", description="Run the whole suite.")
    parser.add_argument("--lint", action="store_true", help="check style, types and layers first")
    parser.add_argument("--full", action="store_true", help="larger counts: hours, not minutes")
    parser.add_argument("--coverage", action="store_true", help="measure what the tests reach")
    parser.add_argument("--only", metavar="PART", help="run the one part of this name")
    parser.add_argument("--install-s", type=float, default=0.0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    chosen = [part for part in parts() if asked.only in (None, part.name)]
    if not chosen:
        names = ", ".join(part.name for part in parts())
        parser.error(f"no part is named {asked.only!r}; there are: {names}")
    outcomes = [
        Outcome(name="install", took_s=asked.install_s, budget_min=INSTALL_BUDGET_MIN),
    ]
    if asked.lint:
        outcomes.append(lint())
    with tempfile.TemporaryDirectory() as folder:
        for number, part in enumerate(chosen):
            report = Path(folder) / f"{number}.xml"
            outcomes.append(test(part, report=report, full=asked.full, coverage=asked.coverage))
    if asked.coverage:
        outcomes.append(cover())
    print(f"\n{table(outcomes)}\n\n{closing(outcomes)}", flush=True)
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
