"""What the node's core wants done: plain data."""

from __future__ import annotations

from msgspec import Struct

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


class Dial(Struct, frozen=True, kw_only=True):
    """Dial a peer, one address after the other; answered by `Connected` or `DialFailed`."""

    peer: str
    addresses: tuple[str, ...]


class OpenSession(Struct, frozen=True, kw_only=True):
    """Open a sync stream to a peer; answered by `SessionOpened` or `SessionClosed`."""

    peer: str


class BeginCompare(Struct, frozen=True, kw_only=True):
    """Compare once more on the peer's open stream; answered by `Compared` or `SessionClosed`."""

    peer: str


class CloseSession(Struct, frozen=True, kw_only=True):
    """Close the peer's sync stream: too many at once. The peer tries again later."""

    peer: str


class PushTo(Struct, frozen=True, kw_only=True):
    """Hand fresh own records to a peer's open session, where it has room."""

    peer: str
    items: tuple[Item, ...]


class Publish(Struct, frozen=True, kw_only=True):
    """Gossip one bundle; answered by `Published`. One is under way at a time."""

    data: bytes
    ids: tuple[bytes, ...]


class MarkAnnounced(Struct, frozen=True, kw_only=True):
    """Keep with these own records that they reached at least this many peers."""

    ids: tuple[bytes, ...]
    peers: int


class HangUp(Struct, frozen=True, kw_only=True):
    """Close the connection to a peer: another has its turn."""

    peer: str


class KeepAnchors(Struct, frozen=True, kw_only=True):
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
