"""The form of a header's bytes: one regular expression, which reads a good one quickly.

A header's keys, their order and the form of every value are fixed, so what is
allowed is a regular language. What does not match goes to the scan of
`cbor.py` and the checks of `header.py`, which name the rule that was broken:
they are the truth, and this form must never match what they refuse.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from p2pevents.record.ids import COMPONENT_BYTES_MAX, PATH_COMPONENTS_MAX, Path

__all__ = ["match"]

_WITHOUT_START, _WITH_START = b"\xa9", b"\xaa"  # heads of maps of nine and ten entries
_ONE_COMPONENT: Final = 0x81  # the head of an array of one

_UINT: Final = (  # shortest form, up to 2^53-1
    rb"([\x00-\x17]|\x18[\x18-\xff]|\x19(?!\x00)..|\x1a(?!\x00\x00)....|"
    rb"\x1b(?!\x00\x00\x00\x00)\x00[\x00-\x1f]......)"
)
_DAY: Final = rb"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"


def _text(first: bytes, other: bytes) -> bytes:
    """Return the form of a text of 1 to 16 characters: each length has a head of its own."""
    return b"|".join(
        b"\\x%02x%s%s{%d}" % (0x60 + length, first, other, length - 1)
        for length in range(1, COMPONENT_BYTES_MAX + 1)
    )


def _array(item: bytes, most: int) -> bytes:
    """Return the form of an array of 1 to `most` items."""
    return b"|".join(
        b"\\x%02x(?:%s){%d}" % (0x80 + count, item, count) for count in range(1, most + 1)
    )


_HEADER: Final = (
    rb"(\xa9|\xaa)"
    rb"av\x01"
    rb"dbodyX (.{32})"  # X and a space: the head of a string of 32 bytes
    rb"dkind(" + _text(b"[a-z]", b"[a-z-]") + rb")"
    rb"dpath(" + _array(_text(b"[a-z0-9]", b"[a-z0-9-]"), PATH_COMPONENTS_MAX) + rb")"
    rb"dsize" + _UINT + rb"eclock" + _UINT + rb"(?:estartj(" + _DAY + rb"))?"
    rb"fauthorX (.{32})"
    rb"gchapterX (.{32})"
    rb"iauthorityX (.{32})"
)  # fmt: skip


@cache
def _compiled() -> re.Pattern[bytes]:
    """Return the form, made when the first header comes: what is kept is read without it."""
    return re.compile(_HEADER, re.DOTALL)


def match(data: bytes) -> dict[str, Any] | None:
    """Return what stands in a header, by the names of `Header`; None where it is not its form.

    The size of the body is within 2^53-1; its own limit is for the caller to ask.
    """
    found = _compiled().fullmatch(data)
    if found is None:
        return None
    head, body, kind, path, size, clock, start, author, chapter, authority = found.groups()
    if head != (_WITHOUT_START if start is None else _WITH_START):
        return None
    return {
        "kind": kind[1:].decode("ascii"),
        "path": _components(path),
        "clock": _integer(clock),
        "body_hash": body,
        "body_bytes": _integer(size),
        "start": None if start is None else start.decode("ascii"),
        "author": author,
        "chapter": chapter,
        "authority": authority,
    }


def _integer(encoded: bytes) -> int:
    return encoded[0] if len(encoded) == 1 else int.from_bytes(encoded[1:], "big")


def _components(encoded: bytes) -> Path:
    """Return the texts of an array: after its head, each has its length in a head of its own."""
    if encoded[0] == _ONE_COMPONENT:
        return (encoded[2:].decode("ascii"),)
    components = []
    position = 1
    while position < len(encoded):
        start = position + 1
        position = start + encoded[position] - 0x60
        components.append(encoded[start:position].decode("ascii"))
    return tuple(components)
