"""What cannot be judged yet: records of unknown authority, and records ahead of the clock.

Kept in memory alone: what is lost with a restart, sync brings again. Both
rooms are bounded and the oldest leaves first, so that a stranger fills them to
no effect.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, RecordId

__all__ = ["AHEAD_RECORDS_MAX", "UNKNOWN_BYTES_MAX", "Waiting"]

UNKNOWN_BYTES_MAX: Final = 1024 * 1024  # of records whose authority is not known yet
AHEAD_RECORDS_MAX: Final = 1000  # whose clock is more than 15 minutes ahead


class Waiting:
    """The two waiting rooms, each emptied by whoever can judge again."""

    def __init__(self) -> None:
        self._unknown: OrderedDict[RecordId, Verified] = OrderedDict()
        self._unknown_bytes = 0
        self._ahead: OrderedDict[RecordId, Verified] = OrderedDict()

    def __contains__(self, record: RecordId) -> bool:
        return record in self._unknown or record in self._ahead

    def hold_unknown(self, record: Verified) -> None:
        """Keep a record until its chapter's authority grows."""
        if record.id in self._unknown or _bytes_of(record) > UNKNOWN_BYTES_MAX:
            return
        self._unknown[record.id] = record
        self._unknown_bytes += _bytes_of(record)
        while self._unknown_bytes > UNKNOWN_BYTES_MAX:
            _, oldest = self._unknown.popitem(last=False)
            self._unknown_bytes -= _bytes_of(oldest)

    def hold_ahead(self, record: Verified) -> None:
        """Keep a record until the clock has come near it."""
        self._ahead[record.id] = record
        while len(self._ahead) > AHEAD_RECORDS_MAX:
            self._ahead.popitem(last=False)

    def take_unknown(self, chapter: ChapterId) -> list[Verified]:
        """Take out what waits for one chapter's authority."""
        taken = [each for each in self._unknown.values() if each.header.chapter == chapter]
        for record in taken:
            del self._unknown[record.id]
            self._unknown_bytes -= _bytes_of(record)
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


def _bytes_of(record: Verified) -> int:
    return len(record.envelope) + len(record.body or b"")
