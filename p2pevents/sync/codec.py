"""Messages as bytes and back: deterministic CBOR arrays, a code first.

Specified in docs/spec/sync.md. `decode_message` checks shape and limits; that a
message comes in its turn is for the session to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import cbor2

from p2pevents.record import cbor
from p2pevents.record.ids import ID_BYTES
from p2pevents.sync.answers import ANSWERS_MAX, WAYS, plain_answers, read_answers
from p2pevents.sync.bundle import BUNDLE_BYTES_MAX, BUNDLE_ITEMS_MAX
from p2pevents.sync.fields import (
    bool_of,
    bytes_of,
    integer_of,
    list_of,
    packed_of,
    reasons_of,
    text_of,
)
from p2pevents.sync.fingerprint import FINGERPRINT_BYTES
from p2pevents.sync.frames import FRAME_BYTES_MAX, PAGE_BYTES_MAX
from p2pevents.sync.items import pack_items, packed_items_of
from p2pevents.sync.messages import (
    INCARNATION_BYTES,
    NETWORK_CHARACTERS_MAX,
    NONCE_BYTES,
    PAGE_ITEMS_MAX,
    PREFIX_BYTES,
    SHARD_CHARACTERS_MAX,
    VERSION,
    WANT_IDS_MAX,
    WINDOW_IDS_MAX,
    Ack,
    Ask,
    Cursor,
    End,
    Found,
    Hello,
    Message,
    Need,
    Page,
    Push,
    Ranges,
    Scope,
    Since,
    Symbols,
    Taken,
    Want,
)
from p2pevents.sync.outside import (
    CHAPTERS_MAX,
    CLOSED_CHAPTERS_MAX,
    CLOSED_KEYS_MAX,
    KEY_NAME_BYTES,
    NAME_BYTES,
)
from p2pevents.sync.shapes import Shape, read_message, version_of
from p2pevents.sync.sketch import (
    COUNTS_BYTES,
    HEAD_BYTES,
    SALT_BYTES,
    SYMBOL_BYTES,
    SYMBOLS_MAX,
)

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["SHAPES", "decode_message", "encode_message", "is_message"]

_NETWORK = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{NETWORK_CHARACTERS_MAX - 1}}}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_SHARD = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{SHARD_CHARACTERS_MAX - 1}}}", re.ASCII)
_SCAN_ITEMS_MAX: Final = (5 + WAYS) * ANSWERS_MAX + 64  # of the largest message of ranges
_SCAN_DEPTH_MAX: Final = 4


def is_message(value: object) -> TypeIs[Message]:
    """Whether a value is a message: by its class alone, for all that a session does is asked."""
    return type(value) in _CODES


def encode_message(message: Message) -> bytes:
    """Return the bytes of a message, without the frame's head."""
    code = _CODES[type(message)]
    values = [
        _PLAIN[name](getattr(message, name)) if name in _PLAIN else getattr(message, name)
        for name in SHAPES[code].fields
    ]
    # Not `cbor.encode`, which would scan every page again: all that is in a message was
    # either scanned when it came or made here.
    return cbor2.dumps([code, *values], canonical=True)


def decode_message(data: bytes) -> Message:
    """Read one message.

    Raises:
        ProtocolError: `message-*`, whatever the bytes are.
    """
    return read_message(
        data,
        SHAPES,
        bytes_max=FRAME_BYTES_MAX,
        depth_max=_SCAN_DEPTH_MAX,
        items_max=_SCAN_ITEMS_MAX,
    )


def _plain_cursor(value: Cursor | None) -> list[bytes | int] | None:
    return None if value is None else [value.incarnation, value.position]


def _plain_packed(value: tuple[bytes, ...] | None) -> bytes | None:
    return None if value is None else b"".join(value)


_PACKED: Final = ("prefixes", "ids", "heads", "chapters", "closed", "keys")
# What CBOR knows of a field's value, where it is another than the value.
_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "log": _plain_cursor,
    "cursor": _plain_cursor,
    "items": pack_items,
    "answers": plain_answers,
    **dict.fromkeys(_PACKED, _plain_packed),
}


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
_PAGE_ITEMS: Final = packed_items_of(least=0, most=PAGE_ITEMS_MAX, bytes_max=PAGE_BYTES_MAX)
_PUSH_ITEMS: Final = packed_items_of(least=1, most=BUNDLE_ITEMS_MAX, bytes_max=BUNDLE_BYTES_MAX)


SHAPES: Final[Mapping[int, Shape[Message]]] = {
    0: Shape(
        make=Hello,
        fields={
            "version": version_of(VERSION),
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
    1: Shape(
        make=Page,
        fields={
            "items": _PAGE_ITEMS,
            "position": _NUMBER,
            "is_last": bool_of,
        },
    ),
    2: Shape(make=Ack, fields={}),
    3: Shape(
        make=End,
        fields={"authority": _DIGEST, "records": _DIGEST, "new": _NUMBER, "left_out": reasons_of},
    ),
    4: Shape(make=Push, fields={"items": _PUSH_ITEMS}),
    5: Shape(make=Taken, fields={"is_kept": bool_of}),
    6: Shape(
        make=Since, fields={"total": _NUMBER, "count": _NUMBER, "prefixes": _prefixes_or_none}
    ),
    7: Shape(make=Need, fields={"bits": bytes_of(WINDOW_IDS_MAX // 8, least=0)}),
    8: Shape(make=Ranges, fields={"answers": read_answers}),
    10: Shape(make=Ask, fields={"upto": integer_of(SYMBOLS_MAX)}),
    11: Shape(
        make=Symbols,
        fields={
            "salt": bytes_of(SALT_BYTES, least=0),
            "counts": bytes_of(COUNTS_BYTES, least=0),
            "data": bytes_of(SYMBOLS_MAX * SYMBOL_BYTES, least=0),
        },
    ),
    12: Shape(make=Found, fields={"heads": packed_of(HEAD_BYTES, items_max=SYMBOLS_MAX)}),
    13: Shape(
        make=Scope,
        fields={
            "chapters": packed_of(NAME_BYTES, items_max=CHAPTERS_MAX),
            "closed": packed_of(NAME_BYTES, items_max=CLOSED_CHAPTERS_MAX),
            "keys": packed_of(KEY_NAME_BYTES, items_max=CLOSED_KEYS_MAX),
        },
    ),
    9: Shape(make=Want, fields={"ids": packed_of(ID_BYTES, items_max=WANT_IDS_MAX)}),
}
_CODES: Final = {shape.make: code for code, shape in SHAPES.items()}
