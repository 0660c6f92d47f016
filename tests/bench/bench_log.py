"""How fast the log takes records in, beside a bare sqlite3 loop with the same tables.

    python -m tests.bench.bench_log [RECORDS]

Every figure is the median of interleaved rounds in one run, on the disk that
holds the temporary folder; the ratio is what a run on another machine can be
compared with.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from zlib import crc32

from p2pevents.log.migrate import migrate, migrations
from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.store import Store, make_private
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import path_text
from tests.bench.goal import say
from tests.log.samples import record

ROUNDS = 3
BODY_TEXT = "Meet the people who build the peer-to-peer web, over soup and bread. " * 10


def samples(count: int) -> list[Verified]:
    """Records of about 1,084 bytes, four versions an object, as a real log holds them."""
    return [
        record(
            number,
            path=(f"event{number // 4 % 100_000:06}",),
            author=1 + number % 40,
            start=f"20{10 + number % 30}-0{1 + number % 9}-1{number % 10}",
            text=BODY_TEXT[: 620 + number % 50],
        )
        for number in range(count)
    ]


def batches(records: list[Verified], size: int) -> Iterator[list[Verified]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


def by_log(path: Path, records: list[Verified], size: int) -> float:
    """Seconds that the log takes."""
    log = SqliteLog(path)
    arrivals = [[Arrival(item=one) for one in batch] for batch in batches(records, size)]
    began = time.perf_counter()
    for batch in arrivals:
        log.append(batch, now_ms=0)
    took = time.perf_counter() - began
    log.close()
    return took


def bare(path: Path, records: list[Verified], size: int) -> float:
    """Seconds that sqlite3 alone takes for the same rows, made beforehand."""
    make_private(path)
    store = Store(path)
    migrate(store, migrations())
    connection = store.connection
    connection.execute("INSERT INTO chapter VALUES (1, ?)", (records[0].header.chapter,))
    rows = [
        (
            number,
            one.id,
            1,
            1,
            one.header.kind,
            path_text(one.header.path),
            one.header.clock,
            one.header.start,
            len(one.envelope) + one.header.body_bytes,
            3,
            0,
            number,
            None,
        )
        for number, one in enumerate(records, 1)
    ]
    contents = [
        (number, one.envelope, one.body, crc32(one.envelope[-64:]))
        for number, one in enumerate(records, 1)
    ]
    pieces = [
        (rows[start : start + size], contents[start : start + size])
        for start in range(0, len(rows), size)
    ]
    began = time.perf_counter()
    for some_rows, some_contents in pieces:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", some_rows)
        connection.executemany("INSERT INTO content VALUES (?,?,?,?)", some_contents)
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    store.close()
    return took


def median_rate(
    runs: dict[str, Callable[[Path], float]], count: int
) -> tuple[dict[str, float], int]:
    """Records a second of each, the rounds interleaved, and the bytes that the log came to."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    size = 0
    for _ in range(ROUNDS):
        for name, run in runs.items():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "log.sqlite3"
                times[name].append(run(path))
                if name == "log":
                    size = path.stat().st_size
    return {name: count / statistics.median(took) for name, took in times.items()}, size


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    records = samples(count)
    results = []
    for size in (1, 100, 1000):
        some = records[: min(count, 3000)] if size == 1 else records
        rates, file_bytes = median_rate(
            {
                "log": partial(by_log, records=some, size=size),
                "bare": partial(bare, records=some, size=size),
            },
            len(some),
        )
        record_bytes = sum(len(one.envelope) + one.header.body_bytes for one in some)
        results.append(
            {
                "batch": size,
                "records": len(some),
                "log_per_s": round(rates["log"]),
                "bare_per_s": round(rates["bare"]),
                "ratio": round(rates["log"] / rates["bare"], 2),
                "disk_per_record_bytes": round(file_bytes / record_bytes, 3),
            }
        )
        say(f"log, batches of {size} / a bare sqlite3 loop", results[-1]["ratio"])
    for result in results:
        sys.stdout.write(json.dumps(result) + "\n")
    disk = results[-1]["disk_per_record_bytes"]
    say("disk / record bytes, as the log writes them", disk, 1.45)


if __name__ == "__main__":
    main()
