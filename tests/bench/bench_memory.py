"""How much memory a daemon takes for the records that it holds.

    python -m tests.bench.bench_memory [RECORDS] [SECONDS]

Two daemons, one after the other: one with an empty log, and one with so many records of chapters
that it carries. What both take once they are ready and have rested is what /proc says.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.home import Home
from tests.bench.bench_bulk_sync import CHAPTER_RECORDS
from tests.bench.bench_ingest import hold
from tests.bench.bench_start import daemon, free_port, page_s, resident_mib
from tests.bench.goal import say

RECORDS = 100_000
RESTS_S = 15.0
GOAL_RECORDS = 100_000  # that the goal is set for


def memory_mib(home: Home, rests_s: float) -> float:
    """Return what a daemon on this home takes after some rest."""
    port, began = free_port(), time.perf_counter()
    with daemon(home.folder, port) as process:
        page_s(port, began)
        assert process.stdout is not None
        while not process.stdout.readline().startswith("}"):
            pass
        time.sleep(rests_s)
        status = Path(f"/proc/{process.pid}/status").read_text("ascii")
        process.terminate()
    return resident_mib(status)


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    rests_s = float(sys.argv[2]) if len(sys.argv) > 2 else RESTS_S
    with tempfile.TemporaryDirectory() as name:
        empty, full = (Home(folder=Path(name) / each) for each in ("empty", "full"))
        for home in (empty, full):
            home.create()
        log = SqliteLog(full.log)
        hold(log, records)
        held = log.total().records
        log.close()
        idle, filled = memory_mib(empty, rests_s), memory_mib(full, rests_s)
    print(f"idle {idle:.0f} MiB; with {held} records {filled:.0f} MiB")
    assert held >= records - CHAPTER_RECORDS
    each = (filled - idle) * GOAL_RECORDS / held * 2**20 / 1e6
    say(f"memory of {GOAL_RECORDS} records above an idle node", each, 10, unit="MB")


if __name__ == "__main__":
    main()
