"""Deterministic CBOR: one value, one sequence of bytes (RFC 8949, 4.2.1; also valid DAG-CBOR).

`scan` refuses everything else before any object is built, so that the bytes of
a stranger cost no more than their own length. Specified in docs/spec/cbor.md.
"""

from __future__ import annotations

from typing import Any, Final

import cbor2

from p2pevents.errors import RecordError

__all__ = ["DEPTH_MAX", "INTEGER_MAX", "ITEMS_MAX", "decode", "encode", "scan"]

DEPTH_MAX: Final = 8  # containers inside one another; a bare number has depth 0
ITEMS_MAX: Final = 512  # data items in all, keys included
INTEGER_MAX: Final = 2**53 - 1  # what JavaScript holds exactly; also the bound below zero

_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_FALSE, _TRUE, _NULL = 20, 21, 22
_SHORTEST = {24: 24, 25: 0x100, 26: 0x1_0000, 27: 0x1_0000_0000}  # least value of each width


def scan(
    data: bytes,
    *,
    bytes_max: int,
    depth_max: int = DEPTH_MAX,
    items_max: int = ITEMS_MAX,
) -> None:
    """Check that `data` is exactly one deterministic CBOR item within the limits.

    Args:
        data: the encoded item.
        bytes_max: the most bytes that it may have.
        depth_max: the most containers inside one another.
        items_max: the most data items in all, map keys included.

    Raises:
        RecordError: with the rule that was broken (docs/spec/cbor.md).
    """
    size = len(data)
    if size > bytes_max:
        raise RecordError("cbor-bytes", f"{size} bytes, where {bytes_max} are allowed")
    position = 0
    items = 0
    # One frame an open container: how many items are left in it (keys and values both count),
    # and for a map the encoded bytes of its last key, for an array None.
    left: list[int] = []
    keys: list[bytes | None] = []
    while True:
        start = position
        if position >= size:
            raise RecordError("cbor-truncated", f"ends at byte {size} inside an item")
        items += 1
        if items > items_max:
            raise RecordError("cbor-items", f"more than {items_max} items")
        major, info = data[position] >> 5, data[position] & 31
        position += 1
        if info < 24:
            argument = info
        elif info < 28:
            width = 1 << (info - 24)
            if position + width > size:
                raise RecordError("cbor-truncated", f"ends at byte {size} inside a head")
            argument = int.from_bytes(data[position : position + width], "big")
            position += width
            if argument < _SHORTEST[info] and major != _SIMPLE:
                raise RecordError("cbor-shortest", f"byte {start}: not the shortest form")
        elif info == 31 and major in (_BYTES, _TEXT, _ARRAY, _MAP):
            raise RecordError("cbor-indefinite", f"byte {start}: indefinite length")
        else:
            raise RecordError("cbor-reserved", f"byte {start}: reserved head")

        is_key = bool(keys) and keys[-1] is not None and left[-1] % 2 == 0
        if is_key and major != _TEXT:
            raise RecordError("cbor-key", f"byte {start}: a map key that is not text")

        opened = 0
        if major in (_TEXT, _BYTES):
            end = position + argument
            if end > size:
                raise RecordError("cbor-truncated", f"ends at byte {size} inside a string")
            if major == _TEXT:
                try:
                    data[position:end].decode("utf-8")
                except UnicodeDecodeError:
                    raise RecordError("cbor-utf8", f"byte {start}: text is not UTF-8") from None
            position = end
        elif major == _UINT:
            if argument > INTEGER_MAX:
                raise RecordError("cbor-integer", f"byte {start}: integer beyond 2^53-1")
        elif major == _NINT:
            if argument > INTEGER_MAX - 1:
                raise RecordError("cbor-integer", f"byte {start}: integer beyond -(2^53-1)")
        elif major == _ARRAY:
            opened = argument
        elif major == _MAP:
            opened = 2 * argument
        elif major == _TAG:
            raise RecordError("cbor-tag", f"byte {start}: a tag")
        elif info not in (_FALSE, _TRUE, _NULL):
            raise RecordError("cbor-simple", f"byte {start}: a float, undefined or simple value")

        if is_key:
            encoded = data[start:position]
            previous = keys[-1]
            assert previous is not None
            if previous and encoded <= previous:
                rule = "cbor-duplicate" if encoded == previous else "cbor-order"
                raise RecordError(rule, f"byte {start}: map keys out of order or repeated")
            keys[-1] = encoded

        if major in (_ARRAY, _MAP):
            if len(left) >= depth_max:
                raise RecordError("cbor-depth", f"byte {start}: deeper than {depth_max}")
            if opened > items_max - items:
                raise RecordError("cbor-items", f"more than {items_max} items")
            left.append(opened)
            keys.append(b"" if major == _MAP else None)
        elif left:
            left[-1] -= 1
        while left and left[-1] == 0:
            left.pop()
            keys.pop()
            if left:
                left[-1] -= 1
        if not left:
            break
    if position != size:
        raise RecordError("cbor-trailing", f"{size - position} bytes after the item")


def decode(
    data: bytes,
    *,
    bytes_max: int,
    depth_max: int = DEPTH_MAX,
    items_max: int = ITEMS_MAX,
) -> Any:
    """Return the value of one deterministic CBOR item, after `scan` has passed it.

    Raises:
        RecordError: as `scan`.
    """
    scan(data, bytes_max=bytes_max, depth_max=depth_max, items_max=items_max)
    return cbor2.loads(data)


def encode(
    value: object,
    *,
    bytes_max: int,
    depth_max: int = DEPTH_MAX,
    items_max: int = ITEMS_MAX,
) -> bytes:
    """Return the one deterministic encoding of `value`.

    What comes out passes `scan` under the same limits: nothing is written that
    would be refused when read.

    Raises:
        RecordError: when `value` cannot be said in deterministic CBOR, or passes a limit.
    """
    try:
        data = cbor2.dumps(value, canonical=True)
    except (cbor2.CBOREncodeError, UnicodeEncodeError) as error:
        raise RecordError("cbor-value", f"cannot be encoded: {error}") from None
    scan(data, bytes_max=bytes_max, depth_max=depth_max, items_max=items_max)
    return data
