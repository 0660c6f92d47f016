"""What one chapter has in the set, in numbers: its fingerprints, its counts, its authority."""

from __future__ import annotations

from collections.abc import Collection as Ids, Iterable
from typing import Final

from p2pevents.log.protocol import InSet
from p2pevents.node.sketches import Sketches
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind
from p2pevents.sync.effects import Collection
from p2pevents.sync.fingerprint import Fingerprint, Lanes
from p2pevents.sync.outside import key_name
from p2pevents.sync.ranges import set_key

__all__ = ["KeysApart", "Sums", "is_authority"]

KeysApart = tuple[frozenset[bytes], Fingerprint]
"""Ids of some keys, and their sum."""

_BOTH: Final = (Collection.AUTHORITY, Collection.RECORDS)


def is_authority(item: InSet) -> bool:
    """Tell in which of the two collections an item of the set is."""
    return item.kind is None or item.kind in AUTHORITY_KINDS


class Sums:
    """What one chapter has in the set, as far as it was read.

    Attributes:
        prints, counts: of each collection.
        authority: ids, each with its position.
        records: how many records there are in both collections, as the log counts them.
        erases: ids of erasures.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.prints: Final = {each: Fingerprint() for each in Collection}
        self.counts: Final = dict.fromkeys(Collection, 0)
        self.authority: Final[dict[bytes, int]] = {}
        self.records = 0
        self.erases: Final[set[bytes]] = set()
        # Of the keys that were last set apart, which ids, and their sum; as long as nothing comes.
        self._apart: tuple[frozenset[bytes], frozenset[bytes], Fingerprint] | None = None

    def add(self, items: Iterable[InSet], sketches: Sketches) -> None:
        """Count items of one chapter. Authority that left and came back is counted once."""
        self._apart = None
        authority: list[InSet] = []
        records: list[InSet] = []
        for item in items:
            if not is_authority(item):
                records.append(item)
            else:
                if item.id not in self.authority:
                    self.records += item.kind is not None
                    authority.append(item)
                self.authority[item.id] = item.position
        self.records += len(records)
        self.erases.update([item.id for item in records if item.kind == Kind.ERASE])
        for collection, each in zip(_BOTH, (authority, records), strict=True):
            self.prints[collection].add([item.id for item in each], lanes=self._lanes)
            self.counts[collection] += len(each)
            if each:
                keys = [set_key(item.clock, item.id) for item in each]
                sketches.add(collection, each[0].chapter, keys)

    def take_out(self, records: Ids[bytes]) -> None:
        """Count records no more that left the set; no authority is among them."""
        self._apart = None
        self.prints[Collection.RECORDS].remove(records)
        self.counts[Collection.RECORDS] -= len(records)
        self.records -= len(records)
        self.erases.difference_update(records)

    def of_keys(self, keys: frozenset[bytes], items: Iterable[InSet]) -> KeysApart:
        """Return the records of some keys, and their sum.

        Args:
            keys: named as `Outside` does.
            items: the chapter's, read where it is not known yet.
        """
        if self._apart is None or self._apart[0] != keys:
            ids = frozenset(
                item.id
                for item in items
                if item.author is not None
                and not is_authority(item)
                and key_name(item.chapter, item.author) in keys
            )
            sum_ = Fingerprint()
            sum_.add(ids)
            self._apart = keys, ids, sum_
        return self._apart[1:]
