"""Which keys, and which chapters, have no room for more here: what a full comparison is told."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from p2pevents.log.protocol import Log
from p2pevents.node import room
from p2pevents.node.charters import Charters
from p2pevents.record.envelope import ENVELOPE_BYTES_MAX
from p2pevents.record.header import BODY_BYTES_MAX
from p2pevents.record.ids import ChapterId, PublicKey
from p2pevents.sync.outside import CLOSED_CHAPTERS_MAX, CLOSED_KEYS_MAX, NAME_BYTES, key_name

__all__ = ["NOTED_MAX", "Closed"]

NOTED_MAX: Final = CLOSED_KEYS_MAX  # the one that was refused something longest ago is forgotten
_RECORD_BYTES_MAX: Final = ENVELOPE_BYTES_MAX + BODY_BYTES_MAX


class Closed:
    """The keys of which a record was refused for want of room, as long as there is none.

    In memory alone: after a restart they are refused once more, and noted again.
    """

    def __init__(self, log: Log, charters: Charters) -> None:
        self._log = log
        self._charters = charters
        self._noted: OrderedDict[tuple[ChapterId, PublicKey], None] = OrderedDict()

    def note(self, chapter: ChapterId, author: PublicKey) -> None:
        """Take in that a record was refused."""
        self._noted[chapter, author] = None
        self._noted.move_to_end((chapter, author))
        while len(self._noted) > NOTED_MAX:
            self._noted.popitem(last=False)

    def names(self) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """Return what is closed now, as `Outside` names it: chapters, and keys in others."""
        chapters: set[bytes] = set()
        keys: set[bytes] = set()
        for chapter, author in list(self._noted):
            if self._is_closed(chapter):
                chapters.add(chapter[:NAME_BYTES])
            elif self._is_key_closed(chapter, author):
                keys.add(key_name(chapter, author))
            else:
                del self._noted[chapter, author]
        return frozenset(sorted(chapters)[:CLOSED_CHAPTERS_MAX]), frozenset(keys)

    def _is_closed(self, chapter: ChapterId) -> bool:
        size = self._log.size(chapter).bytes
        return (
            bool(self._charters.closed(chapter))
            or size + _RECORD_BYTES_MAX > room.CHAPTER_BYTES_MAX
        )

    def _is_key_closed(self, chapter: ChapterId, author: PublicKey) -> bool:
        held = self._log.size(chapter, author)
        return (
            held.records >= room.AUTHOR_RECORDS_MAX
            or held.bytes + _RECORD_BYTES_MAX > room.AUTHOR_BYTES_MAX
        )
