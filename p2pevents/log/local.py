"""What only this node knows, kept beside the records and never sent: whom it follows and met."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Final, Protocol

from msgspec import Struct

from p2pevents.record.ids import ChapterId, EntryId

__all__ = [
    "ADDRESSES_MAX",
    "NOTE_BYTES_MAX",
    "Cursor",
    "Delivery",
    "Follow",
    "KnownPeer",
    "LocalState",
    "check_note",
    "check_peer",
]

ADDRESSES_MAX: Final = 16  # of one known peer
NOTE_BYTES_MAX: Final = 1024 * 1024


class Follow(Struct, frozen=True, kw_only=True):
    """One chapter whose events this node shows.

    Attributes:
        chapter: which.
        petname: what its person calls it; empty where they left that to the charter.
        since_ms: when it was followed.
        floor_seq: the least number of a charter entry, from the link's check.
        floor_hash: the beginning of that entry's id, from the link's check.
    """

    chapter: ChapterId
    petname: str
    since_ms: int
    floor_seq: int | None = None
    floor_hash: bytes | None = None


class Cursor(Struct, frozen=True, kw_only=True):
    """How far this node has read in another node's set."""

    incarnation: bytes
    position: int


class KnownPeer(Struct, frozen=True, kw_only=True):
    """A peer that was met, to be found again after a restart.

    Attributes:
        peer: its name on the network, as `net` writes it.
        addresses: where it was reached, the best first; at most 16.
        seen_ms: when it last answered.
        cursor: what we have of its set; None before the first whole sync.
    """

    peer: str
    addresses: tuple[str, ...]
    seen_ms: int
    cursor: Cursor | None = None


class Delivery(Struct, frozen=True, kw_only=True):
    """How an own item went out.

    Attributes:
        item: the id of a record or a charter entry.
        announced_ms: when it first reached a peer; None while it waits.
        peers: to how many it was announced.
    """

    item: bytes
    announced_ms: int | None
    peers: int


class LocalState(Protocol):
    """This node's own small tables, in the same store as the log and under the same commit rule.

    Every method that writes has committed when it returns. Setting what is
    there already replaces it; removing what is not there does nothing.
    """

    @abstractmethod
    def follows(self) -> list[Follow]:
        """Return the followed chapters, in the order in which they were followed."""

    @abstractmethod
    def following(self, chapter: ChapterId) -> Follow | None:
        """Return what is kept of one followed chapter."""

    @abstractmethod
    def set_follow(self, follow: Follow) -> None:
        """Follow a chapter, or change its petname or floor."""

    @abstractmethod
    def unfollow(self, chapter: ChapterId) -> None:
        """Follow it no more."""

    @abstractmethod
    def peers(self) -> list[KnownPeer]:
        """Return the peers that were met, the last seen first."""

    @abstractmethod
    def peer(self, peer: str) -> KnownPeer | None:
        """Return what is known of one peer by its name."""

    @abstractmethod
    def set_peer(self, peer: KnownPeer) -> None:
        """Keep what is known of a peer."""

    @abstractmethod
    def forget_peer(self, peer: str) -> None:
        """Forget it, its cursor included."""

    @abstractmethod
    def outbox(self) -> list[Delivery]:
        """Return the own items that wait to be announced, the oldest first."""

    @abstractmethod
    def deliveries(self, ids: Collection[bytes]) -> dict[bytes, Delivery]:
        """Return what became of these items; those that are not our own are left out."""

    @abstractmethod
    def set_delivery(self, delivery: Delivery) -> None:
        """Keep how an own item went out. Its row is made by `Log.append` (`Arrival.own`)."""

    @abstractmethod
    def pins(self) -> dict[ChapterId, EntryId]:
        """Return, by chapter, the newest charter entry that this node's person accepted."""

    @abstractmethod
    def pin(self, chapter: ChapterId) -> EntryId | None:
        """Return the same of one chapter."""

    @abstractmethod
    def set_pin(self, chapter: ChapterId, entry: EntryId | None) -> None:
        """Accept an entry, or with None have no pin."""

    @abstractmethod
    def note(self, key: str) -> bytes | None:
        """Return a small value by its key."""

    @abstractmethod
    def set_note(self, key: str, value: bytes | None) -> None:
        """Keep a value of at most 1 MiB, or with None keep none."""


def check_peer(peer: KnownPeer) -> None:
    """Refuse a peer with too many addresses.

    Raises:
        ValueError: where there are more than 16, or one is of two lines.
    """
    if any("\n" in address for address in peer.addresses):
        raise ValueError("an address has two lines")
    if len(peer.addresses) > ADDRESSES_MAX:
        raise ValueError(f"{len(peer.addresses)} addresses, where {ADDRESSES_MAX} are allowed")


def check_note(value: bytes) -> None:
    """Refuse a note that is no small value.

    Raises:
        ValueError: where it has more than 1 MiB.
    """
    if len(value) > NOTE_BYTES_MAX:
        raise ValueError(f"{len(value)} bytes, where {NOTE_BYTES_MAX} are allowed")
