"""From rows of the SQLite log to what it returns, each hash computed again."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from p2pevents.errors import RecordError
from p2pevents.log.protocol import Damage, InSet, LogStanding, Stored, StoredEntry
from p2pevents.log.store import Store, marks
from p2pevents.log.window import Version, Window
from p2pevents.record.entry import Entry, open_entry, reopen_entry
from p2pevents.record.envelope import body_hash, reopen
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId
from p2pevents.record.signature import SIGNATURE_BYTES

__all__ = [
    "ERASED",
    "MISSING",
    "PAGE_ROWS",
    "STANDINGS",
    "STANDING_CODES",
    "Rows",
    "entry_check",
    "only_chapter",
    "signature_check",
]

PAGE_ROWS: Final = 256
ENTRIES_OPENED_MAX: Final = 2_048  # charter entries in memory, mostly of 0.3 KiB, at most 4

MISSING, ERASED = 1, 2  # what `record.lacks` says of a body

# As the table writes them: two bits apart, so that one flipped bit is noticed.
STANDING_CODES: Final = {
    LogStanding.IN_SET: 3,
    LogStanding.WAITING: 5,
    LogStanding.SET_ASIDE: 6,
}
STANDINGS: Final = {code: standing for standing, code in STANDING_CODES.items()}

_RECORDS: Final = """
SELECT record.arrival, record.id, record.position, record.standing, record.since_ms,
       record.lacks, content.envelope, content.body, content.signature
FROM {source} LEFT JOIN content ON content.arrival = record.arrival
{rest}
"""
_ENTRIES: Final = """
SELECT arrival, id, position, standing, since_ms, seen_ms, envelope, checksum FROM entry
"""
_IN_SET: Final = """
SELECT record.arrival, record.id, chapter.id, record.position, record.kind, author.key,
       record.clock
FROM record
LEFT JOIN chapter ON chapter.number = record.chapter
LEFT JOIN author ON author.number = record.author
WHERE record.position > ? {records}
UNION ALL
SELECT entry.arrival, entry.id, chapter.id, entry.position, NULL, NULL, entry.seq
FROM entry LEFT JOIN chapter ON chapter.number = entry.chapter
WHERE entry.position > ? {entries}
ORDER BY 4
"""
# Objects of which a version entered after a position; or all that may touch a window.
_CHANGED: Final = "SELECT chapter, kind, path FROM record WHERE position > ?"
_DAY: Final = "substr(path, instr(path, '/') + 1, 10)"
_MAY_TOUCH: Final = f"""
SELECT chapter, kind, path FROM record INDEXED BY record_start WHERE start BETWEEN ? AND ?
UNION SELECT chapter, kind, path FROM record INDEXED BY record_day
    WHERE {_DAY} BETWEEN ? AND ?
    AND {_DAY} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
UNION SELECT chapter, kind, path FROM record INDEXED BY record_undated WHERE start IS NULL
UNION SELECT chapter, kind, path FROM record INDEXED BY record_object
    WHERE chapter IN (SELECT number FROM chapter) AND kind IN ({{always}})
"""
# What belongs together: the first component of a path, or two where the second is a day.
_IS_DAY: Final = f"""
{_DAY} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
AND instr(path, '/') > 0 AND substr(path, instr(path, '/') + 11, 1) IN ('', '/')
"""
_ROOT: Final = f"""
CASE WHEN {_IS_DAY}
     THEN substr(path, 1, instr(path, '/') + 10)
     WHEN instr(path, '/') THEN substr(path, 1, instr(path, '/') - 1)
     ELSE path END
"""
_GATHERED: Final = f"""
(SELECT chapter, {_ROOT} AS root FROM record INDEXED BY record_start
    WHERE start BETWEEN ? AND ? AND {{only}}
 UNION
 SELECT chapter, {_ROOT} AS root FROM record INDEXED BY record_day
    WHERE {_DAY} BETWEEN ? AND ? AND {_IS_DAY} AND {{only}}) AS hit
CROSS JOIN record ON record.chapter = hit.chapter AND record.kind IN ({{kinds}})
    -- `0` is the character after `/`.
    AND record.path >= hit.root AND record.path < hit.root || '0'
    AND (record.path = hit.root OR record.path >= hit.root || '/')
"""
_VERSIONS: Final = """
SELECT record.id, record.chapter, record.kind, record.path, record.author, record.clock,
       record.start, record.position
FROM (SELECT DISTINCT chapter, kind, path FROM ({objects})) AS object
CROSS JOIN record ON record.chapter = object.chapter AND record.kind = object.kind
    AND record.path = object.path
WHERE record.standing = 3
"""


def signature_check(envelope: bytes) -> int:
    """Return the CRC-32 of the signature that ends an envelope."""
    return crc32(envelope[-SIGNATURE_BYTES:])


def entry_check(envelope: bytes) -> int:
    """Return the CRC-32 of a charter entry's bytes, of which the id leaves the signatures out."""
    return crc32(envelope)


class Rows:
    """Reads items of a store, and remembers which of them are damaged."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.damaged: dict[int, Damage] = {}

    def records(
        self,
        rest: str,
        values: Sequence[object] = (),
        *,
        rows: int = PAGE_ROWS,
        source: str = "record",
    ) -> Iterator[Stored]:
        """Yield the records that a query finds.

        Args:
            rest: what follows FROM.
            values: what its question marks stand for.
            rows: how many to read at once.
            source: what stands after FROM, `record` at its end.
        """
        sql = _RECORDS.format(source=source, rest=rest)
        for page in self._store.pages(sql, values, rows=rows):
            for row in page:
                record = self._record(row)
                if record is not None:
                    yield record

    def entries(
        self, rest: str, values: Sequence[object] = (), *, rows: int = PAGE_ROWS
    ) -> Iterator[StoredEntry]:
        """Yield the charter entries that a query finds; `rest` is what follows FROM."""
        for page in self._store.pages(_ENTRIES + rest, values, rows=rows):
            for row in page:
                entry = self._entry(row)
                if entry is not None:
                    yield entry

    def in_set(self, position: int, chapter: bytes | None, *, rows: int) -> Iterator[InSet]:
        """Yield what entered the set after a position and is still there."""
        only = "AND {}.chapter = (SELECT number FROM chapter WHERE id = ?)"
        sql = _IN_SET.format(
            records=only.format("record") if chapter else "",
            entries=only.format("entry") if chapter else "",
        )
        values = (position, chapter, position, chapter) if chapter else (position, position)
        for page in self._store.pages(sql, values, rows=rows):
            for arrival, identifier, of, at, kind, author, clock in page:
                if type(identifier) is not bytes or type(of) is not bytes or type(clock) is not int:
                    detail = "its columns are not those that were written"
                    self._note(arrival, identifier, detail, body_only=False)
                    continue
                yield InSet(
                    id=identifier,
                    chapter=ChapterId(of),
                    position=at,
                    kind=kind,
                    author=author,
                    clock=clock,
                )

    def window(self, window: Window, after: int) -> Iterator[Version]:
        """Yield all versions of the objects that may touch a window and changed since."""
        days = (window.first, window.last)
        may_touch = _MAY_TOUCH.format(always=marks(tuple(window.always)))
        values: tuple[object, ...] = (after,) if after else (*days, *days, *window.always)
        objects = _CHANGED if after else may_touch
        for page in self._store.pages(_VERSIONS.format(objects=objects), values, rows=PAGE_ROWS):
            for identifier, chapter, kind, path, author, clock, start, position in page:
                if type(identifier) is bytes and type(path) is str and type(clock) is int:
                    yield Version(
                        id=identifier,
                        chapter=chapter,
                        kind=kind,
                        path=path,
                        author=author,
                        clock=clock,
                        start=start if type(start) is str else None,
                        position=position,
                    )

    def gathered(
        self, first: str, last: str, kinds: Collection[str], chapters: Collection[bytes] | None
    ) -> Iterator[Stored]:
        """Yield what belongs to all that lies in a window (`Log.gathered`)."""
        wanted = marks(tuple(kinds))
        only = f"kind IN ({wanted}) AND standing = 3"
        values: tuple[object, ...] = (first, last, *kinds)
        if chapters is not None:
            numbers = f"SELECT number FROM chapter WHERE id IN ({marks(tuple(chapters))})"
            # The plus keeps SQLite from walking the chapters in the place of the days.
            only += f" AND +chapter IN ({numbers})"
            values += tuple(chapters)
        return self.records(
            "WHERE record.standing = 3",
            (*values, *values, *kinds),
            source=_GATHERED.format(only=only, kinds=wanted),
        )

    def _record(self, row: Any) -> Stored | None:
        arrival, identifier, position, standing, since_ms, lacks, envelope, body, signature = row
        try:
            header = _header(identifier, envelope, signature)
            stands = _standing(standing)
        except RecordError as error:
            self._note(arrival, identifier, error.detail, body_only=False)
            return None
        if body is not None and (type(body) is not bytes or body_hash(body) != header.body_hash):
            self._note(arrival, identifier, "the body is not the one that was written")
            body = None
        elif body is None and lacks is None:
            self._note(arrival, identifier, "the body is gone")
        return Stored(
            id=identifier,
            header=header,
            envelope=envelope,
            body=body,
            arrival=arrival,
            position=position,
            standing=stands,
            since_ms=since_ms,
            erased=lacks == ERASED,
        )

    def _entry(self, row: Any) -> StoredEntry | None:
        arrival, identifier, position, standing, since_ms, seen_ms, envelope, checksum = row
        try:
            entry = _opened(identifier, envelope, checksum)
            stands = _standing(standing)
        except RecordError as error:
            self._note(arrival, identifier, error.detail, body_only=False)
            return None
        return StoredEntry(
            entry=entry,
            arrival=arrival,
            position=position,
            standing=stands,
            since_ms=since_ms,
            seen_ms=seen_ms,
        )

    def _note(self, arrival: int, identifier: Any, detail: str, *, body_only: bool = True) -> None:
        self.damaged[arrival] = Damage(
            arrival=arrival,
            id=identifier if type(identifier) is bytes else b"",
            detail=detail,
            body_only=body_only,
        )


def _header(identifier: Any, envelope: Any, signature: int) -> Header:
    _check_bytes(identifier, envelope)
    header = reopen(identifier, envelope)
    if signature_check(envelope) != signature:
        raise RecordError("row-signature", "the signature is not the one that was written")
    return header


@lru_cache(maxsize=ENTRIES_OPENED_MAX)
def _opened(identifier: Any, envelope: Any, checksum: int | None) -> Entry:
    # The very same bytes are read once: a page reads its charters a dozen times.
    _check_bytes(identifier, envelope)
    if checksum is None:  # written before entries had one
        entry = open_entry(envelope)
    elif entry_check(envelope) != checksum:
        raise RecordError("row-signature", "the bytes are not those that were written")
    else:
        entry = reopen_entry(envelope)
    if entry.id != identifier:
        raise RecordError("row-id", "the entry is not the one that the id names")
    return entry


def _check_bytes(identifier: Any, envelope: Any) -> None:
    """Refuse what is not even bytes: one flipped bit can make a number of them."""
    if type(identifier) is not bytes or type(envelope) is not bytes:
        raise RecordError("row-content", "the bytes are gone")


def _standing(code: int) -> LogStanding:
    standing = STANDINGS.get(code)
    if standing is None:
        raise RecordError("row-standing", f"{code} is no standing")
    return standing


def only_chapter(chapter: ChapterId | None) -> tuple[str, tuple[bytes, ...]]:
    """Return a subquery for one chapter's number, or for all, and its values.

    Naming all of them lets SQLite seek each in the index, where it would walk
    all of a kind.
    """
    if chapter is None:
        return "SELECT number FROM chapter", ()
    return "SELECT number FROM chapter WHERE id = ?", (chapter,)
