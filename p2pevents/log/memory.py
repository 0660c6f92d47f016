"""The log in memory: for simulations and tests, and as what the SQLite log is compared with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import cast

from msgspec.structs import replace

from p2pevents.log.letters import Letters
from p2pevents.log.local import Delivery, LocalState
from p2pevents.log.memory_index import MemoryIndex, chapter_of
from p2pevents.log.memory_items import completed_by, stored_as
from p2pevents.log.memory_letters import MemoryLetters
from p2pevents.log.memory_local import MemoryLocal
from p2pevents.log.prefix import begins_so, id_range
from p2pevents.log.protocol import (
    INCARNATION_BYTES,
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
    Texts,
    check_batch,
)
from p2pevents.log.window import Change, Version, Window, is_day, newest_versions, root_of
from p2pevents.log.words import query_of, words_of
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, EntryId, Path, PublicKey, RecordId, path_text

__all__ = ["MemoryLog"]


class MemoryLog(Log):
    """A log that ends with its process.

    Args:
        incarnation: 16 bytes, random wherever positions are to be told apart.
        texts: which words a record is found by; None where nothing is to be indexed.
    """

    def __init__(self, *, incarnation: bytes, texts: Texts | None = None) -> None:
        if len(incarnation) != INCARNATION_BYTES:
            raise ValueError(f"{len(incarnation)} bytes, where {INCARNATION_BYTES} are needed")
        self._incarnation = incarnation
        self._local = MemoryLocal()
        self._letters = MemoryLetters()
        self._texts = texts
        self._words: dict[bytes, frozenset[str]] = {}  # of what was indexed
        self._items: dict[bytes, Stored | StoredEntry] = {}  # in order of arrival
        self._arrival = 0
        self._position = 0
        self._index = MemoryIndex()

    @property
    def incarnation(self) -> bytes:
        return self._incarnation

    @property
    def local(self) -> LocalState:
        return self._local

    @property
    def letters(self) -> Letters:
        return self._letters

    # --- writing -------------------------------------------------------------------------------

    def elsewhere(self) -> AbstractContextManager[Log]:
        return nullcontext(self)

    def uncommitted(self) -> AbstractContextManager[Commit]:
        return nullcontext(_nothing)

    def append(self, batch: Sequence[Arrival], *, now_ms: int) -> list[Outcome]:
        check_batch(batch)
        return [self._append(one, now_ms) for one in batch]

    def _append(self, one: Arrival, now_ms: int) -> Outcome:
        item = one.item
        known = self._items.get(item.id)
        if known is None:
            self._arrival += 1
            position = self._enter() if one.standing is LogStanding.IN_SET else None
            stored = stored_as(item, one.standing, self._arrival, position, now_ms)
            self._items[item.id] = stored
            self._index.add(stored)
            if one.own:
                self._local.set_delivery(Delivery(item=item.id, announced_ms=None, peers=0))
            return Outcome.NEW
        completed = completed_by(known, item)
        if completed == known:
            return Outcome.KNOWN
        self._items[item.id] = completed
        self._index.has_body(item.id)
        return Outcome.COMPLETED

    def _enter(self) -> int:
        self._position += 1
        return self._position

    def move(self, ids: Collection[bytes], *, to: LogStanding, now_ms: int) -> int:
        moved = 0
        for identifier in dict.fromkeys(ids):
            known = self._items.get(identifier)
            if known is None or known.standing is to:
                continue
            position = self._enter() if to is LogStanding.IN_SET else None
            there = replace(known, standing=to, position=position, since_ms=now_ms)
            self._items[identifier] = there
            self._index.move(known, there)
            moved += 1
        return moved

    def remove(self, ids: Collection[bytes]) -> int:
        held = [identifier for identifier in set(ids) if identifier in self._items]
        for identifier in held:
            self._index.drop(self._items.pop(identifier))
            self._words.pop(identifier, None)
        self._local.forget_deliveries(held)
        return len(held)

    def remove_chapter(self, chapter: ChapterId) -> int:
        return self.remove([item.id for item in self._all() if chapter_of(item) == chapter])

    def erase(self, ids: Collection[RecordId]) -> int:
        erased = 0
        for identifier in set(ids):
            known = self._items.get(identifier)
            if isinstance(known, Stored) and not known.erased:
                self._items[identifier] = replace(known, body=None, erased=True)
                self._index.has_body(identifier)
                self._words.pop(identifier, None)
                erased += 1
        return erased

    # --- reading, by name ----------------------------------------------------------------------

    def record(self, record: RecordId) -> Stored | None:
        known = self._items.get(record)
        return known if isinstance(known, Stored) else None

    def records(self, ids: Collection[RecordId]) -> list[Stored]:
        known = (self.record(identifier) for identifier in dict.fromkeys(ids))
        return [record for record in known if record is not None]

    def entry(self, entry: EntryId) -> StoredEntry | None:
        known = self._items.get(entry)
        return known if isinstance(known, StoredEntry) else None

    def entries(self, chapter: ChapterId) -> list[StoredEntry]:
        ids = self._index.entries(chapter)
        entries = [cast("StoredEntry", self._items[each]) for each in ids]
        return sorted(entries, key=lambda one: (one.entry.snapshot.seq, one.arrival))

    def has(self, ids: Collection[bytes]) -> dict[bytes, LogStanding]:
        return {one: self._items[one].standing for one in ids if one in self._items}

    def beginning(self, prefixes: Collection[bytes]) -> set[bytes]:
        return {each for each in prefixes if self._index.begins(each)}

    def find(self, prefix: str, *, limit: int = 2) -> list[bytes]:
        span = id_range(prefix)
        if span is None:
            return []
        return [one for one in self._index.between(*span) if begins_so(one, prefix)][:limit]

    def find_objects(
        self,
        prefix: str,
        *,
        kinds: Collection[str],
        chapter: ChapterId | None = None,
        limit: int = 2,
    ) -> list[ObjectId]:
        found = {record.header.object_id for record in self.of_kinds(kinds, chapter=chapter)}
        named = [one for one in found if path_text(one.path).startswith(prefix)]
        return sorted(named, key=lambda one: (path_text(one.path), one.kind, one.chapter))[:limit]

    # --- reading, by object --------------------------------------------------------------------

    def versions(self, object_id: ObjectId) -> list[Stored]:
        versions = [one for one in self._records() if one.header.object_id == object_id]
        return sorted(versions, key=lambda one: (one.header.clock, one.id))

    def under(self, chapter: ChapterId, path: Path, *, kinds: Collection[str]) -> list[Stored]:
        versions = self.of_kinds(kinds, chapter=chapter)
        beneath = [one for one in versions if one.header.path[: len(path)] == path]
        return sorted(beneath, key=lambda one: one.arrival)

    def of_kinds(
        self, kinds: Collection[str], *, chapter: ChapterId | None = None
    ) -> Iterator[Stored]:
        known = (cast("Stored", self._items[each]) for each in self._index.of_kinds(kinds))
        wanted = [
            one
            for one in known
            if one.standing is LogStanding.IN_SET and chapter in {None, one.header.chapter}
        ]
        return iter(sorted(wanted, key=lambda one: one.header.object_id))

    def gathered(
        self,
        first: str,
        last: str,
        *,
        kinds: Collection[str],
        chapters: Collection[ChapterId] | None = None,
    ) -> Iterator[Stored]:
        rooted: dict[tuple[ChapterId, Path], list[Stored]] = {}
        hit = set()
        for one in self.of_kinds(kinds):
            header = one.header
            if chapters is not None and header.chapter not in chapters:
                continue
            root = (header.chapter, root_of(header.path))
            rooted.setdefault(root, []).append(one)
            days = (header.start or "", *header.path[1:2])
            if any(is_day(day) and first <= day <= last for day in days):
                hit.add(root)
        return (one for root in sorted(hit) for one in rooted[root])

    def day_of(self, number: int, *, first: str) -> str | None:
        hints = (one.header.start for one in self._items.values() if isinstance(one, Stored))
        days = sorted(day for day in hints if day is not None and day >= first)
        return days[number - 1] if len(days) >= number else None

    def window(self, window: Window, *, after: int) -> list[Change]:
        if after >= self._position:
            return []
        versions = (
            Version(
                id=one.id,
                chapter=one.header.chapter,
                kind=one.header.kind,
                path=path_text(one.header.path),
                author=one.header.author,
                clock=one.header.clock,
                start=one.header.start,
                position=one.position or 0,
            )
            for one in self._records()
        )
        return newest_versions(versions, window, after=after)

    # --- reading, by number --------------------------------------------------------------------

    def arrived_since(self, arrival: int, *, limit: int) -> list[Stored | StoredEntry]:
        if arrival >= self._arrival:
            return []
        return [item for item in self._all() if item.arrival > arrival][:limit]

    def entered_since(self, position: int, *, limit: int) -> list[InSet]:
        return self._index.entered(after=position, limit=limit)

    def tip(self) -> tuple[int, int]:
        return self._arrival, self._position

    def in_set(self, *, chapter: ChapterId | None = None) -> Iterator[InSet]:
        return (item for item in self._index.entered() if chapter in {None, item.chapter})

    def standing(
        self, standing: LogStanding, *, limit: int, chapter: ChapterId | None = None
    ) -> list[Stored | StoredEntry]:
        is_in = standing is LogStanding.IN_SET
        ids = (
            [each.id for each in self._index.entered()] if is_in else self._index.outside(standing)
        )
        items = [
            item
            for item in (self._items[each] for each in ids)
            if chapter in {None, chapter_of(item)}
        ]
        return sorted(items, key=lambda item: (item.since_ms, item.arrival))[:limit]

    def missing_bodies(self, *, limit: int) -> list[RecordId]:
        known = (cast("Stored", self._items[each]) for each in self._index.bodiless())
        missing = [each for each in known if each.standing is LogStanding.IN_SET]
        return [each.id for each in sorted(missing, key=lambda each: each.arrival)][:limit]

    # --- reading, by word ----------------------------------------------------------------------

    def index(self, *, limit: int) -> int:
        if self._texts is None:
            return 0
        fresh = [
            item
            for item in self._all()
            if isinstance(item, Stored) and item.body is not None and item.id not in self._words
        ][:limit]
        for record in fresh:
            self._words[record.id] = words_of(self._texts.of(record))
        return len(fresh)

    def search(
        self,
        words: str,
        *,
        limit: int,
        first: str | None = None,
        chapters: Collection[ChapterId] | None = None,
    ) -> list[Stored]:
        query = query_of(words)
        if query is None:
            return []
        found = [
            record
            for record in self._records()
            if query.is_met_by(self._words.get(record.id, frozenset()))
            and (chapters is None or record.header.chapter in chapters)
            and (first is None or (record.header.start or "") >= first)
        ]
        if first is None:
            return found[::-1][:limit]
        return sorted(found, key=lambda one: (one.header.start or "", one.arrival))[:limit]

    # --- sizes and health ----------------------------------------------------------------------

    def chapters(self) -> list[ChapterSize]:
        return self._index.chapters()

    def own_chapters(self) -> set[ChapterId]:
        return {chapter_of(self._items[each]) for each in self._local.delivered()}

    def naming(self, keys: Collection[PublicKey], *, kinds: Collection[str]) -> set[ChapterId]:
        wanted: list[bytes] = list(keys)
        found = {
            chapter_of(item)
            for item in self._items.values()
            if isinstance(item, StoredEntry) and any(key in item.entry.envelope for key in wanted)
        }
        records = (self._items[each] for each in self._index.of_kinds(kinds))
        return found | {
            chapter_of(record)
            for record in records
            if isinstance(record, Stored) and any(key in (record.body or b"") for key in wanted)
        }

    def size(
        self,
        chapter: ChapterId,
        author: PublicKey | None = None,
        *,
        standing: LogStanding = LogStanding.IN_SET,
    ) -> Size:
        return self._index.size(standing, chapter, author)

    def total(self, standing: LogStanding = LogStanding.IN_SET) -> Size:
        return self._index.size(standing)

    def changed(self) -> int:
        return 0

    def damage(self) -> list[Damage]:
        return []

    def repair(self) -> list[Damage]:
        return []

    def tidy(self) -> None:
        pass

    def give_back(self) -> None:
        pass

    def close(self) -> None:
        pass

    def copied(self, *, incarnation: bytes) -> MemoryLog:
        """Return a copy, as `log.restore` makes one; what is written to one is not in the other."""
        copy = MemoryLog(incarnation=incarnation, texts=self._texts)
        copy._local = self._local.copied()
        copy._letters = self._letters.copied()
        copy._words = dict(self._words)
        copy._items = dict(self._items)
        copy._arrival, copy._position = self._arrival, self._position
        for item in copy._items.values():
            copy._index.add(item)
        return copy

    def _all(self) -> list[Stored | StoredEntry]:
        return list(self._items.values())

    def _records(self, standing: LogStanding = LogStanding.IN_SET) -> list[Stored]:
        return [
            item
            for item in self._items.values()
            if isinstance(item, Stored) and item.standing is standing
        ]


def _nothing() -> None:
    """What is in memory needs no commit."""
