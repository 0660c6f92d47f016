"""A calendar that is kept while its log grows: what was said since is read, and the rest stands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from p2pevents.log.protocol import Log
from p2pevents.node.reading import Reader
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, EntryId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind
from p2pevents.view.calendar import KINDS, Calendar

__all__ = ["CHANGES_MAX", "RECORDS_MAX", "KeptCalendar", "is_small_enough"]

CHANGES_MAX: Final = 512  # more of them, and reading all is as quick
RECORDS_MAX: Final = 40_000  # in memory; of more, windows are read
_SHAKES_ALL: Final = AUTHORITY_KINDS | {Kind.ERASE.value}


def is_small_enough(log: Log, chapters: Collection[ChapterId]) -> bool:
    """Tell whether all of these chapters may be kept in memory together."""
    return sum(log.size(chapter).records for chapter in chapters) <= RECORDS_MAX


class KeptCalendar:
    """The calendar of some chapters, as `Reader.calendar` would make it anew each time."""

    def __init__(self, log: Log, chapters: Collection[ChapterId]) -> None:
        self._log = log
        self._chapters = tuple(dict.fromkeys(chapters))
        self._calendar: Calendar | None = None
        self._position = 0
        self._records = 0
        self._tips: dict[ChapterId, EntryId | None] = {}

    def current(self, reader: Reader) -> Calendar:
        """Return the calendar as the log stands now.

        Args:
            reader: of this log, with nothing in memory that the log has left behind.
        """
        position, records = self._log.tip()[1], self._log.total().records
        tips = {chapter: _tip(reader, chapter) for chapter in self._chapters}
        changed = None if tips != self._tips else self._changed(records)
        if self._calendar is None or changed is None:
            self._calendar = reader.calendar(self._chapters)
        elif changed:
            self._calendar = reader.again(changed, base=self._calendar)
        self._position, self._records, self._tips = position, records, tips
        return self._calendar

    def _changed(self, records: int) -> set[ObjectId] | None:
        """Return the objects of which anything was said since; None where all may have changed."""
        if self._calendar is None:
            return None
        entered = self._log.entered_since(self._position, limit=CHANGES_MAX + 1)
        new = [each for each in entered if each.kind is not None]
        # Where the sum is another one, something has left the set.
        if len(entered) > CHANGES_MAX or records != self._records + len(new):
            return None
        ours = [each for each in entered if each.chapter in self._chapters]
        if any(each.kind is None or each.kind in _SHAKES_ALL for each in ours):
            return None
        ids = [RecordId(each.id) for each in ours if each.kind in KINDS]
        changed = {each.header.object_id for each in self._log.records(ids)}
        # A body that was not here may have come: that moves no number.
        return changed | self._calendar.lacking


def _tip(reader: Reader, chapter: ChapterId) -> EntryId | None:
    current = reader.showing(chapter)
    return current.tip if current else None
