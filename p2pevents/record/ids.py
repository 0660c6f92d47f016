"""The names of things: 32-byte ids and keys, object paths, and how a person reads them.

Text form is multibase `b` (RFC 4648 base32, lower case, no padding), as in a
link. Specified in docs/spec/record.md.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32decode, b32encode
from typing import Final, NewType

from p2pevents.errors import InputError, RecordError

__all__ = [
    "COMPONENT_BYTES_MAX",
    "COMPONENT_RANDOM_BYTES",
    "ID_BYTES",
    "PATH_COMPONENTS_MAX",
    "SHORT_CHARACTERS",
    "ChapterId",
    "EntryId",
    "Path",
    "PublicKey",
    "RecordId",
    "check_path",
    "component_of",
    "from_text",
    "hash_of",
    "path_text",
    "short",
    "to_text",
]

ID_BYTES: Final = 32
PATH_COMPONENTS_MAX: Final = 4
COMPONENT_BYTES_MAX: Final = 16
COMPONENT_RANDOM_BYTES: Final = 10  # sixteen letters of base32
SHORT_CHARACTERS: Final = 8  # of an id in a list

RecordId = NewType("RecordId", bytes)
"""SHA-256 over domain and header: names a record, whoever's signature came with it."""

EntryId = NewType("EntryId", bytes)
"""SHA-256 over domain and snapshot: names an entry of a charter chain."""

ChapterId = NewType("ChapterId", bytes)
"""The id of a chapter's genesis entry."""

PublicKey = NewType("PublicKey", bytes)
"""An Ed25519 public key that passes libsodium's `is_valid_point`."""

Path = tuple[str, ...]
"""Where an object lives in its chapter: `("event",)`, `("series", "2020-01-08")`."""

# Made into patterns when the first text is to be matched: a command that reads matches none.
_COMPONENT = r"[a-z0-9][a-z0-9-]{0,15}"
_TEXT = r"b[a-z2-7]{52}"


def hash_of(domain: bytes, data: bytes) -> bytes:
    """Return SHA-256 over a domain, a zero byte and the data: no two uses of a hash collide."""
    return hashlib.sha256(domain + b"\0" + data).digest()


def to_text(identifier: bytes) -> str:
    """Return the text form of an id or key: 53 characters, `b` and base32."""
    return "b" + b32encode(identifier).decode("ascii").lower().rstrip("=")


def from_text(text: str) -> bytes:
    """Read a whole id or key from its text form.

    Raises:
        InputError: when it is not 53 characters of base32 after `b`, or has bits to spare set.
    """
    if not re.fullmatch(_TEXT, text, re.ASCII):
        raise InputError(
            f"{text[:60]!r} is not an id",
            hint="an id is the letter b and 52 characters of a-z and 2-7",
        )
    identifier = b32decode(text[1:].upper() + "====")
    if to_text(identifier) != text:
        raise InputError(f"{text!r} is not an id: its last character cannot be {text[-1]!r}")
    return identifier


def short(identifier: bytes) -> str:
    """Return the first characters of an id's text, as lists print it."""
    return to_text(identifier)[:SHORT_CHARACTERS]


def component_of(random_or_digest: bytes) -> str:
    """Return a path component of 16 characters from 10 random bytes, or from a digest's first 10.

    An object that is imported takes a digest of where it came from, so that a
    second import meets the first.
    """
    head = random_or_digest[:COMPONENT_RANDOM_BYTES]
    if len(head) != COMPONENT_RANDOM_BYTES:
        raise ValueError(f"{len(head)} bytes, where {COMPONENT_RANDOM_BYTES} are needed")
    return b32encode(head).decode("ascii").lower()


def check_path(value: object) -> Path:
    """Return `value` as an object path.

    Raises:
        RecordError: `header-path` unless it is 1 to 4 components of 1 to 16 of a-z, 0-9 and `-`,
            none of which begins with `-`.
    """
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= PATH_COMPONENTS_MAX:
        raise RecordError("header-path", f"not 1 to {PATH_COMPONENTS_MAX} components")
    for component in value:
        if type(component) is not str or not re.fullmatch(_COMPONENT, component, re.ASCII):
            raise RecordError("header-path", "a component is not 1 to 16 of a-z, 0-9 and '-'")
    return tuple(value)


def path_text(path: Path) -> str:
    """Return a path as it is shown and typed: components joined by `/`."""
    return "/".join(path)
