"""The node's own sets in numbers: fingerprints and cursor, kept up to date as the log grows."""

from __future__ import annotations

from typing import Final

from p2pevents.log.protocol import BATCH_ITEMS_MAX, InSet, Log
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import AUTHORITY_KINDS
from p2pevents.sync.effects import Collection, Snapshot
from p2pevents.sync.fingerprint import Fingerprint
from p2pevents.sync.messages import Cursor

__all__ = ["Ledger", "is_authority"]


def is_authority(item: InSet) -> bool:
    """Tell in which of the two collections an item of the set is."""
    return item.kind is None or item.kind in AUTHORITY_KINDS


class _Sums:
    """What one chapter has in the set, as far as it was read."""

    def __init__(self) -> None:
        self.prints: Final = {each: Fingerprint() for each in Collection}
        self.counts: Final = dict.fromkeys(Collection, 0)
        self.entries: Final[set[bytes]] = set()
        self.records = 0

    def add(self, item: InSet) -> bool:
        """Count an item, and tell whether it may have been counted before."""
        if item.kind is None:
            if item.id in self.entries:
                return False
            self.entries.add(item.id)
        else:
            self.records += 1
        collection = Collection.AUTHORITY if is_authority(item) else Collection.RECORDS
        self.prints[collection].add((item.id,))
        self.counts[collection] += 1
        return True


class Ledger:
    """What a session says of this node's sets.

    Follows the log by position, with sums of each chapter. What left the set
    shows in its chapter's number of records: then that chapter alone is summed
    anew, whoever took it out and in whichever process.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._position = 0
        self._chapters: dict[ChapterId, _Sums] = {}
        self._whole = {each: Fingerprint() for each in Collection}

    def snapshot(self) -> Snapshot:
        """Return the sets as they stand in the log now."""
        self._catch_up()
        return Snapshot(
            log=Cursor(incarnation=self._log.incarnation, position=self._log.tip()[1]),
            authority=self._whole[Collection.AUTHORITY].digest,
            records=self._whole[Collection.RECORDS].digest,
        )

    def total(self, collection: Collection) -> int:
        """Return how many items a collection had when the last snapshot was taken."""
        return sum(sums.counts[collection] for sums in self._chapters.values())

    def _catch_up(self) -> None:
        odd: set[ChapterId] = set()
        touched: set[ChapterId] = set()
        while page := self._log.entered_since(self._position, limit=BATCH_ITEMS_MAX):
            self._position = page[-1].position
            for item in page:
                if item.chapter not in touched:
                    touched.add(item.chapter)
                    self._take_out(item.chapter)
                if not self._chapters.setdefault(item.chapter, _Sums()).add(item):
                    odd.add(item.chapter)
        held = {each.chapter: each.size.records for each in self._log.chapters()}
        odd |= {
            chapter for chapter, sums in self._chapters.items() if held.get(chapter) != sums.records
        }
        for chapter in odd:
            if chapter not in touched:
                self._take_out(chapter)
            del self._chapters[chapter]
            if chapter in held:
                sums = self._chapters[chapter] = _Sums()
                for item in self._log.in_set(chapter=chapter):
                    sums.add(item)
        for chapter in touched | odd:
            self._put_in(chapter)

    def _take_out(self, chapter: ChapterId) -> None:
        """Take a chapter's sums out of the whole while they change."""
        if chapter in self._chapters:
            for collection, sum_ in self._chapters[chapter].prints.items():
                self._whole[collection].take_out(sum_)

    def _put_in(self, chapter: ChapterId) -> None:
        if chapter in self._chapters:
            for collection, sum_ in self._chapters[chapter].prints.items():
                self._whole[collection].merge(sum_)
