"""Whole copies of a store: made while it is in use, and put in its place again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from p2pevents.log.store import Store, connect, in_sentences, make_private

__all__ = ["copy_store"]

COPY_PAGES: Final = 1024  # at a time; writers get their turn in between


def copy_store(store: Store, to: Path) -> None:
    """Copy a store, as it stands, to a file that is not there yet or is to be replaced.

    The copy appears under its name whole, or not at all.

    Raises:
        LogError: where it cannot be written.
    """
    partial = to.with_name(f"{to.name}.partial")
    partial.unlink(missing_ok=True)
    make_private(partial)
    with in_sentences(partial):
        target = connect(partial, read_only=False)
        try:
            store.connection.backup(target, pages=COPY_PAGES)
            # One file, to be carried about: no WAL beside it.
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            target.close()
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(to)
