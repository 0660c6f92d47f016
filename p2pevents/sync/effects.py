"""What comes out of a session: effects, plain data, to be done in order.

An effect that asks (`Read...`, `FindLacking`, `Offer`) is answered by one input
of the kind that it names; answers to `Offer` come in the order of the offers.
Nothing else has to wait for anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field

from p2pevents.sync.bundle import Item
from p2pevents.sync.messages import Cursor
from p2pevents.sync.outside import NOTHING, Outside

__all__ = [
    "Blame",
    "Close",
    "Collection",
    "Delivered",
    "Effect",
    "Ended",
    "FindHeads",
    "FindLacking",
    "Offer",
    "Outcome",
    "ReadIndex",
    "ReadItems",
    "ReadMissing",
    "ReadPage",
    "ReadScope",
    "ReadSince",
    "ReadSketch",
    "ReadSnapshot",
    "ReadSymbols",
    "ReadWanted",
    "RememberCursor",
    "Send",
]


class Collection(Enum):
    """The two sets of a shard."""

    AUTHORITY = "authority"
    RECORDS = "records"


class Outcome(Enum):
    """How a comparison came out."""

    EQUAL = "equal"
    SETTLED = "settled"
    UNFINISHED = "unfinished"


class Send(Struct, frozen=True, kw_only=True):
    """Write these bytes to the stream."""

    data: bytes


class ReadSnapshot(Struct, frozen=True, kw_only=True):
    """Say what this node holds now; answered by `SnapshotRead`.

    Attributes:
        outside: what the fingerprints are without.
        theirs: what of it the other has named: how much of it is held is to be counted.
    """

    outside: Outside = NOTHING
    theirs: Outside = NOTHING


class ReadPage(Struct, frozen=True, kw_only=True):
    """Read what entered a collection after one position, up to another; answered by `PageRead`.

    At most `PAGE_ITEMS_MAX` items, and of them as many as fit into
    `PAGE_BYTES_MAX` when each is counted by `item_bytes`.
    """

    collection: Collection
    after: int
    upto: int


class ReadSince(Struct, frozen=True, kw_only=True):
    """Say what entered a collection after one position, up to another; answered by `SinceRead`.

    Attributes:
        collection, after, upto: of which, and from where to where.
        own: only what is this node's own and waits to be announced, whenever it entered.
        window: only the newest versions of the objects that touch the months from here on.
    """

    collection: Collection
    after: int
    upto: int
    own: bool = False
    window: str | None = None


class FindLacking(Struct, frozen=True, kw_only=True):
    """Say which of these beginnings of ids begin nothing that is held; `LackingFound` answers.

    What is held outside of the set (waiting, struck) is not lacking: it would come again
    and again.
    """

    prefixes: tuple[bytes, ...]


class ReadScope(Struct, frozen=True, kw_only=True):
    """Say what this node wants left out of a full comparison; answered by `ScopeRead`."""


class ReadIndex(Struct, frozen=True, kw_only=True):
    """Sort a collection's keys for a full comparison; answered by `IndexRead`.

    Those of what waits to be judged are among them: it would come again and again. Here
    and below, what is `outside` is left out.
    """

    collection: Collection
    outside: Outside = NOTHING


class ReadSketch(Struct, frozen=True, kw_only=True):
    """Make ready to decode another's sketch of a collection; answered by `SketchRead`.

    What waits to be judged is among what is held, as with `ReadIndex`.
    """

    collection: Collection
    outside: Outside = NOTHING


class ReadSymbols(Struct, frozen=True, kw_only=True):
    """Read the symbols of this node's own sketch of a collection; answered by `SymbolsRead`."""

    collection: Collection
    outside: Outside = NOTHING


class FindHeads(Struct, frozen=True, kw_only=True):
    """Say what of a collection has values that begin so; answered by `HeadsFound`."""

    collection: Collection
    salt: bytes
    heads: tuple[bytes, ...]
    outside: Outside = NOTHING


class ReadItems(Struct, frozen=True, kw_only=True):
    """Read items by id, as many as a page holds (see `ReadPage`); answered by `ItemsRead`."""

    ids: tuple[bytes, ...]


class ReadMissing(Struct, frozen=True, kw_only=True):
    """Say which records have no body here, and were not erased; answered by `MissingRead`."""


class ReadWanted(Struct, frozen=True, kw_only=True):
    """Read records of which the peer lacks the body; answered by `WantedRead`."""

    ids: tuple[bytes, ...]


class Offer(Struct, frozen=True, kw_only=True):
    """Knock at ingest with items from this peer; answered by `Committed`. May be empty."""

    items: tuple[Item, ...]


class RememberCursor(Struct, frozen=True, kw_only=True):
    """All of this peer's log up to here was taken: keep that with the peer.

    Attributes:
        cursor: how far.
        window: a reader took only what touches the months from here on; None where it was all.
    """

    cursor: Cursor
    window: str | None = None


class Delivered(Struct, frozen=True, kw_only=True):
    """The peer has committed these pushed items."""

    items: tuple[Item, ...]


class Ended(Struct, frozen=True, kw_only=True):
    """A comparison came out; unless `Close` follows, the stream stays open for pushes.

    Attributes:
        outcome: equal, settled or unfinished.
        left_out: settled: how many items either side did not take, by reason.
        why: unfinished: a short name of what stopped it.
        new: how many items were new to this node.
        gave: how many items of this node the peer has acknowledged.
        left_out_there: settled: how many the peer did not take, or will not of what is own.
    """

    outcome: Outcome
    left_out: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    new: int = 0
    gave: int = 0
    left_out_there: int = 0


class Blame(Struct, frozen=True, kw_only=True):
    """The peer did what no honest peer does."""

    rule: str
    detail: str


class Close(Struct, frozen=True, kw_only=True):
    """Close the stream: the session is over, and takes no more inputs."""


Effect = (
    Send
    | ReadSnapshot
    | ReadPage
    | ReadSince
    | FindLacking
    | ReadScope
    | ReadIndex
    | ReadSketch
    | ReadSymbols
    | FindHeads
    | ReadItems
    | ReadMissing
    | ReadWanted
    | Offer
    | RememberCursor
    | Delivered
    | Ended
    | Blame
    | Close
)
