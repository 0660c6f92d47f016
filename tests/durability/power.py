"""A disk that can lose its power: it records what SQLite writes, and makes what a cut leaves.

What was synced stays. Of what was written since, each sector of 512 bytes
reached the disk or did not, whatever its order. A file whose creation or
deletion was not synced may be there or not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw

SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at a place of a file; None for the bytes cuts the file off there."""

    name: str
    offset: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Synced:
    """A file of which all that was written has reached the disk."""

    name: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A file that was deleted."""

    name: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Something that the log has promised by returning."""

    what: Any


Step = Written | Synced | Deleted | Acknowledged


class Recorder:
    """All that happened to the disk, in order."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def acknowledge(self, what: Any) -> None:
        self.steps.append(Acknowledged(what))


class _File(apsw.VFSFile):
    def __init__(self, filename: Any, flags: list[int], recorder: Recorder) -> None:
        path = filename.filename() if isinstance(filename, apsw.URIFilename) else filename
        self._name = Path(path).name
        self._recorder = recorder
        super().__init__("", filename, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._recorder.steps.append(Written(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._recorder.steps.append(Written(self._name, newsize, None))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._recorder.steps.append(Synced(self._name))
        super().xSync(flags)


class RecordingDisk(apsw.VFS):
    """SQLite's own way to the disk, with a recorder in between."""

    def __init__(self, name: str) -> None:
        self.recorder = Recorder()
        super().__init__(name, "")
        self._vfs = name

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        return _File(name, flags, self.recorder)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.recorder.steps.append(Deleted(Path(filename).name))
        super().xDelete(filename, syncdir)

    def connect(self, path: Path, *, read_only: bool) -> Any:
        """Stand in for `p2pevents.log.store.connect`."""
        assert not read_only
        return _Connection(apsw.Connection(str(path), vfs=self._vfs))


class _Connection:
    """As much of `sqlite3.Connection` as the log uses, over apsw."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return bool(self._connection.in_transaction)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> _Cursor:
        try:
            return _Cursor(self._connection.execute(sql, tuple(values)))
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._connection.executemany(sql, [tuple(row) for row in rows])

    def close(self) -> None:
        self._connection.close()


class _Cursor:
    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        return list(self._cursor.fetchall())

    def fetchmany(self, size: int) -> list[Any]:
        rows: list[Any] = []
        while len(rows) < size and (row := self._cursor.fetchone()) is not None:
            rows.append(row)
        return rows

    def close(self) -> None:
        self._cursor.close(True)


@dataclass(slots=True)
class _OnDisk:
    """One file: what is safe of it, and what is still on its way."""

    safe: bytearray = field(default_factory=bytearray)
    is_named: bool = False  # whether its name in the folder is safe
    pending: list[Written] = field(default_factory=list)

    def settle(self) -> None:
        for write in self.pending:
            _apply(self.safe, write)
        self.pending.clear()
        self.is_named = True

    def after_cut(self, rng: Random) -> bytes:
        content = bytearray(self.safe)
        share = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for write in self.pending:
            for piece in _sectors(write):
                if rng.random() < share:
                    _apply(content, piece)
        return bytes(content)


class Power:
    """Follows a recording, and makes what the disk would hold if the power went now.

    Args:
        main: the file that was made, and its name synced, before the recording.
    """

    def __init__(self, main: str) -> None:
        self._files = {main: _OnDisk(is_named=True)}
        self._gone: dict[str, _OnDisk] = {}  # deleted, and perhaps still there

    def follow(self, step: Step) -> None:
        """Go on by one step."""
        if isinstance(step, Written):
            self._files.setdefault(step.name, _OnDisk()).pending.append(step)
        elif isinstance(step, Synced):
            self._files.setdefault(step.name, _OnDisk()).settle()
            # The folder is synced with the first sync of a new file: all names are settled.
            self._gone.clear()
        elif isinstance(step, Deleted) and step.name in self._files:
            self._gone[step.name] = self._files.pop(step.name)

    def cut(self, folder: Path, rng: Random) -> None:
        """Put into a folder what would be left."""
        for name, file in {**self._gone, **self._files}.items():
            is_there = file.is_named if name in self._files else rng.random() < 0.5
            if is_there or rng.random() < 0.5:
                (folder / name).write_bytes(file.after_cut(rng))


def _apply(content: bytearray, write: Written) -> None:
    if write.data is None:
        del content[write.offset :]
        return
    end = write.offset + len(write.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[write.offset : end] = write.data


def _sectors(write: Written) -> Iterator[Written]:
    """Yield a write in the pieces that reach the disk whole."""
    if write.data is None:
        yield write
        return
    start = 0
    while start < len(write.data):
        size = SECTOR_BYTES - (write.offset + start) % SECTOR_BYTES
        yield Written(write.name, write.offset + start, write.data[start : start + size])
        start += size
