"""What a session's stream does with what comes, where the session itself is slower than it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import cast

import pytest
import trio
import trio.testing

from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Commit
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.window import Change, Window
from p2pevents.net.network import PeerStream
from p2pevents.node.answers import answer_from
from p2pevents.node.conduct import Long, conduct
from p2pevents.node.finding import Why
from p2pevents.node.opener import Opened, Refusal
from p2pevents.node.sync_stream import COMMIT_ITEMS_MIN, SyncStream
from p2pevents.sync.effects import Collection, ReadSince
from p2pevents.sync.inputs import Committed, SinceRead
from tests.node.community import NOW_MS, Community, offer
from tests.node.wired import node

SECONDS_MAX = 5.0


def refused(count: int) -> list[Opened]:
    return [Refusal(rule="test", detail="not a record")] * count


async def answers(offers: Sequence[list[Opened]], *, unread: int) -> list[Committed]:
    """Have offers taken in, while so many answers to earlier ones wait to be read."""
    shared = node("one", MemoryLog(incarnation=bytes(16)), now_ms=0).shared
    stream = SyncStream(shared, cast("PeerStream", None), is_opener=True)
    stream._offers_open = len(offers) + unread
    stream._offers_coming = len(offers)
    send, opened = trio.open_memory_channel[Sequence[Opened]](len(offers))
    found: list[Committed] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream._take_in, opened)
        for offer in offers:
            await send.send(offer)
        with trio.fail_after(SECONDS_MAX):
            while len(found) < len(offers):
                given = await stream._inputs.receive()
                assert isinstance(given, Committed)
                found.append(given)
        nursery.cancel_scope.cancel()
    return found


async def test_the_last_offer_waits_for_no_other() -> None:
    """The answers to those before it may not have been read yet: they are no offers that come."""
    assert len(await answers([refused(1)], unread=3)) == 1


async def test_each_offer_has_the_answer_of_its_own_items() -> None:
    """Those that are taken in together too, in their order."""
    found = await answers([refused(2), [], refused(700), refused(1)], unread=0)
    assert [each.rejected for each in found] == [2, 0, 700, 1]


class Slow(SqliteLog):
    """A log whose disk takes until it is let go on."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may_go = Event()

    @contextmanager
    def uncommitted(self) -> Iterator[Commit]:
        with super().uncommitted() as commit:

            def slowly() -> None:
                assert self.may_go.wait(SECONDS_MAX)
                commit()

            yield slowly


async def test_others_have_their_turn_while_a_page_waits_for_the_disk(tmp_path: Path) -> None:
    """Were it waited for on the loop, nobody would be there to let it go on."""
    log = Slow(tmp_path / "log.sqlite3")
    shared = node("one", log, now_ms=NOW_MS).shared
    log.may_go.set()
    paris = Community()
    assert offer(shared.ingest, paris.genesis) == [Why.NEW]
    log.may_go.clear()
    page = [paris.write(paris.leads[0]) for _ in range(COMMIT_ITEMS_MIN)]
    stream = SyncStream(shared, cast("PeerStream", None), is_opener=True)
    stream._offers_open = stream._offers_coming = 1
    send, opened = trio.open_memory_channel[Sequence[Opened]](1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream._take_in, opened)
        await send.send(page)
        await trio.testing.wait_all_tasks_blocked(0.05)
        log.may_go.set()
        answer = await stream._inputs.receive()
        nursery.cancel_scope.cancel()
    assert isinstance(answer, Committed)
    assert answer.new == len(page)
    log.close()


async def test_what_a_reader_of_months_asks_is_looked_for_while_others_have_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100,000 records it took 0.8 s, in which nobody else was answered."""
    log = SqliteLog(tmp_path / "log.sqlite3")
    shared = node("one", log, now_ms=NOW_MS).shared
    paris = Community()
    dated = paris.write(paris.leads[0], start="2020-01-08")
    assert offer(shared.ingest, paris.genesis, dated) == [Why.NEW, Why.NEW]
    asked = ReadSince(
        collection=Collection.RECORDS, after=0, upto=log.tip()[1], window="2020-01", own=False
    )
    stream = SyncStream(shared, cast("PeerStream", None), is_opener=True)
    may_go, looked = Event(), SqliteLog.window

    def slowly(same: SqliteLog, window: Window, *, after: int) -> list[Change]:
        assert same is not log
        assert may_go.wait(SECONDS_MAX)
        return looked(same, window, after=after)

    monkeypatch.setattr(SqliteLog, "window", slowly)
    long = next(
        conduct(shared, "two", stream._session, [asked], steady_ms=lambda: 0, has_threads=True)
    )
    assert isinstance(long, Long)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream._give_way, long)
        await trio.testing.wait_all_tasks_blocked(0.05)
        may_go.set()
    monkeypatch.undo()
    assert isinstance(long.answer, SinceRead)
    assert long.answer.ids == (dated.id,)
    assert long.answer == answer_from(shared.ingest, shared.ledger, asked)
    log.close()
