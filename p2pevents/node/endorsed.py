"""Which chapters are endorsed by those that a node's person named in its configuration."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Final

from p2pevents.log.protocol import Log
from p2pevents.record.envelope import Record
from p2pevents.record.fields import Endorsement
from p2pevents.record.ids import ChapterId, Path
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import merge

__all__ = ["ENDORSEMENTS_MAX", "endorsed_by"]

ENDORSEMENTS_MAX: Final = 4096  # versions read of each chapter that endorses


def endorsed_by(log: Log, endorsers: Collection[ChapterId]) -> frozenset[ChapterId]:
    """Return these chapters, and those that they endorse as it stands now."""
    found = set(endorsers)
    for chapter in endorsers:
        objects: dict[Path, list[Record]] = {}
        versions = log.of_kinds([Kind.ENDORSEMENT.value], chapter=chapter)
        for version in islice(versions, ENDORSEMENTS_MAX):
            objects.setdefault(version.header.path, []).append(version)
        for each in objects.values():
            merged = merge(each)
            shown = merged.shown
            if isinstance(shown, Endorsement) and shown.chapter and not merged.retracted:
                found.add(ChapterId(shown.chapter))
    return frozenset(found)
