"""Readers of a message's fields: the value typed, or a `ProtocolError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from p2pevents.errors import ProtocolError
from p2pevents.record.cbor import INTEGER_MAX

__all__ = [
    "REASONS_MAX",
    "Read",
    "bool_of",
    "bytes_of",
    "integer_of",
    "list_of",
    "packed_of",
    "reasons_of",
    "text_of",
]

REASONS_MAX: Final = 16
_REASON = re.compile(r"[a-z][a-z-]{0,31}", re.ASCII)

Read = Callable[[Any], Any]


def integer_of(limit: int, *, least: int = 0) -> Callable[[Any], int]:
    """Return a reader of integers from `least` to `limit`."""

    def read(raw: Any) -> int:
        if type(raw) is not int or not least <= raw <= limit:
            raise ProtocolError("message-integer", f"not an integer from {least} to {limit}")
        return raw

    return read


def bool_of(raw: Any) -> bool:
    """Return a bool."""
    if type(raw) is not bool:
        raise ProtocolError("message-bool", "neither true nor false")
    return raw


def bytes_of(size: int, *, least: int | None = None) -> Callable[[Any], bytes]:
    """Return a reader of byte strings of exactly `size` bytes, or of `least` to `size`."""

    def read(raw: Any) -> bytes:
        if type(raw) is not bytes or not (size if least is None else least) <= len(raw) <= size:
            raise ProtocolError("message-bytes", f"not {size} bytes")
        return raw

    return read


def packed_of(size: int, *, items_max: int) -> Callable[[Any], tuple[bytes, ...]]:
    """Return a reader of up to `items_max` strings of `size` bytes, one after the other."""

    def read(raw: Any) -> tuple[bytes, ...]:
        if type(raw) is not bytes or len(raw) % size or len(raw) > size * items_max:
            raise ProtocolError("message-packed", f"not up to {items_max} times {size} bytes")
        return tuple(raw[at : at + size] for at in range(0, len(raw), size))

    return read


def text_of(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    """Return a reader of text that matches wholly."""

    def read(raw: Any) -> str:
        if type(raw) is not str or not pattern.fullmatch(raw):
            raise ProtocolError("message-text", f"does not match {pattern.pattern}")
        return raw

    return read


def list_of(*, least: int, most: int) -> Callable[[Any], list[Any]]:
    """Return a reader of arrays of `least` to `most` values, which are not looked at."""

    def read(raw: Any) -> list[Any]:
        if type(raw) is not list or not least <= len(raw) <= most:
            raise ProtocolError("message-array", f"not an array of {least} to {most}")
        return raw

    return read


def reasons_of(raw: Any) -> Mapping[str, int]:
    """Return counts by reason."""
    if type(raw) is not dict or len(raw) > REASONS_MAX:
        raise ProtocolError("message-reasons", f"not a map of at most {REASONS_MAX}")
    read_reason, read_count = text_of(_REASON), integer_of(INTEGER_MAX)
    return {read_reason(reason): read_count(count) for reason, count in raw.items()}
