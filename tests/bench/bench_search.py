"""How fast a large log is indexed and searched.

    python -m tests.bench.bench_search [RECORDS]

The records are real but for their signatures, which no read looks at: signing a
million would take longer than all the rest.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zlib import crc32

from p2pevents.log.protocol import Texts
from p2pevents.log.sqlite import SqliteLog
from p2pevents.record.envelope import Record, body_hash
from p2pevents.record.header import Header, record_id
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from tests.bench.goal import say

WORDS = 30_000
WORDS_EACH = 85
BATCH = 2_000
ENVELOPE_HEAD = bytes.fromhex("8443a10127a0")


def texts_of(rng: random.Random, count: int) -> list[str]:
    """Texts of some 600 characters, their words as unevenly spread as in any language."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 11))) for _ in range(WORDS)]
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(WORDS)))
    return [" ".join(rng.choices(words, cum_weights=weights, k=WORDS_EACH)) for _ in range(count)]


def fill(log: SqliteLog, count: int, texts: list[str]) -> int:
    """Write so many records straight into the tables; return their bytes."""
    store = log._store
    store.execute("INSERT INTO chapter VALUES (1, ?)", (b"c" * 32,))
    store.execute("INSERT INTO author VALUES (1, ?)", (b"a" * 32,))
    total = 0
    for first in range(1, count + 1, BATCH):
        rows, contents = [], []
        for number in range(first, min(first + BATCH, count + 1)):
            body = number.to_bytes(16, "big") + texts[number % len(texts)].encode()
            header = Header(
                kind="event",
                chapter=ChapterId(b"c" * 32),
                path=(f"e{number // 4}",),
                author=PublicKey(b"a" * 32),
                authority=RecordId(b"a" * 32),
                clock=number,
                body_hash=body_hash(body),
                body_bytes=len(body),
                start=f"20{10 + number % 30}-{1 + number % 12:02}-{1 + number % 28:02}",
            )
            encoded = header.encoded
            head = (
                b"\x58" + bytes((len(encoded),))
                if len(encoded) < 256
                else b"\x59" + len(encoded).to_bytes(2, "big")
            )
            envelope = ENVELOPE_HEAD + head + encoded + b"\x58\x40" + bytes(64)
            total += len(envelope) + len(body)
            rows.append(
                (
                    number,
                    record_id(encoded),
                    1,
                    1,
                    "event",
                    f"e{number // 4}",
                    number,
                    header.start,
                    len(envelope) + len(body),
                    3,
                    0,
                    number,
                    None,
                )
            )
            contents.append((number, envelope, body, crc32(bytes(64))))
        with store.transaction():
            store.insert("record", rows)
            store.insert("content", contents)
    store.execute("UPDATE tip SET arrival = ?1, position = ?1", (count,))
    return total


def text_of(record: Record) -> str:
    return "" if record.body is None else record.body[16:].decode()


def median_ms(act: Callable[[], object], rounds: int = 7) -> float:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 2)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    rng = random.Random(1)
    texts = texts_of(rng, 20_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.sqlite3"
        log = SqliteLog(path, texts=Texts(of=text_of, version=1))
        began = time.perf_counter()
        record_bytes = fill(log, count, texts)
        filled_s = time.perf_counter() - began
        log._store.fold()
        plain = path.stat().st_size
        began = time.perf_counter()
        while log.index(limit=BATCH):
            pass
        indexed_s = time.perf_counter() - began
        log._store.fold()
        found: dict[str, object] = {
            "records": count,
            "filled_per_s": round(count / filled_s),
            "indexed_per_s": round(count / indexed_s),
            "disk_per_record_bytes": round(plain / record_bytes, 3),
            "with_text": round(path.stat().st_size / record_bytes, 3),
        }
        common = sorted(
            {word for text in texts[:200] for word in text.split()},
            key=lambda word: -sum(word in text.split() for text in texts[:200]),
        )
        some = [
            log._store.row("SELECT id FROM record WHERE arrival = ?", (n,))[0]
            for n in rng.sample(range(1, count), 50)
        ]
        found["by_id_ms"] = round(median_ms(lambda: [log.record(one) for one in some]) / 50, 4)
        for name, word in (
            ("commonest", common[0]),
            ("50th", common[50]),
            ("1000th", common[min(1000, len(common) - 1)]),
            ("rarest", common[-1]),
            ("absent", "xxxxxxxxxxxx"),
        ):
            upcoming = partial(log.search, limit=20, first="2030-06-01")
            found[name] = {
                "newest_20_ms": median_ms(partial(log.search, word, limit=20)),
                "upcoming_20_ms": median_ms(partial(upcoming, word)),
                "upcoming_two_words_ms": median_ms(partial(upcoming, f"{word} {common[10]}")),
            }
        found["in_set_s"] = round(median_ms(lambda: sum(1 for _ in log.in_set()), 1) / 1000, 2)
        log.close()
        newest = statistics.median(
            entry["newest_20_ms"] for entry in found.values() if isinstance(entry, dict)
        )
        upcoming_ms = max(
            entry["upcoming_20_ms"] for entry in found.values() if isinstance(entry, dict)
        )
        by_id = float(str(found["by_id_ms"]))
        say(f"search in {count} records, newest 20 / a read by id", newest / by_id, 15)
        say(f"any word's next 20 of {count} records", upcoming_ms, 50, unit="ms")
        say("disk / record bytes, without full text", plain / record_bytes, 1.45)
        say("disk / record bytes, with full text", float(str(found["with_text"])), 1.65)
        for name, value in found.items():
            sys.stdout.write(f"{name} {json.dumps(value)}\n")


if __name__ == "__main__":
    main()
