"""What a full store leaves out is read as a light client reads it, and shows on no wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count, pairwise
from pathlib import Path
from random import Random

import pytest
import trio
from trio.testing import MockClock

from p2pevents.log.local import Follow, KnownPeer
from p2pevents.log.memory import MemoryLog
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import Network, PeerId
from p2pevents.node import private_reading
from p2pevents.node.config import Config
from p2pevents.node.desk import open_desk
from p2pevents.node.exchanging import exchange
from p2pevents.node.home import Home as HomeFolder
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.node.presence import Presence, read_presence
from p2pevents.node.private_reading import PrivateReading
from p2pevents.node.running import _Running
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.places import peer_of
from p2pevents.view.agenda import Query, agenda
from tests.node.community import NOW_MS, item, offer
from tests.node.test_private_store import (
    BYTES_MAX,
    FEW,
    LARGE,
    MANY,
    SMALL,
    Home,
    events,
    fill,
)
from tests.swarm.test_watching_readers import Sent, TappedNetwork

ALL: tuple[Verified | Entry, ...] = (SMALL.genesis, *FEW, LARGE.genesis, *MANY)
_names = count(100)


@asynccontextmanager
async def carriers(hub: MemoryHub, numbers: int, *items: Verified | Entry) -> AsyncIterator[Config]:
    """Nodes with large stores that hold something; what a node is told that knows them."""
    async with trio.open_nursery() as nursery:
        addresses: list[str] = []
        for number in range(1, numbers + 1):
            log = MemoryLog(incarnation=bytes([number]) * 16)
            offer(Ingest(log), *items)
            nursery.start_soon(_carry, hub, log, number, addresses)
        while len(addresses) < numbers:  # noqa: ASYNC110 - soon
            await trio.sleep(0.01)
        yield Config(network="private", listen=(), peers=tuple(addresses))
        nursery.cancel_scope.cancel()


async def _carry(hub: MemoryHub, log: MemoryLog, number: int, addresses: list[str]) -> None:
    async with open_memory_network(hub, seed=bytes([number]) * 32) as network:
        config = Config(network="private", listen=("/memory/0",))
        node = Node(
            log=log, network=network, config=config, now_ms=lambda: NOW_MS, rng=Random(number)
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            addresses.append(network.addresses()[0])


class Reading:
    """A home's reading, over a hub, and what went out by it."""

    def __init__(
        self, home: Home, hub: MemoryHub, config: Config, folder: Path, *, bytes_max: int = 10**9
    ) -> None:
        assert home.private is not None
        self.hub = hub
        self.opened_s: list[float] = []
        self.networks: list[TappedNetwork] = []
        self.reading = PrivateReading(
            home.private,
            path=folder / "read.sqlite3",
            log=home.real.log,
            config=config,
            peer=PeerId("itself"),
            open_network=self.open_network,
            now_ms=lambda: NOW_MS,
            rng=Random(1),
            bytes_max=bytes_max,
        )

    @asynccontextmanager
    async def open_network(self) -> AsyncIterator[Network]:
        self.opened_s.append(trio.current_time())
        async with open_memory_network(self.hub, seed=next(_names).to_bytes(32, "big")) as inner:
            self.networks.append(TappedNetwork(inner))
            yield self.networks[-1]

    @property
    def sent(self) -> list[list[list[Sent]]]:
        return [list(each.sent.values()) for each in self.networks]


async def test_what_was_followed_only_after_it_had_left_is_shown_with_its_past(
    tmp_path: Path,
) -> None:
    home, hub = Home(), MemoryHub(rng=Random(1))
    fill(home)
    home.follow(LARGE.chapter)
    public = home.public()
    assert home.dates(LARGE.chapter) == []
    async with carriers(hub, 2, *ALL) as config:
        reading = Reading(home, hub, config, tmp_path).reading
        assert await reading.read()
        await reading.take_over()
    assert len(home.dates(LARGE.chapter)) == 40
    home.settle()
    assert len(home.dates(LARGE.chapter)) == 40
    assert home.public() == public


async def test_what_was_written_while_the_node_was_off_is_shown_after_it(tmp_path: Path) -> None:
    home, hub = Home(), MemoryHub(rng=Random(1))
    home.follow(LARGE.chapter)
    fill(home)
    home.start()
    assert len(home.dates(LARGE.chapter)) == 40
    kept = Reading(home, hub, Config(network="private", listen=()), tmp_path)
    later = events(LARGE, 43)[40:]
    for items, shown in (((), 40), (later[:2], 42), (later, 43)):  # and after each day's reading
        async with carriers(hub, 1, *ALL, *items) as config:
            found = KnownPeer(peer=peer_of(config.peers[0]), addresses=config.peers, seen_ms=NOW_MS)
            home.real.log.local.set_peer(found)
            assert await kept.reading.read()
            await kept.reading.take_over()
        assert len(home.dates(LARGE.chapter)) == shown


async def test_what_never_found_room_is_shown(tmp_path: Path) -> None:
    home, hub = Home(), MemoryHub(rng=Random(1))
    own = [item(SMALL.genesis), *map(item, events(SMALL, 60))]
    home.real.ingest.offer(own, now_ms=NOW_MS, own=True)
    home.give(LARGE.genesis)
    home.follow(LARGE.chapter)
    async with carriers(hub, 2, *ALL) as config:
        reading = Reading(home, hub, config, tmp_path).reading
        assert await reading.read()
        await reading.take_over()
    assert len(home.dates(LARGE.chapter)) == 40
    assert LARGE.genesis.id not in home.public()


async def test_what_is_followed_after_a_reading_is_taken_from_it_and_nobody_is_asked(
    tmp_path: Path,
) -> None:
    home, hub = Home(), MemoryHub(rng=Random(1))
    fill(home)
    async with carriers(hub, 1, *ALL) as config:
        kept = Reading(home, hub, config, tmp_path)
        assert await kept.reading.read()
        await kept.reading.take_over()
        assert home.logs == []
    home.follow(LARGE.chapter)
    await kept.reading.take_over()
    assert len(home.dates(LARGE.chapter)) == 40
    assert len(kept.opened_s) == 1
    home.real.log.local.unfollow(LARGE.chapter)
    home.settle()
    await kept.reading.take_over()
    assert home.dates(LARGE.chapter) == []


async def test_it_says_what_a_new_light_client_says_whatever_is_followed(tmp_path: Path) -> None:
    """SYNC-31, SYNC-32: the same as anybody who asks for the first time."""
    hub = MemoryHub(rng=Random(1))
    said: list[object] = []
    async with carriers(hub, 1, *ALL) as config:
        async with open_memory_network(hub, seed=next(_names).to_bytes(32, "big")) as inner:
            network = TappedNetwork(inner)
            await exchange(
                MemoryLog(incarnation=b"a light client's"),
                network,
                config,
                is_reader=True,
                now_ms=lambda: NOW_MS,
                rng=Random(1),
            )
            said.append([list(network.sent.values())])
        for number, follows in enumerate(
            ((), (LARGE.chapter,), (SMALL.chapter,), (LARGE.chapter, SMALL.chapter))
        ):
            folder = tmp_path / str(number)
            folder.mkdir()
            home = Home()
            for chapter in follows:
                home.follow(chapter)
            fill(home)
            kept = Reading(home, hub, config, folder)
            for _ in range(2):
                assert await kept.reading.read()
                await kept.reading.take_over()
                said.append(kept.sent[-1:])
    assert all(each == said[0] for each in said)
    assert said[0] not in ([], [[]])


async def test_when_it_reads_depends_on_the_store_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    del autojump_clock
    monkeypatch.setattr(private_reading, "AGAIN_S", private_reading.DAY_S)
    times: list[list[float]] = []
    for follows in ((), (LARGE.chapter,)):
        home = Home()
        fill(home)
        kept = Reading(home, MemoryHub(rng=Random(1)), Config(listen=()), tmp_path)
        began_s = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(kept.reading.run)
            await trio.sleep(3 * 86_400 / 2)
            for chapter in follows:
                home.follow(chapter)
            await trio.sleep(5 * 86_400 / 2)
            nursery.cancel_scope.cancel()
        times.append([round(each - began_s) for each in kept.opened_s])
    assert times[0] == times[1]
    assert times[0][0] < 660
    assert all(0.7 < (later - each) / 86_400 < 1.3 for each, later in pairwise(times[0]))
    assert len(times[0]) >= 4


async def test_who_has_room_for_all_reads_nothing(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    del autojump_clock
    home = Home()
    home.give(SMALL.genesis, *FEW)
    home.follow(LARGE.chapter)  # of which nothing has come yet
    kept = Reading(home, MemoryHub(rng=Random(1)), Config(listen=()), tmp_path)
    with trio.move_on_after(2 * 86_400):
        await kept.reading.run()
    assert kept.opened_s == []


async def test_a_reading_keeps_so_much_and_no_more_and_ends_no_node(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home, hub = Home(), MemoryHub(rng=Random(1))
    fill(home)
    home.follow(LARGE.chapter)
    async with carriers(hub, 2, *ALL) as config:
        reading = Reading(home, hub, config, tmp_path, bytes_max=20_000).reading
        assert await reading.read()
        await reading.take_over()
    log = SqliteLog(tmp_path / "read.sqlite3")
    assert {each.chapter for each in log.chapters()} == {LARGE.chapter, SMALL.chapter}
    assert log.total().bytes <= 20_000
    log.close()
    assert "as much has come as is read at once" in caplog.text


async def test_where_nobody_answers_what_was_read_before_stays(tmp_path: Path) -> None:
    home, hub = Home(), MemoryHub(rng=Random(1))
    fill(home)
    async with carriers(hub, 2, *ALL) as config:
        kept = Reading(home, hub, config, tmp_path)
        assert await kept.reading.read()
    assert not await kept.reading.read()
    home.follow(LARGE.chapter)
    await kept.reading.take_over()
    assert len(home.dates(LARGE.chapter)) == 40


async def test_what_was_read_is_deleted_when_there_is_room_for_all_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    del autojump_clock
    home = Home()
    (tmp_path / "read.sqlite3").write_bytes(b"of before")
    kept = Reading(home, MemoryHub(rng=Random(1)), Config(listen=()), tmp_path)
    with trio.move_on_after(3_600):
        await kept.reading.run()
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - nothing else runs


async def test_what_was_read_and_is_damaged_ends_no_node(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home()
    fill(home)
    home.follow(LARGE.chapter)
    (tmp_path / "read.sqlite3").write_bytes(b"no store at all" * 1000)
    kept = Reading(home, MemoryHub(rng=Random(1)), Config(listen=()), tmp_path)
    await kept.reading.take_over()
    assert "what was read is not kept" in caplog.text


async def test_a_running_node_reads_over_sockets_and_commands_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_reading, "SOON_S", (0.0, 0.0))
    monkeypatch.setattr(private_reading, "LOOK_S", 0.1)
    folder = HomeFolder(folder=tmp_path / "home")
    folder.create()
    log = SqliteLog(folder.log)
    own = [item(SMALL.genesis), *map(item, events(SMALL, 60))]
    Ingest(log).offer(own, now_ms=NOW_MS, own=True)

    def shown() -> int:
        with open_desk(folder, now_ms=lambda: NOW_MS) as desk:
            return len(agenda(desk.reader.calendar([LARGE.chapter]), Query()))

    theirs = MemoryLog(incarnation=b"t" * 16)
    offer(Ingest(theirs), *ALL)
    place = "/ip4/127.0.0.1/tcp/0"
    assert shown() == 0
    with Presence.hold(folder.folder) as presence:
        async with open_libp2p_network(seed=b"t" * 32) as network, trio.open_nursery() as nursery:
            other = Node(
                log=theirs,
                network=network,
                config=Config(network="private", listen=(place,)),
                now_ms=lambda: NOW_MS,
                rng=Random(1),
            )
            await nursery.start(other.run)
            config = Config(
                network="private",
                listen=(place,),
                peers=network.addresses(),
                store_bytes_max=BYTES_MAX,
            )
            running = _Running(folder, config, presence, now_ms=lambda: NOW_MS, is_reader=False)
            nursery.start_soon(running.run, lambda _: None)
            with trio.fail_after(50):
                while not _has_compared(folder):  # noqa: ASYNC110 - likewise
                    await trio.sleep(0.2)
                # All that came of it by then is gone: comparisons leave it out from now on.
                log.local.set_follow(Follow(chapter=LARGE.chapter, petname="", since_ms=NOW_MS))
                while shown() < 40:  # noqa: ASYNC110 - of what is in a log, no event tells
                    await trio.sleep(0.2)
            nursery.cancel_scope.cancel()
    assert folder.read_log.stat().st_mode & 0o077 == 0
    assert [each.chapter for each in log.chapters()] == [SMALL.chapter]
    log.close()


def _has_compared(folder: HomeFolder) -> bool:
    facts = read_presence(folder.folder)
    return facts is not None and facts["lastSync_ms"] is not None
