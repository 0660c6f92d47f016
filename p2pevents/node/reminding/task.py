"""The part of a running node that reminds its person: it looks, keeps, and then tells."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import trio

from p2pevents.errors import P2PEventsError
from p2pevents.log.moments import Moment
from p2pevents.log.notes import read_note
from p2pevents.log.protocol import Log
from p2pevents.node.config import Config
from p2pevents.node.desk import Desk
from p2pevents.node.doctor.next_date import has_next_date
from p2pevents.node.home import Home
from p2pevents.node.opening import open_log
from p2pevents.node.reminding.channels import Channel, channels_of, tell
from p2pevents.node.reminding.due import Kind, Memory, Reminder, look, read_memory
from p2pevents.record.ids import to_text
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.times import Window

__all__ = ["Reminding", "remind"]

LOOK_S: Final = 20.0
QUIET_MS_MAX: Final = 6 * 3_600_000  # after which it is looked though nothing changed
AHEAD_DAYS: Final = 400
MONTH_MS: Final = 31 * 86_400_000
_NOTE: Final = "reminders"

_logger = logging.getLogger(__name__)


async def remind(home: Home, config: Config, now_ms: Callable[[], int]) -> None:
    """Tell what is due, again and again; end at once where nobody wants to be told."""
    channels = channels_of(config)
    if not channels:
        return
    reminding = Reminding(config)
    while True:
        try:
            due = await trio.to_thread.run_sync(lambda: reminding.due(home, now_ms=now_ms()))
            for reminder in due:
                await trio.to_thread.run_sync(_tell, channels, reminder, abandon_on_cancel=True)
        except P2PEventsError as error:
            _logger.warning("reminders wait: %s", error)
        await trio.sleep(LOOK_S)


def _tell(channels: Mapping[str, Channel], reminder: Reminder) -> None:
    for name, trouble in tell(channels, reminder):
        if trouble:
            _logger.warning("a reminder did not go out by %s: %s", name, trouble)


@dataclass(slots=True)
class Reminding:
    """What is due, kept as given before it is told: a crash loses one, and none comes twice.

    Attributes:
        config: what its person wants to be told of.
    """

    config: Config
    _tip: Moment | None = None
    _look_ms: int = 0

    def due(self, home: Home, *, now_ms: int) -> list[Reminder]:
        """Return what is to be told now, and keep that it was.

        Raises:
            LogError: the log cannot be read or written.
        """
        log = open_log(home)
        try:
            tip = log.moment()
            if tip == self._tip and now_ms < self._look_ms:
                return []
            found, next_ms = self._look(home, log, now_ms=now_ms)
            self._tip = tip
            self._look_ms = min(now_ms + QUIET_MS_MAX, next_ms or now_ms + QUIET_MS_MAX)
            return found
        finally:
            log.close()

    def _look(self, home: Home, log: Log, *, now_ms: int) -> tuple[list[Reminder], int | None]:
        desk = Desk(home=home, log=log, now_ms=lambda: now_ms)
        today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
        window = Window(first=today - timedelta(days=1), until=today + timedelta(days=AHEAD_DAYS))
        calendar = desk.reader.calendar([each.chapter for each in desk.followed()], window=window)
        memory = read_note(log.local, _NOTE, read_memory) or Memory()
        due, kept, next_ms = look(
            agenda(calendar, Query(window=window)),
            memory,
            now_ms=now_ms,
            before=self.config.remind_before,
            changes=self.config.remind_changes,
        )
        nudges = [
            nudge
            for nudge in _nudges(desk, now_ms=now_ms)
            if self.config.remind_next_date and nudge.key not in kept.given
        ]
        given = {**kept.given, **{nudge.key: now_ms + MONTH_MS for nudge in nudges}}
        kept = Memory(seen=kept.seen, given=given)
        if kept != memory:
            log.local.set_note(_NOTE, msgspec.json.encode(kept))
        return [*due, *nudges], next_ms


def _nudges(desk: Desk, *, now_ms: int) -> list[Reminder]:
    """Return a nudge for each chapter of mine that met before and has no date to come."""
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    past = Window(first=today - timedelta(days=AHEAD_DAYS), until=today)
    found = []
    for chapter in desk.my_chapters():
        if has_next_date(desk, chapter, now_ms=now_ms):
            continue
        if not agenda(desk.reader.calendar([chapter], window=past), Query(window=past)):
            continue
        name = desk.chapter_name(chapter)
        found.append(
            Reminder(
                key=f"nudge/{to_text(chapter)}",
                kind=Kind.NUDGE,
                title=f"{name} has no date to come",
                text="people look for the next one: p2pevents event add",
            )
        )
    return found
