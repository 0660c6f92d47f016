"""How long 10,000 records take to reach an empty node, over real sockets between two processes.

    python -m tests.bench.bench_bulk_sync [RECORDS] [ROUNDS]

The goal is a ratio: the time from dial to the last commit, over as many single verifications,
done before the round and after it; the best round counts, since whatever else runs takes time away
and never adds any. Beside it: the processor time of either side over that of the verifications,
which other work blurs less; all bytes that went over the receiver's sockets, both ways, over those
of the records; and the longest turn of the receiver's loop between two awaits, of processor time.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

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
from p2pevents.record.envelope import Verified, body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.signature import public_key_of
from tests.bench.goal import say

RECORDS = 10_000
ROUNDS = 3
CHAPTER_RECORDS = 2500  # below a key's cap
BODY_TEXT = "Meet the people who build the peer-to-peer web, over soup and bread. " * 10
SECONDS_MAX = 120.0
POLL_S = 0.01
GC_OBJECTS = 50_000  # as in p2pevents/cli/main.py
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


class Turns(trio.abc.Instrument):
    """How much processor time each step between two awaits took, in seconds."""

    def __init__(self) -> None:
        self.took_s: list[float] = []
        self.longest = ""  # whose
        self._longest_s = 0.0
        self._began_s: float | None = None

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        del task
        self._began_s = time.thread_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if self._began_s is not None:  # else it began before anybody looked
            took_s = time.thread_time() - self._began_s
            if took_s > self._longest_s:
                self.longest, self._longest_s = task.name, took_s
            self.took_s.append(took_s)


@dataclass(slots=True)
class Wire:
    """How many bytes went over all sockets of this process, both ways."""

    count: int = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count from here on."""
        sent, received = trio.SocketStream.send_all, trio.SocketStream.receive_some

        async def send_all(stream: trio.SocketStream, data: Any) -> None:
            self.count += len(data)
            await sent(stream, data)

        async def receive_some(stream: trio.SocketStream, size: int | None = None) -> bytes:
            data = await received(stream, size)
            self.count += len(data)
            return data

        trio.SocketStream.send_all, trio.SocketStream.receive_some = send_all, receive_some  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            trio.SocketStream.send_all, trio.SocketStream.receive_some = sent, received  # type: ignore[method-assign]


@dataclass(slots=True)
class Taken:
    """One round, at the receiver."""

    took_s: float = 0.0
    cpu_s: float = 0.0
    wire: Wire = field(default_factory=Wire)
    turns: Turns = field(default_factory=Turns)


def node_of(log: Log, network: Network, *, seed: int) -> Node:
    """A node as the daemon makes it, on any free port of this machine."""
    return Node(
        log=log,
        network=network,
        config=Config(listen=("/ip4/127.0.0.1/tcp/0",), sync_interval_s=5),
        now_ms=lambda: NOW_MS + 60_000_000,
        rng=Random(seed),
    )


def collect_as_the_daemon_does() -> None:
    """Look for garbage as seldom as a running node, and not in what was loaded and made before."""
    gc.set_threshold(GC_OBJECTS)
    gc.freeze()


async def serve(path: Path) -> None:
    """Be the node that has it all, until standard input ends; print where it listens."""
    log = SqliteLog(path)
    async with open_libp2p_network(seed=b"a" * 32) as network, trio.open_nursery() as nursery:
        await nursery.start(node_of(log, network, seed=1).run)
        collect_as_the_daemon_does()
        print(network.addresses()[0], flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)
        nursery.cancel_scope.cancel()
    log.close()


async def sync(target: SqliteLog, address: str, records: int) -> Taken:
    """Dial, and wait until the log has it all."""
    taken = Taken()
    async with open_libp2p_network(seed=os.urandom(32)) as network, trio.open_nursery() as nursery:
        node = node_of(target, network, seed=2)
        await nursery.start(node.run)
        await trio.sleep(0.2)
        trio.lowlevel.add_instrument(taken.turns)
        began, began_cpu = time.perf_counter(), time.process_time()
        with taken.wire.counted(), trio.fail_after(SECONDS_MAX):
            node.dial([address])
            while target.total().records < records:  # noqa: ASYNC110 - a log has no event
                await trio.sleep(POLL_S)
        taken.took_s = time.perf_counter() - began
        taken.cpu_s = time.process_time() - began_cpu
        trio.lowlevel.remove_instrument(taken.turns)
        nursery.cancel_scope.cancel()
    return taken


def cpu_s_of(process: int) -> float:
    """Seconds of processor time that another process has taken; 0 where that is not told."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print each round as JSON, and the goals."""
    if sys.argv[1:2] == ["--serve"]:
        trio.run(serve, Path(sys.argv[2]))
        return
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = SqliteLog(folder / "source.sqlite3")
        made = fill(source, records)
        source.close()
        record_bytes = sum(len(one.envelope) + len(one.body or b"") for one in made)
        collect_as_the_daemon_does()
        command = [sys.executable, "-m", __spec__.name, "--serve", str(folder / "source.sqlite3")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            for number in range(rounds):
                target = SqliteLog(folder / f"target{number}.sqlite3")
                before, sender_s = signatures_s(made), cpu_s_of(server.pid)
                taken = trio.run(sync, target, address, records)
                sender_s = cpu_s_of(server.pid) - sender_s
                after = signatures_s(made)
                target.close()
                verify, verify_cpu = (sum(each) / 2 for each in zip(before, after, strict=True))
                rows.append(
                    {
                        "sync_s": taken.took_s,
                        "verify_s": verify,
                        "time": taken.took_s / verify,
                        "receiver_cpu": taken.cpu_s / verify_cpu,
                        "sender_cpu": sender_s / verify_cpu,
                        "bytes": taken.wire.count / record_bytes,
                        "turn_ms": max(taken.turns.took_s) * 1000,
                    }
                )
                print(f"longest turn: {taken.turns.longest}")
            server.communicate("")
    best = {name: min(row[name] for row in rows) for name in rows[0]}
    for row in rows:
        print(json.dumps({name: round(value, 3) for name, value in row.items()}))
    of = f"bulk sync of {records:,}"
    say(f"{of}: time / as many checks of signatures", best["time"], 1.3)
    say(f"{of}: receiver's processor time / the same", best["receiver_cpu"], 2.0)
    say(f"{of}: bytes / record bytes", best["bytes"], 1.02)
    say(f"{of}: longest turn of the loop, of processor time", best["turn_ms"], 20, unit="ms")


if __name__ == "__main__":
    main()
