"""How much of one key, and of one chapter, is kept here: at its cap it is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from p2pevents.log.protocol import Log, LogStanding
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, PublicKey

__all__ = ["AUTHOR_BYTES_MAX", "AUTHOR_RECORDS_MAX", "CHAPTER_BYTES_MAX", "Room"]

AUTHOR_RECORDS_MAX: Final = 4096  # of one key in one chapter
AUTHOR_BYTES_MAX: Final = 8 * 1024 * 1024
CHAPTER_BYTES_MAX: Final = 32 * 1024 * 1024


class Room:
    """What is left of the caps while one batch is judged.

    The set and what is set aside have the same caps, each for itself: a key that
    was removed goes on signing, and what it signs is kept for ninety days.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._held: dict[tuple[LogStanding, ChapterId, PublicKey | None], _Held] = {}
        # The key's, and its chapter's: one look for each record.
        self._pairs: dict[tuple[LogStanding, ChapterId, PublicKey], tuple[_Held, _Held]] = {}

    def take(self, record: Verified, standing: LogStanding = LogStanding.IN_SET) -> bool:
        """Tell whether a record still fits where it is to stand, and count it."""
        header = record.header
        of = (standing, header.chapter, header.author)
        pair = self._pairs.get(of)
        if pair is None:
            pair = self._pairs[of] = self._of(*of), self._of(standing, header.chapter, None)
        theirs, all_ = pair
        weight = len(record.envelope) + header.body_bytes
        if (
            theirs.records >= AUTHOR_RECORDS_MAX
            or theirs.size + weight > AUTHOR_BYTES_MAX
            or all_.size + weight > CHAPTER_BYTES_MAX
        ):
            return False
        theirs.records += 1
        theirs.size += weight
        all_.size += weight
        return True

    def _of(self, standing: LogStanding, chapter: ChapterId, author: PublicKey | None) -> _Held:
        key = (standing, chapter, author)
        held = self._held.get(key)
        if held is None:
            size = self._log.size(chapter, author, standing=standing)
            held = self._held[key] = _Held(records=size.records, size=size.bytes)
        return held


@dataclass(slots=True)
class _Held:
    """What one key has in one chapter, or all its keys together: records, and their bytes."""

    records: int
    size: int
