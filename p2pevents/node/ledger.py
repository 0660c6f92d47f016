"""The node's own sets in numbers: fingerprints and cursor, kept up to date as the log grows."""

from __future__ import annotations

from p2pevents.log.protocol import BATCH_ITEMS_MAX, InSet, Log
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind
from p2pevents.sync.effects import Collection, Snapshot
from p2pevents.sync.fingerprint import Fingerprint
from p2pevents.sync.messages import Cursor

__all__ = ["Ledger", "is_authority"]


def is_authority(item: InSet) -> bool:
    """Tell in which of the two collections an item of the set is."""
    return item.kind is None or item.kind in AUTHORITY_KINDS


class Ledger:
    """What a session says of this node's sets.

    Follows the log by position. Items leave the set only after authority came
    that can strike; then the sums are made anew.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._start()

    def snapshot(self) -> Snapshot:
        """Return the sets as they stand in the log now."""
        self._catch_up()
        return Snapshot(
            log=Cursor(incarnation=self._log.incarnation, position=self._log.tip()[1]),
            authority=self._authority.digest,
            records=self._records.digest,
        )

    def total(self, collection: Collection) -> int:
        """Return how many items a collection had when the last snapshot was taken."""
        return self._totals[collection]

    def _start(self) -> None:
        self._position = 0
        self._totals = dict.fromkeys(Collection, 0)
        self._authority = Fingerprint()
        self._records = Fingerprint()

    def _catch_up(self) -> None:
        began = self._position
        while page := self._log.entered_since(self._position, limit=BATCH_ITEMS_MAX):
            if began and any(_can_strike(item) for item in page):
                self._start()
                began = 0
                continue
            self._position = page[-1].position
            authority = [item.id for item in page if is_authority(item)]
            records = [item.id for item in page if not is_authority(item)]
            self._authority.add(authority)
            self._records.add(records)
            self._totals[Collection.AUTHORITY] += len(authority)
            self._totals[Collection.RECORDS] += len(records)


def _can_strike(item: InSet) -> bool:
    """Tell whether an item may have taken others out of the set, or brought them back."""
    return item.kind in {Kind.REVOKE, Kind.KEEP} or (item.kind is None and item.clock > 0)
