"""By what the log in memory finds its items: derived from them, and kept with every change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator

from p2pevents.log.items import ChapterSize, InSet, LogStanding, Size, Stored, StoredEntry
from p2pevents.record.ids import ChapterId, PublicKey

__all__ = ["MemoryIndex", "chapter_of"]

_NONE = Size(records=0, bytes=0)


class MemoryIndex:
    """Which ids there are in which place; the items themselves are not here.

    Ids are kept in order of arrival wherever nothing else is said: an item keeps its
    place when it changes, and comes last when it is new.
    """

    def __init__(self) -> None:
        self._ids: list[bytes] = []  # sorted
        self._entered: dict[int, InSet] = {}  # by position
        self._positions: list[int] = []  # sorted
        self._of_kind: dict[str, dict[bytes, None]] = {}
        self._entries: dict[ChapterId, dict[bytes, None]] = {}
        self._outside: dict[LogStanding, dict[bytes, None]] = {}
        self._bodiless: dict[bytes, None] = {}
        self._sums: dict[tuple[LogStanding, ChapterId | None, PublicKey | None], Size] = {}
        self._items: dict[ChapterId, int] = {}
        self._sizes: list[ChapterSize] | None = None

    # --- changing ------------------------------------------------------------------------------

    def add(self, item: Stored | StoredEntry) -> None:
        """Take in a new item."""
        insort(self._ids, item.id)
        chapter = chapter_of(item)
        self._items[chapter] = self._items.get(chapter, 0) + 1
        if isinstance(item, Stored):
            self._of_kind.setdefault(item.header.kind, {})[item.id] = None
            if item.body is None and not item.erased:
                self._bodiless[item.id] = None
        else:
            self._entries.setdefault(chapter, {})[item.id] = None
        self._stand(item)

    def drop(self, item: Stored | StoredEntry) -> None:
        """Take out an item as it was."""
        self._leave(item)
        del self._ids[bisect_left(self._ids, item.id)]
        chapter = chapter_of(item)
        self._items[chapter] -= 1
        if not self._items[chapter]:
            del self._items[chapter]
        if isinstance(item, Stored):
            self._of_kind[item.header.kind].pop(item.id, None)
            self._bodiless.pop(item.id, None)
        else:
            self._entries[chapter].pop(item.id, None)

    def move(self, before: Stored | StoredEntry, after: Stored | StoredEntry) -> None:
        """Take in that an item stands elsewhere."""
        self._leave(before)
        self._stand(after)

    def has_body(self, identifier: bytes) -> None:
        """Take in that a body came, or is not to come any more."""
        self._bodiless.pop(identifier, None)

    def _stand(self, item: Stored | StoredEntry) -> None:
        self._sizes = None
        self._count(item, 1)
        if item.position is None:
            self._outside.setdefault(item.standing, {})[item.id] = None
        else:
            self._entered[item.position] = _in_set(item, item.position)
            insort(self._positions, item.position)

    def _leave(self, item: Stored | StoredEntry) -> None:
        self._sizes = None
        self._count(item, -1)
        if item.position is None:
            self._outside[item.standing].pop(item.id, None)
        else:
            del self._entered[item.position]
            del self._positions[bisect_left(self._positions, item.position)]

    def _count(self, item: Stored | StoredEntry, sign: int) -> None:
        if not isinstance(item, Stored):
            return
        header = item.header
        weight = sign * (len(item.envelope) + header.body_bytes)
        for of in (
            (item.standing, None, None),
            (item.standing, header.chapter, None),
            (item.standing, header.chapter, header.author),
        ):
            sum_ = self._sums.get(of, _NONE)
            self._sums[of] = Size(records=sum_.records + sign, bytes=sum_.bytes + weight)

    # --- finding -------------------------------------------------------------------------------

    def between(self, least: bytes, greatest: bytes) -> list[bytes]:
        """Return the ids from one to another, in their order."""
        return self._ids[bisect_left(self._ids, least) : bisect_right(self._ids, greatest)]

    def begins(self, prefix: bytes) -> bool:
        """Tell whether any id begins so."""
        at = bisect_left(self._ids, prefix)
        return at < len(self._ids) and self._ids[at].startswith(prefix)

    def entered(self, *, after: int = 0, limit: int | None = None) -> list[InSet]:
        """Return what entered the set after a position and is in it, by position."""
        start = bisect_right(self._positions, after)
        stop = None if limit is None else start + limit
        return [self._entered[position] for position in self._positions[start:stop]]

    def of_kinds(self, kinds: Collection[str]) -> Iterator[bytes]:
        """Yield the records of these kinds, wherever they stand."""
        return (each for kind in set(kinds) for each in self._of_kind.get(kind, ()))

    def entries(self, chapter: ChapterId) -> Iterable[bytes]:
        """Return a chapter's charter entries, wherever they stand."""
        return self._entries.get(chapter, ())

    def outside(self, standing: LogStanding) -> Iterable[bytes]:
        """Return what stands there, of what is not in the set, in no order."""
        return self._outside.get(standing, ())

    def bodiless(self) -> Iterable[bytes]:
        """Return the records whose body has not come, wherever they stand."""
        return self._bodiless

    def chapters(self) -> list[ChapterSize]:
        """Return every chapter of which anything is held, with what stands in the set."""
        if self._sizes is None:
            self._sizes = [
                ChapterSize(chapter=each, size=self.size(LogStanding.IN_SET, each))
                for each in sorted(self._items)
            ]
        return list(self._sizes)

    def size(
        self,
        standing: LogStanding,
        chapter: ChapterId | None = None,
        author: PublicKey | None = None,
    ) -> Size:
        """Return how much stands there: in all, of a chapter, or of one key in it."""
        return self._sums.get((standing, chapter, author), _NONE)


def chapter_of(item: Stored | StoredEntry) -> ChapterId:
    """Return whose an item is."""
    return item.header.chapter if isinstance(item, Stored) else item.entry.chapter


def _in_set(item: Stored | StoredEntry, position: int) -> InSet:
    if isinstance(item, Stored):
        header = item.header
        return InSet(
            id=item.id,
            chapter=header.chapter,
            position=position,
            kind=header.kind,
            author=header.author,
            clock=header.clock,
        )
    return InSet(
        id=item.id,
        chapter=item.entry.chapter,
        position=position,
        kind=None,
        author=None,
        clock=item.entry.snapshot.seq,
    )
