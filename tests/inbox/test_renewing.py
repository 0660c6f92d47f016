"""A running node keeps the tickets good by which it fetches letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.home import Home
from p2pevents.node.inbox import renewing
from p2pevents.node.inbox.papers import TICKET_MS_MAX, Ticket
from p2pevents.node.inbox.renewing import keep_tickets_good
from p2pevents.node.inbox.tickets import kept_tickets
from tests.pages.conftest import NOW_MS, found

DAY_MS = 86_400_000


def tickets_of(folder: Path) -> list[Ticket]:
    log = SqliteLog(folder / "log.sqlite3")
    try:
        return kept_tickets(log.local)
    finally:
        log.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A home that leads a chapter and never ran."""
    found(tmp_path / "home")
    return tmp_path / "home"


@dataclass(slots=True)
class Calendar:
    """The day, which the test turns on, and how often the node has looked at it."""

    now_ms: int = NOW_MS
    looks: int = 0

    async def passes(self, days: int) -> None:
        """Let days pass, and the node look once after them."""
        self.now_ms += days * DAY_MS
        before = self.looks
        with trio.fail_after(30):
            while self.looks < before + 2:  # noqa: ASYNC110 - a thread counts; one had begun
                await trio.sleep(0.01)


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    found = Calendar()
    renew = renewing._renew

    def counted(home: Home, now_ms: Callable[[], int]) -> None:
        renew(home, now_ms)
        found.looks += 1

    monkeypatch.setattr(renewing, "_renew", counted)
    monkeypatch.setattr(renewing, "LOOK_S", 0.01)
    return found


async def test_a_node_that_runs_for_months_always_holds_a_ticket_that_is_good(
    folder: Path, calendar: Calendar
) -> None:
    """INBOX-9: no ticket is longer than 31 days, and none is let end while the node runs."""
    assert tickets_of(folder) == []
    seen = set()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_tickets_good, Home(folder=folder), lambda: calendar.now_ms)
        for _ in range(25):
            await calendar.passes(days=4)
            (ticket,) = tickets_of(folder)
            assert calendar.now_ms < ticket.until_ms <= calendar.now_ms + TICKET_MS_MAX
            seen.add(ticket.data)
        nursery.cancel_scope.cancel()
    # Renewed at half its life, and not at every look.
    assert 5 <= len(seen) <= 8


async def test_a_chapter_founded_while_the_node_runs_gets_its_ticket_at_the_next_look(
    tmp_path: Path, calendar: Calendar
) -> None:
    folder = tmp_path / "home"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_tickets_good, Home(folder=folder), lambda: calendar.now_ms)
        await calendar.passes(days=0)
        assert not folder.exists()  # a home without keys is left alone
        await trio.to_thread.run_sync(found, folder)
        await calendar.passes(days=0)
        assert len(tickets_of(folder)) == 1
        nursery.cancel_scope.cancel()
