"""What the SQLite log does inside one transaction: append, move, remove, erase."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from p2pevents.errors import RecordError
from p2pevents.log.protocol import Arrival, LogStanding, Outcome, joined
from p2pevents.log.sqlite_rows import (
    ERASED,
    MISSING,
    STANDING_CODES,
    entry_check,
    signature_check,
)
from p2pevents.log.sqlite_text import TextIndex
from p2pevents.log.store import Store, in_pieces, marks
from p2pevents.record.entry import Entry, open_entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import path_text

__all__ = ["Writing"]

_IN_SET: Final = STANDING_CODES[LogStanding.IN_SET]


class Writing:
    """The work of one transaction: sums are gathered, and written by `finish`.

    Args:
        store: within its transaction.
        text: the full-text index, which is to forget what is erased.
        now_ms: the time, kept as `since_ms` by what moves or arrives.
    """

    def __init__(self, store: Store, text: TextIndex, *, now_ms: int = 0) -> None:
        self._store = store
        self._text = text
        self._now_ms = now_ms
        self._arrival, self._position = store.only_row("SELECT arrival, position FROM tip")
        self._numbers: dict[bytes, int] = {}
        # By chapter, author and standing: how many records and bytes more, or less.
        self._tally: dict[tuple[int, int, int], list[int]] = {}

    def finish(self) -> None:
        """Write the numbers and sums that the work changed."""
        self._store.insert(
            "tip",
            [(1, self._arrival, self._position)],
            conflict="ON CONFLICT (one) DO UPDATE SET"
            " arrival = excluded.arrival, position = excluded.position",
        )
        self._store.insert(
            "tally",
            [(*of, records, size) for of, (records, size) in self._tally.items()],
            conflict="ON CONFLICT (chapter, author, standing) DO UPDATE SET"
            " records = records + excluded.records, bytes = bytes + excluded.bytes",
        )

    # --- taking in -----------------------------------------------------------------------------

    def append(self, batch: Sequence[Arrival]) -> list[Outcome]:
        """Take a batch in (`Log.append`)."""
        known = self._known([one.item.id for one in batch if isinstance(one.item, Verified)])
        records: list[tuple[Any, ...]] = []
        contents: list[tuple[Any, ...]] = []
        completed: list[tuple[bytes, int]] = []
        outcomes = []
        for one in batch:
            item = one.item
            if isinstance(item, Entry):
                outcomes.append(self._entry(item, one.standing))
                continue
            held = known.get(item.id)
            if held is None:
                record = self._record(item, one.standing)
                arrival = record[0]
                records.append(record)
                contents.append((arrival, item.envelope, item.body, signature_check(item.envelope)))
                known[item.id] = (arrival, record[-1])
                outcomes.append(Outcome.NEW)
            elif held[1] == MISSING and item.body is not None:
                completed.append((item.body, held[0]))
                known[item.id] = (held[0], None)
                outcomes.append(Outcome.COMPLETED)
            else:
                outcomes.append(Outcome.KNOWN)
        self._store.insert("record", records)
        self._store.insert("content", contents)
        for body, arrival in completed:
            self._store.execute("UPDATE content SET body = ? WHERE arrival = ?", (body, arrival))
            self._store.execute("UPDATE record SET lacks = NULL WHERE arrival = ?", (arrival,))
            self._text.note_late(arrival)
        self._store.insert(
            "delivery",
            [
                (one.item.id, None, 0)
                for one, outcome in zip(batch, outcomes, strict=True)
                if one.own and outcome is Outcome.NEW
            ],
            conflict="ON CONFLICT DO NOTHING",
        )
        return outcomes

    def _known(self, ids: Collection[bytes]) -> dict[bytes, tuple[int, int | None]]:
        """Return, of these records, the arrival and what it lacks, where one is held."""
        known = {}
        for piece in in_pieces(ids):
            rows = self._store.rows(
                f"SELECT id, arrival, lacks FROM record WHERE id IN ({marks(piece)})", piece
            )
            known.update({identifier: (arrival, lacks) for identifier, arrival, lacks in rows})
        return known

    def _record(self, item: Verified, standing: LogStanding) -> tuple[Any, ...]:
        header = item.header
        chapter = self._number("chapter", "id", header.chapter)
        author = self._number("author", "key", header.author)
        size = len(item.envelope) + header.body_bytes
        code = STANDING_CODES[standing]
        self._count((chapter, author, code), 1, size)
        self._arrival += 1
        return (
            self._arrival,
            item.id,
            chapter,
            author,
            header.kind,
            path_text(header.path),
            header.clock,
            header.start,
            size,
            code,
            self._now_ms,
            self._enter(code),
            MISSING if item.body is None else None,
        )

    def _entry(self, item: Entry, standing: LogStanding) -> Outcome:
        row = self._store.row("SELECT envelope, checksum FROM entry WHERE id = ?", (item.id,))
        if row is not None:
            held, checksum = row
            united = _joined(held, item)
            if united == held and checksum in (None, entry_check(held)):
                return Outcome.KNOWN
            self._store.execute(
                "UPDATE entry SET envelope = ?, checksum = ? WHERE id = ?",
                (united, entry_check(united), item.id),
            )
            return Outcome.COMPLETED
        code = STANDING_CODES[standing]
        self._arrival += 1
        self._store.execute(
            "INSERT INTO entry VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                self._arrival,
                item.id,
                self._number("chapter", "id", item.chapter),
                item.snapshot.seq,
                item.envelope,
                code,
                self._now_ms,
                self._now_ms,
                self._enter(code),
                entry_check(item.envelope),
            ),
        )
        return Outcome.NEW

    def _enter(self, code: int) -> int | None:
        """Return the next position, for what enters the set."""
        if code != _IN_SET:
            return None
        self._position += 1
        return int(self._position)

    def _number(self, table: str, column: str, value: bytes) -> int:
        """Return the small number of a chapter or author, made where there is none."""
        number = self._numbers.get(value)
        if number is None:
            row = self._store.row(f"SELECT number FROM {table} WHERE {column} = ?", (value,))
            if row is None:
                row = self._store.row(
                    f"INSERT INTO {table} ({column}) VALUES (?) RETURNING number", (value,)
                )
            number = self._numbers[value] = int(row[0])
        return number

    # --- changing ------------------------------------------------------------------------------

    def move(self, ids: Collection[bytes], to: LogStanding) -> int:
        """Have items stand elsewhere (`Log.move`)."""
        code = STANDING_CODES[to]
        moved = 0
        for identifier in dict.fromkeys(ids):
            row = self._store.row(
                "SELECT arrival, chapter, author, standing, bytes FROM record WHERE id = ?",
                (identifier,),
            )
            if row is not None:
                arrival, chapter, author, standing, size = row
                if standing == code:
                    continue
                self._count((chapter, author, standing), -1, -size)
                self._count((chapter, author, code), 1, size)
                self._stand("record", arrival, code)
                moved += 1
                continue
            row = self._store.row("SELECT arrival, standing FROM entry WHERE id = ?", (identifier,))
            if row is not None and row[1] != code:
                self._stand("entry", row[0], code)
                moved += 1
        return moved

    def _stand(self, table: str, arrival: int, code: int) -> None:
        self._store.execute(
            f"UPDATE {table} SET standing = ?, since_ms = ?, position = ? WHERE arrival = ?",
            (code, self._now_ms, self._enter(code), arrival),
        )

    def remove(self, ids: Collection[bytes]) -> int:
        """Delete items wherever they stand (`Log.remove`)."""
        arrivals = []
        for piece in in_pieces(ids):
            for table in ("record", "entry"):
                arrivals += self._store.rows(
                    f"SELECT arrival FROM {table} WHERE id IN ({marks(piece)})", piece
                )
        return self.remove_arrivals([arrival for (arrival,) in arrivals])

    def remove_arrivals(self, arrivals: Collection[int]) -> int:
        """Delete items by their number, and return how many there were."""
        removed = 0
        for arrival in arrivals:
            row = self._store.row(
                "SELECT id, chapter, author, standing, bytes FROM record WHERE arrival = ?",
                (arrival,),
            )
            if row is not None:
                _, chapter, author, standing, size = row
                self._count((chapter, author, standing), -1, -size)
                self._text.forget(arrival)
                self._store.execute("DELETE FROM record WHERE arrival = ?", (arrival,))
                self._store.execute("DELETE FROM content WHERE arrival = ?", (arrival,))
            else:
                row = self._store.row(
                    "DELETE FROM entry WHERE arrival = ? RETURNING id", (arrival,)
                )
            if row is not None:
                self._store.execute("DELETE FROM delivery WHERE item = ?", (row[0],))
                removed += 1
        return removed

    def remove_chapter(self, chapter: bytes) -> int:
        """Delete all of a chapter (`Log.remove_chapter`)."""
        row = self._store.row("SELECT number FROM chapter WHERE id = ?", (chapter,))
        if row is None:
            return 0
        arrivals = self._store.rows(
            "SELECT arrival FROM record WHERE chapter = ?"
            " UNION ALL SELECT arrival FROM entry WHERE chapter = ?",
            (*row, *row),
        )
        return self.remove_arrivals([arrival for (arrival,) in arrivals])

    def erase(self, ids: Collection[bytes]) -> int:
        """Remove bodies for good (`Log.erase`)."""
        erased = 0
        for identifier in dict.fromkeys(ids):
            row = self._store.row(
                "SELECT arrival FROM record WHERE id = ? AND lacks IS NOT ?", (identifier, ERASED)
            )
            if row is not None:
                self._drop_body(row[0], ERASED)
                erased += 1
        return erased

    def lose_body(self, arrival: int) -> None:
        """Drop a damaged body, so that it counts as one that has not come."""
        self._drop_body(arrival, MISSING)

    def _drop_body(self, arrival: int, lacks: int) -> None:
        self._text.forget(arrival)
        self._store.execute("UPDATE content SET body = NULL WHERE arrival = ?", (arrival,))
        self._store.execute("UPDATE record SET lacks = ? WHERE arrival = ?", (lacks, arrival))

    def _count(self, of: tuple[int, int, int], records: int, size: int) -> None:
        sums = self._tally.setdefault(of, [0, 0])
        sums[0] += records
        sums[1] += size


def _joined(envelope: bytes, item: Entry) -> bytes:
    """Return a held entry's bytes with the signatures of another copy of it."""
    try:
        held = open_entry(envelope)
    except RecordError:
        return item.envelope  # what is held was damaged, and is whole again
    return joined(held, item).envelope
