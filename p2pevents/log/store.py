"""One open SQLite store: how it is opened, how it commits, and its errors as sentences."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol, TypeVar

from p2pevents.errors import LogDamagedError, LogError, reason_of
from p2pevents.log.protocol import Commit

__all__ = [
    "BUSY_TIMEOUT_MS",
    "CACHE_KIB",
    "CHECKPOINT_PAGES",
    "Connect",
    "Store",
    "connect",
    "in_pieces",
    "in_sentences",
    "make_private",
    "marks",
    "store_files",
]

SQLITE_VERSION_MIN: Final = (3, 37, 0)  # strict tables
BUSY_TIMEOUT_MS: Final = 10_000
CACHE_KIB: Final = 16 * 1024
CHECKPOINT_PAGES: Final = 8_000  # of 4 KiB; docs/log.md has the measurement
WAL_BYTES_KEPT: Final = 32 * 1024 * 1024  # of the WAL file between checkpoints

_IDS_AT_ONCE: Final = 128  # of one query
_ROWS_AT_ONCE: Final = 128  # of one insert: one by one they take a third more
# The log never breaks a constraint of its own by itself, and writes nothing of gigabytes.
_DAMAGED = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG,
}
_CODE_MASK = 0xFF  # the primary code of an extended one


T = TypeVar("T", bytes, int)


class Connect(Protocol):
    """Opens a connection to a file that exists."""

    def __call__(self, path: Path, *, read_only: bool) -> sqlite3.Connection:
        """Return it, in autocommit mode."""


_QUOTED: Final = frozenset("%?#")  # and what is no ASCII


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open a connection as the log wants it: no transaction but those it begins itself."""
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"{_address(path.absolute())}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,  # one caller at a time, but ingest may live in a worker thread
        timeout=BUSY_TIMEOUT_MS / 1000,
        cached_statements=256,
    )
    # A flipped bit in one text must not end a walk through all of them.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    return connection


def _address(path: Path) -> str:
    """Return a path as SQLite's URI; it is quoted where a home has a `?` or the like in its name.

    Few have, and what quotes is loaded for them alone.
    """
    text = str(path)
    is_plain = text.startswith("/") and text.isascii() and _QUOTED.isdisjoint(text)
    return f"file://{text}" if is_plain else path.as_uri()


def make_private(path: Path) -> None:
    """Make the file and its folder where they are missing, for their owner's eyes alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its side files the mode of the main one, so that is made first. One that
        # stands is not opened: to close it would drop the locks that this process has on it by
        # another connection, and the next command to end would take the WAL away from under it.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise LogError(
            f"{path}: cannot be made or opened: {reason_of(error)}",
            hint="--home names another folder",
        ) from None


def store_files(path: Path) -> tuple[Path, ...]:
    """Return a store's file and those that SQLite keeps beside it while it is open."""
    return tuple(path.with_name(path.name + side) for side in ("", "-wal", "-shm"))


# What SQLite raises, also where it reads what makes no sense.
_FAULTS: Final = (sqlite3.Error, UnicodeDecodeError, MemoryError)


@contextmanager
def in_sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into the project's errors."""
    try:
        yield
    except _FAULTS as error:
        raise _sentence(path, error) from error


def _damaged(path: Path, detail: str) -> LogDamagedError:
    return LogDamagedError(
        f"{path}: is damaged, or is no log: {detail}",
        hint="p2pevents doctor --repair saves what can be read, and keeps the damaged file",
    )


def _sentence(path: Path, error: Exception) -> LogError:
    if isinstance(error, UnicodeDecodeError):
        # SQLite repeats the words that it cannot make sense of, and they are no words.
        return _damaged(path, "its list of tables cannot be read")
    if isinstance(error, MemoryError):
        # Pages and rows are small: it is a flipped bit that says of one that it is of gigabytes.
        return _damaged(path, "a row says that it is more than there is memory for")
    code = getattr(error, "sqlite_errorcode", 0) & _CODE_MASK
    if code == sqlite3.SQLITE_FULL:
        return LogError(
            f"{path}: there is no room left on the disk",
            hint="nothing was lost; free some space, then do it again",
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LogError(
            f"{path}: another process has held the log for {BUSY_TIMEOUT_MS // 1000} s",
            hint="wait until it is done, or stop it",
        )
    # The statements are ours: if one cannot be understood, the tables are not those it is for.
    if code in _DAMAGED or code == sqlite3.SQLITE_ERROR:
        return _damaged(path, str(error))
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return LogError(
            f"{path}: cannot be opened or written: {error}",
            hint="the file and its folder must be yours, and there must be room",
        )
    if code == sqlite3.SQLITE_IOERR:
        return LogError(
            f"{path}: the disk refuses: {error}",
            hint="nothing was lost; look at the disk's room and health, then do it again",
        )
    return LogError(f"{path}: {error}")


def in_pieces(ids: Collection[T]) -> Iterator[tuple[T, ...]]:
    """Yield these ids or numbers, each once, as many at a time as one query takes."""
    once = tuple(dict.fromkeys(ids))
    for start in range(0, len(once), _IDS_AT_ONCE):
        yield once[start : start + _IDS_AT_ONCE]


def marks(values: Sequence[object]) -> str:
    """Return a question mark for each value, for `IN (...)`."""
    return ",".join("?" * len(values))


class Store:
    """A connection to one file, with the log's settings and commit rule.

    WAL with `synchronous=FULL`: with NORMAL, a power cut takes commits back that
    were acknowledged (docs/log.md).

    Args:
        path: the file, which must exist.
        read_only: that nothing may be written, the settings included.
        connect: how a connection is opened; tests put a failing disk under it.
        synchronous: FULL; tests show what NORMAL loses.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        connect: Connect = connect,
        synchronous: str = "FULL",
    ) -> None:
        if sqlite3.sqlite_version_info < SQLITE_VERSION_MIN:
            raise LogError(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed",
                hint="a newer Python or operating system brings it",
            )
        self.path = path
        self.read_only = read_only
        with in_sentences(path):
            self._connection = connect(path, read_only=read_only)
        self._behind: list[tuple[str, Sequence[Sequence[object]], str]] = []
        self._left: _LeftCommit | None = None
        with ExitStack() as undo:  # a connection that cannot be used is nobody's to close
            undo.callback(self._connection.close)
            self._configure(synchronous)
            undo.pop_all()

    def _configure(self, synchronous: str) -> None:
        self.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        self.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self.execute("PRAGMA trusted_schema = OFF")
        self.execute("PRAGMA cell_size_check = ON")
        if self.read_only:
            self.execute("PRAGMA query_only = ON")
            return
        self.execute(f"PRAGMA synchronous = {synchronous}")
        self.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        self.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}")
        # What is erased is overwritten, and not only forgotten.
        self.execute("PRAGMA secure_delete = ON")

    def use_wal(self) -> None:
        """Have the file keep a WAL from now on; the first thing that is ever written to it."""
        self.execute("PRAGMA journal_mode = WAL")

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, once all that was to be written before is."""
        if self._left is not None:
            left, self._left = self._left, None
            with suppress(LogError):  # told to whoever was left it
                left()
        if self._behind:
            with in_sentences(self.path):
                self._write_behind()
        return self._connection

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        # Not `in_sentences`: a record takes a dozen statements, and they are run this way.
        try:
            return self.connection.execute(sql, values)
        except _FAULTS as error:
            raise _sentence(self.path, error) from error

    def insert(self, table: str, rows: Sequence[Sequence[object]], *, conflict: str = "") -> None:
        """Insert rows within a transaction, before whatever else is done in it.

        The last of them are written with the commit, wherever that is done.

        Args:
            table: where.
            rows: each with all columns.
            conflict: an upsert clause.
        """
        if rows:
            self._behind.append((table, rows, conflict))

    def _write_behind(self) -> None:
        behind, self._behind = self._behind, []
        for table, rows, conflict in behind:
            row = f"({marks(rows[0])})"
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[start : start + _ROWS_AT_ONCE]
                lines = ",".join([row] * len(some))
                self._connection.execute(
                    f"INSERT INTO {table} VALUES {lines} {conflict}",  # noqa: S608 - all is ours
                    list(chain.from_iterable(some)),
                )

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """Return all rows of one query."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except _FAULTS as error:
            raise _sentence(self.path, error) from error

    def row(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Return the first row of one query, or None."""
        try:
            return self.connection.execute(sql, values).fetchone()
        except _FAULTS as error:
            raise _sentence(self.path, error) from error

    def only_row(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Return the row of a query that always has one.

        Raises:
            LogDamagedError: where it has none.
        """
        row = self.row(sql, values)
        if row is None:
            raise _damaged(self.path, "a row that is always there is gone")
        return row

    def pages(self, sql: str, values: Sequence[object] = (), *, rows: int) -> Iterator[list[Any]]:
        """Yield the rows of one query, so many at a time."""
        with in_sentences(self.path):
            cursor = self.connection.execute(sql, values)
        try:
            while True:
                with in_sentences(self.path):
                    self.connection  # noqa: B018 - nothing is read while another thread commits
                    page = cursor.fetchmany(rows)
                if not page:
                    return
                yield page
        finally:
            # Who did not read to the end may let go of this after the log was closed.
            with suppress(sqlite3.ProgrammingError):
                cursor.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, or nothing of it; inside of another it is part of that."""
        with self.uncommitted() as commit:
            yield
        commit()

    @contextmanager
    def uncommitted(self) -> Iterator[Commit]:
        """As `transaction`, but hand out the commit: `Log.uncommitted`."""
        is_within: bool = self.connection.in_transaction
        if is_within:
            yield _nothing
            return
        self.execute("BEGIN IMMEDIATE")
        commit = _LeftCommit(self)
        try:
            yield commit
        except BaseException:
            self.roll_back()
            raise
        self._left = commit

    def commit(self) -> None:
        """Write what is left of a transaction, and wait for the disk; on any thread."""
        try:
            with in_sentences(self.path):
                self._write_behind()
                self._connection.execute("COMMIT")
        finally:
            self.roll_back()

    def roll_back(self) -> None:
        """Undo a transaction that was not committed, whatever ended it."""
        self._behind.clear()
        # SQLite has rolled back by itself after some errors, a full disk among them.
        if self._connection.in_transaction:
            with in_sentences(self.path):
                self._connection.execute("ROLLBACK")

    def fold(self) -> None:
        """Write the WAL back into the file and empty it, as far as no one else is reading."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connection; the last one folds the WAL into the file."""
        with in_sentences(self.path):
            self.connection.close()


class _LeftCommit:
    """The commit of a transaction that stands open: done by whoever comes first, and once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._is_over = False
        self._error: LogError | None = None

    def __call__(self) -> None:
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._error = LogError(f"{self._store.path}: was stopped while it was written")
                try:
                    self._store.commit()
                except LogError as error:
                    self._error = error
                else:
                    self._error = None
        if self._error is not None:
            raise self._error


def _nothing() -> None:
    """Whatever this is part of commits."""
