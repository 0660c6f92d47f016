"""Whole copies of a store: made while it is in use, and put in its place again."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from p2pevents.errors import LogDamagedError, LogError, reason_of
from p2pevents.log.store import Store, connect, in_sentences, make_private

__all__ = ["check_whole", "copy_store", "discard", "put_in_place", "sync_path"]

COPY_PAGES: Final = 1024  # at a time; writers get their turn in between


def copy_store(store: Store, to: Path) -> None:
    """Copy a store as it stands, in use or not, to one file with nothing beside it.

    The copy appears under its name whole, or not at all; what had that name is
    replaced.

    Raises:
        LogError: where it cannot be written.
    """
    partial = to.with_name(f"{to.name}.partial")
    discard(partial)  # of an attempt that a power cut ended
    try:
        make_private(partial)
        with in_sentences(partial):
            target = connect(partial, read_only=False)
            try:
                store.connection.backup(target, pages=COPY_PAGES)
                target.execute("PRAGMA journal_mode = DELETE")
            finally:
                target.close()
        put_in_place(partial, to)
    finally:
        discard(partial)


def put_in_place(partial: Path, to: Path) -> None:
    """Give a finished file its name, so that a power cut leaves the old one or the new one.

    Raises:
        LogError: where the disk refuses.
    """
    try:
        sync_path(partial)
        partial.replace(to)
        sync_path(to.parent)
    except OSError as error:
        raise LogError(
            f"{to}: cannot be written: {reason_of(error)}",
            hint="free some space or name another place, then do it again",
        ) from None


def discard(path: Path) -> None:
    """Remove an unfinished file, where there is one and it can be."""
    with suppress(OSError):
        path.unlink()


def sync_path(path: Path) -> None:
    """Have the disk hold what was written to a file, or which files a folder has.

    Never of a log that is open: to close it drops the locks that SQLite has on it here.

    Raises:
        OSError: where the disk refuses.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_whole(store: Store) -> None:
    """Check that a store's own structure is sound; what its records say is checked when read.

    Indexes too, which a quick check passes over: where one has lost a row, a record is there
    and cannot be found by its id.

    Raises:
        LogDamagedError: where it is not.
    """
    found = store.row("PRAGMA integrity_check(1)")[0]
    if found != "ok":
        raise LogDamagedError(
            f"{store.path}: is damaged: {found}",
            hint="p2pevents doctor --repair saves what can be read, and keeps the damaged file",
        )
