"""Runs every bench, one after the other, and prints each goal beside what came out.

    python -m tests.bench [--only NAME]... [--json FILE] [--compare OLD.json]

A bench is a file `bench_*.py` with one question. What it says by `goal.say` is gathered; all
that it prints goes to stderr as it comes. One that takes too long, or fails, is named.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench.goal import Goal, own_python, read_goal

SECONDS_MAX = 180  # of one bench
FOLDER = Path(__file__).parent
# Smaller than by hand, so that all of them end within ten minutes.
ARGUMENTS = {
    "bench_search": ["100000"],
    "bench_compare": ["10000"],
    "bench_bulk_sync": ["10000", "2"],
    "bench_log": ["10000"],
}


def run(name: str) -> tuple[list[Goal], str]:
    """Run one bench; return what it said, and why it did not end well."""
    command = own_python("-m", f"tests.bench.{name}", *ARGUMENTS.get(name, []))
    try:
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, text=True, timeout=SECONDS_MAX
        )
        text, wrong = done.stdout, f"exit {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode()
        wrong = f"took longer than {SECONDS_MAX} s"
    sys.stderr.write(text)
    goals = [goal for line in text.splitlines() if (goal := read_goal(line))]
    return goals, wrong


def moved(goal: Goal, before: dict[str, float]) -> str:
    """Return how far a result is from that of another run."""
    old = before.get(goal.name)
    if old is None:
        return "new"
    return f"{100 * (goal.result - old) / old:+.0f} %" if old else f"{goal.result - old:+g}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--only", action="append", metavar="NAME", help="such as bench_agenda")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--compare", type=Path, metavar="OLD", help="show what moved since")
    asked = parser.parse_args()
    names = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
    names = [name for name in names if not asked.only or name in asked.only]
    before = {}
    if asked.compare:
        old = json.loads(asked.compare.read_text("utf-8"))["goals"]
        before = {each["name"]: each["result"] for each in old}
    found: list[dict[str, object]] = []
    print(f"| goal | limit | result | | {'moved |' if before else ''}")
    print(f"| --- | --- | --- | --- | {'--- |' if before else ''}", flush=True)
    for name in names:
        began = time.perf_counter()
        goals, wrong = run(name)
        for goal in goals:
            sign = ">=" if goal.at_least else "<="
            met = "met" if goal.is_met else "missed"
            change = f" {moved(goal, before)} |" if before else ""
            print(
                f"| {goal.name} | {sign} {goal.limit:g} {goal.unit} | {goal.result:g} {goal.unit}"
                f" | {met} |{change}",
                flush=True,
            )
            found.append({**asdict(goal), "bench": name, "met": goal.is_met})
        if wrong:
            print(f"| {name} | | | {wrong} |", flush=True)
        sys.stderr.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
    if asked.json:
        machine = {"cores": os.cpu_count(), "python": platform.python_version()}
        document = {"date": time.strftime("%Y-%m-%d"), **machine, "goals": found}
        asked.json.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
