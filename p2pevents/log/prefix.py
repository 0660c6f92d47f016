"""From what a person typed of an id to the range of ids that begin so."""

from __future__ import annotations

import re
from base64 import b32decode
from typing import Final

from p2pevents.record.ids import to_text

__all__ = ["begins_so", "id_range"]

_DIGITS: Final = 52  # of base32 in a whole id, after the `b`
_PREFIX: Final = rf"b[a-z2-7]{{0,{_DIGITS}}}"


def id_range(prefix: str) -> tuple[bytes, bytes] | None:
    """Return the least and the greatest id whose text can begin with `prefix`, or None.

    A whole text with bits to spare set has a range and no id in it: compare
    with `begins_so` too.
    """
    if not re.fullmatch(_PREFIX, prefix, re.ASCII):
        return None
    digits = prefix[1:].upper()
    least, greatest = (b32decode(digits.ljust(_DIGITS, fill) + "====") for fill in "A7")
    return least, greatest


def begins_so(identifier: bytes, prefix: str) -> bool:
    """Tell whether an id's text begins with `prefix`."""
    return to_text(identifier).startswith(prefix)
