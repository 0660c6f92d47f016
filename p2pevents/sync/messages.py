"""The messages of a sync session: deterministic CBOR arrays, a code first.

Specified in docs/spec/sync.md. `decode_message` checks shape and limits; that a
message comes in its turn is for the session to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import cbor2

from p2pevents.errors import ProtocolError, RecordError
from p2pevents.record import cbor
from p2pevents.sync.bundle import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ITEMS_MAX,
    Item,
    item_bytes,
    read_item,
)
from p2pevents.sync.fingerprint import FINGERPRINT_BYTES
from p2pevents.sync.frames import FRAME_BYTES_MAX, PAGE_BYTES_MAX

__all__ = [
    "INCARNATION_BYTES",
    "NETWORK_CHARACTERS_MAX",
    "NONCE_BYTES",
    "PAGE_ITEMS_MAX",
    "REASONS_MAX",
    "SHARD_CHARACTERS_MAX",
    "SYNC_PROTOCOL",
    "VERSION",
    "Ack",
    "Cursor",
    "End",
    "Hello",
    "Message",
    "Page",
    "Push",
    "Taken",
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
REASONS_MAX: Final = 16

_NETWORK = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{NETWORK_CHARACTERS_MAX - 1}}}", re.ASCII)
_SHARD = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{SHARD_CHARACTERS_MAX - 1}}}", re.ASCII)
_REASON = re.compile(r"[a-z][a-z-]{0,31}", re.ASCII)
_SCAN_ITEMS_MAX: Final = 3 * PAGE_ITEMS_MAX + 64
_SCAN_DEPTH_MAX: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far one log has been read: which life of it, and the last position taken."""

    incarnation: bytes
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Who speaks, of which shard, from which snapshot.

    Attributes:
        version: of the protocol, 1.
        network: the network's name, of a-z, 0-9 and `-`.
        shard: the shard's name, likewise.
        is_reader: the sender only pulls.
        nonce: 16 random bytes of this session.
        log: the life of the sender's log, and the last position of its snapshot.
        authority: the fingerprint of its authority collection.
        records: the fingerprint of its records.
        cursor: how far the sender has read the receiver's log; None where never.
    """

    version: int = VERSION
    network: str
    shard: str
    is_reader: bool
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
        authority, records: fingerprints as they stand after the last page.
        left_out: how many items were not taken, by reason.
    """

    authority: bytes
    records: bytes
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Fresh records for a connected peer: at most what a bundle holds."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The oldest push without one is committed."""


Message = Hello | Page | Ack | End | Push | Taken


def encode_message(message: Message) -> bytes:
    """Return the bytes of a message, without the frame's head."""
    code = _CODES[type(message)]
    values = [_plain(getattr(message, name)) for name in _SHAPES[code].fields]
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


def _plain(value: Any) -> Any:
    """Return what CBOR knows of a field's value."""
    match value:
        case Cursor():
            return [value.incarnation, value.position]
        case tuple():
            return [list(item) for item in value]
        case _:
            return value


# --- one reader a shape: the value typed, or a ProtocolError ------------------------------------


def _integer(limit: int) -> Callable[[Any], int]:
    def read(raw: Any) -> int:
        if type(raw) is not int or not 0 <= raw <= limit:
            raise ProtocolError("message-integer", f"not an integer from 0 to {limit}")
        return raw

    return read


def _version(raw: Any) -> int:
    if type(raw) is not int or raw != VERSION:
        raise ProtocolError("message-version", f"not version {VERSION}")
    return raw


def _bool(raw: Any) -> bool:
    if type(raw) is not bool:
        raise ProtocolError("message-bool", "neither true nor false")
    return raw


def _bytes(size: int) -> Callable[[Any], bytes]:
    def read(raw: Any) -> bytes:
        if type(raw) is not bytes or len(raw) != size:
            raise ProtocolError("message-bytes", f"not {size} bytes")
        return raw

    return read


def _name(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if type(raw) is not str or not pattern.fullmatch(raw):
            raise ProtocolError("message-name", f"does not match {pattern.pattern}")
        return raw

    return read


def _cursor(raw: Any) -> Cursor:
    if type(raw) is not list or len(raw) != 2:
        raise ProtocolError("message-cursor", "not an incarnation and a position")
    return Cursor(
        incarnation=_bytes(INCARNATION_BYTES)(raw[0]), position=_integer(cbor.INTEGER_MAX)(raw[1])
    )


def _cursor_or_none(raw: Any) -> Cursor | None:
    return None if raw is None else _cursor(raw)


def _items(*, items_max: int, bytes_max: int, items_min: int) -> Callable[[Any], tuple[Item, ...]]:
    def read(raw: Any) -> tuple[Item, ...]:
        if type(raw) is not list or not items_min <= len(raw) <= items_max:
            raise ProtocolError("message-items", f"not {items_min} to {items_max} items")
        items = tuple(read_item(pair) for pair in raw)
        if sum(map(item_bytes, items)) > bytes_max:
            raise ProtocolError("message-items", f"items of more than {bytes_max} bytes")
        return items

    return read


def _reasons(raw: Any) -> Mapping[str, int]:
    if type(raw) is not dict or len(raw) > REASONS_MAX:
        raise ProtocolError("message-reasons", f"not a map of at most {REASONS_MAX}")
    if not all(_REASON.fullmatch(reason) for reason in raw):
        raise ProtocolError("message-reasons", "a reason that is not of a-z and '-'")
    return {reason: _integer(cbor.INTEGER_MAX)(count) for reason, count in raw.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """One message on the wire: its class, and a reader for each field, in order."""

    make: Callable[..., Message]
    fields: Mapping[str, Callable[[Any], Any]]


_PAGE_ITEMS: Final = _items(items_min=0, items_max=PAGE_ITEMS_MAX, bytes_max=PAGE_BYTES_MAX)
_PUSH_ITEMS: Final = _items(items_min=1, items_max=BUNDLE_ITEMS_MAX, bytes_max=BUNDLE_BYTES_MAX)
_DIGEST: Final = _bytes(FINGERPRINT_BYTES)

_SHAPES: Final[Mapping[int, _Shape]] = {
    0: _Shape(
        make=Hello,
        fields={
            "version": _version,
            "network": _name(_NETWORK),
            "shard": _name(_SHARD),
            "is_reader": _bool,
            "nonce": _bytes(NONCE_BYTES),
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
            "position": _integer(cbor.INTEGER_MAX),
            "is_last": _bool,
        },
    ),
    2: _Shape(make=Ack, fields={}),
    3: _Shape(make=End, fields={"authority": _DIGEST, "records": _DIGEST, "left_out": _reasons}),
    4: _Shape(make=Push, fields={"items": _PUSH_ITEMS}),
    5: _Shape(make=Taken, fields={}),
}
_CODES: Final = {shape.make: code for code, shape in _SHAPES.items()}
