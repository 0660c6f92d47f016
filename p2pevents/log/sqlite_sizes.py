"""Which chapters the SQLite log holds something of, and how much: read from its tally."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from p2pevents.log.protocol import ChapterSize, LogStanding, Size
from p2pevents.log.sqlite_rows import STANDING_CODES
from p2pevents.log.store import Store, marks
from p2pevents.record.ids import ChapterId, PublicKey

__all__ = ["Sizes"]


class Sizes:
    """Sums up the tally; each method is one of `Log`'s."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def chapters(self) -> list[ChapterSize]:
        """Return what `Log.chapters` returns."""
        rows = self._store.rows(
            "SELECT id, coalesce(sum(records) FILTER (WHERE standing = 3), 0),"
            " coalesce(sum(bytes) FILTER (WHERE standing = 3), 0)"
            " FROM chapter LEFT JOIN tally ON tally.chapter = chapter.number"
            " GROUP BY number"
            " HAVING coalesce(sum(records), 0) > 0"
            " OR EXISTS (SELECT 1 FROM entry WHERE entry.chapter = number)"
            " ORDER BY id"
        )
        return [
            ChapterSize(chapter=ChapterId(chapter), size=Size(records=records, bytes=size))
            for chapter, records, size in rows
            if type(chapter) is bytes
        ]

    def own_chapters(self) -> set[ChapterId]:
        """Return what `Log.own_chapters` returns."""
        rows = self._store.rows(
            "SELECT id FROM chapter WHERE number IN"
            " (SELECT chapter FROM record WHERE id IN (SELECT item FROM delivery)"
            " UNION SELECT chapter FROM entry WHERE id IN (SELECT item FROM delivery))"
        )
        return {ChapterId(one) for (one,) in rows if type(one) is bytes}

    def naming(self, keys: Collection[PublicKey], kinds: Collection[str]) -> set[ChapterId]:
        """Return what `Log.naming` returns."""
        found: set[ChapterId] = set()
        for key in keys:
            rows = self._store.rows(
                "SELECT id FROM chapter WHERE number IN"
                " (SELECT chapter FROM entry WHERE instr(envelope, ?)"
                " UNION SELECT record.chapter FROM record INDEXED BY record_object"
                " JOIN content ON content.arrival = record.arrival"
                f" WHERE record.chapter IN (SELECT number FROM chapter)"
                f" AND record.kind IN ({marks(tuple(kinds))}) AND instr(content.body, ?))",
                (key, *kinds, key),
            )
            found |= {ChapterId(one) for (one,) in rows if type(one) is bytes}
        return found

    def of(self, chapter: ChapterId, author: PublicKey | None, standing: LogStanding) -> Size:
        """Return what `Log.size` returns."""
        by_author = " AND author = (SELECT number FROM author WHERE key = ?)" if author else ""
        return self._sum(
            "WHERE chapter = (SELECT number FROM chapter WHERE id = ?) AND standing = ?"
            + by_author,
            (chapter, STANDING_CODES[standing], *((author,) if author else ())),
        )

    def total(self, standing: LogStanding) -> Size:
        """Return what `Log.total` returns."""
        return self._sum("WHERE standing = ?", (STANDING_CODES[standing],))

    def _sum(self, rest: str, values: Sequence[object]) -> Size:
        records, size = self._store.row(
            f"SELECT coalesce(sum(records), 0), coalesce(sum(bytes), 0) FROM tally {rest}", values
        )
        return Size(records=records, bytes=size)
