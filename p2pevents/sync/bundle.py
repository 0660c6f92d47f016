"""A bundle: up to sixteen records in one gossip message. Specified in docs/spec/gossip.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from p2pevents.errors import RecordError
from p2pevents.record import cbor

__all__ = [
    "BUNDLE_BYTES_MAX",
    "BUNDLE_ITEMS_MAX",
    "ITEM_OVERHEAD_BYTES",
    "Item",
    "bundles_of",
    "decode_bundle",
    "encode_bundle",
    "item_bytes",
    "read_item",
]

BUNDLE_ITEMS_MAX: Final = 16
BUNDLE_BYTES_MAX: Final = 64 * 1024
_HEAD_BYTES: Final = 1
ITEM_OVERHEAD_BYTES: Final = 7  # an array's head and two byte strings' heads, at most

Item = tuple[bytes, bytes | None]
"""One thing on the wire: a record's envelope and its body or None, or a charter entry and None."""


def item_bytes(item: Item) -> int:
    """Return the most bytes that an item takes in a bundle or a page."""
    envelope, body = item
    return ITEM_OVERHEAD_BYTES + len(envelope) + len(body or b"")


def encode_bundle(items: Sequence[Item]) -> bytes:
    """Return the message that carries 1 to 16 items.

    Raises:
        RecordError: `bundle-items` or `cbor-bytes` where they are too many or too large.
    """
    if not 1 <= len(items) <= BUNDLE_ITEMS_MAX:
        raise RecordError("bundle-items", f"{len(items)} items, of 1 to {BUNDLE_ITEMS_MAX}")
    return cbor.encode([list(item) for item in items], bytes_max=BUNDLE_BYTES_MAX)


def decode_bundle(data: bytes) -> tuple[Item, ...]:
    """Read a bundle; what its items say is for ingest to judge.

    Raises:
        RecordError: `cbor-*` where it is not deterministic CBOR of at most 64 KiB,
            `bundle-*` where it is not 1 to 16 pairs of an envelope and a body or null.
    """
    value = cbor.decode(data, bytes_max=BUNDLE_BYTES_MAX)
    if type(value) is not list or not 1 <= len(value) <= BUNDLE_ITEMS_MAX:
        raise RecordError("bundle-items", f"not an array of 1 to {BUNDLE_ITEMS_MAX}")
    items = tuple(read_item(pair) for pair in value)
    if len(set(items)) != len(items):
        raise RecordError("bundle-repeated", "the same item twice")
    return items


def read_item(value: object) -> Item:
    """Return `value` as an item.

    Raises:
        RecordError: `bundle-item` unless it is an array of a byte string, not empty, and a
            byte string or null.
    """
    if type(value) is not list or len(value) != 2:
        raise RecordError("bundle-item", "not a pair of envelope and body")
    envelope, body = value
    if type(envelope) is not bytes or not envelope:
        raise RecordError("bundle-item", "an envelope that is not bytes")
    if body is not None and type(body) is not bytes:
        raise RecordError("bundle-item", "a body that is neither bytes nor null")
    return envelope, body


def bundles_of(items: Sequence[Item]) -> list[tuple[Item, ...]]:
    """Return items in bundles, each within the limits, in order."""
    bundles: list[tuple[Item, ...]] = []
    current: list[Item] = []
    size = _HEAD_BYTES
    for item in items:
        if current and (
            len(current) == BUNDLE_ITEMS_MAX or size + item_bytes(item) > BUNDLE_BYTES_MAX
        ):
            bundles.append(tuple(current))
            current, size = [], _HEAD_BYTES
        current.append(item)
        size += item_bytes(item)
    if current:
        bundles.append(tuple(current))
    return bundles
