"""What cannot be judged yet: whatever rests on unknown authority, and records ahead of the clock.

Kept in memory alone: what is lost with a restart, sync brings again. Both
rooms are bounded and the oldest leaves first, so that a stranger fills them to
no effect.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, RecordId

__all__ = ["AHEAD_RECORDS_MAX", "UNKNOWN_BYTES_MAX", "Waiting"]

UNKNOWN_BYTES_MAX: Final = 1024 * 1024  # of records and entries whose authority is not known yet
AHEAD_RECORDS_MAX: Final = 1000  # whose clock is more than 15 minutes ahead


class Waiting:
    """The two waiting rooms, each emptied by whoever can judge again."""

    def __init__(self) -> None:
        self._unknown: OrderedDict[bytes, Verified | Entry] = OrderedDict()
        self._unknown_bytes = 0
        self._ahead: OrderedDict[RecordId, Verified] = OrderedDict()

    def __contains__(self, record: bytes) -> bool:
        return record in self._unknown or record in self._ahead

    def hold_unknown(self, item: Verified | Entry) -> None:
        """Keep a record or an entry until its chapter's authority grows."""
        if item.id in self._unknown or _bytes_of(item) > UNKNOWN_BYTES_MAX:
            return
        self._unknown[item.id] = item
        self._unknown_bytes += _bytes_of(item)
        while self._unknown_bytes > UNKNOWN_BYTES_MAX:
            _, oldest = self._unknown.popitem(last=False)
            self._unknown_bytes -= _bytes_of(oldest)

    def hold_ahead(self, record: Verified) -> None:
        """Keep a record until the clock has come near it."""
        self._ahead[record.id] = record
        while len(self._ahead) > AHEAD_RECORDS_MAX:
            self._ahead.popitem(last=False)

    def take_unknown(self, chapter: ChapterId) -> list[Verified | Entry]:
        """Take out what waits for one chapter's authority."""
        taken = [each for each in self._unknown.values() if _chapter_of(each) == chapter]
        for item in taken:
            del self._unknown[item.id]
            self._unknown_bytes -= _bytes_of(item)
        return taken

    def take_due(self, *, clock_max: int) -> list[Verified]:
        """Take out the records whose clock is at most `clock_max`, in ms."""
        due = [each for each in self._ahead.values() if each.header.clock <= clock_max]
        for record in due:
            del self._ahead[record.id]
        return due

    def counts(self) -> dict[str, int]:
        """Return how many wait, by reason."""
        return {"authority": len(self._unknown), "clock": len(self._ahead)}


def _bytes_of(item: Verified | Entry) -> int:
    return len(item.envelope) + (0 if isinstance(item, Entry) else len(item.body or b""))


def _chapter_of(item: Verified | Entry) -> ChapterId:
    return item.chapter if isinstance(item, Entry) else item.header.chapter
