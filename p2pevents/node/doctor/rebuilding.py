"""A damaged log made anew from what can be read of it; peers bring the rest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Final

from p2pevents.errors import LogDamagedError, LogError, RecordError, reason_of
from p2pevents.keys.keyring import Keyring
from p2pevents.log.copies import discard, put_in_place
from p2pevents.log.letters import Letters, Outgoing
from p2pevents.log.local import Delivery
from p2pevents.log.protocol import Log
from p2pevents.log.restore import salvage, salvage_letters, salvage_local
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.store import store_files
from p2pevents.node.home import Home
from p2pevents.node.inbox.letter import read_letter
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.opener import Item
from p2pevents.node.presence import Presence
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import PublicKey

__all__ = ["rebuild", "take_over"]

PASSES_MAX: Final = 4  # what rests on authority that came later is offered once more
_BATCH_ITEMS: Final = 256


def rebuild(home: Home, path: Path, *, now_ms: int) -> str:
    """Put a new log in a damaged one's place, with all of it that can be read; say what was done.

    The damaged one is kept beside it. Records pass the door anew, and what this
    node's own keys wrote waits to be announced again, since nobody knows of whom it
    reached.

    Args:
        home: whose, on which no node runs.
        path: the home's log, or what it keeps privately.
        now_ms: the clock, in ms since 1970.

    Raises:
        StateError: a node runs on this home.
        LogError: the new log cannot be written; then the old one stands as it was.
    """
    partial = path.with_name(f"{path.name}.rebuilding")
    with Presence.hold(home.folder):
        _discard_all(partial)
        try:
            saved, lost = _saved(home, path, partial, now_ms=now_ms)
            aside = _move_aside(path)
            put_in_place(partial, path)
        finally:
            _discard_all(partial)
    what = f"; {', '.join(lost)} could not be read" if lost else ""
    if path == home.private_log:
        return (
            f"{saved} records and entries were saved{what}; the damaged file is kept as "
            f"{aside.name}: a node that runs reads what is missing"
        )
    return (
        f"{saved} records and entries were saved{what}; the damaged log is kept as {aside.name}: "
        "p2pevents sync brings what is missing"
    )


def take_over(damaged: Path, log: Log, *, now_ms: int) -> list[str]:
    """Offer a new log all that can be read of a damaged one, and return what was lost.

    Raises:
        LogDamagedError: not even the list of its tables can be read.
    """
    lost = salvage_local(damaged, log.local) + _carry_letters(damaged, log.letters)
    ingest = Ingest(log)
    for _ in range(PASSES_MAX):
        if not _offer(ingest, damaged, now_ms=now_ms):
            break
    return lost


def _saved(home: Home, path: Path, partial: Path, *, now_ms: int) -> tuple[int, list[str]]:
    """Write what can be read to a new log, and return how much that was, and what was lost."""
    log = SqliteLog(partial)
    try:
        try:
            lost = take_over(path, log, now_ms=now_ms)
        except LogDamagedError:
            lost = ["all that it held"]
        _announce_again(log, {key.public for key in Keyring(home.keys).list()})
        items = log.tip()[0]
        log.tidy()
    finally:
        log.close()
    return items, lost


def _carry_letters(path: Path, to: Letters) -> list[str]:
    """Carry over the letters that are as they were signed; return what could not be read."""
    is_lost = False
    try:
        for letter in salvage_letters(path):
            try:
                is_whole = read_letter(letter.data).id == letter.id
            except RecordError:
                is_whole = False
            if not is_whole:
                is_lost = True
            elif isinstance(letter, Outgoing):
                to.set_outgoing(letter)
            else:
                to.carry(letter)
    except (LogDamagedError, ValueError, TypeError):  # a column that is of another type by now
        is_lost = True
    return ["some letters"] if is_lost else []


def _offer(ingest: Ingest, path: Path, *, now_ms: int) -> bool:
    """Offer all that can be read once; tell whether another pass may bring more."""
    found: set[Why] = set()
    items = _items(path)
    while batch := list(islice(items, _BATCH_ITEMS)):
        found.update(each.why for each in ingest.offer(batch, now_ms=now_ms))
    return {Why.AUTHORITY, Why.NEW} <= found


def _items(path: Path) -> Iterator[Item]:
    for item in salvage(path):
        if isinstance(item, Entry):
            yield item.envelope, None
        elif isinstance(item, Verified):
            yield item.envelope, item.body


def _announce_again(log: SqliteLog, mine: set[PublicKey]) -> None:
    for item in list(log.in_set()):
        if item.author in mine:
            log.local.set_delivery(Delivery(item=item.id, announced_ms=None, peers=0))


def _move_aside(path: Path) -> Path:
    """Give the damaged file and its side files another name, and return that."""
    aside = next(
        name
        for number in count(1)
        if not (name := path.with_name(f"{path.name}.damaged-{number}")).exists()
    )
    try:
        for old, new in zip(store_files(path), store_files(aside), strict=True):
            if old.exists():
                old.rename(new)
    except OSError as error:
        raise LogError(f"{path}: cannot be moved aside: {reason_of(error)}") from None
    return aside


def _discard_all(path: Path) -> None:
    for file in store_files(path):
        discard(file)
