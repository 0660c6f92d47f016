"""A seed replays everything, in another process and with other hashes too."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.sim.story import Story

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["--nodes", "8", "--hours", "5", "--loss", "0.3", "--partitions", "2"]


def trace(seed: int, *, hash_seed: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sim", "--seed", str(seed), *WORDS],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.sub(r" in [0-9.]+ s: ", ": ", done.stdout).splitlines()


def test_a_seed_replays_everything_in_another_process() -> None:
    one, other = trace(7, hash_seed=1), trace(7, hash_seed=2)
    assert len(one) > 500
    assert one == other
    assert trace(8, hash_seed=1) != one


def test_the_trace_says_who_did_what_when() -> None:
    lines = trace(7, hash_seed=1)
    assert all(
        re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} (n\d\d|x\d\d|network) +\S.*", line)
        for line in lines[:-1]
    )
    assert any("is cut off from" in line or "is not heard by" in line for line in lines)
    assert any(re.search(r"compared with n\d\d: equal, \d+ new", line) for line in lines)
    assert lines[-1].startswith("python -m tests.sim --seed 7 --nodes 8 --hours 5 --partitions 2: ")


def test_the_command_names_what_differs_from_an_ordinary_day() -> None:
    assert Story(seed=4).command == "python -m tests.sim --seed 4"
    assert Story(seed=4, loss=0.5).command == "python -m tests.sim --seed 4 --loss 0.5"
