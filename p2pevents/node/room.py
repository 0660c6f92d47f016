"""How much of one key, and of one chapter, is kept here: at its cap it is closed."""

from __future__ import annotations

from collections import Counter
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
        self._records: Counter[tuple[ChapterId, PublicKey, LogStanding]] = Counter()
        self._bytes: Counter[tuple[ChapterId, PublicKey, LogStanding]] = Counter()
        self._chapters: dict[tuple[ChapterId, LogStanding], int] = {}

    def take(self, record: Verified, standing: LogStanding = LogStanding.IN_SET) -> bool:
        """Tell whether a record still fits where it is to stand, and count it."""
        header = record.header
        key = (header.chapter, header.author, standing)
        chapter = (header.chapter, standing)
        if key not in self._records:
            size = self._log.size(header.chapter, header.author, standing=standing)
            self._records[key], self._bytes[key] = size.records, size.bytes
        if chapter not in self._chapters:
            self._chapters[chapter] = self._log.size(header.chapter, standing=standing).bytes
        weight = len(record.envelope) + header.body_bytes
        if (
            self._records[key] >= AUTHOR_RECORDS_MAX
            or self._bytes[key] + weight > AUTHOR_BYTES_MAX
            or self._chapters[chapter] + weight > CHAPTER_BYTES_MAX
        ):
            return False
        self._records[key] += 1
        self._bytes[key] += weight
        self._chapters[chapter] += weight
        return True
