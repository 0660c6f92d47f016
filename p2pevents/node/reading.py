"""What is shown: a calendar of what a chapter's authority shows, from the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Final

from p2pevents.authority import Authority
from p2pevents.log.protocol import Log, Stored
from p2pevents.node.charters import Charters
from p2pevents.record.envelope import Record
from p2pevents.record.ids import ChapterId, EntryId, Path
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import Leave
from p2pevents.view.agenda import RUNNING_DAYS_MAX
from p2pevents.view.calendar import KINDS, PROFILE_PATH, Calendar, fold
from p2pevents.view.times import Window

__all__ = ["leave_of", "read_calendar", "read_under", "shown_only"]


_KINDS: Final = tuple(kind.value for kind in KINDS)
# Kinds of which every object lies on a day, and those that any day may ask for.
_DATED: Final = (Kind.EVENT.value, Kind.OCCURRENCE.value, Kind.SESSION.value)
_STANDING: Final = tuple(kind for kind in _KINDS if kind not in _DATED)


def read_calendar(
    log: Log,
    charters: Charters,
    chapters: Iterable[ChapterId],
    *,
    window: Window | None = None,
) -> Calendar:
    """Return the calendar of these chapters: every object, past ones too.

    Args:
        log: where from.
        charters: who may speak.
        chapters: which.
        window: local days; only what touches them is read, where both ends are given, and
            what has no day is left out.
    """
    records = (
        record
        for chapter in chapters
        for record in shown_only(log, charters, _of_chapter(log, chapter, window), chapter)
    )
    return fold(records, leave=leave_of(charters))


def _of_chapter(log: Log, chapter: ChapterId, window: Window | None) -> Iterator[Stored]:
    if window is None or window.first is None or window.until is None:
        yield from log.of_kinds(_KINDS, chapter=chapter)
        return
    # What began before the window may still go on in it.
    first = window.first - timedelta(days=RUNNING_DAYS_MAX)
    yield from log.of_kinds(_STANDING, chapter=chapter)
    yield from log.touching(
        first.isoformat(), window.until.isoformat(), kinds=_DATED, chapter=chapter
    )


def read_under(
    log: Log, charters: Charters, chapter: ChapterId, paths: Collection[Path]
) -> Calendar:
    """Return the calendar of what lies at some paths of a chapter and beneath, and its profile."""
    records = (
        record
        for path in {PROFILE_PATH, *paths}
        for record in shown_only(log, charters, log.under(chapter, path, kinds=_KINDS), chapter)
    )
    return fold(records, leave=leave_of(charters))


def leave_of(charters: Charters) -> Leave:
    """Return what tells which fields a record's author may write."""

    def leave(record: Record) -> tuple[str, ...] | None:
        authority = charters.of(record.header.chapter)
        return authority.fields_of(record.header.authority) if authority else ()

    return leave


def shown_only(
    log: Log, charters: Charters, records: Iterable[Stored], chapter: ChapterId
) -> Iterator[Stored]:
    """Yield the records that the branch shows which this node's person accepted."""
    authority = charters.of(chapter)
    if authority is None:
        return
    tip = _tip(log, authority, chapter)
    for record in records:
        if authority.shows(record.header, tip, record.id):
            yield record


def _tip(log: Log, authority: Authority, chapter: ChapterId) -> EntryId:
    pin = log.local.pins().get(chapter)
    return authority.tip(pin) if pin is not None else authority.tip()
