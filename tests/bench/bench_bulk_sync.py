"""How long 10,000 records take to reach an empty node, over real sockets between two processes.

    python -m tests.bench.bench_bulk_sync [RECORDS] [ROUNDS]

The goal is a ratio: the time from dial to the last commit, over as many single
verifications in the same run; both are the medians of interleaved rounds. Beside it: the
receiver's processor time over that of the verifications, which other work on the machine blurs
less; and how long the receiver's loop was kept from its other tasks, at the worst and at the
99th percentile.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import trio

from p2pevents.authority import found
from p2pevents.log.protocol import Arrival, Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network
from p2pevents.node.config import Config
from p2pevents.node.node import Node
from p2pevents.record import cbor
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified, body_hash, open_envelope, seal
from p2pevents.record.header import Header
from p2pevents.record.signature import public_key_of

RECORDS = 10_000
ROUNDS = 3
CHAPTER_RECORDS = 2500  # below a key's cap
BODY_TEXT = "Meet the people who build the peer-to-peer web, over soup and bread. " * 10
SECONDS_MAX = 120.0
PROBE_S = 0.001
NOW_MS = 1_577_959_200_000


def chapter(number: int, records: int) -> tuple[Entry, list[Verified]]:
    """A chapter of one lead, and so many records of about 1,084 bytes."""
    charter, daily = (bytes([part, number]) * 16 for part in (1, 2))
    genesis = found(charter_seed=charter, daily_seed=daily, salt=number.to_bytes(16, "big"))
    made = []
    for each in range(records):
        text = BODY_TEXT[: 620 + each % 50]
        body = cbor.encode(
            {"salt": each.to_bytes(16, "big"), "fields": {"title": [NOW_MS, text]}},
            bytes_max=16 * 1024,
        )
        header = Header(
            kind="event",
            chapter=genesis.chapter,
            path=(f"event{each:06}",),
            author=public_key_of(daily),
            authority=genesis.id,  # type: ignore[arg-type]
            clock=NOW_MS + each,
            body_hash=body_hash(body),
            body_bytes=len(body),
            start="2020-01-08",
        )
        made.append(seal(header, body, seed=daily))
    return genesis, made


def fill(log: Log, records: int) -> list[Verified]:
    """Put so many records of several chapters into a log."""
    made: list[Verified] = []
    for number in range(1, 2 + (records - 1) // CHAPTER_RECORDS):
        genesis, of_chapter = chapter(number, min(CHAPTER_RECORDS, records - len(made)))
        log.append([Arrival(item=genesis)], now_ms=NOW_MS)
        log.append([Arrival(item=one) for one in of_chapter], now_ms=NOW_MS)
        made += of_chapter
    return made


def open_s(records: list[Verified]) -> float:
    """Seconds that opening all of these takes on one thread, a record after the other."""
    began = time.perf_counter()
    for one in records:
        open_envelope(one.envelope, one.body)
    return time.perf_counter() - began


def signatures_s(records: list[Verified]) -> tuple[float, float]:
    """Seconds that checking their signatures alone takes: by the clock, and of processor time."""
    from nacl.bindings import crypto_sign_open

    jobs = []
    for one in records:
        end = len(one.envelope) - 66
        jobs.append((one.envelope[-64:] + b"x" * (end - 9 + 41), one.header.author))
    began, began_cpu = time.perf_counter(), time.process_time()
    for message, key in jobs:
        with contextlib.suppress(Exception):
            crypto_sign_open(message, key)
    return time.perf_counter() - began, time.process_time() - began_cpu


@dataclass(slots=True)
class Stalls:
    """How late a task that wants its turn every millisecond was given it, in ms."""

    late_ms: list[float]

    async def probe(self) -> None:
        while True:
            began = time.perf_counter()
            await trio.sleep(PROBE_S)
            self.late_ms.append((time.perf_counter() - began - PROBE_S) * 1000)


def node_of(log: Log, network: Network, *, seed: int) -> Node:
    """A node as the daemon makes it, on any free port of this machine."""
    return Node(
        log=log,
        network=network,
        config=Config(listen=("/ip4/127.0.0.1/tcp/0",), sync_interval_s=5),
        now_ms=lambda: NOW_MS + 60_000_000,
        rng=Random(seed),
    )


async def serve(path: Path) -> None:
    """Be the node that has it all, until standard input ends; print where it listens."""
    log = SqliteLog(path)
    async with open_libp2p_network(seed=b"a" * 32) as network, trio.open_nursery() as nursery:
        await nursery.start(node_of(log, network, seed=1).run)
        print(network.addresses()[0], flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)
        nursery.cancel_scope.cancel()
    log.close()


async def sync(
    target: SqliteLog, address: str, records: int, late_ms: list[float]
) -> tuple[float, float]:
    """Seconds from dial until the log has it all: by the clock, and of processor time."""
    async with open_libp2p_network(seed=os.urandom(32)) as network, trio.open_nursery() as nursery:
        node = node_of(target, network, seed=2)
        await nursery.start(node.run)
        nursery.start_soon(Stalls(late_ms).probe)
        await trio.sleep(0.2)
        late_ms.clear()
        began, began_cpu = time.perf_counter(), time.process_time()
        node.dial([address])
        with trio.fail_after(SECONDS_MAX):
            while target.total().records < records:  # noqa: ASYNC110 - a log has no event
                await trio.sleep(0.005)
        took = time.perf_counter() - began, time.process_time() - began_cpu
        await trio.sleep(0.05)
        nursery.cancel_scope.cancel()
    return took


def main() -> None:
    """Print the figures as JSON."""
    if sys.argv[1:2] == ["--serve"]:
        trio.run(serve, Path(sys.argv[2]))
        return
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    synced, opened, verified, late_ms = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = SqliteLog(folder / "source.sqlite3")
        made = fill(source, records)
        source.close()
        command = [sys.executable, "-m", __spec__.name, "--serve", str(folder / "source.sqlite3")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            for number in range(rounds):
                verified.append(signatures_s(made))
                opened.append(open_s(made))
                target = SqliteLog(folder / f"target{number}.sqlite3")
                late_ms_now: list[float] = []
                synced.append(trio.run(sync, target, address, records, late_ms_now))
                late_ms += late_ms_now
                target.close()
            server.communicate("")
    late_ms.sort()
    took, verify = (statistics.median(each for each, _ in times) for times in (synced, verified))
    cpu, verify_cpu = (statistics.median(each for _, each in times) for times in (synced, verified))
    open_ = statistics.median(opened)
    print(
        json.dumps(
            {
                "records": records,
                "record_bytes": statistics.mean(
                    len(one.envelope) + len(one.body or b"") for one in made
                ),
                "sync_s": round(took, 3),
                "open_s": round(open_, 3),
                "verify_s": round(verify, 3),
                "ratio_to_verify": round(took / verify, 2),
                "receiver_cpu_to_verify": round(cpu / verify_cpu, 2),
                "ratio_to_open": round(took / open_, 2),
                "stall_ms_max": round(late_ms[-1], 1),
                "stall_ms_p99": round(late_ms[len(late_ms) * 99 // 100], 1),
                "stalls_over_20_ms": sum(each > 20 for each in late_ms) / rounds,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
