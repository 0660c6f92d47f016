"""Of digests only each author's newest is in the set: a maximum merges safely.

Told from headers alone, so that it is the same everywhere: a digest of any
path, void or not, gives way to a later one of its author in its chapter.
"""

from __future__ import annotations

from typing import Final

from p2pevents.log.protocol import Log, Stored
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.kinds import Kind

__all__ = ["Digests"]

CHAPTERS_MAX: Final = 256  # in memory; the one read first leaves first

_Newest = dict[PublicKey, tuple[int, RecordId]]


class Digests:
    """Each author's newest digest, by chapter; read from the log when first asked for."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._chapters: dict[ChapterId, _Newest] = {}

    def is_older(self, header: Header, record: RecordId) -> bool:
        """Tell whether its author has a newer digest here."""
        newest = self._of(header.chapter).get(header.author)
        return newest is not None and (header.clock, record) < newest

    def take(self, header: Header, record: RecordId) -> RecordId | None:
        """Take in an author's newest digest, and return the one that leaves the set for it."""
        newest = self._of(header.chapter)
        before = newest.get(header.author)
        newest[header.author] = header.clock, record
        return before[1] if before is not None and before[1] != record else None

    def forget(self, chapter: ChapterId) -> None:
        """Drop what is in memory of a chapter; the log tells it again when it is asked for."""
        self._chapters.pop(chapter, None)

    def prune(self, chapter: ChapterId) -> None:
        """Delete all but each author's newest: several came back into the set together."""
        self.forget(chapter)
        newest = {record for _, record in self._of(chapter).values()}
        older = [each.id for each in self._stored(chapter) if each.id not in newest]
        if older:
            self._log.remove(older)

    def _of(self, chapter: ChapterId) -> _Newest:
        newest = self._chapters.get(chapter)
        if newest is None:
            newest = {}
            for stored in self._stored(chapter):
                key = (stored.header.clock, stored.id)
                newest[stored.header.author] = max(key, newest.get(stored.header.author, key))
            self._chapters[chapter] = newest
            if len(self._chapters) > CHAPTERS_MAX:
                del self._chapters[next(iter(self._chapters))]
        return newest

    def _stored(self, chapter: ChapterId) -> list[Stored]:
        return list(self._log.of_kinds([Kind.DIGEST], chapter=chapter))
