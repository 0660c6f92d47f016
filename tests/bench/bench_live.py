"""How soon a record that one node announces is on the disk of its neighbour.

    python -m tests.bench.bench_live [--records 30] [--stages]

Two processes, each with a node as the daemon has it and a log in a file, connected over loopback.
*Announced* means that the announcing call has answered: the record is committed on the writer's own
disk. From then until the neighbour's COMMIT has returned is held over the round trip of as many
bytes on an open stream of the same connection. Records go out as they do (pushed to the connected
peer, and gossiped as well), by gossip alone, and written by a third process, as a command beside
the daemon does it; these and the round trips take turns, record by record. All processes read the
same clock, which on Linux is one for the whole machine.

`--stages` adds between which moments that time went by.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import trio

from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network, PeerStream
from p2pevents.node.bell import hang_bell, ring
from p2pevents.node.config import Config
from p2pevents.node.core.schedule import Schedule
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.node.running import answer_bell
from p2pevents.record.ids import ChapterId
from p2pevents.testing.organiser import Organiser
from tests.bench import stages
from tests.bench.bench_bulk_sync import collect_as_the_daemon_does
from tests.bench.goal import own_python, percentile, say
from tests.log.samples import record as sample

ECHO = "/bench/echo/1"
RECORD_BYTES = 1084
RECORDS = 30
PINGS = 5  # a turn
PING_PAUSE_S = 0.01
PAUSE_S = (0.3, 0.42)  # own records are gossiped at most four times a second; no clock keeps step
MESH_S = 3.0  # gossipsub grafts peers once a second
GOALS = {"push": 1.5, "gossip": 6.0}
TEXT = "Meet the people who build the peer-to-peer web, over soup and bread. " * 10
COLUMNS = 13  # of a record's row; its id is the second
US = 1e6


class TimedConnection(sqlite3.Connection):
    """Notes when the COMMIT of each record has returned, in seconds of the shared clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.committed_s: dict[str, float] = {}
        self._within: list[str] = []

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        """Run a statement."""
        if sql.startswith("INSERT INTO record "):
            self._within += [identifier.hex() for identifier in values[1::COLUMNS]]
        done = super().execute(sql, values)
        if sql == "COMMIT" and self._within:
            self.committed_s |= dict.fromkeys(self._within, time.monotonic())
            self._within = []
        return done


def now_ms() -> int:
    """The clock of all: gossip is not for what is old."""
    return int(time.time() * 1000)


@asynccontextmanager
async def node_on(
    log: SqliteLog, home: Path, *, seed: bytes, peers: Sequence[str] = ()
) -> AsyncIterator[tuple[Node, Network]]:
    """Run a node as the daemon makes it, on any free port of this machine."""
    config = Config(listen=("/ip4/127.0.0.1/tcp/0",), peers=tuple(peers))
    with hang_bell(home) as bell:
        async with open_libp2p_network(seed=seed) as network, trio.open_nursery() as nursery:
            node = Node(log=log, network=network, config=config, now_ms=now_ms, rng=Random(1))
            await nursery.start(node.run)
            assert bell is not None
            nursery.start_soon(answer_bell, bell, node)
            collect_as_the_daemon_does()
            yield node, network
            nursery.cancel_scope.cancel()


# --- the neighbour --------------------------------------------------------------------------------


async def echo(stream: PeerStream) -> None:
    """Send back what comes."""
    async for data in stream:
        await stream.send_all(data)


async def neighbour(home: Path) -> None:
    """Be the neighbour until standard input ends; then say when each record was committed."""
    connections: list[TimedConnection] = []

    def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
        assert not read_only
        connections.append(
            sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, factory=TimedConnection
            )
        )
        return connections[-1]

    log = SqliteLog(home / "log.sqlite3", connect=connect)
    async with node_on(log, home, seed=b"n" * 32) as (_, network):
        network.serve(ECHO, echo)
        print(network.addresses()[0], flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)
    committed_s = {key: at for each in connections for key, at in each.committed_s.items()}
    print(json.dumps({"committed_s": committed_s, "moments": stages.MOMENTS}), flush=True)
    log.close()


# --- who announces --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """One record, and when announcing it began and had answered, in seconds of the shared clock."""

    record: str
    began_s: float
    answered_s: float


def announce(organiser: Organiser, door: Ingest, chapter: ChapterId) -> Announced:
    """Write an event of about 1,084 bytes at a door."""
    event = {
        "title": "Evening",
        "when": {"start": "2027-03-03T18:30:00", "timeZone": "Europe/Paris"},
        "description": TEXT[:530],
    }
    began = time.monotonic()
    record = organiser.add(door, chapter, event, now_ms=now_ms())
    return Announced(record=record.id.hex(), began_s=began, answered_s=time.monotonic())


def organiser_of(seed: int) -> Organiser:
    """The one organiser; whoever announces for them draws other ids and salts, by `seed`."""
    rng = Random(1)
    organiser = Organiser(rng=rng)
    rng.seed(seed)
    return organiser


def command(home: Path) -> None:
    """Announce a record for each line that comes: the chapter's id; say what was announced."""
    log = SqliteLog(home / "log.sqlite3")
    organiser = organiser_of(2)
    for line in sys.stdin:
        done = announce(organiser, Ingest(log), ChapterId(bytes.fromhex(line)))
        ring(home)
        print(json.dumps([done.record, done.began_s, done.answered_s]), flush=True)
    log.close()


async def silent(topic: str, data: bytes) -> int:
    """Publish nothing, and say that it was heard."""
    del topic, data
    await trio.lowlevel.checkpoint()
    return 1


def pushes_none(_: Schedule) -> list[str]:
    """Whom to push to: nobody."""
    return []


async def ping_s(stream: PeerStream) -> float:
    """The round trip of a record's bytes."""
    began = time.monotonic()
    await stream.send_all(bytes(RECORD_BYTES))
    left = RECORD_BYTES
    while left > 0:
        left -= len(await stream.receive_some())
    return time.monotonic() - began


@dataclass(slots=True)
class Found:
    """What was measured: round trips in seconds, and what was announced, by how."""

    ping_s: list[float] = field(default_factory=list)
    announced: dict[str, list[Announced]] = field(default_factory=dict)


async def write(
    home: Path, address: str, records: int, ways: Sequence[str], other: subprocess.Popen[str] | None
) -> Found:
    """Be the writer: announce so many records by each way, the ways by turns."""
    log, found, rng = SqliteLog(home / "log.sqlite3"), Found(), Random(3)
    async with node_on(log, home, seed=b"w" * 32, peers=[address]) as (node, network):
        organiser = organiser_of(4)
        chapter = organiser.found(node.ingest, "Paris P2P", now_ms=now_ms())
        node.grown()

        async def by_node() -> Announced:
            done = announce(organiser, node.ingest, chapter)
            node.grown()
            return done

        async def by_command() -> Announced:
            assert other is not None
            assert other.stdin is not None
            assert other.stdout is not None
            print(chapter.hex(), file=other.stdin, flush=True)
            said = json.loads(await trio.to_thread.run_sync(other.stdout.readline))
            record, began_s, answered_s = said
            return Announced(record=record, began_s=began_s, answered_s=answered_s)

        await trio.sleep(MESH_S)
        async with await network.open_stream(network.peers()[0].peer_id, ECHO) as stream:
            for _ in range(records):
                for _ in range(PINGS):
                    found.ping_s.append(await ping_s(stream))
                    await trio.sleep(PING_PAUSE_S)
                for way in ways:
                    live = pushes_none if way == "gossip" else Schedule.live
                    with patch.object(Schedule, "live", live):
                        done = await (by_command if way == "command" else by_node)()
                        found.announced.setdefault(way, []).append(done)
                        await trio.sleep(rng.uniform(*PAUSE_S))
    log.close()
    return found


# --- the figures ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What one run measured, in seconds.

    Attributes:
        ping_s: round trips.
        whole_s: by way, from the beginning of the call that announced.
        after_s: by way, from its answer.
        stages: by way, the medians between moments.
    """

    ping_s: Sequence[float]
    whole_s: Mapping[str, Sequence[float]]
    after_s: Mapping[str, Sequence[float]]
    stages: Mapping[str, Sequence[stages.Stage]]

    def ratio(self, way: str) -> float:
        """From the answer to the neighbour's commit, over a round trip."""
        return statistics.median(self.after_s[way]) / statistics.median(self.ping_s)


def live(records: int, ways: Sequence[str], *, with_stages: bool = False) -> Live:
    """Run it all."""

    def program(role: str, home: Path) -> subprocess.Popen[str]:
        home.mkdir(exist_ok=True)
        words = [*own_python("-m", "tests.bench.bench_live"), f"--{role}", str(home)]
        words += ["--stages"] if with_stages else []
        return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with tempfile.TemporaryDirectory() as name:
        here, there = Path(name) / "here", Path(name) / "there"
        with program("neighbour", there) as other:
            assert other.stdout is not None
            address = other.stdout.readline().strip()
            here.mkdir()
            SqliteLog(here / "log.sqlite3").close()
            with program("command", here) as beside:
                with stages.noted(with_stages):
                    found = trio.run(write, here, address, records, ways, beside)
                beside.communicate()
            said = json.loads(other.communicate()[0])
    committed_s = said["committed_s"]
    for way, announced in found.announced.items():
        lost = [each.record for each in announced if each.record not in committed_s]
        assert not lost, f"{len(lost)} by {way} did not come"
    return Live(
        ping_s=found.ping_s,
        whole_s={
            way: [committed_s[each.record] - each.began_s for each in announced]
            for way, announced in found.announced.items()
        },
        after_s={
            way: [committed_s[each.record] - each.answered_s for each in announced]
            for way, announced in found.announced.items()
        },
        stages={
            way: stages.between(
                [(each.answered_s, committed_s[each.record]) for each in announced],
                here=stages.MOMENTS,
                there=said["moments"],
                by_gossip=way == "gossip",
            )
            for way, announced in found.announced.items()
            if with_stages
        },
    )


def commit_s() -> float:
    """The median of the seconds that a log takes to commit one record: a part of each way."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog(Path(folder) / "log.sqlite3")
        for number in range(RECORDS):
            item = sample(number)
            began = time.monotonic()
            log.append([Arrival(item=item)], now_ms=0)
            took.append(time.monotonic() - began)
            time.sleep(PING_PAUSE_S)
        log.close()
    return statistics.median(took)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=RECORDS, help="by each way")
    parser.add_argument("--stages", action="store_true", help="say between which moments")
    parser.add_argument("--neighbour", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--command", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # of py-libp2p, when hosts are closed
    if asked.neighbour:
        with stages.noted(asked.stages):
            trio.run(neighbour, asked.neighbour)
        return
    if asked.command:
        command(asked.command)
        return
    found = live(asked.records, ("push", "gossip", "command"), with_stages=asked.stages)
    for way, limit in GOALS.items():
        say(f"live by {way}, announced to committed / round trip", found.ratio(way), limit)
    say("- round trip", US * statistics.median(found.ping_s), unit="us")
    say("- one commit, waited for the disk", US * commit_s(), unit="us")
    for way in found.after_s:
        say(f"- {way}", US * statistics.median(found.after_s[way]), unit="us")
        say(f"- {way}, fastest tenth", US * percentile(found.after_s[way], 10), unit="us")
        whole = US * statistics.median(found.whole_s[way])
        say(f"- {way}, with the announcing itself", whole, unit="us")
    for way, rows in found.stages.items():
        print(f"\n{way}, us at the median")
        for row in rows:
            print(f"{US * row.took_s:>7.0f}  {row.where:<9} {row.name}")
    print(json.dumps({"load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
