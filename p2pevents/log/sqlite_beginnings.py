"""What is found in the SQLite log by how its id or its path begins."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Final

from p2pevents.log.prefix import begins_so, id_range
from p2pevents.log.sqlite_rows import only_chapter
from p2pevents.log.store import Store, in_pieces, marks
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ID_BYTES, ChapterId

__all__ = ["Beginnings"]

_AFTER_PATH: Final = "\x7f"  # sorts after every character of a path


class Beginnings:
    """Looks in the indexes of ids and paths; each method is one of `Log`'s."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, prefixes: Collection[bytes]) -> set[bytes]:
        """Return what `Log.beginning` returns."""
        found: set[bytes] = set()
        for piece in in_pieces(prefixes):
            ends = ((one, one + b"\xff" * (ID_BYTES - len(one)), one) for one in piece)
            rows = self._store.rows(
                f"WITH sought (least, greatest, prefix) AS (VALUES {_rows_of(3, len(piece))})"
                " SELECT prefix FROM sought"
                " WHERE EXISTS (SELECT 1 FROM record WHERE id BETWEEN least AND greatest)"
                " OR EXISTS (SELECT 1 FROM entry WHERE id BETWEEN least AND greatest)",
                tuple(chain.from_iterable(ends)),
            )
            found.update(one for (one,) in rows)
        return found

    def ids(self, prefix: str, limit: int) -> list[bytes]:
        """Return what `Log.find` returns."""
        ends = id_range(prefix)
        if ends is None:
            return []
        rows = self._store.rows(
            "SELECT id FROM record WHERE id BETWEEN ? AND ?"
            " UNION ALL SELECT id FROM entry WHERE id BETWEEN ? AND ? ORDER BY 1 LIMIT ?",
            (*ends, *ends, limit),
        )
        return [one for (one,) in rows if type(one) is bytes and begins_so(one, prefix)]

    def objects(
        self, prefix: str, kinds: Collection[str], chapter: ChapterId | None, limit: int
    ) -> list[ObjectId]:
        """Return what `Log.find_objects` returns."""
        only, values = only_chapter(chapter)
        rows = self._store.rows(
            "SELECT DISTINCT record.path, record.kind, chapter.id"
            " FROM record JOIN chapter ON chapter.number = record.chapter"
            f" WHERE record.kind IN ({marks(tuple(kinds))}) AND record.chapter IN ({only})"
            " AND record.path >= ? AND record.path < ? AND record.standing = 3"
            " ORDER BY 1, 2, 3 LIMIT ?",
            (*kinds, *values, prefix, prefix + _AFTER_PATH, limit),
        )
        return [
            ObjectId(chapter=ChapterId(of), kind=kind, path=tuple(path.split("/")))
            for path, kind, of in rows
            if type(path) is str and type(of) is bytes
        ]


def _rows_of(columns: int, rows: int) -> str:
    """Return question marks for so many rows, for `VALUES ...`."""
    row = f"({marks(range(columns))})"
    return ",".join([row] * rows)
