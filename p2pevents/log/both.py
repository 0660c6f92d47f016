"""Two logs as their person reads them: the store, and what is kept privately beside it.

What is written goes into the store, and of what is read privately beside it; what is compared and
served is read from the store itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace

from p2pevents.errors import LogError
from p2pevents.log.local import LocalState
from p2pevents.log.moments import Floor, Moment, floors_of
from p2pevents.log.protocol import (
    Arrival,
    ChapterSize,
    Commit,
    Damage,
    InSet,
    Log,
    LogStanding,
    Outcome,
    Size,
    Stored,
    StoredEntry,
)
from p2pevents.log.window import Change, Window
from p2pevents.record.entry import Entry
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, EntryId, Path, PublicKey, RecordId, path_text

if TYPE_CHECKING:
    from p2pevents.log.letters import Letters

__all__ = ["BothLogs"]

_NONE = Floor()


class BothLogs(Log):
    """Two logs as one; of a chapter that is in both, what is kept privately if it is all of it.

    A count would not do: what is struck there may stand here still, its removal having found no
    room.
    """

    def __init__(self, store: Log, *, open_private: Callable[[], Log | None]) -> None:
        """Read a store and what is beside it.

        Args:
            store: what is written to.
            open_private: opens what is beside it; None as long as there is none.
        """
        self._store = store
        self._open_private = open_private
        self._private: Log | None = None
        self._known: tuple[object, dict[ChapterId, Log]] | None = None
        self._floors: dict[ChapterId, Floor] = {}

    def _beside(self) -> dict[ChapterId, Log]:
        """Return by chapter the private log, of what is read there."""
        if self._private is None:
            self._private = self._open_private()
        private = self._private
        if private is None:
            return {}
        position = [(log.tip(), log.changed(), log.total()) for log in (self._store, private)]
        if self._known is None or self._known[0] != position:
            self._floors = floors_of(private.local)
            beside = {
                each.chapter: private
                for each in private.chapters()
                if self._has_all(private, each.chapter)
            }
            self._known = position, beside
        return self._known[1]

    def _has_all(self, private: Log, chapter: ChapterId) -> bool:
        """Tell whether all that the store has of a chapter is kept privately too."""
        known = self._floors.get(chapter, _NONE).position
        if known > self._store.tip()[1]:
            known = 0  # of a log that was restored since from an older copy
        ids = [each.id for each in self._store.in_set(chapter=chapter) if each.position > known]
        return len(private.has(ids)) == len(ids)

    def _of(self, chapter: ChapterId) -> Log:
        return self._beside().get(chapter, self._store)

    def _all(self) -> tuple[Log, ...]:
        self._beside()
        return (self._store,) if self._private is None else (self._store, self._private)

    # --- the store's own -----------------------------------------------------------------------

    @property
    def incarnation(self) -> bytes:
        return self._store.incarnation

    @property
    def local(self) -> LocalState:
        return self._store.local

    @property
    def letters(self) -> Letters:
        return self._store.letters

    def elsewhere(self) -> AbstractContextManager[Log]:
        return self._store.elsewhere()

    def uncommitted(self) -> AbstractContextManager[Commit]:
        return self._store.uncommitted()

    def append(self, batch: Sequence[Arrival], *, now_ms: int) -> list[Outcome]:
        beside = self._beside()
        private = [each for each in batch if _chapter_of(each) in beside]
        if self._private is None or not private:
            return self._store.append(batch, now_ms=now_ms)
        left = {each for each in map(_chapter_of, private) if not self._store.entries(each)}
        if any(each.own and _chapter_of(each) in left for each in private):
            # Nobody could be given it from here.
            raise LogError(
                "this chapter is left out of the log, which is full: nothing of it can be written",
                hint="raise store_bytes_max in the configuration; "
                "p2pevents sync then brings it back",
            )
        public = [each for each in batch if _chapter_of(each) not in left]
        # What is read there is written there too, and waits here alone to be announced.
        unowned = [replace(each, own=False) for each in private]
        kept = iter(self._private.append(unowned, now_ms=now_ms))
        held = iter(self._store.append(public, now_ms=now_ms))
        outcomes = []
        for chapter in map(_chapter_of, batch):
            beside_it = next(kept) if chapter in beside else None
            outcomes.append(beside_it if beside_it and chapter in left else next(held))
        return outcomes

    def move(self, ids: Collection[bytes], *, to: LogStanding, now_ms: int) -> int:
        return max(log.move(ids, to=to, now_ms=now_ms) for log in self._all())

    def remove(self, ids: Collection[bytes]) -> int:
        return max(log.remove(ids) for log in self._all())

    def remove_chapter(self, chapter: ChapterId) -> int:
        return self._store.remove_chapter(chapter)

    def erase(self, ids: Collection[RecordId]) -> int:
        return max(log.erase(ids) for log in self._all())

    def window(self, window: Window, *, after: int) -> list[Change]:
        return self._store.window(window, after=after)

    def arrived_since(self, arrival: int, *, limit: int) -> list[Stored | StoredEntry]:
        return self._store.arrived_since(arrival, limit=limit)

    def moment(self) -> Moment:
        numbers = [log.tip()[0] for log in self._all()]
        return Moment(arrival=numbers[0], beside=sum(numbers[1:]))

    def came_after(self, moment: Moment) -> Iterator[Stored | StoredEntry]:
        logs = self._all()
        for log, since in zip(logs, (moment.arrival, moment.beside), strict=False):
            yield from log.came_after(Moment(arrival=since))

    def had_come(self, record: Stored, moment: Moment) -> bool:
        chapter = record.header.chapter
        floor = self._floors.get(chapter, _NONE).moment
        # As it was when the record was read: to look again for each would cost more than reading.
        if self._known is not None and chapter in self._known[1]:
            return record.arrival <= max(moment.beside, floor.beside)
        return record.arrival <= max(moment.arrival, floor.arrival)

    def entered_since(self, position: int, *, limit: int) -> list[InSet]:
        return self._store.entered_since(position, limit=limit)

    def tip(self) -> tuple[int, int]:
        return self._store.tip()

    def missing_bodies(self, *, limit: int) -> list[RecordId]:
        return self._store.missing_bodies(limit=limit)

    def index(self, *, limit: int) -> int:
        return self._store.index(limit=limit)

    def own_chapters(self) -> set[ChapterId]:
        return self._store.own_chapters()

    def naming(self, keys: Collection[PublicKey], *, kinds: Collection[str]) -> set[ChapterId]:
        return set().union(*(log.naming(keys, kinds=kinds) for log in self._all()))

    def repair(self) -> list[Damage]:
        return [each for log in self._all() for each in log.repair()]

    def tidy(self) -> None:
        self._store.tidy()

    def give_back(self) -> None:
        self._store.give_back()
        if self._private is not None:
            self._private.give_back()

    # --- of one chapter ------------------------------------------------------------------------

    def entries(self, chapter: ChapterId) -> list[StoredEntry]:
        return self._of(chapter).entries(chapter)

    def versions(self, object_id: ObjectId) -> list[Stored]:
        return self._of(object_id.chapter).versions(object_id)

    def under(self, chapter: ChapterId, path: Path, *, kinds: Collection[str]) -> list[Stored]:
        return self._of(chapter).under(chapter, path, kinds=kinds)

    def size(
        self,
        chapter: ChapterId,
        author: PublicKey | None = None,
        *,
        standing: LogStanding = LogStanding.IN_SET,
    ) -> Size:
        return self._of(chapter).size(chapter, author, standing=standing)

    # --- of both -------------------------------------------------------------------------------

    def record(self, record: RecordId) -> Stored | None:
        found = (log.record(record) for log in self._all())
        return next((each for each in found if each is not None), None)

    def records(self, ids: Collection[RecordId]) -> list[Stored]:
        found = {each.id: each for log in reversed(self._all()) for each in log.records(ids)}
        return [found[each] for each in dict.fromkeys(ids) if each in found]

    def entry(self, entry: EntryId) -> StoredEntry | None:
        found = (log.entry(entry) for log in self._all())
        return next((each for each in found if each is not None), None)

    def has(self, ids: Collection[bytes]) -> dict[bytes, LogStanding]:
        held: dict[bytes, LogStanding] = {}
        for log in reversed(self._all()):
            held |= log.has(ids)
        return held

    def beginning(self, prefixes: Collection[bytes]) -> set[bytes]:
        return set().union(*(log.beginning(prefixes) for log in self._all()))

    def find(self, prefix: str, *, limit: int = 2) -> list[bytes]:
        return sorted({each for log in self._all() for each in log.find(prefix, limit=limit)})[
            :limit
        ]

    def find_objects(
        self,
        prefix: str,
        *,
        kinds: Collection[str],
        chapter: ChapterId | None = None,
        limit: int = 2,
    ) -> list[ObjectId]:
        logs = self._all() if chapter is None else (self._of(chapter),)
        found = {
            each
            for log in logs
            for each in log.find_objects(prefix, kinds=kinds, chapter=chapter, limit=limit)
        }
        return sorted(found, key=lambda one: (path_text(one.path), one.kind, one.chapter))[:limit]

    def of_kinds(
        self, kinds: Collection[str], *, chapter: ChapterId | None = None
    ) -> Iterator[Stored]:
        if chapter is not None:
            return self._of(chapter).of_kinds(kinds, chapter=chapter)
        return self._chained(lambda log: log.of_kinds(kinds))

    def gathered(
        self,
        first: str,
        last: str,
        *,
        kinds: Collection[str],
        chapters: Collection[ChapterId] | None = None,
    ) -> Iterator[Stored]:
        return self._chained(lambda log: log.gathered(first, last, kinds=kinds, chapters=chapters))

    def day_of(self, number: int, *, first: str) -> str | None:
        days = [log.day_of(number, first=first) for log in self._all()]
        return min((day for day in days if day is not None), default=None)

    def in_set(self, *, chapter: ChapterId | None = None) -> Iterator[InSet]:
        log = self._store if chapter is None else self._of(chapter)
        return log.in_set(chapter=chapter)

    def standing(
        self, standing: LogStanding, *, limit: int, chapter: ChapterId | None = None
    ) -> list[Stored | StoredEntry]:
        log = self._store if chapter is None else self._of(chapter)
        return log.standing(standing, limit=limit, chapter=chapter)

    def search(
        self,
        words: str,
        *,
        limit: int,
        first: str | None = None,
        chapters: Collection[ChapterId] | None = None,
    ) -> list[Stored]:
        found = [
            each
            for log in reversed(self._all())
            for each in log.search(words, limit=limit, first=first, chapters=chapters)
            if self._of(each.header.chapter) is log
        ]
        if first is not None:
            found.sort(key=lambda one: one.header.start or "")
        return found[:limit]

    def chapters(self) -> list[ChapterSize]:
        beside = self._beside()
        kept = [each for each in self._store.chapters() if each.chapter not in beside]
        if self._private is not None:
            kept += [each for each in self._private.chapters() if each.chapter in beside]
        return sorted(kept, key=lambda each: each.chapter)

    def total(self, standing: LogStanding = LogStanding.IN_SET) -> Size:
        sizes = [log.total(standing) for log in self._all()]
        return Size(
            records=sum(each.records for each in sizes), bytes=sum(each.bytes for each in sizes)
        )

    def changed(self) -> int:
        return sum(log.changed() for log in self._all())

    def damage(self) -> list[Damage]:
        return [each for log in self._all() for each in log.damage()]

    def close(self) -> None:
        for log in (self._store, self._private):
            if log is not None:
                log.close()

    def _chained(self, read: Callable[[Log], Iterator[Stored]]) -> Iterator[Stored]:
        """Yield what both have, each chapter's from where it is read."""
        beside = self._beside()
        if self._private is None or not beside:
            return read(self._store)
        return chain(
            (each for each in read(self._store) if each.header.chapter not in beside),
            (each for each in read(self._private) if each.header.chapter in beside),
        )


def _chapter_of(arrival: Arrival) -> ChapterId:
    item = arrival.item
    return item.chapter if isinstance(item, Entry) else item.header.chapter
