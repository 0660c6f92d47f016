"""Opening a home's log as its person reads it, and what is kept privately beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from p2pevents.errors import LogDamagedError
from p2pevents.log.both import BothLogs
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.store import store_files
from p2pevents.node.home import Home

if TYPE_CHECKING:
    from p2pevents.node.ingest import Ingest
    from p2pevents.node.private_store import PrivateStore
    from p2pevents.node.store_cap import StoreCap

__all__ = ["open_log", "private_beside"]


def open_log(home: Home, *, read_only: bool = False, for_others: bool = False) -> Log:
    """Open a home's log, to be read by its person.

    Args:
        home: whose.
        read_only: that nothing is written, not even what an older program left undone.
        for_others: that what is made of it goes out by itself: nothing is read that is private.

    Raises:
        LogError: it cannot be opened.
    """
    log = SqliteLog(home.log, read_only=read_only)
    if for_others:
        return log
    return BothLogs(
        log,
        open_private=lambda: _find_private(home, read_only=read_only),
    )


def _find_private(home: Home, *, read_only: bool = False) -> Log | None:
    """Open what is kept privately; None where there is nothing that can be read.

    Raises:
        LogError: it cannot be opened.
    """
    if not home.private_log.exists():
        return None
    try:
        return SqliteLog(home.private_log, read_only=read_only)
    except LogDamagedError:  # it must not keep anybody from the log itself
        return None


def _make_private(home: Home) -> Log:
    """Open what is kept privately, made at the first time, and anew where it is damaged.

    Raises:
        LogError: it cannot be opened.
    """
    try:
        return SqliteLog(home.private_log)
    except LogDamagedError as error:
        import logging

        logging.getLogger(__name__).warning("%s: it is made anew", error)
        for file in store_files(home.private_log):
            file.unlink(missing_ok=True)
        return SqliteLog(home.private_log)


@contextmanager
def private_beside(
    home: Home, *, now_ms: Callable[[], int]
) -> Iterator[Callable[[Ingest, StoreCap], PrivateStore]]:
    """Yield what makes a running node's private store, closed in the end.

    Args:
        home: whose.
        now_ms: the clock, in ms since 1970.
    """
    import secrets

    from p2pevents.node.private_store import PrivateStore
    from p2pevents.node.store_cap import SALT_BYTES

    made: list[PrivateStore] = []

    def make(ingest: Ingest, cap: StoreCap) -> PrivateStore:
        private = PrivateStore(
            ingest,
            cap,
            find=partial(_find_private, home),
            make=partial(_make_private, home),
            salt=secrets.token_bytes(SALT_BYTES),
            now_ms=now_ms,
        )
        made.append(private)
        return private

    try:
        yield make
    finally:
        for each in made:
            each.close()
