"""Items as a page or a push carries them: two lengths, the envelope and the body, one by one.

A difference costs its record and these four bytes. docs/spec/sync.md, SYNC-5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.bundle import Item

__all__ = ["pack_items", "packed_items_of"]

# The envelope's length; and 0 where the body is absent, else one more than its length. Neither
# part of a record comes near to 65,534 bytes, nor does a charter entry.
_LENGTHS: Final = Struct(">HH")


def pack_items(items: Iterable[Item]) -> bytes:
    """Return items one after the other."""
    parts: list[bytes] = []
    for envelope, body in items:
        if body is None:
            parts += (_LENGTHS.pack(len(envelope), 0), envelope)
        else:
            parts += (_LENGTHS.pack(len(envelope), len(body) + 1), envelope, body)
    return b"".join(parts)


def packed_items_of(*, least: int, most: int, bytes_max: int) -> Callable[[Any], tuple[Item, ...]]:
    """Return a reader of `least` to `most` items of at most `bytes_max` bytes, lengths included."""

    def read(raw: Any) -> tuple[Item, ...]:
        if type(raw) is not bytes or len(raw) > bytes_max:
            raise ProtocolError("message-items", f"not at most {bytes_max} bytes of items")
        items: list[Item] = []
        at, end = 0, len(raw)
        while at < end and len(items) <= most:
            start = at + _LENGTHS.size
            if start > end:
                raise ProtocolError("message-items", "an item that is cut off")
            envelope_bytes, body_bytes = _LENGTHS.unpack_from(raw, at)
            middle = start + envelope_bytes
            at = middle + max(0, body_bytes - 1)
            if not envelope_bytes or at > end:
                raise ProtocolError("message-items", "an item without an envelope, or cut off")
            items.append((raw[start:middle], raw[middle:at] if body_bytes else None))
        if not least <= len(items) <= most:
            raise ProtocolError("message-items", f"not {least} to {most} items")
        return tuple(items)

    return read
