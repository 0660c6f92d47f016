"""What the node's core is told: plain data, made by the driver or by a simulation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersKnown:
    """Peers to dial.

    Attributes:
        addresses: by peer, the best first.
        trust: who says so.
    """

    addresses: tuple[tuple[str, tuple[str, ...]], ...]
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A connection stands. `is_outbound`: this node dialled it, at `address`."""

    peer: str
    is_outbound: bool
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No connection to the peer is left."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialFailed:
    """Nobody answered at any of the peer's addresses."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotThere:
    """At this address nobody, or somebody else, answered; the dial may go on at another."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """A sync stream to the peer is open, whoever opened it; any older one with it is replaced."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A session's comparison came out: the fields are those of `sync.effects.Ended`."""

    peer: str
    outcome: Outcome
    new: int
    left_out_there: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A peer passed on by gossip what was new here."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """The sync stream to the peer is gone, or could not be opened."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRecord:
    """A record of this node's own that waits to be announced: its id, clock in ms, and bytes."""

    id: bytes
    clock: int
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Own records entered the log together, or wait there since before a restart.

    Attributes:
        records: the oldest first.
        is_history: they speak of the past (an import): never gossiped.
    """

    records: tuple[OwnRecord, ...]
    is_history: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The answer to `Publish`: how many peers it was handed to; 0 where none, or it failed."""

    peers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A peer has committed a push of own records (`sync.effects.Delivered`)."""

    peer: str
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
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
