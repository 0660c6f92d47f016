"""Following a chapter by its link: what the local log keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from p2pevents.log.local import Follow, KnownPeer, LocalState
from p2pevents.record.places import peer_of

if TYPE_CHECKING:
    from p2pevents.record.link import Link

__all__ = ["follow"]


def follow(local: LocalState, link: Link, *, petname: str, now_ms: int) -> bool:
    """Follow a chapter; its addresses join the book. Tells whether it is new.

    Args:
        local: where it is kept.
        link: what brings here.
        petname: what I call it; empty leaves that as it is.
        now_ms: the clock, in ms since 1970.
    """
    known = local.following(link.chapter)
    floor = link.check
    local.set_follow(
        Follow(
            chapter=link.chapter,
            petname=petname or (known.petname if known else ""),
            since_ms=known.since_ms if known else now_ms,
            floor_seq=floor[0] if floor else (known.floor_seq if known else None),
            floor_hash=floor[1] if floor else (known.floor_hash if known else None),
        )
    )
    by_peer: dict[str, list[str]] = {}
    for address in link.at:
        by_peer.setdefault(peer_of(address), []).append(address)
    book = {each.peer: each for each in local.peers()}
    for peer, addresses in by_peer.items():
        before = book.get(peer)
        merged = dict.fromkeys((*addresses, *(before.addresses if before else ())))
        local.set_peer(
            KnownPeer(
                peer=peer,
                addresses=tuple(merged),
                seen_ms=before.seen_ms if before else now_ms,
                cursor=before.cursor if before else None,
            )
        )
    return known is None
