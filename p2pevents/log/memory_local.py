"""This node's own small tables in dictionaries: the local state of a log in memory."""

from __future__ import annotations

from collections.abc import Collection

from p2pevents.log.local import (
    Delivery,
    Follow,
    KnownPeer,
    LocalState,
    check_note,
    check_peer,
)
from p2pevents.record.ids import ChapterId, EntryId

__all__ = ["MemoryLocal"]


class MemoryLocal(LocalState):
    """Follows, peers, deliveries, pins and notes, in dictionaries."""

    def __init__(self) -> None:
        self._follows: dict[ChapterId, Follow] = {}
        self._peers: dict[str, KnownPeer] = {}
        self._deliveries: dict[bytes, Delivery] = {}
        self._pins: dict[ChapterId, EntryId] = {}
        self._notes: dict[str, bytes] = {}

    def follows(self) -> list[Follow]:
        return list(self._follows.values())

    def following(self, chapter: ChapterId) -> Follow | None:
        return self._follows.get(chapter)

    def set_follow(self, follow: Follow) -> None:
        self._follows[follow.chapter] = follow

    def unfollow(self, chapter: ChapterId) -> None:
        self._follows.pop(chapter, None)

    def peers(self) -> list[KnownPeer]:
        return sorted(self._peers.values(), key=lambda peer: (-peer.seen_ms, peer.peer))

    def peer(self, peer: str) -> KnownPeer | None:
        return self._peers.get(peer)

    def set_peer(self, peer: KnownPeer) -> None:
        check_peer(peer)
        self._peers[peer.peer] = peer

    def forget_peer(self, peer: str) -> None:
        self._peers.pop(peer, None)

    def outbox(self) -> list[Delivery]:
        return [delivery for delivery in self._deliveries.values() if delivery.announced_ms is None]

    def deliveries(self, ids: Collection[bytes]) -> dict[bytes, Delivery]:
        return {one: self._deliveries[one] for one in ids if one in self._deliveries}

    def set_delivery(self, delivery: Delivery) -> None:
        self._deliveries[delivery.item] = delivery

    def pins(self) -> dict[ChapterId, EntryId]:
        return dict(self._pins)

    def pin(self, chapter: ChapterId) -> EntryId | None:
        return self._pins.get(chapter)

    def set_pin(self, chapter: ChapterId, entry: EntryId | None) -> None:
        if entry is None:
            self._pins.pop(chapter, None)
        else:
            self._pins[chapter] = entry

    def note(self, key: str) -> bytes | None:
        return self._notes.get(key)

    def set_note(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._notes.pop(key, None)
        else:
            check_note(value)
            self._notes[key] = value

    def copied(self) -> MemoryLocal:
        """Return a copy."""
        copy = MemoryLocal()
        copy._follows = dict(self._follows)
        copy._peers = dict(self._peers)
        copy._deliveries = dict(self._deliveries)
        copy._pins = dict(self._pins)
        copy._notes = dict(self._notes)
        return copy

    def delivered(self) -> list[bytes]:
        """Return all own items, whatever became of them."""
        return list(self._deliveries)

    def forget_deliveries(self, ids: Collection[bytes]) -> None:
        """Forget how these items went out: they are held no more."""
        for identifier in ids:
            self._deliveries.pop(identifier, None)
