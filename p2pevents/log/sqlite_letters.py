"""Letters to organisers, in the log's own SQLite store."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from p2pevents.log.letters import Carried, Letters, Outgoing
from p2pevents.log.store import Store, in_pieces, marks
from p2pevents.record.ids import ChapterId, PublicKey

__all__ = ["SqliteLetters"]

_OUT = "id, chapter, data, content, written_ms, carriers, receipt, answer"
_IN = "number, id, chapter, sender, data, peer, address, came_ms, is_mine, receipt"


class SqliteLetters(Letters):
    """Each method is one statement, and each write one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def outgoing(self) -> list[Outgoing]:
        rows = self._store.rows(f"SELECT {_OUT} FROM letter_out ORDER BY rowid")
        return [
            Outgoing(
                id=row[0],
                chapter=ChapterId(row[1]),
                data=row[2],
                content=row[3],
                written_ms=row[4],
                carriers=tuple(row[5].split("\n") if row[5] else ()),
                receipt=row[6],
                answer=row[7],
            )
            for row in rows
        ]

    def set_outgoing(self, letter: Outgoing) -> None:
        with self._store.transaction():
            self._store.execute(
                f"INSERT INTO letter_out ({_OUT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET carriers = excluded.carriers,"
                " receipt = excluded.receipt, answer = excluded.answer",
                (
                    letter.id,
                    letter.chapter,
                    letter.data,
                    letter.content,
                    letter.written_ms,
                    "\n".join(letter.carriers),
                    letter.receipt,
                    letter.answer,
                ),
            )

    def carried(
        self, *, chapter: ChapterId | None = None, after: int = 0, limit: int
    ) -> list[Carried]:
        where, values = ("AND chapter = ?", (chapter,)) if chapter is not None else ("", ())
        rows = self._store.rows(
            f"SELECT {_IN} FROM letter_in WHERE number > ? {where} ORDER BY number LIMIT ?",
            (after, *values, limit),
        )
        return [_carried(row) for row in rows]

    def carried_by_id(self, ids: Collection[bytes]) -> dict[bytes, Carried]:
        found = {}
        for piece in in_pieces(ids):
            sql = f"SELECT {_IN} FROM letter_in WHERE id IN ({marks(piece)})"
            for row in self._store.rows(sql, piece):
                found[row[1]] = _carried(row)
        return found

    def carry(self, letter: Carried) -> bool:
        with self._store.transaction():
            if self._store.row("SELECT 1 FROM letter_in WHERE id = ?", (letter.id,)):
                return False
            self._store.execute(
                f"INSERT INTO letter_in ({_IN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    letter.number or None,
                    letter.id,
                    letter.chapter,
                    letter.sender,
                    letter.data,
                    letter.peer,
                    letter.address,
                    letter.came_ms,
                    int(letter.is_mine),
                    letter.receipt,
                ),
            )
            return True

    def set_receipt(self, identifier: bytes, receipt: bytes) -> None:
        with self._store.transaction():
            self._store.execute(
                "UPDATE letter_in SET receipt = ? WHERE id = ?", (receipt, identifier)
            )

    def drop(self, ids: Collection[bytes]) -> None:
        with self._store.transaction():
            for piece in in_pieces(ids):
                self._store.execute(f"DELETE FROM letter_in WHERE id IN ({marks(piece)})", piece)

    def load(
        self,
        *,
        chapter: ChapterId | None = None,
        sender: PublicKey | None = None,
        peer: str | None = None,
        address: str | None = None,
        since_ms: int = 0,
    ) -> tuple[int, int]:
        given: dict[str, Any] = {
            "chapter": chapter,
            "sender": sender,
            "peer": peer,
            "address": address,
        }
        given = {name: value for name, value in given.items() if value is not None}
        where = "".join(f" AND {name} = ?" for name in given)
        row = self._store.only_row(
            "SELECT count(*), coalesce(sum(length(data)), 0) FROM letter_in"
            f" WHERE came_ms >= ?{where}",
            (since_ms, *given.values()),
        )
        return row[0], row[1]


def _carried(row: Any) -> Carried:
    return Carried(
        number=row[0],
        id=row[1],
        chapter=ChapterId(row[2]),
        sender=PublicKey(row[3]),
        data=row[4],
        peer=row[5],
        address=row[6],
        came_ms=row[7],
        is_mine=bool(row[8]),
        receipt=row[9],
    )
