"""The messages of a sync session: deterministic CBOR arrays, a code first.

Specified in docs/spec/sync.md. `decode_message` checks shape and limits; that a
message comes in its turn is for the session to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2

from p2pevents.errors import ProtocolError, RecordError
from p2pevents.record import cbor
from p2pevents.record.ids import ID_BYTES
from p2pevents.sync.answers import ANSWERS_MAX, WAYS, Answer, plain_answers, read_answers
from p2pevents.sync.bundle import BUNDLE_BYTES_MAX, BUNDLE_ITEMS_MAX, Item
from p2pevents.sync.fields import (
    bool_of,
    bytes_of,
    integer_of,
    items_of,
    list_of,
    packed_of,
    reasons_of,
    text_of,
)
from p2pevents.sync.fingerprint import FINGERPRINT_BYTES
from p2pevents.sync.frames import FRAME_BYTES_MAX, PAGE_BYTES_MAX
from p2pevents.sync.outside import (
    CHAPTERS_MAX,
    CLOSED_CHAPTERS_MAX,
    CLOSED_KEYS_MAX,
    KEY_NAME_BYTES,
    NAME_BYTES,
)
from p2pevents.sync.sketch import (
    COUNT_BYTES,
    COUNTED_SYMBOLS,
    HEAD_BYTES,
    SALT_BYTES,
    SYMBOL_BYTES,
    SYMBOLS_MAX,
)

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
    "decode_message",
    "encode_message",
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

_NETWORK = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{NETWORK_CHARACTERS_MAX - 1}}}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_SHARD = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{SHARD_CHARACTERS_MAX - 1}}}", re.ASCII)
_SCAN_ITEMS_MAX: Final = max(3 * PAGE_ITEMS_MAX, (5 + WAYS) * ANSWERS_MAX) + 64
_SCAN_DEPTH_MAX: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far one log has been read: which life of it, and the last position taken."""

    incarnation: bytes
    position: int


NO_LOG: Final = Cursor(incarnation=bytes(INCARNATION_BYTES), position=0)
"""What a reader says of its own log, which nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of what the receiver lacks, in the sender's order.

    Attributes:
        items: at most `PAGE_ITEMS_MAX`, together at most `PAGE_BYTES_MAX` bytes.
        position: the sender's log up to which the receiver now has everything asked for.
        is_last: nothing follows in this stage.
    """

    items: tuple[Item, ...]
    position: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The oldest page without one is committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Fresh records for a connected peer: at most what a bundle holds."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The oldest push without one is committed. `is_kept`: all of it, or it was here before."""

    is_kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Bit i (of the least first) says that the sender lacks the i-th of the prefixes."""

    bits: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """One message of a full comparison."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Records of which the sender has the header and not the body: push them if you can."""

    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Send the symbols of your sketch up to this one; 0: compare by ranges instead."""

    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """Symbols that were asked for.

    Attributes:
        salt: what their values are made with; the same every time.
        counts: with the first of them how many members are in each of the first 64.
        data: those that follow the last ones sent; none where the sender keeps no sketch.
    """

    salt: bytes
    counts: bytes
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the sender lacks of the other's set, by the first 5 bytes of the values."""

    heads: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
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


def encode_message(message: Message) -> bytes:
    """Return the bytes of a message, without the frame's head."""
    code = _CODES[type(message)]
    values = [_plain(name, getattr(message, name)) for name in _SHAPES[code].fields]
    # Not `cbor.encode`, which would scan every page again: all that is in a message was
    # either scanned when it came or made here.
    return cbor2.dumps([code, *values], canonical=True)


def decode_message(data: bytes) -> Message:
    """Read one message.

    Raises:
        ProtocolError: `message-*`, whatever the bytes are.
    """
    try:
        value = cbor.decode(
            data,
            bytes_max=FRAME_BYTES_MAX,
            depth_max=_SCAN_DEPTH_MAX,
            items_max=_SCAN_ITEMS_MAX,
        )
        if type(value) is not list or not value or type(value[0]) is not int:
            raise ProtocolError("message-shape", "not an array that begins with a code")
        code, *values = value
        shape = _SHAPES.get(code)
        if shape is None:
            raise ProtocolError("message-code", f"code {code} is unknown")
        if len(values) != len(shape.fields):
            raise ProtocolError("message-shape", f"{len(values)} fields after code {code}")
        return shape.make(
            **{
                name: read(raw)
                for (name, read), raw in zip(shape.fields.items(), values, strict=True)
            }
        )
    except RecordError as error:
        raise ProtocolError("message-cbor", str(error)) from None


def _plain(name: str, value: Any) -> Any:
    """Return what CBOR knows of a field's value."""
    match name:
        case "log" | "cursor" if value is not None:
            return [value.incarnation, value.position]
        case "items":
            return [list(item) for item in value]
        case "prefixes" | "ids" | "heads" | "chapters" | "closed" | "keys" if value is not None:
            return b"".join(value)
        case "answers":
            return plain_answers(value)
        case _:
            return value


def _version(raw: Any) -> int:
    if type(raw) is not int or raw != VERSION:
        raise ProtocolError("message-version", f"not version {VERSION}")
    return raw


def _cursor(raw: Any) -> Cursor:
    incarnation, position = _CURSOR(raw)
    return Cursor(incarnation=_INCARNATION(incarnation), position=_NUMBER(position))


def _month_or_none(raw: Any) -> str | None:
    return None if raw is None else _read_month(raw)


def _cursor_or_none(raw: Any) -> Cursor | None:
    return None if raw is None else _cursor(raw)


def _prefixes_or_none(raw: Any) -> tuple[bytes, ...] | None:
    return None if raw is None else _PREFIXES(raw)


_NUMBER: Final = integer_of(cbor.INTEGER_MAX)
_CURSOR: Final = list_of(least=2, most=2)
_INCARNATION: Final = bytes_of(INCARNATION_BYTES)
_PREFIXES: Final = packed_of(PREFIX_BYTES, items_max=WINDOW_IDS_MAX)
_read_month: Final = text_of(_MONTH)
_DIGEST: Final = bytes_of(FINGERPRINT_BYTES)
_PAGE_ITEMS: Final = items_of(least=0, most=PAGE_ITEMS_MAX, bytes_max=PAGE_BYTES_MAX)
_PUSH_ITEMS: Final = items_of(least=1, most=BUNDLE_ITEMS_MAX, bytes_max=BUNDLE_BYTES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """One message on the wire: its class, and a reader for each field, in order."""

    make: Callable[..., Message]
    fields: Mapping[str, Callable[[Any], Any]]


_SHAPES: Final[Mapping[int, _Shape]] = {
    0: _Shape(
        make=Hello,
        fields={
            "version": _version,
            "network": text_of(_NETWORK),
            "shard": text_of(_SHARD),
            "window": _month_or_none,
            "may_compare_fully": bool_of,
            "nonce": bytes_of(NONCE_BYTES),
            "log": _cursor,
            "authority": _DIGEST,
            "records": _DIGEST,
            "cursor": _cursor_or_none,
        },
    ),
    1: _Shape(
        make=Page,
        fields={
            "items": _PAGE_ITEMS,
            "position": _NUMBER,
            "is_last": bool_of,
        },
    ),
    2: _Shape(make=Ack, fields={}),
    3: _Shape(
        make=End,
        fields={"authority": _DIGEST, "records": _DIGEST, "new": _NUMBER, "left_out": reasons_of},
    ),
    4: _Shape(make=Push, fields={"items": _PUSH_ITEMS}),
    5: _Shape(make=Taken, fields={"is_kept": bool_of}),
    6: _Shape(
        make=Since, fields={"total": _NUMBER, "count": _NUMBER, "prefixes": _prefixes_or_none}
    ),
    7: _Shape(make=Need, fields={"bits": bytes_of(WINDOW_IDS_MAX // 8, least=0)}),
    8: _Shape(make=Ranges, fields={"answers": read_answers}),
    10: _Shape(make=Ask, fields={"upto": integer_of(SYMBOLS_MAX)}),
    11: _Shape(
        make=Symbols,
        fields={
            "salt": bytes_of(SALT_BYTES),
            "counts": bytes_of(COUNTED_SYMBOLS * COUNT_BYTES, least=0),
            "data": bytes_of(SYMBOLS_MAX * SYMBOL_BYTES, least=0),
        },
    ),
    12: _Shape(make=Found, fields={"heads": packed_of(HEAD_BYTES, items_max=SYMBOLS_MAX)}),
    13: _Shape(
        make=Scope,
        fields={
            "chapters": packed_of(NAME_BYTES, items_max=CHAPTERS_MAX),
            "closed": packed_of(NAME_BYTES, items_max=CLOSED_CHAPTERS_MAX),
            "keys": packed_of(KEY_NAME_BYTES, items_max=CLOSED_KEYS_MAX),
        },
    ),
    9: _Shape(make=Want, fields={"ids": packed_of(ID_BYTES, items_max=WANT_IDS_MAX)}),
}
_CODES: Final = {shape.make: code for code, shape in _SHAPES.items()}
