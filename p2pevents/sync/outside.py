"""What a full comparison is not about: chapters that left a store, and what is closed there.

Each side names its own by the beginnings of ids and keys, and both leave out what
either names: it would be sent again and again, and the sums could never agree.
docs/spec/sync.md, Scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "CHAPTERS_MAX",
    "CLOSED_CHAPTERS_MAX",
    "CLOSED_KEYS_MAX",
    "KEY_NAME_BYTES",
    "NAME_BYTES",
    "NOTHING",
    "WITHHELD",
    "Outside",
    "key_name",
]

NAME_BYTES: Final = 8  # of a chapter's id
KEY_NAME_BYTES: Final = 2 * NAME_BYTES  # of a chapter's id, and of a key in it
CHAPTERS_MAX: Final = 1024  # that one message names: 16 KiB in all
CLOSED_CHAPTERS_MAX: Final = 256
CLOSED_KEYS_MAX: Final = 384
WITHHELD: Final = ("chapter-left", "key-closed")  # why something is not sent, in the counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What one side names, or both together.

    Attributes:
        chapters: beginnings of ids of chapters of which nothing is compared.
        closed: likewise, of which no records are: they have no room for more.
        keys: as `key_name` makes them: of these keys no records in these chapters.
    """

    chapters: frozenset[bytes] = frozenset()
    closed: frozenset[bytes] = frozenset()
    keys: frozenset[bytes] = frozenset()

    def __or__(self, other: Outside) -> Outside:
        return Outside(
            chapters=self.chapters | other.chapters,
            closed=self.closed | other.closed,
            keys=self.keys | other.keys,
        )

    def __bool__(self) -> bool:
        return bool(self.chapters or self.closed or self.keys)

    def has_chapter(self, chapter: bytes) -> bool:
        """Tell whether nothing of a chapter is compared."""
        return chapter[:NAME_BYTES] in self.chapters

    def has_record(self, chapter: bytes, author: bytes) -> bool:
        """Tell whether a key's records in a chapter are not compared; authority is no record."""
        name = chapter[:NAME_BYTES]
        return (
            name in self.chapters or name in self.closed or key_name(chapter, author) in self.keys
        )

    def is_closed(self, chapter: bytes) -> bool:
        """Tell whether no records of a chapter are compared, whoever signed them."""
        return chapter[:NAME_BYTES] in self.closed

    def keys_of(self, chapter: bytes) -> frozenset[bytes]:
        """Return what is named of a chapter's keys."""
        name = chapter[:NAME_BYTES]
        return frozenset(each for each in self.keys if each.startswith(name))


NOTHING: Final = Outside()


def key_name(chapter: bytes, author: bytes) -> bytes:
    """Return how a key in a chapter is named."""
    return chapter[:NAME_BYTES] + author[:NAME_BYTES]
