"""What this node shows of a charter: from the entry that its person accepted on."""

from __future__ import annotations

from p2pevents.authority import Authority, Floor, Shown, Times, follow, lift
from p2pevents.log.local import Follow
from p2pevents.log.protocol import Log
from p2pevents.record.ids import ID_BYTES, EntryId

__all__ = ["read_shown"]


def read_shown(
    log: Log, authority: Authority, *, now_ms: int, followed: Follow | None = None
) -> Shown:
    """Return what is shown of a chapter's charter, and keep its tip as the new pin.

    The pin only moves along the branch that it is on: what came since was accepted
    by whoever accepted the pin. Where branches part after it, it stays.

    Args:
        log: where the pin is kept, and when each entry was first seen here.
        authority: the chapter's.
        now_ms: milliseconds since 1970.
        followed: what a link asked for; None where nobody follows the chapter here.
    """
    chain = authority.chain
    times = Times(
        now_ms=now_ms,
        seen_ms={stored.id: stored.seen_ms for stored in log.entries(authority.chapter)},
    )
    kept = log.local.pins().get(authority.chapter)
    pin = kept if kept is not None and kept in chain else None
    check = _check(followed)
    if check is not None:
        floor, lifted = lift(chain, pin, check, times)
        pin = lifted if floor is Floor.MET else pin
    shown = follow(chain, chain.genesis if pin is None else pin, times)
    if shown.tip != kept:
        log.local.set_pin(authority.chapter, shown.tip)
    return shown


def _check(followed: Follow | None) -> tuple[int, EntryId] | None:
    if followed is None or followed.floor_seq is None or followed.floor_hash is None:
        return None
    if len(followed.floor_hash) != ID_BYTES:
        return None
    return followed.floor_seq, EntryId(followed.floor_hash)
