"""Putting a copy of the log in its place, and saving what can be read of a damaged one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from p2pevents.errors import LogDamagedError, LogError, RecordError
from p2pevents.log.copies import check_whole, copy_store, discard, put_in_place
from p2pevents.log.letters import Carried, Outgoing
from p2pevents.log.local import LocalState
from p2pevents.log.migrate import migrate, migrations, read_incarnation
from p2pevents.log.protocol import INCARNATION_BYTES
from p2pevents.log.sqlite_letters import SqliteLetters
from p2pevents.log.sqlite_local import SqliteLocal
from p2pevents.log.store import Store
from p2pevents.record.entry import Entry, open_entry
from p2pevents.record.envelope import Verified, open_envelope

__all__ = ["restore_log", "salvage", "salvage_letters", "salvage_local"]

_ROW_BYTES_MIN: Final = 128  # of a record's content: how many there can be in a file
_SPAN: Final = 256  # rows tried at once
_LETTERS_READ: Final = 64
_ARRIVAL_MAX: Final = 2**32  # a number beyond is itself damage
_Item = TypeVar("_Item")


def restore_log(copy: Path, to: Path) -> bytes:
    """Put a copy in the place of a log that is not there, and return its new incarnation.

    Positions that were given after the copy was made are given again, to other
    records: with a new incarnation nobody goes by the old ones.

    Raises:
        LogError: where there is a log already, or no copy; LogNewerError where a newer
            program made it; LogDamagedError where it is not whole.
    """
    if to.exists():
        raise LogError(
            f"{to}: is there already, and would be lost", hint="move it away first, or use --home"
        )
    if not copy.is_file():
        raise LogError(f"{copy}: is not there")
    partial = to.with_name(f"{to.name}.partial")
    source = Store(copy, read_only=True)
    try:
        check_whole(source)
        copy_store(source, partial)
    finally:
        source.close()
    incarnation = os.urandom(INCARNATION_BYTES)
    try:
        store = Store(partial)
        try:
            migrate(store, migrations())
            read_incarnation(store)
            with store.transaction():
                store.execute(
                    "UPDATE store SET value = ? WHERE name = 'incarnation'", (incarnation,)
                )
        finally:
            store.close()
        put_in_place(partial, to)
    finally:
        discard(partial)
    return incarnation


def salvage(path: Path) -> Iterator[Verified | Entry]:
    """Yield every record and charter entry that can still be read of a damaged log.

    Each is opened anew, its signature too, so that what is yielded may be offered
    to a new log like a stranger's. The damaged file is only read.

    Raises:
        LogDamagedError: where not even the list of its tables can be read.
    """
    store = Store(path, read_only=True)
    try:
        store.rows("SELECT name FROM sqlite_schema")
        # Entries first: what they found, the records rest on.
        for _, envelope in _readable(store, "SELECT arrival, envelope FROM entry"):
            if type(envelope) is not bytes:
                continue
            try:
                yield open_entry(envelope)
            except RecordError:
                continue
        for _, envelope, body in _readable(store, "SELECT arrival, envelope, body FROM content"):
            record = _reopened(envelope, body)
            if record is not None:
                yield record
    finally:
        store.close()


def _reopened(envelope: Any, body: Any) -> Verified | None:
    """Return a row's record, without its body where that is not its own; None where it is none.

    One flipped bit can make a number or nothing of a column's bytes.
    """
    if type(envelope) is not bytes:
        return None
    for one in (body, None) if type(body) is bytes else (None,):
        try:
            return open_envelope(envelope, one)
        except RecordError:
            continue
    return None


def _readable(store: Store, select: str) -> Iterator[Any]:
    """Yield the rows of a table that can be read, in order of arrival.

    Where a span cannot be read it is halved, down to the row.
    """
    end = _last_arrival(store) + 1
    for start in range(1, end, _SPAN):
        spans = [(start, min(start + _SPAN, end) - 1)]
        while spans:
            first, last = spans.pop()
            try:
                rows = store.rows(f"{select} WHERE arrival BETWEEN ? AND ?", (first, last))
            except LogDamagedError:
                if first < last:
                    middle = (first + last) // 2
                    spans += [(middle + 1, last), (first, middle)]
                continue
            yield from rows


def _last_arrival(store: Store) -> int:
    """Return the greatest number that a row can have, as far as anything tells."""
    guesses = [store.path.stat().st_size // _ROW_BYTES_MIN]
    for table in ("tip", "content"):
        with suppress(LogDamagedError):
            guesses += store.row(f"SELECT coalesce(max(arrival), 0) FROM {table}")  # noqa: S608
    return min(max(guesses), _ARRIVAL_MAX)


def salvage_local(path: Path, to: LocalState) -> list[str]:
    """Carry follows, pins, peers and notes of a damaged log over; return what could not be read.

    Cursors stay behind: they speak of records that may be lost now.
    """
    lost = []
    store = Store(path, read_only=True)
    local = SqliteLocal(store)

    def follows() -> bool:
        return _keep(local.follows(), to.set_follow)

    def pins() -> bool:
        return _keep(local.pins().items(), lambda pin: to.set_pin(*pin))

    def peers() -> bool:
        return _keep(local.peers(), lambda peer: to.set_peer(replace(peer, cursor=None)))

    def notes() -> bool:
        rows = store.rows("SELECT key, value FROM note")
        sound = [row for row in rows if isinstance(row[0], str) and isinstance(row[1], bytes)]
        return _keep(sound, lambda row: to.set_note(*row))

    try:
        for carry in (follows, pins, peers, notes):
            try:
                is_whole = carry()
            except LogDamagedError:
                is_whole = False
            if not is_whole:
                lost.append(carry.__name__)
    finally:
        store.close()
    return lost


def _keep(items: Iterable[_Item], keep: Callable[[_Item], None]) -> bool:
    """Keep each that is within the limits of its kind; tell whether all of them were."""
    is_whole = True
    for item in items:
        try:
            keep(item)
        except ValueError:
            is_whole = False
    return is_whole


def salvage_letters(path: Path) -> Iterator[Outgoing | Carried]:
    """Yield the letters of a damaged log as they stand there; whether they are whole, ask them.

    Raises:
        LogDamagedError: where its tables cannot be read on; what came before was yielded.
    """
    store = Store(path, read_only=True)
    letters = SqliteLetters(store)
    try:
        yield from letters.outgoing()
        after = 0
        while found := letters.carried(after=after, limit=_LETTERS_READ):
            yield from found
            after = found[-1].number
    finally:
        store.close()
