"""Which branch of a chapter's charter this node shows: from what its person accepted on.

A node never switches by itself. The pin is the newest entry that it accepted
while the leads agreed; a link's check can ask for more of the chain, and while
that has not come, nothing of the chapter is shown.
"""

from __future__ import annotations

from msgspec import Struct

from p2pevents.authority import Authority, Floor, Shown, Times, follow, lift
from p2pevents.log.protocol import Log
from p2pevents.record.ids import EntryId

__all__ = ["Showing", "pin_on", "showing"]


class Showing(Struct, frozen=True, kw_only=True):
    """How a chapter stands before this node's person.

    Attributes:
        shown: the entry by which records are shown, and who disagrees with it.
        floor: how the chain stands to the check of the link that was followed.
    """

    shown: Shown
    floor: Floor = Floor.MET

    @property
    def tip(self) -> EntryId | None:
        """The entry by which records are shown; None while the charter here is too old."""
        return None if self.floor is Floor.MISSING else self.shown.tip


def showing(log: Log, authority: Authority, *, now_ms: int) -> Showing:
    """Return what is shown of a chapter now."""
    chain, chapter = authority.chain, authority.chapter
    times = Times(now_ms=now_ms, seen_ms={each.id: each.seen_ms for each in log.entries(chapter)})
    pin = log.local.pin(chapter)
    if pin is not None and pin not in chain:
        pin = None  # its row is damaged; the chain is judged from the genesis until it is back
    floor, start = Floor.MET, chain.genesis if pin is None else pin
    link = log.local.following(chapter)
    if link is not None and link.floor_seq is not None and link.floor_hash is not None:
        check = (link.floor_seq, EntryId(link.floor_hash))
        floor, start = lift(chain, pin, check, times)
    return Showing(shown=follow(chain, start, times), floor=floor)


def pin_on(log: Log, authority: Authority, *, now_ms: int) -> None:
    """Keep as accepted what is shown now: a branch that comes later does not take its place."""
    current = showing(log, authority, now_ms=now_ms)
    if current.tip is not None and log.local.pin(authority.chapter) != current.tip:
        log.local.set_pin(authority.chapter, current.tip)
