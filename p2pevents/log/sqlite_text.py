"""The full-text index of the SQLite log: kept up behind the records, asked, and made to forget.

The index holds words by arrival and no text, so a record's words are told to it
once more when it is to forget them. Where they cannot be told, it forgets all
and begins again: slow, and always right.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from p2pevents.log.protocol import Stored, Texts
from p2pevents.log.sqlite_rows import Rows
from p2pevents.log.store import Store, in_pieces, marks
from p2pevents.log.words import query_of
from p2pevents.record.ids import ChapterId

__all__ = ["TextIndex"]

# Of how many hits a query is answered in which way; measured at 100,000 and 1,000,000 records.
SORTED_HITS_MAX: Final = 2_000  # looked up and sorted by day; of more, days are held against them
GATHERED_HITS_MAX: Final = (
    50_000  # gathered, 0.4 us each; of more, the next records are asked first
)
NEXT_RECORDS_MAX: Final = 1_000  # asked one by one


class TextIndex:
    """The index within a store.

    Args:
        store: the log's.
        rows: its reader.
        texts: the words of a record; None in a program that searches and does not index.
    """

    def __init__(self, store: Store, rows: Rows, texts: Texts | None) -> None:
        self._store = store
        self._rows = rows
        self._texts = texts

    # --- keeping up ----------------------------------------------------------------------------

    def advance(self, limit: int) -> int:
        """Read at most so many records in, within a transaction; return how many (`Log.index`)."""
        if self._texts is None:
            return 0
        come, version = self._come()
        if version != self._texts.version:
            self._begin_again()
            come = 0
        late = self._store.rows("SELECT arrival FROM late ORDER BY arrival LIMIT ?", (limit,))
        for (arrival,) in late:
            for record in self._rows.records("WHERE record.arrival = ?", (arrival,)):
                self._tell(record, self._texts)
            self._store.execute("DELETE FROM late WHERE arrival = ?", (arrival,))
        fresh = self._store.rows(
            "SELECT arrival FROM record WHERE arrival > ? ORDER BY arrival LIMIT ?",
            (come, limit - len(late)),
        )
        if fresh:
            last = fresh[-1][0]
            for record in self._rows.records(
                "WHERE record.arrival > ? AND record.arrival <= ?", (come, last)
            ):
                self._tell(record, self._texts)
            self._store.execute("UPDATE indexed SET arrival = ?", (last,))
        return len(late) + len(fresh)

    def _tell(self, record: Stored, texts: Texts) -> None:
        words = _words(record, texts)
        if words:
            self._store.execute(
                "INSERT INTO text (rowid, words) VALUES (?, ?)", (record.arrival, words)
            )

    def note_late(self, arrival: int) -> None:
        """Remember that a body came, where the index has passed its record."""
        self._store.execute(
            "INSERT INTO late SELECT ? FROM indexed WHERE arrival >= ? ON CONFLICT DO NOTHING",
            (arrival, arrival),
        )

    # --- forgetting ----------------------------------------------------------------------------

    def forget(self, arrival: int) -> None:
        """Make the index forget a record, whose bytes are still there."""
        come, version = self._come()
        late = self._store.row("DELETE FROM late WHERE arrival = ? RETURNING arrival", (arrival,))
        if arrival > come or late is not None:
            return
        record = next(self._rows.records("WHERE record.arrival = ?", (arrival,)), None)
        if record is not None and record.body is None and arrival not in self._rows.damaged:
            return  # it had no body when the index passed, and has none now
        texts = self._texts
        if record is None or record.body is None or texts is None or texts.version != version:
            self._begin_again()
            return
        words = _words(record, texts)
        if words:
            self._store.execute(
                "INSERT INTO text (text, rowid, words) VALUES ('delete', ?, ?)", (arrival, words)
            )

    def tidy(self) -> None:
        """Write the index anew, without what it was told to forget."""
        self._store.execute("INSERT INTO text (text) VALUES ('optimize')")

    def _begin_again(self) -> None:
        self._store.execute("INSERT INTO text (text) VALUES ('delete-all')")
        self._store.execute("DELETE FROM late")
        self._store.execute(
            "UPDATE indexed SET arrival = 0, version = ?",
            (self._texts.version if self._texts else 0,),
        )

    def _come(self) -> tuple[int, int]:
        """Return how far the index has come, and by which version of the texts."""
        arrival, version = self._store.only_row("SELECT arrival, version FROM indexed")
        return arrival, version

    # --- asking --------------------------------------------------------------------------------

    def find(
        self,
        asked: str,
        *,
        limit: int,
        first: str | None,
        chapters: Collection[ChapterId] | None,
    ) -> list[Stored]:
        """Return records that have all the words (`Log.search`)."""
        query = query_of(asked)
        if query is None:
            return []
        only = "record.standing = 3"
        values: list[Any] = []
        if chapters is not None:
            only += (
                " AND record.chapter IN"
                f" (SELECT number FROM chapter WHERE id IN ({marks(tuple(chapters))}))"
            )
            values = list(chapters)
        if first is None:
            newest = self._rows.records(
                f"WHERE text MATCH ? AND {only} ORDER BY text.rowid DESC LIMIT ?",
                (query.match, *values, limit),
                source="text CROSS JOIN record ON record.arrival = text.rowid",
            )
            return list(newest)
        hits = self._hits(query.match)
        if hits <= SORTED_HITS_MAX:
            return self._read(
                "SELECT record.arrival FROM text CROSS JOIN record ON record.arrival = text.rowid"
                f" WHERE text MATCH ? AND record.start >= ? AND {only}"
                " ORDER BY record.start, record.arrival LIMIT ?",
                (query.match, first, *values, limit),
            )
        ahead = (
            "SELECT record.arrival, record.start FROM record INDEXED BY record_start"
            f" WHERE record.start >= ? AND {only}"
        )
        by_day = "ORDER BY record.start, record.arrival LIMIT ?"
        # A beginning stands for many words, which would be gathered anew for every record.
        if query.beginning is None and hits > GATHERED_HITS_MAX:
            # SQLite takes the next ones in their order, and stops at the last that is wanted.
            found = self._read(
                f"SELECT next.arrival FROM ({ahead} {by_day}) AS next WHERE EXISTS"
                " (SELECT 1 FROM text WHERE text MATCH ? AND text.rowid = next.arrival) LIMIT ?",
                (first, *values, NEXT_RECORDS_MAX, query.match, limit),
            )
            if len(found) == limit:
                return found
        return self._read(
            f"{ahead} AND record.arrival IN (SELECT rowid FROM text WHERE text MATCH ?) {by_day}",
            (first, *values, query.match, limit),
        )

    def _hits(self, match: str) -> int:
        """Return how many records a query finds, as far as it makes a difference."""
        hits: int = self._store.row(
            "SELECT count(*) FROM (SELECT 1 FROM text WHERE text MATCH ? LIMIT ?)",
            (match, GATHERED_HITS_MAX + 1),
        )[0]
        return hits

    def _read(self, numbers: str, values: tuple[Any, ...]) -> list[Stored]:
        """Return the records whose numbers a query finds, in its order."""
        # The numbers first: a sort would carry every record's bytes along.
        found = [row[0] for row in self._store.rows(numbers, values)]
        records: dict[int, Stored] = {}
        for some in in_pieces(found):
            for record in self._rows.records(f"WHERE record.arrival IN ({marks(some)})", some):
                records[record.arrival] = record
        return [records[each] for each in found if each in records]


def _words(record: Stored, texts: Texts) -> str:
    return "" if record.body is None else texts.of(record)
