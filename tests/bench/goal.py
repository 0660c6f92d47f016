"""How a bench says what it found: one line a goal, which `python -m tests.bench` gathers.

What could not be measured here is said by its own line. Whatever else a bench prints is for people.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = [
    "PREFIX",
    "Absent",
    "Goal",
    "absent",
    "cpu_s",
    "environment",
    "medians",
    "own_python",
    "percentile",
    "read_absent",
    "read_goal",
    "say",
]

PREFIX = "goal "
ABSENT_PREFIX = "not measured: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One figure, and what it is held against.

    Attributes:
        name: what was measured, over what.
        result: what came out.
        limit: the goal; None for a figure that stands beside others and has none.
        at_least: that the limit is the least that will do; otherwise the most.
        unit: of both; empty for a ratio.
    """

    name: str
    result: float
    limit: float | None = None
    at_least: bool = False
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.limit is None:
            return None
        return self.result >= self.limit if self.at_least else self.result <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """What was not measured, and why."""

    name: str
    why: str


def say(
    name: str,
    result: float,
    limit: float | None = None,
    *,
    at_least: bool = False,
    unit: str = "",
) -> None:
    """Print one figure."""
    goal = Goal(name=name, result=round(result, 4), limit=limit, at_least=at_least, unit=unit)
    print(PREFIX + json.dumps(asdict(goal)), flush=True)


def read_goal(line: str) -> Goal | None:
    """Return the figure of a line; None of any other line."""
    return Goal(**json.loads(line.removeprefix(PREFIX))) if line.startswith(PREFIX) else None


def absent(name: str, why: str) -> None:
    """Print that something is not measured here, and why."""
    print(ABSENT_PREFIX + json.dumps(asdict(Absent(name=name, why=why))), flush=True)


def read_absent(line: str) -> Absent | None:
    """Return what a line says was not measured; None of any other line."""
    if not line.startswith(ABSENT_PREFIX):
        return None
    return Absent(**json.loads(line.removeprefix(ABSENT_PREFIX)))


def own_python(*words: str) -> list[str]:
    """Return a command by this Python."""
    return [sys.executable, *words]


def cpu_s(command: Sequence[str]) -> float:
    """Return the processor time that one process takes from start to end, in seconds.

    Not the time on the clock: other work on the machine would be counted as ours.
    """
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime


def environment() -> Mapping[str, str]:
    """Return an environment in which modules are compiled once, as an installation has them."""
    kept = Path(tempfile.gettempdir()) / f"p2pevents-bench-{os.getuid()}"
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(kept)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def medians(acts: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """Return the median of each, the rounds interleaved, after one that does not count."""
    found: dict[str, list[float]] = {name: [] for name in acts}
    for round_ in range(rounds + 1):
        for name, act in acts.items():
            value = act()
            if round_:
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def percentile(values: Sequence[float], of_hundred: int) -> float:
    """Return the value that so many of a hundred do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * of_hundred // 100)]
