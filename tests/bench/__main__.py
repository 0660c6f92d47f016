"""Runs every bench, one after the other, and prints each goal beside what came out.

    python -m tests.bench [--only NAME]... [--json FILE] [--compare OLD.json]
                          [--seconds 180]

A bench is a file `bench_*.py` with one question. What it says by `goal.say` is gathered; all
that it prints goes to stderr. One that takes too long, or fails, is named, and so is what
could not be measured here. On two quiet cores all of it ends within ten minutes.
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

from tests.bench.goal import Absent, Goal, own_python, read_absent, read_goal

SECONDS_MAX = 180  # of one bench, on a quiet machine
FOLDER = Path(__file__).parent
# Smaller than by hand, so that all of them end within ten minutes.
ARGUMENTS = {
    "bench_search": ["100000"],
    "bench_compare": ["--goals"],
    "bench_bulk_sync": ["10000", "2"],
    "bench_gossip": ["--messages", "200"],
    "bench_log": ["10000"],
    "bench_scale": ["--nodes", "10,100"],
    "bench_start": ["20"],
}


def run(name: str, *, seconds_max: float) -> tuple[list[Goal | Absent], str]:
    """Run one bench; return what it said in its order, and why it did not end well."""
    command = own_python("-m", f"tests.bench.{name}", *ARGUMENTS.get(name, []))
    try:
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, text=True, timeout=seconds_max
        )
        text, wrong = done.stdout, f"exit {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode()
        wrong = f"took longer than {seconds_max:g} s"
    sys.stderr.write(text)
    said = [found for line in text.splitlines() if (found := read_goal(line) or read_absent(line))]
    return said, wrong


def moved(goal: Goal, before: dict[str, float]) -> str:
    """Return how far a result is from that of another run."""
    old = before.get(goal.name)
    if old is None:
        return "new"
    return f"{100 * (goal.result - old) / old:+.0f} %" if old else f"{goal.result - old:+g}"


def row(goal: Goal) -> str:
    """Return a figure as a row of the table."""
    limit, sign, met = "", "", ""
    if goal.limit is not None:
        sign = ">= " if goal.at_least else "<= "
        limit = f"{goal.limit:g} {goal.unit}"
        met = "met" if goal.is_met else "missed"
    return f"| {goal.name} | {sign}{limit} | {goal.result:g} {goal.unit} | {met} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--only", action="append", metavar="NAME", help="such as bench_agenda")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--compare", type=Path, metavar="OLD", help="show what moved since")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS_MAX, help="the most that one bench may take"
    )
    asked = parser.parse_args()
    names = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
    names = [name for name in names if not asked.only or name in asked.only]
    before = {}
    if asked.compare:
        old = json.loads(asked.compare.read_text("utf-8"))["goals"]
        before = {each["name"]: each["result"] for each in old}
    found: list[dict[str, object]] = []
    lacking: list[dict[str, object]] = []
    print(f"| goal | limit | result | | {'moved |' if before else ''}")
    print(f"| --- | --- | --- | --- | {'--- |' if before else ''}", flush=True)
    all_began = time.perf_counter()
    for name in names:
        began = time.perf_counter()
        said, wrong = run(name, seconds_max=asked.seconds)
        for each in said:
            if isinstance(each, Absent):
                print(f"| {each.name} | | not measured: {each.why} | |", flush=True)
                lacking.append({**asdict(each), "bench": name})
                continue
            change = f" {moved(each, before)} |" if before else ""
            print(f"{row(each)}{change}", flush=True)
            found.append({**asdict(each), "bench": name, "met": each.is_met})
        if wrong:
            print(f"| {name} | | {wrong} | |", flush=True)
            lacking.append({"name": name, "why": wrong, "bench": name})
        sys.stderr.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
    met = sum(each["met"] is True for each in found)
    goals = sum(each["met"] is not None for each in found)
    took_s = time.perf_counter() - all_began
    print(f"\n{met} of {goals} met, {len(lacking)} not measured, in {took_s:.0f} s", flush=True)
    if asked.json:
        machine = {"cores": os.cpu_count(), "python": platform.python_version()}
        document = {"date": time.strftime("%Y-%m-%d"), **machine, "goals": found, "absent": lacking}
        asked.json.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
