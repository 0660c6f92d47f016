"""How a digest names a version: what it is of and whose, and how new it is.

A light client holds newest versions alone. An id would tell it that the listed
version is not here, and not that a newer one of the same author is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from p2pevents.record.header import Header
from p2pevents.record.ids import path_text
from p2pevents.record.values import (
    LISTED_BYTES,
    LISTED_CLOCK_BYTES,
    LISTED_NAME_BYTES,
    Listing,
)

__all__ = ["CLOCK_LISTED_MAX", "listed_in", "listed_of", "name_of"]

_DOMAIN: Final = b"p2pevents/1/listed\x00"
CLOCK_LISTED_MAX: Final = 2 ** (8 * LISTED_CLOCK_BYTES) - 1  # ms; the year 10889


def name_of(header: Header) -> bytes:
    """Return the 4 bytes by which a digest names an author's versions of an object."""
    what = f"{header.kind}\0{path_text(header.path)}\0".encode("ascii")
    return hashlib.sha256(_DOMAIN + what + header.author).digest()[:LISTED_NAME_BYTES]


def listed_of(header: Header) -> bytes:
    """Return the 10 bytes by which a digest lists a version: its name, then its clock."""
    clock: int = min(header.clock, CLOCK_LISTED_MAX)
    return name_of(header) + clock.to_bytes(LISTED_CLOCK_BYTES, "big")


def listed_in(listing: Listing) -> Iterator[tuple[bytes, int]]:
    """Yield name and clock of each version that is listed."""
    for at in range(0, len(listing.versions), LISTED_BYTES):
        listed = listing.versions[at : at + LISTED_BYTES]
        yield listed[:LISTED_NAME_BYTES], int.from_bytes(listed[LISTED_NAME_BYTES:], "big")
