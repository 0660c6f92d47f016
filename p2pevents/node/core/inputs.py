"""What the node's core is told: plain data, made by the driver or by a simulation."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct

from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import Outcome

__all__ = [
    "Announced",
    "Brought",
    "Compared",
    "Connected",
    "DialFailed",
    "Input",
    "Lost",
    "NotThere",
    "OwnRecord",
    "PeersKnown",
    "Published",
    "SessionClosed",
    "SessionOpened",
    "Tick",
    "Trust",
    "Written",
]


class Trust(IntEnum):
    """Who says where a peer is found; the greater, the sooner it is dialled."""

    HEARSAY = 0  # a profile, a peer that spoke of itself, the local network
    MET = 1  # a link that was followed, or this node was there before
    ANCHOR = 2  # it brought something new before the last restart, and stayed
    CONFIGURED = 3  # the person whose node it is


class PeersKnown(Struct, frozen=True, kw_only=True):
    """Peers to dial.

    Attributes:
        addresses: by peer, the best first.
        trust: who says so.
    """

    addresses: tuple[tuple[str, tuple[str, ...]], ...]
    trust: Trust


class Connected(Struct, frozen=True, kw_only=True):
    """A connection stands. `is_outbound`: this node dialled it, at `address`."""

    peer: str
    is_outbound: bool
    address: str = ""


class Lost(Struct, frozen=True, kw_only=True):
    """No connection to the peer is left."""

    peer: str


class DialFailed(Struct, frozen=True, kw_only=True):
    """Nobody answered at any of the peer's addresses."""

    peer: str


class NotThere(Struct, frozen=True, kw_only=True):
    """At these addresses of one dial nobody, or somebody else, answered."""

    addresses: tuple[str, ...]


class SessionOpened(Struct, frozen=True, kw_only=True):
    """A sync stream to the peer is open, whoever opened it; any older one with it is replaced."""

    peer: str


class Compared(Struct, frozen=True, kw_only=True):
    """A session's comparison came out: the fields are those of `sync.effects.Ended`."""

    peer: str
    outcome: Outcome
    new: int
    gave: int = 0
    left_out_there: int = 0


class Brought(Struct, frozen=True, kw_only=True):
    """A peer passed on by gossip what was new here."""

    peer: str


class SessionClosed(Struct, frozen=True, kw_only=True):
    """The sync stream to the peer is gone, or could not be opened."""

    peer: str


class OwnRecord(Struct, frozen=True, kw_only=True):
    """A record of this node's own that waits to be announced: its id, clock in ms, and bytes."""

    id: bytes
    clock: int
    item: Item


class Written(Struct, frozen=True, kw_only=True):
    """Own records entered the log together, or wait there since before a restart.

    Attributes:
        records: the oldest first.
        is_history: they speak of the past (an import): never gossiped.
    """

    records: tuple[OwnRecord, ...]
    is_history: bool = False


class Published(Struct, frozen=True, kw_only=True):
    """The answer to `Publish`: how many peers it was handed to; 0 where none, or it failed."""

    peers: int


class Announced(Struct, frozen=True, kw_only=True):
    """A peer has committed a push of own records (`sync.effects.Delivered`)."""

    peer: str
    ids: tuple[bytes, ...]


class Tick(Struct, frozen=True, kw_only=True):
    """The time that `Core.due_ms` named has come."""


Input = (
    PeersKnown
    | Connected
    | Lost
    | DialFailed
    | NotThere
    | SessionOpened
    | Compared
    | SessionClosed
    | Written
    | Published
    | Announced
    | Brought
    | Tick
)
