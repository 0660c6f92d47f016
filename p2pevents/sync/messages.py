"""The messages of a sync session, and the limits of what they hold. docs/spec/sync.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from p2pevents.sync.answers import Answer
from p2pevents.sync.bundle import Item

__all__ = [
    "INCARNATION_BYTES",
    "NETWORK_CHARACTERS_MAX",
    "NONCE_BYTES",
    "NO_LOG",
    "PAGE_ITEMS_MAX",
    "PREFIX_BYTES",
    "SHARD_CHARACTERS_MAX",
    "SINCE_IDS_MAX",
    "SYNC_PROTOCOL",
    "VERSION",
    "WANT_IDS_MAX",
    "WINDOW_IDS_MAX",
    "Ack",
    "Ask",
    "Cursor",
    "End",
    "Found",
    "Hello",
    "Message",
    "Need",
    "Page",
    "Push",
    "Ranges",
    "Scope",
    "Since",
    "Symbols",
    "Taken",
    "Want",
]

SYNC_PROTOCOL: Final = "/p2pevents/sync/1.0.0"
VERSION: Final = 1
NONCE_BYTES: Final = 16
INCARNATION_BYTES: Final = 16
NETWORK_CHARACTERS_MAX: Final = 32
SHARD_CHARACTERS_MAX: Final = 16
PAGE_ITEMS_MAX: Final = 2048
PREFIX_BYTES: Final = 8  # of an id
WANT_IDS_MAX: Final = 64
SINCE_IDS_MAX: Final = 1000  # that one message names; more ask for another way
WINDOW_IDS_MAX: Final = 32_768  # the same for a reader, to whom there is no other way


class Cursor(Struct, frozen=True, kw_only=True):
    """How far one log has been read: which life of it, and the last position taken."""

    incarnation: bytes
    position: int


NO_LOG: Final = Cursor(incarnation=bytes(INCARNATION_BYTES), position=0)
"""What a reader says of its own log, which nobody reads."""


class Hello(Struct, frozen=True, kw_only=True):
    """Who speaks, of which shard, from which snapshot.

    Attributes:
        version: of the protocol, 1.
        network: the network's name, of a-z, 0-9 and `-`.
        shard: the shard's name, likewise.
        window: of a reader, which only pulls: the first month that it wants, `YYYY-MM`;
            None of who holds the shard.
        may_compare_fully: the sender has a full comparison left in its budget.
        nonce: 16 random bytes of this session.
        log: the life of the sender's log, and the last position of its snapshot.
        authority: the fingerprint of its authority collection.
        records: the fingerprint of its records.
        cursor: how far the sender has read the receiver's log; None where never.
    """

    version: int = VERSION
    network: str
    shard: str
    window: str | None
    may_compare_fully: bool
    nonce: bytes
    log: Cursor
    authority: bytes
    records: bytes
    cursor: Cursor | None


class Page(Struct, frozen=True, kw_only=True):
    """Some of what the receiver lacks, in the sender's order.

    Attributes:
        items: at most `PAGE_ITEMS_MAX`, together at most `PAGE_BYTES_MAX` bytes.
        position: the sender's log up to which the receiver now has everything asked for.
        is_last: nothing follows in this stage.
    """

    items: tuple[Item, ...]
    position: int
    is_last: bool


class Ack(Struct, frozen=True, kw_only=True):
    """The oldest page without one is committed."""


class End(Struct, frozen=True, kw_only=True):
    """Nothing more is asked for: what the sender's sets are now, and what it left out.

    Attributes:
        authority: the fingerprint of its authority collection after the last page.
        records: the fingerprint of its records after the last page.
        new: how many items were new to the sender.
        left_out: how many items were not taken, by reason.
    """

    authority: bytes
    records: bytes
    new: int
    left_out: Mapping[str, int]


class Push(Struct, frozen=True, kw_only=True):
    """Fresh records for a connected peer: at most what a bundle holds."""

    items: tuple[Item, ...]


class Taken(Struct, frozen=True, kw_only=True):
    """The oldest push without one is committed. `is_kept`: all of it, or it was here before."""

    is_kept: bool = True


class Since(Struct, frozen=True, kw_only=True):
    """What entered the sender's collection since the receiver's cursor.

    Attributes:
        total: how many items the collection has.
        count: how many of them entered since.
        prefixes: the first 8 bytes of their ids, by position; None where they are more
            than `SINCE_IDS_MAX`, or for a reader than `WINDOW_IDS_MAX`.
    """

    total: int
    count: int
    prefixes: tuple[bytes, ...] | None


class Need(Struct, frozen=True, kw_only=True):
    """Bit i (of the least first) says that the sender lacks the i-th of the prefixes."""

    bits: bytes


class Ranges(Struct, frozen=True, kw_only=True):
    """One message of a full comparison."""

    answers: tuple[Answer, ...]


class Want(Struct, frozen=True, kw_only=True):
    """Records of which the sender has the header and not the body: push them if you can."""

    ids: tuple[bytes, ...]


class Ask(Struct, frozen=True, kw_only=True):
    """Send the symbols of your sketch up to this one; 0: compare by ranges instead."""

    upto: int


class Symbols(Struct, frozen=True, kw_only=True):
    """Symbols that were asked for.

    Attributes:
        salt: with the first of them what their values are made with.
        counts: with the first of them how many members are in each of the first ones.
        data: those that follow the last ones sent; none where the sender keeps no sketch.
    """

    salt: bytes
    counts: bytes
    data: bytes


class Found(Struct, frozen=True, kw_only=True):
    """What the sender lacks of the other's set, by the first 5 bytes of the values."""

    heads: tuple[bytes, ...]


class Scope(Struct, frozen=True, kw_only=True):
    """What the sender wants left out of a full comparison, by the beginnings of ids and keys.

    Attributes:
        chapters: nothing of these.
        closed: no records of these.
        keys: of a chapter and a key each: no records of that key there.
    """

    chapters: tuple[bytes, ...]
    closed: tuple[bytes, ...]
    keys: tuple[bytes, ...]


Message = (
    Ask
    | Symbols
    | Found
    | Hello
    | Page
    | Ack
    | End
    | Push
    | Taken
    | Since
    | Need
    | Ranges
    | Want
    | Scope
)
