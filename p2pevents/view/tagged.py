"""A text with a tag that is another one where the text is, as HTTP tells copies apart by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = ["Piece", "Tagged", "piece", "tagged"]

_PIECE_BYTES: Final = 16
_TAG_CHARACTERS: Final = 32


class Piece(NamedTuple):
    """A part of a text that is kept, and a digest of it: a megabyte is not hashed for one part."""

    text: bytes
    digest: bytes


class Tagged(NamedTuple):
    """A text, and its tag, between quotation marks."""

    data: bytes
    tag: str


def piece(text: bytes) -> Piece:
    """Return a part of a text with its digest."""
    return Piece(text, hashlib.sha256(text).digest()[:_PIECE_BYTES])


def tagged(data: bytes, made_of: Iterable[bytes] | None = None) -> Tagged:
    """Return a text with its tag.

    Args:
        data: the text.
        made_of: the digests of its parts, and what else it is made of, in order; None for it all.
    """
    said = data if made_of is None else b"".join(made_of)
    return Tagged(data, f'"{hashlib.sha256(said).hexdigest()[:_TAG_CHARACTERS]}"')
