"""What pages keep in memory: read behind them, and the same before it is there and after."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from p2pevents.errors import LogError
from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node import keeping
from p2pevents.node.home import Home
from p2pevents.node.keeping import Whole
from p2pevents.record.ids import ChapterId
from p2pevents.view.calendar import Calendar
from p2pevents.view.cancelled import Cancelled
from p2pevents.view.feed import Feed
from p2pevents.view.tagged import Tagged
from p2pevents.web import agendas, shelf as shelf_module
from p2pevents.web.asked import Asked
from p2pevents.web.behind import read_whole
from p2pevents.web.drawing import Painter
from p2pevents.web.face import Face
from p2pevents.web.feeds import Subscribed, atom_feed, ics_feed, ics_feed_behind
from p2pevents.web.shelf import Shelf
from tests.bench.made import TODAY, Chapter, home_of_events

EVENTS, DAYS = 60, 30
NOW_MS = int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made, _ = home_of_events(tmp_path, EVENTS, first=TODAY - timedelta(days=10), days=DAYS)
    return made


@pytest.fixture
def shelf(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setattr(agendas, "AT_ONCE_MAX", 0)
    monkeypatch.setattr(shelf_module, "REST", 0)
    made = Shelf(home, now_ms=lambda: NOW_MS)
    yield made
    made.close()


def write(home: Home, number: int, title: str, *, clock: int = NOW_MS) -> None:
    """Say something new, as another process does."""
    log = SqliteLog(home.log)
    said = Chapter(number % 4).event(number, TODAY, f"{title} and more words of it", clock=clock)
    log.append([Arrival(item=said)], now_ms=NOW_MS)
    log.close()


def drawn(shelf: Shelf) -> list[str]:
    painter = Painter(shelf, Face(is_local=False))
    return [
        painter.agenda(Asked(values={})),
        painter.agenda(Asked(values={"q": "library"})),
        painter.agenda(Asked(values={"past": "1"})),
        painter.month(TODAY.replace(day=1), Asked(values={})),
        painter.chapter(shelf.chapters()[0], Asked(values={})),
    ]


def anew(home: Home) -> list[str]:
    made = Shelf(home, now_ms=lambda: NOW_MS)
    try:
        return drawn(made)
    finally:
        made.close()


async def test_pages_are_the_same_before_all_is_read_and_after(home: Home, shelf: Shelf) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shelf.keep_up)
        await trio.testing.wait_all_tasks_blocked()
        assert await shelf.use(lambda each: each.agendas.is_lacking())
        assert await shelf.use(drawn) == anew(home)
        with trio.fail_after(10):
            await shelf.wait_for_all()
        assert not await shelf.use(lambda each: each.agendas.is_lacking())
        assert await shelf.use(drawn) == anew(home)
        nursery.cancel_scope.cancel()


async def test_what_comes_while_all_is_read_is_shown(
    home: Home, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(of: Home, chapters: Collection[ChapterId], **values: Any) -> Whole:
        whole = read_whole(of, chapters, **values)
        write(home, 500, "Meanwhile", clock=NOW_MS)
        return whole

    monkeypatch.setattr(shelf_module, "read_whole", read)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shelf.keep_up)
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(10):
            await shelf.wait_for_all()
        found = await shelf.use(drawn)
        assert "Meanwhile and more words" in found[0]
        assert found == anew(home)
        nursery.cancel_scope.cancel()


async def test_what_must_be_read_anew_is_read_behind_again(home: Home, shelf: Shelf) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shelf.keep_up)
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(10):
            await shelf.wait_for_all()
        log = SqliteLog(home.log)
        held = [each.id for each in log.in_set() if each.kind == "event"]
        log.remove(held[:1])
        log.close()
        assert await shelf.use(lambda each: each.agendas.is_lacking())
        assert await shelf.use(drawn) == anew(home)
        with trio.fail_after(10):
            await shelf.wait_for_all()
        assert await shelf.use(drawn) == anew(home)
        nursery.cancel_scope.cancel()


async def test_pages_are_drawn_where_nothing_can_be_read_behind_them(
    home: Home, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Whole:
        raise LogError("the disk refuses")

    monkeypatch.setattr(shelf_module, "read_whole", fail)
    monkeypatch.setattr(shelf_module, "REST", 1)
    monkeypatch.setattr(shelf_module, "WAIT_S_MAX", 0.2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shelf.keep_up)
        await trio.testing.wait_all_tasks_blocked()
        await shelf.wait_for_all()
        assert await shelf.use(drawn) == anew(home)
        nursery.cancel_scope.cancel()


def test_feeds_of_a_large_log_hold_what_comes_next_and_what_changed_last(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write(home, number, f"Changed {number}", clock=NOW_MS + 1 + number)

    def feeds() -> tuple[bytes, bytes]:
        made = Shelf(home, now_ms=lambda: NOW_MS)
        try:
            chapters = made.chapters()
            ics = ics_feed(made, Face(), chapters, Cancelled.MARKED).data
            return ics, atom_feed(made, Face(), chapters).data
        finally:
            made.close()

    all_events, all_entries = feeds()
    monkeypatch.setattr(keeping, "RECORDS_MAX", 0)
    # All of it is within the days of such a feed, and among what came last.
    assert feeds() == (all_events, all_entries)
    monkeypatch.setattr(agendas, "SUBSCRIBED_ROWS_MAX", 20)
    monkeypatch.setattr(agendas, "BEHIND", timedelta())
    monkeypatch.setattr(agendas, "ENTRIES_MAX", 3)
    some_events, some_entries = feeds()
    assert 20 <= some_events.count(b"BEGIN:VEVENT") < EVENTS
    assert f"DTSTART;TZID=Europe/Paris:{TODAY - timedelta(days=9):%Y%m%d}".encode() in all_events
    assert (
        f"DTSTART;TZID=Europe/Paris:{TODAY - timedelta(days=9):%Y%m%d}".encode() not in some_events
    )
    begin = all_entries.index(b"<entry>")
    third = all_entries.split(b"</entry>")[2]
    assert some_entries[begin:].startswith(b"<entry>")
    assert some_entries.split(b"</entry>")[2] == third
    assert some_entries.count(b"<entry>") == 3


async def test_pages_are_drawn_while_the_text_of_a_feed_is_made(
    home: Home, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    tagged_at_once = Feed.tagged

    def tagged(feed: Feed, calendar: Calendar) -> Tagged:
        begun.set()
        assert may_end.wait(10)
        return tagged_at_once(feed, calendar)

    def wanted(of: Shelf) -> Subscribed:
        return Subscribed(chapters=of.chapters(), mode=Cancelled.MARKED, public_url="")

    found: list[Tagged] = []

    async def fetch() -> None:
        found.append(await ics_feed_behind(shelf, wanted))

    monkeypatch.setattr(Feed, "tagged", tagged)
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch)
            nursery.start_soon(fetch)  # waits for the first, and is given the same
            await trio.to_thread.run_sync(begun.wait)
            write(home, 501, "Meanwhile", clock=NOW_MS)
            assert await shelf.use(drawn) == anew(home)
            may_end.set()
    assert b"Meanwhile" not in found[0].data
    assert b"Meanwhile" in found[1].data
    monkeypatch.undo()
    at_once = Shelf(home, now_ms=lambda: NOW_MS)
    same = ics_feed(at_once, Face(), at_once.chapters(), Cancelled.MARKED)
    at_once.close()
    assert found[1] == same
    assert await ics_feed_behind(shelf, wanted) is found[1]
