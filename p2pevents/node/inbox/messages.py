"""The messages of the inbox protocol: deterministic CBOR arrays, a code first, in sync's frames.

Specified in docs/spec/inbox.md. Whoever opens the stream asks; the other side
answers each question, in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from p2pevents.errors import ProtocolError
from p2pevents.node.inbox.letter import LETTER_BYTES_MAX
from p2pevents.node.inbox.papers import PAPER_BYTES_MAX
from p2pevents.record import cbor
from p2pevents.record.ids import ID_BYTES
from p2pevents.sync.fields import bool_of, bytes_of, integer_of, list_of, packed_of, text_of
from p2pevents.sync.shapes import Shape, read_message, version_of

__all__ = [
    "ASK_IDS_MAX",
    "INBOX_PROTOCOL",
    "MESSAGE_BYTES_MAX",
    "PAGE_LETTERS_MAX",
    "RECEIPTS_MAX",
    "Answer",
    "Ask",
    "Collect",
    "Hello",
    "Letter",
    "Message",
    "Noted",
    "Page",
    "Question",
    "Receipts",
    "Said",
    "Standing",
    "States",
    "Taken",
    "decode_message",
    "encode_message",
]

INBOX_PROTOCOL: Final = "/p2pevents/inbox/1.0.0"
VERSION: Final = 1
MESSAGE_BYTES_MAX: Final = 64 * 1024
ASK_IDS_MAX: Final = 32
PAGE_LETTERS_MAX: Final = 3  # of 16 KiB, in a message of 64
RECEIPTS_MAX: Final = 16
_SCAN_ITEMS_MAX: Final = 128
_SCAN_DEPTH_MAX: Final = 3
_NETWORK = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


class Said(StrEnum):
    """What a carrier says to a letter."""

    HELD = "held"
    KNOWN = "known"
    NOT_CARRIED = "not-carried"
    TOO_OLD = "too-old"
    AHEAD = "ahead"
    FULL_SENDER = "full-sender"
    FULL_PEER = "full-peer"
    FULL_ADDRESS = "full-address"
    FULL_CHAPTER = "full-chapter"
    FULL_NODE = "full-node"


class Standing(StrEnum):
    """What a carrier knows of a letter."""

    UNKNOWN = "unknown"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Who speaks, on which network: the first word of either side."""

    version: int = VERSION
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Carry this letter."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of it."""

    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """How do these letters stand?"""

    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """For each letter that was asked for: a receipt, or a word."""

    states: tuple[Standing | bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Give me the letters of the ticket's chapter that came after this number."""

    ticket: bytes
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some letters, in the carrier's order; `last` is the number to ask on from."""

    letters: tuple[bytes, ...]
    last: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """These letters were taken: tell who asks."""

    receipts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """How many receipts were kept."""

    count: int


Question = Letter | Ask | Collect | Receipts
Answer = Taken | States | Page | Noted
Message = Hello | Question | Answer


def encode_message(message: Message) -> bytes:
    """Return the bytes of a message, without the frame's head."""
    code = _CODES[type(message)]
    values = [_plain(name, getattr(message, name)) for name in _SHAPES[code].fields]
    return cbor.encode([code, *values], bytes_max=MESSAGE_BYTES_MAX)


def decode_message(data: bytes) -> Message:
    """Read one message.

    Raises:
        ProtocolError: `message-*`, whatever the bytes are.
    """
    return read_message(
        data,
        _SHAPES,
        bytes_max=MESSAGE_BYTES_MAX,
        depth_max=_SCAN_DEPTH_MAX,
        items_max=_SCAN_ITEMS_MAX,
    )


def _plain(name: str, value: Any) -> Any:
    """Return what CBOR knows of a field's value; ids are packed into one string."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return b"".join(value) if name == _PACKED_FIELD else [_plain("", each) for each in value]
    return value


def _said(raw: Any) -> Said:
    try:
        return Said(raw)
    except ValueError:
        raise ProtocolError("message-said", "not a word of this protocol") from None


def _state(raw: Any) -> Standing | bytes:
    if type(raw) is bytes:
        return _RECEIPT(raw)
    try:
        return Standing(raw)
    except ValueError:
        raise ProtocolError("message-state", "neither a receipt nor a word") from None


def _ids(raw: Any) -> tuple[bytes, ...]:
    ids = _PACKED(raw)
    if not ids:
        raise ProtocolError("message-packed", "no id")
    return ids


def _each(read: Callable[[Any], Any], *, least: int, most: int) -> Callable[[Any], tuple[Any, ...]]:
    read_list = list_of(least=least, most=most)
    return lambda raw: tuple(read(each) for each in read_list(raw))


_PACKED_FIELD: Final = "ids"
_PACKED: Final = packed_of(ID_BYTES, items_max=ASK_IDS_MAX)
_RECEIPT: Final = bytes_of(PAPER_BYTES_MAX, least=1)
_DATA: Final = bytes_of(LETTER_BYTES_MAX, least=1)
_NUMBER: Final = integer_of(cbor.INTEGER_MAX)


_SHAPES: Final[Mapping[int, Shape[Message]]] = {
    0: Shape(make=Hello, fields={"version": version_of(VERSION), "network": text_of(_NETWORK)}),
    1: Shape(make=Letter, fields={"data": _DATA}),
    2: Shape(make=Taken, fields={"said": _said}),
    3: Shape(make=Ask, fields={"ids": _ids}),
    4: Shape(make=States, fields={"states": _each(_state, least=1, most=ASK_IDS_MAX)}),
    5: Shape(make=Collect, fields={"ticket": _RECEIPT, "after": _NUMBER}),
    6: Shape(
        make=Page,
        fields={
            "letters": _each(_DATA, least=0, most=PAGE_LETTERS_MAX),
            "last": _NUMBER,
            "is_last": bool_of,
        },
    ),
    7: Shape(make=Receipts, fields={"receipts": _each(_RECEIPT, least=1, most=RECEIPTS_MAX)}),
    8: Shape(make=Noted, fields={"count": _NUMBER}),
}
_CODES: Final = {shape.make: code for code, shape in _SHAPES.items()}
