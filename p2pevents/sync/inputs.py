"""What goes into a session: what happened, and what the log answers to `effects`. Plain data."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from p2pevents.sync.bundle import Item
from p2pevents.sync.messages import Cursor
from p2pevents.sync.outside import Outside
from p2pevents.sync.ranges import SetIndex
from p2pevents.sync.sketch import Coded, Decoder

__all__ = [
    "Committed",
    "Compare",
    "EndOfStream",
    "HeadsFound",
    "IndexRead",
    "Input",
    "ItemsRead",
    "LackingFound",
    "MissingRead",
    "PageRead",
    "Received",
    "ScopeRead",
    "SendPush",
    "SinceRead",
    "SketchRead",
    "Snapshot",
    "SnapshotRead",
    "SymbolsRead",
    "Tick",
    "WantedRead",
]


class Snapshot(Struct, frozen=True, kw_only=True):
    """What this node holds of the shard at one moment.

    Attributes:
        log: the life of this node's log and the last position in it.
        authority: the fingerprint of its authority collection.
        records: the fingerprint of its records.
    """

    log: Cursor
    authority: bytes
    records: bytes


class Received(Struct, frozen=True, kw_only=True):
    """Bytes came from the stream, cut anywhere."""

    data: bytes


class EndOfStream(Struct, frozen=True, kw_only=True):
    """The stream ended or broke."""


class Tick(Struct, frozen=True, kw_only=True):
    """Time went by. Wanted at `Session.deadline_ms`."""


class Compare(Struct, frozen=True, kw_only=True):
    """Compare the sets once more on this open stream. Nothing happens while one is running."""


class SendPush(Struct, frozen=True, kw_only=True):
    """Hand these fresh items (at most what a bundle holds) to the peer."""

    items: tuple[Item, ...]


class SnapshotRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadSnapshot`.

    Attributes:
        snapshot: what this node holds now.
        cursor: how far this node has read the peer's log; None where never.
        nonce: 16 random bytes, new each time.
        may_compare_fully: a full comparison with this peer is within this node's budget.
        window: where this node is a reader, the first month that it wants, `YYYY-MM`: it takes
            what touches the months from there on, and gives only what is its own.
        waiting: how much is held that cannot be judged yet, by reason.
        withheld: how much is held of what the other named as outside, by reason.
        own_withheld: how much of that is this node's own, and waits to be announced.
    """

    snapshot: Snapshot
    cursor: Cursor | None
    nonce: bytes
    may_compare_fully: bool = True
    window: str | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)
    own_withheld: int = 0


class PageRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadPage`.

    Attributes:
        items: in order of position.
        position: up to which the page reaches, whether or not an item stands there.
        is_last: nothing up to `ReadPage.upto` is left.
    """

    items: tuple[Item, ...]
    position: int
    is_last: bool


class SinceRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadSince`.

    Attributes:
        total: how many items the collection has.
        count: how many of them entered after the position, up to the other.
        ids: theirs, by position; None where they are more than `SINCE_IDS_MAX`, and neither
            `own` nor a `window` was asked for.
        positions: for a window: up to where each id brings its reader; else empty.
    """

    total: int
    count: int
    ids: tuple[bytes, ...] | None
    positions: tuple[int, ...] = ()


class LackingFound(Struct, frozen=True, kw_only=True):
    """The answer to `FindLacking`: for each prefix, whether nothing held begins so."""

    lacking: tuple[bool, ...]


class ScopeRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadScope`: what this node wants left out, within the limits of `Outside`."""

    outside: Outside


class IndexRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadIndex`."""

    index: SetIndex


class SketchRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadSketch`; None where no sketches can be made here."""

    decoder: Decoder | None


class SymbolsRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadSymbols`; None where no sketches can be made here."""

    coded: Coded | None


class HeadsFound(Struct, frozen=True, kw_only=True):
    """The answer to `FindHeads`: the ids, in the order in which they are to be sent."""

    ids: tuple[bytes, ...]


class ItemsRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadItems`.

    Attributes:
        items: those that are still in the set, in the order of the ids.
        done: how many of the ids, from the first on, this answer is about; at least 1.
    """

    items: tuple[Item, ...]
    done: int


class MissingRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadMissing`: ids of at most `WANT_IDS_MAX` records of the set."""

    ids: tuple[bytes, ...]


class WantedRead(Struct, frozen=True, kw_only=True):
    """The answer to `ReadWanted`: those of the records that are in the set and have a body."""

    items: tuple[Item, ...]


class Committed(Struct, frozen=True, kw_only=True):
    """The answer to the oldest `Offer` without one: what was new is on disk.

    Attributes:
        new: how many items were not known before and are in the set now.
        rejected: how many no honest peer sends.
        left_out: how many others were not taken, by reason.
    """

    new: int
    rejected: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)


Input = (
    Received
    | EndOfStream
    | Tick
    | Compare
    | SendPush
    | SnapshotRead
    | PageRead
    | SinceRead
    | LackingFound
    | ScopeRead
    | IndexRead
    | SketchRead
    | SymbolsRead
    | HeadsFound
    | ItemsRead
    | MissingRead
    | WantedRead
    | Committed
)
