"""The store's cap: above it whole chapters leave, by a rule that never looks at who is followed.

Else what a node gives up would tell its neighbours whom it follows. First leave those that
no chapter endorses which the configuration names; of them, and then of the others, the largest
chapter leaves first, and among equals a secret salt decides, so that nobody can
tell beforehand whose turn it is on which node. What left is not taken again
while there is no room for it; comparisons name it and end settled. A chapter for
which this node's own person writes never leaves (docs/adr/0007-own-chapters-stay.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Final

from p2pevents.errors import LogError
from p2pevents.log.protocol import Log, LogStanding
from p2pevents.node.endorsed import endorsed_by
from p2pevents.record.ids import ID_BYTES, ChapterId, RecordId

__all__ = ["CHAPTER_COST_BYTES", "ENTRY_COST_BYTES", "SALT_BYTES", "StoreCap"]

CHAPTER_COST_BYTES: Final = 2048  # counted for every chapter: what its genesis takes here
ENTRY_COST_BYTES: Final = 1024  # counted for every later entry that comes while the node runs
LEFT_CHAPTERS_MAX: Final = 8192  # remembered; the first that left is forgotten first
AWAY_CHAPTERS_MAX: Final = 256  # that found no room, remembered while the node runs
REMOVED_MAX: Final = 128  # records deleted at a stretch, some 10 ms
FULL_SHARE: Final = 0.95  # from here on chapters leave
EASY_SHARE: Final = 0.80  # below here, with its size added, one that left may come again
_SALT_NOTE: Final = "store-salt"
_LEFT_NOTE: Final = "left-chapters"
_SIZE_BYTES: Final = 8
SALT_BYTES: Final = 32


class StoreCap:
    """Counts what the store holds, and says what is taken and what leaves.

    Attributes:
        leaves: told of all records of a chapter before the first of them is deleted, of some at a
            time, and of each again just before it is; once more with none before all else of
            the chapter is. What it raises keeps them here for now.
    """

    def __init__(
        self, log: Log, *, bytes_max: int, salt: bytes, endorsers: Collection[ChapterId] = ()
    ) -> None:
        """Begin to count.

        Args:
            log: the store.
            bytes_max: of records in the set and set aside, envelopes and bodies.
            salt: 32 random bytes, kept the first time; later ones are passed over.
            endorsers: chapters whose endorsements count.
        """
        if len(salt) != SALT_BYTES:
            raise ValueError(f"{len(salt)} bytes, where {SALT_BYTES} are needed")
        self._log = log
        self._bytes_max = bytes_max
        self._endorsers = tuple(endorsers)
        self._salt = log.local.note(_SALT_NOTE) or salt
        log.local.set_note(_SALT_NOTE, self._salt)
        self._left = _decoded(log.local.note(_LEFT_NOTE) or b"")
        self._away: dict[ChapterId, None] = {}  # never came in; forgotten with the next room
        self._leaving: list[ChapterId] = [each for each in self._left if self._holds(each)]
        self._telling: Iterator[RecordId] | None = None  # of the first of them, who is told of
        self._bytes = 0
        self.leaves: Callable[[ChapterId, Collection[RecordId]], None] = _nothing
        self._count()

    @property
    def left(self) -> frozenset[ChapterId]:
        """The chapters that left, and are not taken again for now."""
        return frozenset(self._left)

    @property
    def is_full(self) -> bool:
        """Whether there is anything that is not taken for want of room."""
        return self.is_filled or bool(self._left or self._away)

    @property
    def is_filled(self) -> bool:
        """Whether chapters are to leave; where none may, for long."""
        return self._bytes > self._bytes_max * FULL_SHARE

    def refused(self, limit: int) -> list[ChapterId]:
        """Return chapters of which nothing is taken for now: at most so many, those last told."""
        away = list(self._away)
        return [*away, *list(self._left)[max(0, len(self._left) + len(away) - limit) :]][:limit]

    def turn_away(self, chapter: ChapterId) -> None:
        """Take in that there was no room for a chapter of which nothing is held."""
        self._away[chapter] = None
        while len(self._away) > AWAY_CHAPTERS_MAX:
            del self._away[next(iter(self._away))]

    @property
    def held_bytes(self) -> int:
        """What the store holds, as it is counted here."""
        return self._bytes

    def has_left(self, chapter: ChapterId) -> bool:
        """Tell whether nothing of a chapter is taken for now."""
        return chapter in self._left or chapter in self._away

    def fits(self, size: int) -> bool:
        """Tell whether there is room for so many bytes more."""
        return self._bytes + size <= self._bytes_max

    def add(self, size: int) -> None:
        """Count what was taken."""
        self._bytes += size

    def tidy(self) -> bool:
        """Let go of some of what is to leave, and tell whether more of it is to go."""
        self._count()
        if not self._leaving:
            self._choose()
        if self._leaving:
            self._let_go(self._leaving[0])
            self._count()
        return bool(self._leaving)

    def _choose(self) -> None:
        """Choose the chapters that leave; or let those that left come again."""
        if not self.is_filled:
            room = int(self._bytes_max * EASY_SHARE) - self._bytes
            if room > 0:
                self._away.clear()
            for chapter, size in list(self._left.items()):
                if size <= room:
                    del self._left[chapter]
                    room -= size
                    self._keep_left()
            return
        own = self._log.own_chapters()
        others = (each.chapter for each in self._log.chapters() if each.chapter not in own)
        sizes = {chapter: self._size(chapter) for chapter in others}
        over = self._bytes - int(self._bytes_max * EASY_SHARE)
        endorsed = endorsed_by(self._log, self._endorsers)
        for chapter in sorted(
            sizes, key=lambda each: (each in endorsed, -sizes[each], self._rank(each))
        ):
            if over <= 0:
                break
            over -= sizes[chapter]
            self._leaving.append(chapter)
            self._left[chapter] = sizes[chapter]
        while len(self._left) > LEFT_CHAPTERS_MAX:
            del self._left[next(iter(self._left))]
        self._keep_left()

    def _let_go(self, chapter: ChapterId) -> None:
        """Tell of some of a chapter; once all was told of, delete some: its records, then the rest.

        So whoever keeps it has all of it before any is gone, and whoever reads it lacks nothing
        meanwhile.
        """
        if chapter in self._log.own_chapters():  # since it was chosen
            self._leaving.remove(chapter)
            self._left.pop(chapter, None)
            self._keep_left()
            self._telling = None
            return
        if self._telling is None:
            self._telling = iter(list(self._records_of(chapter)))
        told = list(islice(self._telling, REMOVED_MAX))
        if told:
            self._tell(chapter, told)
            return
        ids = list(islice(self._records_of(chapter), REMOVED_MAX)) or [
            RecordId(each.id)
            for each in self._log.standing(
                LogStanding.SET_ASIDE, limit=REMOVED_MAX, chapter=chapter
            )
        ]
        self.leaves(chapter, ids)
        if ids:
            self._log.remove(ids)
            return
        self._log.remove_chapter(chapter)
        self._leaving.remove(chapter)
        self._telling = None

    def _tell(self, chapter: ChapterId, ids: Collection[RecordId]) -> None:
        try:
            self.leaves(chapter, ids)
        except LogError:
            self._telling = None  # it is told of all again
            raise

    def _records_of(self, chapter: ChapterId) -> Iterator[RecordId]:
        held = self._log.in_set(chapter=chapter)
        return (RecordId(each.id) for each in held if each.kind is not None)

    def _rank(self, chapter: ChapterId) -> bytes:
        return hashlib.sha256(self._salt + chapter).digest()

    def _size(self, chapter: ChapterId) -> int:
        return CHAPTER_COST_BYTES + sum(
            self._log.size(chapter, standing=standing).bytes
            for standing in (LogStanding.IN_SET, LogStanding.SET_ASIDE)
        )

    def _holds(self, chapter: ChapterId) -> bool:
        return any(each.chapter == chapter for each in self._log.chapters())

    def _count(self) -> None:
        """Count anew: other processes write, and what is struck or purged moves."""
        self._bytes = CHAPTER_COST_BYTES * len(self._log.chapters()) + sum(
            self._log.total(standing).bytes
            for standing in (LogStanding.IN_SET, LogStanding.SET_ASIDE)
        )

    def _keep_left(self) -> None:
        self._log.local.set_note(
            _LEFT_NOTE,
            b"".join(
                chapter + size.to_bytes(_SIZE_BYTES, "big") for chapter, size in self._left.items()
            )
            or None,
        )


def _nothing(_chapter: ChapterId, _ids: Collection[RecordId]) -> None:
    """Nobody keeps what leaves."""


def _decoded(data: bytes) -> dict[ChapterId, int]:
    step = ID_BYTES + _SIZE_BYTES
    return {
        ChapterId(data[start : start + ID_BYTES]): int.from_bytes(
            data[start + ID_BYTES : start + step], "big"
        )
        for start in range(0, len(data) - step + 1, step)
    }
