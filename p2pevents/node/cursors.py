"""How far peers' logs were read, which holds for what was read for: all, or some months."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from p2pevents.log.local import Cursor as StoredCursor, KnownPeer
from p2pevents.log.protocol import Log
from p2pevents.sync.messages import Cursor

__all__ = ["Cursors"]

_NOTE: Final = "read-for"  # the first of a reader's months, and the day; absent: all is read
_PASSED: Final = "read-past"  # there: the cursors are past what waits in memory alone


class Cursors:
    """The cursors that this node holds for its peers.

    A new one waits until something else is written, or asked for: a commit for each page
    would cost as much as the page. What is lost with a crash is sent once more; so is what was
    read, and waited for the clock, when the process ended: no cursor is believed then.
    """

    def __init__(self, log: Log, *, waits: Callable[[], bool]) -> None:
        """Keep cursors in a log.

        Args:
            log: which one.
            waits: whether something that was read waits in memory, and will be due.
        """
        self._local = log.local
        self._waits = waits
        self._is_new = True
        self._due: dict[str, tuple[Cursor, int]] = {}  # by peer, with when it answered

    def cursor(self, peer: str, *, window: str | None, day: int) -> Cursor | None:
        """Return how far a peer's log was read for these months, or with None for all of it.

        Whatever was read for others is forgotten. What a reader read on another day is
        too: no fingerprint tells a reader that a cursor has hidden something.

        Args:
            peer: whose log.
            window: the first of the months.
            day: the number of this day.
        """
        self.keep()
        wanted = None if window is None else f"{window} {day}".encode()
        has_passed = self._is_new and self._local.note(_PASSED) is not None
        self._is_new = False
        if has_passed or self._local.note(_NOTE) != wanted:
            for each in self._local.peers():
                self._local.set_peer(replace(each, cursor=None))
            self._local.set_note(_NOTE, wanted)
        known = self._known(peer)
        if known is None or known.cursor is None:
            return None
        return Cursor(incarnation=known.cursor.incarnation, position=known.cursor.position)

    def remember(self, peer: str, cursor: Cursor, *, window: str | None, now_ms: int) -> None:
        """Keep how far a peer's log was read, unless other months are read for meanwhile."""
        note = self._local.note(_NOTE)
        read_for = None if note is None else note.partition(b" ")[0]
        if read_for != (None if window is None else window.encode()):
            return
        self._due[peer] = cursor, now_ms

    def keep(self) -> None:
        """Write what is remembered and was not written yet."""
        if not self._due:
            return
        due, self._due = self._due, {}
        for peer, (cursor, seen_ms) in due.items():
            known = self._known(peer)
            self._local.set_peer(
                KnownPeer(
                    peer=peer,
                    addresses=known.addresses if known else (),
                    seen_ms=seen_ms,
                    cursor=StoredCursor(incarnation=cursor.incarnation, position=cursor.position),
                )
            )
        passed = b"1" if self._waits() else None
        if self._local.note(_PASSED) != passed:
            self._local.set_note(_PASSED, passed)

    def _known(self, peer: str) -> KnownPeer | None:
        return self._local.peer(peer)
