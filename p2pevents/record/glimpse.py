"""What a body says of how long a thing takes, seen in its bytes, so that it need not be read.

A reader of a window passes over what was over before it, and most of what began
in the weeks before was. Decoding it only to find that out took longer than all the
rest of an agenda.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import Final

from p2pevents.record.values import duration_of

__all__ = ["longest_in"]

_LONG: Final = timedelta.max
_TEXTS_KEPT_MAX: Final = 256
# The key as deterministic CBOR writes it, and the head of what follows.
_DURATION: Final = re.compile(rb"hduration(.)", re.DOTALL)
_TEXT, _TEXT_BYTES_MAX = 0x60, 23  # of a text whose head is one byte


def longest_in(body: bytes) -> timedelta:
    """Return a time that no duration in a body passes; zero where there is none.

    Never too short for a body that can be shown: whatever stands behind the key counts,
    wherever it stands.
    """
    return max(
        (_length(body, found.end(1), found[1][0] - _TEXT) for found in _DURATION.finditer(body)),
        default=timedelta(),
    )


def _length(body: bytes, start: int, size: int) -> timedelta:
    if not 0 <= size <= _TEXT_BYTES_MAX:
        return _LONG
    return _parsed(body[start : start + size])


@lru_cache(maxsize=_TEXTS_KEPT_MAX)
def _parsed(text: bytes) -> timedelta:
    try:
        return duration_of(text.decode("ascii"))
    except ValueError:  # no duration, and so no body that is shown: or a person's own words
        return timedelta()
