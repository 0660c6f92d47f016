"""Nodes that restart, and nodes whose network changes without a word: every record arrives."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import trio

from p2pevents.log.memory import MemoryLog
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p.guards import keepalive
from p2pevents.net.libp2p.guards.all import ALL
from p2pevents.net.libp2p.opening import open_network
from p2pevents.node.config import Config
from p2pevents.node.core.schedule import Schedule
from p2pevents.node.node import Node
from p2pevents.record.ids import RecordId, from_text
from p2pevents.testing import Organiser, Swarm
from tests.hostile.silent_path import SilentPath
from tests.net.worlds import until
from tests.sockets.daemon import Daemon, command, command_json, stop_all

ARRIVES_S_MAX = 60.0
READERS = 5
# With pings so quick, the record is there in some two seconds.
PING_EVERY_S, PONG_S_MAX = 0.2, 0.3
NOT_THERE_S = 8.0
LISTEN = "/ip4/127.0.0.1/tcp/0"


def few(count: int) -> object:
    return pytest.param(count, marks=pytest.mark.timeout(300))


def full(count: int) -> object:
    return pytest.param(count, marks=[pytest.mark.full, pytest.mark.timeout(3_600)])


guarded_or_not = pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "unguarded"])


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    """Whatever a test starts is ended with it."""
    started: list[Daemon] = []
    yield started
    stop_all(started)


@pytest.fixture
def paths() -> Iterator[list[SilentPath]]:
    started: list[SilentPath] = []
    yield started
    for path in started:
        path.stop()


@pytest.fixture
def paris(tmp_path: Path) -> Path:
    home = tmp_path / "paris"
    command(home, "chapter", "found", "Paris", "--city", "Paris", "--timezone", "Europe/Paris")
    return home


def add(home: Path, title: str) -> str:
    """Add an event, and return its record's id."""
    times = ("--start", "2027-01-06 18:30", "--end", "23:00")
    document = command_json(home, "event", "add", "--title", title, *times)
    return str(document["record"])


def arrival_s(homes: list[Path], record: str) -> float:
    """Wait until every home has a record; return how long the last one took."""
    began_s = time.monotonic()
    missing = set(homes)
    while missing:
        for home in tuple(missing):
            log = SqliteLog(home / "log.sqlite3")
            try:
                if log.has([RecordId(from_text(record))]):
                    missing.remove(home)
            finally:
                log.close()
        took_s = time.monotonic() - began_s
        assert took_s < ARRIVES_S_MAX, f"{len(missing)} homes lack it after {took_s:.0f} s"
        time.sleep(0.05)
    return time.monotonic() - began_s


def report(what: str, taken_s: list[float], say: pytest.CaptureFixture[str]) -> None:
    in_order = sorted(taken_s)
    with say.disabled():
        print(
            f"\n{len(taken_s)} {what}: record there after {in_order[len(in_order) // 2]:.1f} s,"
            f" at most {in_order[-1]:.1f} s"
        )


@pytest.mark.parametrize("restarts", [few(20), full(100)])
def test_after_a_restart_of_either_node_every_record_arrives(
    paris: Path,
    tmp_path: Path,
    daemons: list[Daemon],
    capsys: pytest.CaptureFixture[str],
    *,
    restarts: int,
) -> None:
    speaker = Daemon.start(paris)
    daemons.append(speaker)
    place = speaker.address.partition("/p2p/")[0]
    home = tmp_path / "reader"
    command(home, "follow", str(command_json(paris, "chapter", "invite")["link"]))
    reader = Daemon.start(home)
    daemons.append(reader)
    taken_s = [arrival_s([home], add(paris, "First"))]

    for number in range(restarts):
        if number % 2:
            speaker.stop()
            speaker = Daemon.start(paris, listen=place)
            daemons.append(speaker)
            record = add(paris, f"After {number}")
        else:
            reader.stop()
            record = add(paris, f"Meanwhile {number}")
            reader = Daemon.start(home)
            daemons.append(reader)
        taken_s.append(arrival_s([home], record))

    report("restarts", taken_s[1:], capsys)


@pytest.mark.parametrize("losses", [few(4), full(20)])
def test_after_a_network_lost_in_silence_every_record_arrives(
    paris: Path,
    tmp_path: Path,
    daemons: list[Daemon],
    paths: list[SilentPath],
    capsys: pytest.CaptureFixture[str],
    *,
    losses: int,
) -> None:
    """Five readers lose their way to the speaker at once, again and again without a rest."""
    speaker = Daemon.start(paris)
    daemons.append(speaker)
    port = int(speaker.address.split("/")[4])
    chapter = str(command_json(paris, "chapter", "invite")["link"]).partition("?")[0]
    homes = [tmp_path / f"reader-{number}" for number in range(READERS)]
    for home in homes:
        command(home, "follow", chapter)
        path = SilentPath(port).start()
        paths.append(path)
        way = f"/ip4/127.0.0.1/tcp/{path.port}/p2p/{speaker.ready['peerId']}"
        daemons.append(Daemon.start(home, "--peer", way, listen=LISTEN))
    arrival_s(homes, add(paris, "First"))

    taken_s = []
    for number in range(losses):
        for path in paths:
            path.lose()
        taken_s.append(arrival_s(homes, add(paris, f"Lost {number}")))

    report(f"times {READERS} silent losses", taken_s, capsys)


@guarded_or_not
async def test_who_was_away_is_brought_what_was_written_meanwhile(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: object, *, is_guarded: bool
) -> None:
    """A comparison when they are back brings it: gossip is over, and says nothing again."""
    async with Swarm.over_memory(3, seed=1) as swarm:
        speaker, other, reader = swarm.nodes
        paris = speaker.found("Paris P2P")
        await swarm.until_equal()
        await swarm.stop(reader)
        event = speaker.add(paris, "Meanwhile", "2027-03-03T18:30:00")
        await swarm.until(lambda: other.holds(event))
        await trio.sleep(60)  # in which it is announced to whoever is there
        if not is_guarded:
            monkeypatch.setattr(Schedule, "begin", lambda _schedule, **_at: [])
            monkeypatch.setattr(Schedule, "due_ms", lambda _schedule: None)
        await swarm.start(reader)
        with suppress(trio.TooSlowError):
            await swarm.until(lambda: reader.holds(event), seconds=120)
        assert reader.holds(event) is is_guarded


@guarded_or_not
async def test_a_node_lost_in_silence_is_found_again(
    monkeypatch: pytest.MonkeyPatch, paths: list[SilentPath], *, is_guarded: bool
) -> None:
    """Without pings that somebody waits for, both believe in a connection that is none."""
    monkeypatch.setattr(keepalive, "PING_EVERY_S", PING_EVERY_S)
    monkeypatch.setattr(keepalive, "PONG_S_MAX", PONG_S_MAX)
    guards = tuple(guard for guard in ALL if is_guarded or guard.name != "keepalive")
    async with (
        open_network(seed=b"s" * 32, guards=guards) as near,
        open_network(seed=b"r" * 32, guards=guards) as far,
        trio.open_nursery() as nursery,
    ):
        log, config = MemoryLog(incarnation=b"s" * 16), Config(listen=(LISTEN,))
        speaker = Node(log=log, network=near, config=config, now_ms=now_ms, rng=Random(1))
        await nursery.start(speaker.run)
        path = SilentPath(int(near.addresses()[0].split("/")[4])).start()
        paths.append(path)
        way = f"/ip4/127.0.0.1/tcp/{path.port}/p2p/{near.peer_id}"
        log, config = MemoryLog(incarnation=b"r" * 16), Config(listen=(), peers=(way,))
        reader = Node(log=log, network=far, config=config, now_ms=now_ms, rng=Random(2))
        await nursery.start(reader.run)
        ada = Organiser(rng=Random(3))
        paris = ada.found(speaker.ingest, "Paris", now_ms=now_ms())
        speaker.grown()
        await until(lambda: any(each.chapter == paris for each in log.chapters()))
        path.lose()
        changes = {
            "title": "Lost",
            "when": {"start": "2027-01-06T18:30:00", "timeZone": "Europe/Paris"},
        }
        event = ada.add(speaker.ingest, paris, changes, now_ms=now_ms())
        speaker.grown()
        with suppress(trio.TooSlowError):
            wait_s = ARRIVES_S_MAX if is_guarded else NOT_THERE_S
            await until(lambda: bool(log.has([event.id])), seconds=wait_s)
        assert bool(log.has([event.id])) is is_guarded
        nursery.cancel_scope.cancel()
