"""What goes into a session and what comes out: inputs and effects, both plain data.

An effect that asks (`Read...`, `FindLacking`, `Offer`) is answered by one input
of the kind that it names; answers to `Offer` come in the order of the offers.
Nothing else has to wait for anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from p2pevents.sync.bundle import Item
from p2pevents.sync.messages import Cursor
from p2pevents.sync.outside import NOTHING, Outside
from p2pevents.sync.ranges import SetIndex
from p2pevents.sync.sketch import Coded, Decoder

__all__ = [
    "Blame",
    "Close",
    "Collection",
    "Committed",
    "Compare",
    "Delivered",
    "Effect",
    "EndOfStream",
    "Ended",
    "FindHeads",
    "FindLacking",
    "HeadsFound",
    "IndexRead",
    "Input",
    "ItemsRead",
    "LackingFound",
    "MissingRead",
    "Offer",
    "Outcome",
    "PageRead",
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
    "Received",
    "RememberCursor",
    "ScopeRead",
    "Send",
    "SendPush",
    "SinceRead",
    "SketchRead",
    "Snapshot",
    "SnapshotRead",
    "SymbolsRead",
    "Tick",
    "WantedRead",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What this node holds of the shard at one moment.

    Attributes:
        log: the life of this node's log and the last position in it.
        authority: the fingerprint of its authority collection.
        records: the fingerprint of its records.
    """

    log: Cursor
    authority: bytes
    records: bytes


# --- inputs -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Bytes came from the stream, cut anywhere."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfStream:
    """The stream ended or broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time went by. Wanted about once a second while a session is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Compare the sets once more on this open stream. Nothing happens while one is running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPush:
    """Hand these fresh items (at most what a bundle holds) to the peer."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRead:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """The answer to `ReadPage`.

    Attributes:
        items: in order of position.
        position: up to which the page reaches, whether or not an item stands there.
        is_last: nothing up to `ReadPage.upto` is left.
    """

    items: tuple[Item, ...]
    position: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceRead:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LackingFound:
    """The answer to `FindLacking`: for each prefix, whether nothing held begins so."""

    lacking: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRead:
    """The answer to `ReadScope`: what this node wants left out, within the limits of `Outside`."""

    outside: Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRead:
    """The answer to `ReadIndex`."""

    index: SetIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class SketchRead:
    """The answer to `ReadSketch`; None where no sketches can be made here."""

    decoder: Decoder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolsRead:
    """The answer to `ReadSymbols`; None where no sketches can be made here."""

    coded: Coded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsFound:
    """The answer to `FindHeads`: the ids, in the order in which they are to be sent."""

    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsRead:
    """The answer to `ReadItems`.

    Attributes:
        items: those that are still in the set, in the order of the ids.
        done: how many of the ids, from the first on, this answer is about; at least 1.
    """

    items: tuple[Item, ...]
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRead:
    """The answer to `ReadMissing`: ids of at most `WANT_IDS_MAX` records of the set."""

    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRead:
    """The answer to `ReadWanted`: those of the records that are in the set and have a body."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
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


# --- effects ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Write these bytes to the stream."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSnapshot:
    """Say what this node holds now; answered by `SnapshotRead`.

    Attributes:
        outside: what the fingerprints are without.
        theirs: what of it the other has named: how much of it is held is to be counted.
    """

    outside: Outside = NOTHING
    theirs: Outside = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """Read what entered a collection after one position, up to another; answered by `PageRead`.

    At most `PAGE_ITEMS_MAX` items, and of them as many as fit into
    `PAGE_BYTES_MAX` when each is counted by `item_bytes`.
    """

    collection: Collection
    after: int
    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSince:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FindLacking:
    """Say which of these beginnings of ids begin nothing that is held; `LackingFound` answers.

    What is held outside of the set (waiting, struck) is not lacking: it would come again
    and again.
    """

    prefixes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadScope:
    """Say what this node wants left out of a full comparison; answered by `ScopeRead`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIndex:
    """Sort a collection's keys for a full comparison; answered by `IndexRead`.

    Those of what waits to be judged are among them: it would come again and again. Here
    and below, what is `outside` is left out.
    """

    collection: Collection
    outside: Outside = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSketch:
    """Make ready to decode another's sketch of a collection; answered by `SketchRead`.

    What waits to be judged is among what is held, as with `ReadIndex`.
    """

    collection: Collection
    outside: Outside = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSymbols:
    """Read the symbols of this node's own sketch of a collection; answered by `SymbolsRead`."""

    collection: Collection
    outside: Outside = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class FindHeads:
    """Say what of a collection has values that begin so; answered by `HeadsFound`."""

    collection: Collection
    salt: bytes
    heads: tuple[bytes, ...]
    outside: Outside = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItems:
    """Read items by id, as many as a page holds (see `ReadPage`); answered by `ItemsRead`."""

    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMissing:
    """Say which records have no body here, and were not erased; answered by `MissingRead`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWanted:
    """Read records of which the peer lacks the body; answered by `WantedRead`."""

    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Knock at ingest with items from this peer; answered by `Committed`. May be empty."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberCursor:
    """All of this peer's log up to here was taken: keep that with the peer.

    Attributes:
        cursor: how far.
        window: a reader took only what touches the months from here on; None where it was all.
    """

    cursor: Cursor
    window: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The peer has committed these pushed items."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A comparison came out; unless `Close` follows, the stream stays open for pushes.

    Attributes:
        outcome: equal, settled or unfinished.
        left_out: settled: how many items either side did not take, by reason.
        why: unfinished: a short name of what stopped it.
        new: how many items were new to this node.
        left_out_there: settled: how many the peer did not take, or will not of what is own.
    """

    outcome: Outcome
    left_out: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    new: int = 0
    left_out_there: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """The peer did what no honest peer does."""

    rule: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
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
