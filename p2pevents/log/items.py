"""What goes into the log and what comes back: the typed rows that its Protocol speaks in."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntEnum

import msgspec

from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Record, Verified
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, EntryId, PublicKey, RecordId

__all__ = [
    "Arrival",
    "ChapterSize",
    "Damage",
    "InSet",
    "LogStanding",
    "Outcome",
    "Size",
    "Stored",
    "StoredEntry",
    "Texts",
]


class LogStanding(IntEnum):
    """Where an item stands: in the set that sync compares, waiting to be judged, or struck."""

    IN_SET = 1
    WAITING = 2
    SET_ASIDE = 3


class Outcome(Enum):
    """What `append` found: a new item, one that is held as it came, or one that it completed."""

    NEW = "new"
    KNOWN = "known"
    COMPLETED = "completed"  # the body came later, or more of the entry's signatures


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One item on its way into the log.

    Attributes:
        item: a record or a charter entry, either of them checked.
        standing: where it is to stand; looked at only when the item is new.
        own: that it was written here and waits to be announced: a `Delivery` is made with it.
    """

    item: Verified | Entry
    standing: LogStanding = LogStanding.IN_SET
    own: bool = False


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A record as the log returns it: its id and its body's hash were computed again.

    The signature was checked before it went in, and is not when it is read. A
    Struct, since a calendar is made of ten thousand of them before it shows
    anything, and a frozen dataclass takes seven times as long to make.

    Attributes:
        id: the record's id.
        header: what was signed, typed.
        envelope: the bytes as they were signed.
        body: the body's bytes; None where it is erased, damaged or has not come yet.
        arrival: its number in order of arrival, entries and records in one sequence.
        position: its number in order of entering the set; None while it stands outside.
        standing: where it stands.
        since_ms: since when it stands there.
        erased: that the body was removed on purpose, and is not to be asked for again.
    """

    id: RecordId
    header: Header
    envelope: bytes
    body: bytes | None
    arrival: int
    position: int | None
    standing: LogStanding
    since_ms: int
    erased: bool = False


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A charter entry as the log returns it, opened again: its signatures were checked.

    Attributes:
        entry: the entry with all signatures that came.
        seen_ms: when this node first saw it: what a recovery's waiting time is counted from.
        arrival, position, standing, since_ms: as in `Stored`.
    """

    entry: Entry
    arrival: int
    position: int | None
    standing: LogStanding
    since_ms: int
    seen_ms: int

    @property
    def id(self) -> EntryId:
        """The entry's id."""
        return self.entry.id


class InSet(msgspec.Struct, frozen=True, kw_only=True):
    """What sync compares of one item of the set; read from columns alone, no hash is computed.

    A Struct, as `Stored` is: a full comparison reads all of them.

    Attributes:
        id: of a record or an entry.
        chapter: whose it is.
        position: when it entered the set.
        kind: the record's kind; None for a charter entry.
        author: the record's author; None for a charter entry.
        clock: the record's clock in ms, or the entry's number.
    """

    id: bytes
    chapter: ChapterId
    position: int
    kind: str | None
    author: PublicKey | None
    clock: int


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much: a number of records, and their bytes as the headers state them.

    The bytes of a body count from the header on, come it later, never or be it
    erased: a cap is then reached at the same record whatever was fetched.
    """

    records: int
    bytes: int


class ChapterSize(msgspec.Struct, frozen=True, kw_only=True):
    """One chapter that is held here, and how much of it stands in the set."""

    chapter: ChapterId
    size: Size


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One item of which the bytes are no longer those that were written.

    Attributes:
        arrival: its number in order of arrival.
        id: its id as it stands in the store, and may itself be what was damaged.
        detail: what does not agree, in a few words.
        body_only: that the header is sound, and the record was returned without its body.
    """

    arrival: int
    id: bytes
    detail: str
    body_only: bool


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """Which words a record is found by: the log knows no kinds, and is told.

    Attributes:
        of: returns a record's words, as its author wrote them; empty where it has none. The
            same bytes must give the same text on every machine, so nothing is folded or
            normalised here: the index sees to letter case and accents.
        version: another number whenever `of` would say something else.
    """

    of: Callable[[Record], str]
    version: int
