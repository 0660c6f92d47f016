"""The store's tables, brought up to date by numbered scripts, each after a copy of the store."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from p2pevents.errors import LogDamagedError, LogError, LogNewerError
from p2pevents.log.protocol import INCARNATION_BYTES
from p2pevents.log.store import Store

__all__ = [
    "APPLICATION_ID",
    "Migration",
    "check_tables",
    "log_versions",
    "migrate",
    "migrations",
    "read_incarnation",
]

APPLICATION_ID: Final = 0x70327065  # "p2pe", in the file's own header


class Migration(Struct, frozen=True, kw_only=True):
    """One step: the version it leads to, and its SQL."""

    version: int
    script: str


def migrations() -> list[Migration]:
    """Return the steps that this program knows, in order."""
    # By path: importlib.resources alone would cost a command a tenth of its time to start.
    folder = Path(__file__).parent / "migrations"
    return [
        Migration(version=int(file.name[:4]), script=file.read_text("utf-8"))
        for file in sorted(folder.iterdir())
        if file.suffix == ".sql"
    ]


def migrate(store: Store, steps: Sequence[Migration]) -> list[Path]:
    """Bring a store up to the last of these steps, and return the copies that were made.

    A new store gets its incarnation here. One that holds something is copied
    beside itself, as `NAME.before-0002`, before each step.

    Raises:
        LogNewerError: where the store is beyond the last step.
        LogError: where it is another program's, or out of date and opened read-only.
    """
    known = steps[-1].version
    version = _version(store)
    if version > known:
        raise LogNewerError(
            f"{store.path}: was written by a newer p2pevents"
            f" (log version {version}, this program knows {known})",
            hint="update p2pevents, or use another --home",
        )
    if not store.read_only:
        store.use_wal()
    copies = []
    holds_something = version > 0
    for step in steps:
        if step.version <= version:
            continue
        if store.read_only:
            raise LogError(
                f"{store.path}: has log version {version}, and {known} is needed",
                hint="run any command that writes, once",
            )
        if holds_something:
            to = store.path.with_name(f"{store.path.name}.before-{step.version:04}")
            from p2pevents.log.copies import copy_store

            copy_store(store, to)
            copies.append(to)
        _step(store, step)
        version = step.version
    return copies


def check_tables(store: Store) -> None:
    """Check that a store's tables are those that its version was made with.

    SQLite finds nothing wrong with a table whose column has got another name by a flipped bit.

    Raises:
        LogDamagedError: where they are not.
    """
    version = _version(store)
    # Statistics and what a search table keeps for itself are SQLite's own affair.
    found = {sql for (sql,) in store.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
    if not _tables(version) <= found:
        raise LogDamagedError(
            f"{store.path}: is damaged: a table is not as it was made",
            hint="p2pevents doctor --repair saves what can be read, and keeps the damaged file",
        )


@lru_cache(maxsize=1)
def _tables(version: int) -> frozenset[str]:
    """Return what a new store of a version says of its tables and indexes."""
    with closing(sqlite3.connect(":memory:")) as new:
        for step in migrations():
            if step.version <= version:
                for statement in _statements(step.script):
                    new.execute(statement)
        rows = new.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return frozenset(sql for (sql,) in rows)


def read_incarnation(store: Store) -> bytes:
    """Return the 16 bytes that a store was given when it was made or restored.

    Raises:
        LogDamagedError: where they are gone.
    """
    row = store.row("SELECT value FROM store WHERE name = 'incarnation'")
    if row is None or len(row[0]) != INCARNATION_BYTES:
        raise LogDamagedError(
            f"{store.path}: its incarnation is gone", hint="restore a backup of the log"
        )
    return bytes(row[0])


def log_versions(path: Path) -> tuple[int | None, int]:
    """Return the version of a log's tables, None where there is no log, and what is known here.

    Raises:
        LogError: where it is another program's, or cannot be read.
    """
    known = migrations()[-1].version
    if not path.exists():
        return None, known
    store = Store(path, read_only=True)
    try:
        return _version(store), known
    finally:
        store.close()


def _version(store: Store) -> int:
    application = store.row("PRAGMA application_id")[0]
    version = int(store.row("PRAGMA user_version")[0])
    is_new = not version and not store.row("SELECT count(*) FROM sqlite_schema")[0]
    if application != APPLICATION_ID and not is_new:
        raise LogError(
            f"{store.path}: is a database of another program", hint="--home names another folder"
        )
    return version


def _step(store: Store, step: Migration) -> None:
    with store.transaction():
        # Another process may have been quicker.
        if _version(store) >= step.version:
            return
        for statement in _statements(step.script):
            store.execute(statement)
        if step.version == 1:
            store.execute(
                "INSERT INTO store VALUES ('incarnation', ?)", (os.urandom(INCARNATION_BYTES),)
            )
        store.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        store.execute(f"PRAGMA user_version = {step.version}")


def _statements(script: str) -> Iterator[str]:
    """Yield a script's statements: `executescript` would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
