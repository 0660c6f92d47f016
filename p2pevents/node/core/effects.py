"""What the node's core wants done: plain data."""

from __future__ import annotations

from dataclasses import dataclass

from p2pevents.sync.bundle import Item

__all__ = [
    "BeginCompare",
    "CloseSession",
    "Dial",
    "Effect",
    "HangUp",
    "KeepAnchors",
    "MarkAnnounced",
    "OpenSession",
    "Publish",
    "PushTo",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Dial a peer, one address after the other; answered by `Connected` or `DialFailed`."""

    peer: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Open a sync stream to a peer; answered by `SessionOpened` or `SessionClosed`."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginCompare:
    """Compare once more on the peer's open stream; answered by `Compared` or `SessionClosed`."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSession:
    """Close the peer's sync stream: too many at once. The peer tries again later."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTo:
    """Hand fresh own records to a peer's open session, where it has room."""

    peer: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Gossip one bundle; answered by `Published`. One is under way at a time."""

    data: bytes
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkAnnounced:
    """Keep with these own records that they reached at least this many peers."""

    ids: tuple[bytes, ...]
    peers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """Close the connection to a peer: another has its turn."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAnchors:
    """Keep these peers for the next start, each with the address where it is dialled."""

    peers: tuple[tuple[str, str], ...]


Effect = (
    Dial
    | OpenSession
    | BeginCompare
    | CloseSession
    | PushTo
    | Publish
    | MarkAnnounced
    | HangUp
    | KeepAnchors
)
