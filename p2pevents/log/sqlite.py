"""The log in one SQLite file, which several processes may have open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from p2pevents.log.local import LocalState
from p2pevents.log.migrate import check_tables, migrate, migrations, read_incarnation
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
    Texts,
    check_batch,
)
from p2pevents.log.sqlite_local import SqliteLocal
from p2pevents.log.sqlite_rows import (
    MISSING,
    PAGE_ROWS,
    STANDING_CODES,
    STANDINGS,
    Rows,
    only_chapter,
)
from p2pevents.log.store import Connect, Store, connect, in_pieces, make_private, marks
from p2pevents.log.window import Change, Window, newest_versions
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import (
    ChapterId,
    EntryId,
    Path as ObjectPath,
    PublicKey,
    RecordId,
    path_text,
)

if TYPE_CHECKING:
    from p2pevents.log.letters import Letters
    from p2pevents.log.sqlite_beginnings import Beginnings
    from p2pevents.log.sqlite_letters import SqliteLetters
    from p2pevents.log.sqlite_sizes import Sizes
    from p2pevents.log.sqlite_text import TextIndex
    from p2pevents.log.sqlite_write import Writing

__all__ = ["SqliteLog"]


class SqliteLog(Log):
    """A log in a file, made private and brought up to date when it is opened.

    Args:
        path: the file; made, with its folder, where it is missing.
        texts: which words a record is found by; None where nothing is to be indexed.
        read_only: that nothing is written, migrations included; the file must exist.
        connect: how SQLite is opened; tests put a failing disk under it.
        synchronous: SQLite's setting; tests show what less than FULL loses.

    Raises:
        LogNewerError: where a newer program wrote it.
        LogDamagedError: where it is no SQLite file any more.
        LogError: where it cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        texts: Texts | None = None,
        read_only: bool = False,
        connect: Connect = connect,
        synchronous: str = "FULL",
    ) -> None:
        if not read_only:
            make_private(path)
        self._connect = connect
        self._store = Store(path, read_only=read_only, connect=connect, synchronous=synchronous)
        self._local = SqliteLocal(self._store)
        self._rows = Rows(self._store)
        self._texts = texts
        with ExitStack() as undo:  # a log that cannot be read is nobody's to close
            undo.callback(self._store.close)
            migrate(self._store, migrations())
            self._incarnation = read_incarnation(self._store)
            undo.pop_all()

    @property
    def incarnation(self) -> bytes:
        return self._incarnation

    @property
    def local(self) -> LocalState:
        return self._local

    @property
    def letters(self) -> Letters:
        return self._letters

    # --- what most commands use nothing of, loaded when it is asked for ------------------------

    @cached_property
    def _letters(self) -> SqliteLetters:
        from p2pevents.log.sqlite_letters import SqliteLetters

        return SqliteLetters(self._store)

    @cached_property
    def _beginnings(self) -> Beginnings:
        from p2pevents.log.sqlite_beginnings import Beginnings

        return Beginnings(self._store)

    @cached_property
    def _sizes(self) -> Sizes:
        from p2pevents.log.sqlite_sizes import Sizes

        return Sizes(self._store)

    @cached_property
    def _text(self) -> TextIndex:
        from p2pevents.log.sqlite_text import TextIndex

        return TextIndex(self._store, self._rows, self._texts)

    def elsewhere(self) -> AbstractContextManager[Log]:
        return closing(SqliteLog(self._store.path, read_only=True, connect=self._connect))

    # --- writing -------------------------------------------------------------------------------

    def uncommitted(self) -> AbstractContextManager[Commit]:
        return self._store.uncommitted()

    def append(self, batch: Sequence[Arrival], *, now_ms: int) -> list[Outcome]:
        check_batch(batch)
        with self._writing(now_ms) as writing:
            return writing.append(batch)

    def move(self, ids: Collection[bytes], *, to: LogStanding, now_ms: int) -> int:
        with self._writing(now_ms) as writing:
            return writing.move(ids, to)

    def remove(self, ids: Collection[bytes]) -> int:
        with self._writing() as writing:
            return writing.remove(ids)

    def remove_chapter(self, chapter: ChapterId) -> int:
        with self._writing() as writing:
            return writing.remove_chapter(chapter)

    def erase(self, ids: Collection[RecordId]) -> int:
        with self._writing() as writing:
            return writing.erase(ids)

    @contextmanager
    def _writing(self, now_ms: int = 0) -> Iterator[Writing]:
        from p2pevents.log.sqlite_write import Writing

        with self._store.transaction():
            writing = Writing(self._store, self._text, now_ms=now_ms)
            yield writing
            writing.finish()

    # --- reading, by name ----------------------------------------------------------------------

    def record(self, record: RecordId) -> Stored | None:
        return next(self._rows.records("WHERE id = ?", (record,)), None)

    def records(self, ids: Collection[RecordId]) -> list[Stored]:
        found: dict[bytes, Stored] = {}
        for piece in in_pieces(ids):
            for record in self._rows.records(f"WHERE id IN ({marks(piece)})", piece):
                found[record.id] = record
        return [found[one] for one in dict.fromkeys(ids) if one in found]

    def entry(self, entry: EntryId) -> StoredEntry | None:
        return next(self._rows.entries("WHERE id = ?", (entry,)), None)

    def entries(self, chapter: ChapterId) -> list[StoredEntry]:
        return list(
            self._rows.entries(
                "WHERE chapter = (SELECT number FROM chapter WHERE id = ?) ORDER BY seq, arrival",
                (chapter,),
            )
        )

    def has(self, ids: Collection[bytes]) -> dict[bytes, LogStanding]:
        found: dict[bytes, int] = {}
        for piece in in_pieces(ids):
            held = f"WHERE id IN ({marks(piece)})"
            found.update(
                self._store.rows(
                    f"SELECT id, standing FROM record {held}"
                    f" UNION ALL SELECT id, standing FROM entry {held}",
                    (*piece, *piece),
                )
            )
        return {one: STANDINGS[found[one]] for one in ids if found.get(one) in STANDINGS}

    def beginning(self, prefixes: Collection[bytes]) -> set[bytes]:
        return self._beginnings.known(prefixes)

    def find(self, prefix: str, *, limit: int = 2) -> list[bytes]:
        return self._beginnings.ids(prefix, limit)

    def find_objects(
        self,
        prefix: str,
        *,
        kinds: Collection[str],
        chapter: ChapterId | None = None,
        limit: int = 2,
    ) -> list[ObjectId]:
        return self._beginnings.objects(prefix, kinds, chapter, limit)

    # --- reading, by object --------------------------------------------------------------------

    def versions(self, object_id: ObjectId) -> list[Stored]:
        versions = self._rows.records(
            "WHERE kind = ? AND chapter = (SELECT number FROM chapter WHERE id = ?)"
            " AND path = ? AND standing = 3",
            (object_id.kind, object_id.chapter, path_text(object_id.path)),
        )
        return sorted(versions, key=lambda one: (one.header.clock, one.id))

    def under(
        self, chapter: ChapterId, path: ObjectPath, *, kinds: Collection[str]
    ) -> list[Stored]:
        at = path_text(path)
        return list(
            self._rows.records(
                f"WHERE kind IN ({marks(tuple(kinds))})"
                " AND chapter = (SELECT number FROM chapter WHERE id = ?)"
                # `0` is the character after `/`.
                " AND (path = ? OR path >= ? AND path < ?) AND standing = 3"
                " ORDER BY record.arrival",
                (*kinds, chapter, at, at + "/", at + "0"),
            )
        )

    def of_kinds(
        self, kinds: Collection[str], *, chapter: ChapterId | None = None
    ) -> Iterator[Stored]:
        only, values = only_chapter(chapter)
        return self._rows.records(
            f"WHERE chapter IN ({only}) AND kind IN ({marks(tuple(kinds))}) AND standing = 3"
            " ORDER BY chapter, kind, path, record.arrival",
            (*values, *kinds),
        )

    def gathered(
        self,
        first: str,
        last: str,
        *,
        kinds: Collection[str],
        chapters: Collection[ChapterId] | None = None,
    ) -> Iterator[Stored]:
        return self._rows.gathered(first, last, kinds, chapters)

    def day_of(self, number: int, *, first: str) -> str | None:
        row = self._store.row(
            "SELECT start FROM record WHERE start >= ? ORDER BY start LIMIT 1 OFFSET ?",
            (first, number - 1),
        )
        return row[0] if row is not None and type(row[0]) is str else None

    def window(self, window: Window, *, after: int) -> list[Change]:
        return newest_versions(self._rows.window(window, after), window, after=after)

    # --- reading, by number --------------------------------------------------------------------

    def arrived_since(self, arrival: int, *, limit: int) -> list[Stored | StoredEntry]:
        return self._first(
            "WHERE {table}.arrival > ? ORDER BY {table}.arrival", (arrival,), limit, by_since=False
        )

    def entered_since(self, position: int, *, limit: int) -> list[InSet]:
        return list(islice(self._rows.in_set(position, None, rows=limit), limit))

    def tip(self) -> tuple[int, int]:
        arrival, position = self._store.only_row("SELECT arrival, position FROM tip")
        return arrival, position

    def in_set(self, *, chapter: ChapterId | None = None) -> Iterator[InSet]:
        return self._rows.in_set(0, chapter, rows=PAGE_ROWS)

    def standing(
        self, standing: LogStanding, *, limit: int, chapter: ChapterId | None = None
    ) -> list[Stored | StoredEntry]:
        only, values = only_chapter(chapter)
        # Said so that SQLite sees that the index of what stands outside the set will do.
        outside = "" if standing is LogStanding.IN_SET else "standing <> 3 AND "
        return self._first(
            f"WHERE {outside}standing = ? AND chapter IN ({only})"
            " ORDER BY since_ms, {table}.arrival",
            (STANDING_CODES[standing], *values),
            limit,
            by_since=True,
        )

    def missing_bodies(self, *, limit: int) -> list[RecordId]:
        rows = self._store.rows(
            "SELECT id FROM record WHERE lacks = ? AND standing = 3 ORDER BY arrival LIMIT ?",
            (MISSING, limit),
        )
        return [RecordId(one) for (one,) in rows if type(one) is bytes]

    def _first(
        self, rest: str, values: Sequence[object], limit: int, *, by_since: bool
    ) -> list[Stored | StoredEntry]:
        """Return the first items of both tables, by the order in which each yields them."""
        from heapq import merge

        rows = min(limit, PAGE_ROWS)
        records = self._rows.records(rest.format(table="record"), values, rows=rows)
        entries = self._rows.entries(rest.format(table="entry"), values, rows=rows)

        def order(item: Any) -> tuple[int, int]:
            return (item.since_ms if by_since else 0, item.arrival)

        return list(islice(merge(records, entries, key=order), limit))

    # --- reading, by word ----------------------------------------------------------------------

    def index(self, *, limit: int) -> int:
        with self._store.transaction():
            return self._text.advance(limit)

    def search(
        self,
        words: str,
        *,
        limit: int,
        first: str | None = None,
        chapters: Collection[ChapterId] | None = None,
    ) -> list[Stored]:
        return self._text.find(words, limit=limit, first=first, chapters=chapters)

    # --- sizes and health ----------------------------------------------------------------------

    def chapters(self) -> list[ChapterSize]:
        return self._sizes.chapters()

    def own_chapters(self) -> set[ChapterId]:
        return self._sizes.own_chapters()

    def naming(self, keys: Collection[PublicKey], *, kinds: Collection[str]) -> set[ChapterId]:
        return self._sizes.naming(keys, kinds)

    def size(
        self,
        chapter: ChapterId,
        author: PublicKey | None = None,
        *,
        standing: LogStanding = LogStanding.IN_SET,
    ) -> Size:
        return self._sizes.of(chapter, author, standing)

    def total(self, standing: LogStanding = LogStanding.IN_SET) -> Size:
        return self._sizes.total(standing)

    def changed(self) -> int:
        return int(self._store.row("PRAGMA data_version")[0])

    def damage(self) -> list[Damage]:
        return [self._rows.damaged[arrival] for arrival in sorted(self._rows.damaged)]

    def repair(self) -> list[Damage]:
        damage = self.damage()
        with self._writing() as writing:
            for one in damage:
                if one.body_only:
                    writing.lose_body(one.arrival)
                else:
                    writing.remove_arrivals([one.arrival])
        self._rows.damaged.clear()
        return damage

    def tidy(self) -> None:
        with self._store.transaction():
            self._text.tidy()
        self._store.fold()

    def give_back(self) -> None:
        self._store.execute("PRAGMA shrink_memory")

    def copy(self, to: Path) -> None:
        """Copy the whole log to one file, while it is in use; what was there is replaced.

        Raises:
            LogError: where it cannot be written.
        """
        from p2pevents.log.copies import copy_store

        copy_store(self._store, to)

    def check(self) -> None:
        """Check the store's own structure, then every record and entry: `damage` has the rest.

        Raises:
            LogDamagedError: where the structure is not sound; `restore.salvage` may help.
        """
        from p2pevents.log.copies import check_whole

        check_whole(self._store)
        check_tables(self._store)
        for _ in self._rows.records(""):
            pass
        for _ in self._rows.entries(""):
            pass

    def close(self) -> None:
        self._store.close()
