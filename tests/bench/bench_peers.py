"""The same work by other systems, on this machine and in this run.

    python -m tests.bench.bench_peers [--records 10000] [--rounds 3]

As many records, of about 1 KiB, are taken in, come to an empty node on loopback, and a new one
reaches a connected neighbour. Hypercore does it as one log of one writer; nostr-relay as one
relay over SQLite with two clients, and with a tenth of the records, since it is slow; js-libp2p
gossips alone, and keeps nothing. Hypercore does not wait for the disk, and we do. Ours and
hypercore's bulk sync are interleaved. What is not installed is said: `python -m
tests.bench.peers.install` does it, and `npm ci --ignore-scripts --prefix tests/js`.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import trio

from p2pevents.log.sqlite import SqliteLog
from tests.bench import bench_bulk_sync, bench_ingest
from tests.bench.bench_live import live
from tests.bench.goal import absent, own_python, say
from tests.bench.peers.install import HERE, HYPERCORE, NOSTR_PYTHON
from tests.bench.talking import Talking

RECORD_BYTES = 1084
RECORDS, ROUNDS, LIVE = 10_000, 3, 20
NOSTR_SHARE = 10  # of the records it is given one in so many
FIGURES = ("took", "wireBytes", "live_ms", "singly", "inHundreds", "memory")  # of hypercore
JS = HERE.parent.parent / "js"
INSTALL = "python -m tests.bench.peers.install"


def ours_s(folder: Path, source: Path, records: int) -> float:
    """Seconds until an empty node of ours has all the records of another process."""
    serving = own_python("-m", "tests.bench.bench_bulk_sync", "--serve", str(source))
    with Talking(serving) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        log = SqliteLog(folder / "target.sqlite3")
        taken = trio.run(bench_bulk_sync.sync, log, address, records)
        log.close()
        server.communicate("")
    return taken.took_s


def hypercore(node: str, folder: Path, records: int) -> dict[str, float]:
    """What hypercore says of its own work, and the ms from an append to the other process."""
    program = [node, str(HERE / "hypercore.mjs")]
    with Talking([*program, "serve", str(folder / "one"), str(records), str(RECORD_BYTES)]) as one:
        there = one.hear()
        place = [there["key"], str(there["port"]), str(records)]
        with Talking([*program, "take", str(folder / "two"), *place]) as two:
            found = {**there, **two.hear()}
            live = []
            for _ in range(LIVE):
                time.sleep(0.1)
                one.nudge()
                live.append(-one.hear()["at"] + two.hear()["at"])
            two.kill()
        one.kill()
    return {**found, "live_ms": statistics.median(live)}


def compare_bulk(records: int, rounds: int) -> None:
    """Ours beside hypercore."""
    node = shutil.which("node")
    is_there = node is not None and HYPERCORE.exists()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "source.sqlite3"
        log = SqliteLog(source)
        bench_bulk_sync.fill(log, records)
        log.close()
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                ours.append(ours_s(Path(folder), source, records))
                if node is not None and is_there:
                    theirs.append(hypercore(node, Path(folder), records))
    say(f"ours: {records} records to an empty node", statistics.median(ours), unit="s")
    name = "bulk sync, hypercore's time / ours"
    if not theirs:
        absent(name, f"no hypercore here: {INSTALL}")
        return
    median = {key: statistics.median(each[key] for each in theirs) for key in FIGURES}
    ratios = [each["took"] / 1000 / own for own, each in zip(ours, theirs, strict=True)]
    say(name, statistics.median(ratios), 3, at_least=True)
    bytes_ratio = median["wireBytes"] / (records * RECORD_BYTES)
    say("hypercore: the same", median["took"] / 1000, unit="s")
    say("hypercore: bytes on the wire / block bytes", bytes_ratio)
    say("hypercore: live, appended to there", median["live_ms"], unit="ms")
    say("hypercore: appended one by one", median["singly"], unit="/s")
    say("hypercore: appended in hundreds", median["inHundreds"], unit="/s")
    say("hypercore: memory of the taker", median["memory"] / 2**20, unit="MiB")


def compare_ingest(records: int) -> None:
    """Our own door, beside which the others' appending stands."""
    entries, made = bench_ingest.made(1, records)
    with tempfile.TemporaryDirectory() as name:
        for threads in (0, 2):
            path = Path(name) / f"{threads}.sqlite3"
            door = bench_ingest.Door(path, threads=threads, texts=None)
            took_s = door.take(entries, made)[0]
            how = f"{threads} threads" if threads else "one thread"
            say(f"ours: taken in and checked, {how}", records / took_s, unit="/s")


def tell_nostr(records: int) -> None:
    """A relay's work."""
    if not NOSTR_PYTHON.exists():
        absent("nostr-relay", f"not installed here: {INSTALL}")
        return
    program = [str(NOSTR_PYTHON), str(HERE / "nostr_work.py")]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*program, folder, str(records), str(RECORD_BYTES)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    found = json.loads(done.stdout)
    say("nostr-relay: taken in", found["ingest"], unit="/s")
    say(f"nostr-relay: {records} events to an empty client", found["fetch_s"], unit="s")
    say("nostr-relay: live, sent to the other client", found["live_ms"], unit="ms")


def compare_gossip(rounds: int) -> None:
    """Our gossip, from announced to committed, beside js-libp2p's, which commits nothing.

    Both are two processes, which read the machine's one clock.
    """
    name = "live by gossip, ours / js-libp2p"
    node = shutil.which("node")
    if node is None or not (JS / "node_modules" / "libp2p").exists():
        absent(name, "no js-libp2p here: npm ci --ignore-scripts --prefix tests/js")
        return
    command = [node, "--import", "./node20.mjs", "live.mjs", str(LIVE), str(RECORD_BYTES)]
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(1000 * statistics.median(live(LIVE, ["gossip"]).after_s["gossip"]))
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=JS)
        theirs.append(json.loads(done.stdout)["live_ms"])
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    say(name, statistics.median(ratios), 1.3)
    say("js-libp2p: live by gossip", statistics.median(theirs), unit="ms")


def main() -> None:
    """Print what each did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # of py-libp2p, when hosts are closed
    compare_bulk(asked.records, asked.rounds)
    compare_ingest(asked.records)
    tell_nostr(asked.records // NOSTR_SHARE)
    compare_gossip(asked.rounds)


if __name__ == "__main__":
    main()
