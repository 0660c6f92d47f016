"""What of this node's sets a comparison leaves out, as the ledger and its sketches know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from p2pevents.record.ids import ChapterId

__all__ = ["APART_RECORDS_MAX", "NONE_APART", "Apart"]

APART_RECORDS_MAX: Final = 65_536  # of single keys; what goes beyond is compared all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Of one collection.

    Attributes:
        chapters: all of it in these.
        ids: these ids in others.
    """

    chapters: frozenset[ChapterId] = frozenset()
    ids: Mapping[ChapterId, frozenset[bytes]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.chapters or self.ids)


NONE_APART: Final = Apart()
