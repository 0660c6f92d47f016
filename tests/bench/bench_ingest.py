"""How fast records are taken in: opened, judged and kept, over how fast one core checks signatures.

    python -m tests.bench.bench_ingest [--records 10000] [--held 0] [--rounds 3]

All of what the door does, as a page that comes by sync meets it: looked up, scanned, decoded,
hashed, its signature checked, judged by its chapter's authority, kept in SQLite (WAL,
synchronous=FULL) in commits of a page, and the ledger's sums and sketches brought up to date.
`--held` puts so many records into the log before. Each ratio is of processor time and of time by
the clock in one round, signatures checked before it and after it; on two threads only the clock
tells, and only of two cores that are idle. Goals are held against the best round: whatever else
runs takes time away, and never adds any.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

import cbor2
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from p2pevents.log.protocol import BATCH_ITEMS_MAX, Arrival, Texts
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.conduct import OFFER_ITEMS_MAX
from p2pevents.node.finding import Why
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.opener import Item, Opened, open_items, take_turns_quickly
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Record, Verified
from tests.bench.bench_bulk_sync import CHAPTER_RECORDS, NOW_MS, chapter
from tests.bench.goal import say
from tests.bench.made import TODAY
from tests.bench.many import fill

PAGE_RECORDS = 256
NOW_LATER_MS = NOW_MS + 60_000_000


def words_of(record: Record) -> str:
    """All the words that these records have."""
    title = cbor2.loads(record.body or b"")["fields"].get("title")
    return str(title[1]) if title else ""


TEXTS = Texts(of=words_of, version=1)

Looked = tuple[Sequence[Item], list[Opened | None], list[Callable[[], list[Opened]]]]
"""A page, what its items are as far as that is known, and what brings the rest."""


def verify_s(records: Sequence[Verified]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time, that their signatures alone take on one core."""
    jobs = []
    for one in records:
        header = one.header.encoded
        # As many bytes as are signed: what they say makes no difference to the time.
        jobs.append((one.envelope[-64:] + header + bytes(36), one.header.author))
    began, began_cpu = time.perf_counter(), time.process_time()
    for message, key in jobs:
        try:
            crypto_sign_open(message, key)
        except BadSignatureError:
            continue
    return time.perf_counter() - began, time.process_time() - began_cpu


def made(number: int, records: int) -> tuple[list[Entry], list[Verified]]:
    """Chapters from this number on, and so many records of theirs."""
    entries: list[Entry] = []
    made_: list[Verified] = []
    while len(made_) < records:
        entry, of_chapter = chapter(number, min(CHAPTER_RECORDS, records - len(made_)))
        entries.append(entry)
        made_ += of_chapter
        number += 1
    return entries, made_


def hold(log: SqliteLog, records: int) -> None:
    """Put so many records of other chapters into a log."""
    number = 100
    while records > 0:
        entry, of_chapter = chapter(number % 250, min(CHAPTER_RECORDS, records))
        log.append([Arrival(item=entry)], now_ms=NOW_MS)
        for start in range(0, len(of_chapter), BATCH_ITEMS_MAX):
            batch = of_chapter[start : start + BATCH_ITEMS_MAX]
            log.append([Arrival(item=one) for one in batch], now_ms=NOW_MS)
        records -= len(of_chapter)
        number += 1


def held_log(path: Path, records: int) -> Path:
    """Make a log with so many records of other chapters, all of their words indexed."""
    log = SqliteLog(path, texts=TEXTS)
    fill(log, records, today=TODAY)
    while log.index(limit=BATCH_ITEMS_MAX):
        pass
    log.close()
    return path


class Door:
    """A door to a log of its own, and who opens for it."""

    def __init__(
        self, path: Path, *, threads: int, texts: Texts | None, held: Path | None = None
    ) -> None:
        if held is not None:
            shutil.copy(held, path)
        self.log = SqliteLog(path, texts=texts)
        self.ingest = Ingest(self.log)
        self.ledger = Ledger(self.log)
        self.ledger.snapshot()
        self._has_texts = texts is not None
        self._threads = threads
        self._pool = ThreadPoolExecutor(max(1, threads))

    def take(self, entries: Sequence[Entry], records: Sequence[Verified]) -> tuple[float, float]:
        """Take all of it in, and return the seconds by the clock and of processor time."""
        self.ingest.offer([(each.envelope, None) for each in entries], now_ms=NOW_LATER_MS)
        pages = [
            [(each.envelope, each.body) for each in records[start : start + PAGE_RECORDS]]
            for start in range(0, len(records), PAGE_RECORDS)
        ]
        began, began_cpu = time.perf_counter(), time.process_time()
        coming = [self._look(pages[0])]
        for number in range(len(pages)):
            page, looked, parts = coming.pop()
            if number + 1 < len(pages):
                coming.append(self._look(pages[number + 1]))
            self._keep(page, looked, [found for part in parts for found in part()])
        while self._has_texts and self.log.index(limit=BATCH_ITEMS_MAX):
            pass
        took = time.perf_counter() - began, time.process_time() - began_cpu
        assert self.log.total().records >= len(records)
        self._pool.shutdown()
        self.log.close()
        return took

    def _look(self, page: Sequence[Item]) -> Looked:
        """Have what is new of a page opened; on threads while the page before it is kept."""
        looked = self.ingest.look(page)
        unopened = [item for item, known in zip(page, looked, strict=True) if known is None]
        if not self._threads:
            return page, looked, [lambda: open_items(unopened)]
        part = -(-len(unopened) // self._threads)
        parts = [
            self._pool.submit(open_items, unopened[start : start + part])
            for start in range(0, len(unopened), part)
        ]
        return page, looked, [each.result for each in parts]

    def _keep(
        self, page: Sequence[Item], looked: Sequence[Opened | None], found: Sequence[Opened]
    ) -> None:
        new = iter(found)
        opened = [next(new) if known is None else known for known in looked]
        self.ingest.remember(zip(page, opened, strict=True))
        findings = self.ingest.offer_opened(opened, now_ms=NOW_LATER_MS)
        assert all(each.why is Why.NEW for each in findings)
        self.ledger.follow(limit=OFFER_ITEMS_MAX)


def main() -> None:
    """Print the figures as a table, and as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=10_000, help="taken in")
    parser.add_argument("--held", type=int, default=0, help="held before")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    entries, records = made(1, asked.records)
    take_turns_quickly()
    ways = {
        "one thread": (0, None, 0.8),
        "two threads": (2, None, 1.25),
        "two threads, full text": (2, TEXTS, 0.9),
    }
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as name:
        held = held_log(Path(name) / "held.sqlite3", asked.held) if asked.held else None
        for number in range(asked.rounds):
            for way, (threads, texts, _) in ways.items():
                path = Path(name) / f"{number}-{len(way)}.sqlite3"
                door = Door(path, threads=threads, texts=texts, held=held)
                before = verify_s(records)
                took, took_cpu = door.take(entries, records)
                verify, verify_cpu = map(mean, zip(before, verify_s(records), strict=True))
                found[way].append((took, verify / took, verify_cpu / took_cpu))
                path.unlink()
    rows = []
    print(f"{'ingest':<24}{'records/s':>10}{'of verify':>11}{'by processor':>14}")
    for way, rounds in found.items():
        row = {
            "way": way,
            "records_s": round(asked.records / min(took for took, _, _ in rounds)),
            "of_verify": round(max(ratio for _, ratio, _ in rounds), 2),
            "of_verify_cpu": round(max(ratio for _, _, ratio in rounds), 2),
        }
        rows.append(row)
        say(
            f"ingest on {way} / a core's checks of signatures",
            row["of_verify"],
            ways[way][2],
            at_least=True,
        )
        print(
            f"{way:<24}{row['records_s']:>10}{row['of_verify']:>11}{row['of_verify_cpu']:>14}",
            flush=True,
        )
    load = os.getloadavg()[0]
    print(json.dumps({"held": asked.held, "records": asked.records, "load": load, "rows": rows}))


if __name__ == "__main__":
    main()
