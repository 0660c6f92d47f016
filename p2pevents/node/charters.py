"""Every chapter's authority, read from the log when it is first asked for and kept since."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from p2pevents.authority import Answer, Authority, Standing
from p2pevents.errors import RecordError
from p2pevents.log.protocol import Log
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Record
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS

__all__ = ["Charters"]

AUTHORITIES_MAX: Final = 1024  # kept in memory; the one least recently asked for leaves first
WEIGHT_MAX: Final = 32_768  # of the entries and acts of all of them together


class Charters:
    """The authorities of the chapters that the log holds.

    What is offered here is in memory alone until the caller has appended it to
    the log; where that fails, `forget` brings the log's truth back.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._authorities: OrderedDict[ChapterId, Authority] = OrderedDict()
        self._weights: dict[ChapterId, int] = {}
        self._weight = 0

    def of(self, chapter: ChapterId) -> Authority | None:
        """Return a chapter's authority; None where its genesis is not here."""
        authority = self._authorities.get(chapter)
        if authority is not None:
            self._authorities.move_to_end(chapter)
            return authority
        authority = self._load(chapter)
        if authority is not None:
            self._authorities[chapter] = authority
            self._weigh(chapter, authority)
        return authority

    def epoch(self, chapter: ChapterId) -> int:
        """Return a number that rises whenever records of a chapter must be judged again."""
        authority = self.of(chapter)
        return authority.epoch if authority else -1

    def offer_entry(self, entry: Entry) -> Answer:
        """Take a charter entry of any chapter; a genesis begins one.

        Raises:
            RecordError: `chain-*`, the rule that it breaks.
        """
        authority = self.of(entry.chapter)
        if authority is not None:
            answer = authority.offer_entry(entry)
            self._weigh(entry.chapter, authority)
            return answer
        if entry.snapshot.seq != 0:
            return Answer.UNKNOWN
        authority = self._authorities[entry.chapter] = Authority(entry)
        self._weigh(entry.chapter, authority)
        return Answer.NEW

    def lacking(self, item: Entry | Record) -> bytes:
        """Return the id of an entry or grant that an item waits for: the first that is not here."""
        if not isinstance(item, Entry):
            return item.header.authority
        authority = self.of(item.chapter)
        missing = (
            parent
            for parent in item.snapshot.prev
            if authority is None or parent not in authority.chain
        )
        return next(missing, item.chapter)

    def entry(self, entry: Entry) -> Entry:
        """Return an entry that was taken, with the signatures that count and no others."""
        authority = self.of(entry.chapter)
        return authority.chain[entry.id] if authority else entry

    def offer_record(self, record: Record) -> Answer:
        """Take a grant, a revocation or a keep.

        Raises:
            RecordError: `grant-*`, `revoke-*`, `keep-*` or `cbor-*`, the rule that it breaks.
        """
        authority = self.of(record.header.chapter)
        if authority is None:
            return Answer.UNKNOWN
        answer = authority.offer_record(record)
        self._weigh(record.header.chapter, authority)
        return answer

    def judge(self, header: Header, record: RecordId) -> Standing:
        """Tell whether a record belongs to the set."""
        authority = self.of(header.chapter)
        return authority.judge(header, record) if authority else Standing.UNKNOWN

    def keeps(self, chapter: ChapterId, record: RecordId) -> bool:
        """Tell whether a keep in effect names a record, on any branch."""
        authority = self.of(chapter)
        return authority is not None and any(
            authority.view(tip).keeps(record) for tip in authority.chain.tips
        )

    def is_lead(self, header: Header) -> bool:
        """Tell whether a record that belongs was written by a lead, and not under a grant."""
        authority = self.of(header.chapter)
        return authority is not None and header.authority in authority.chain

    def closed(self, chapter: ChapterId) -> str:
        """Return why no more of a chapter is taken here; empty while it is."""
        authority = self.of(chapter)
        return authority.closed if authority else ""

    def forget(self, chapter: ChapterId) -> None:
        """Drop what is in memory of a chapter; the log tells it again when it is asked for."""
        self._authorities.pop(chapter, None)
        self._weight -= self._weights.pop(chapter, 0)

    def _weigh(self, chapter: ChapterId, authority: Authority) -> None:
        """Keep what is in memory bounded: what a chapter weighs is its founder's to choose."""
        weight = authority.weight
        self._weight += weight - self._weights.get(chapter, 0)
        self._weights[chapter] = weight
        while len(self._authorities) > AUTHORITIES_MAX or (
            self._weight > WEIGHT_MAX and len(self._authorities) > 1
        ):
            self.forget(next(iter(self._authorities)))

    def _load(self, chapter: ChapterId) -> Authority | None:
        authority: Authority | None = None
        for stored in self._log.entries(chapter):
            if authority is None:
                if stored.entry.snapshot.seq != 0:
                    return None  # the genesis row is damaged: the chapter waits until it is back
                authority = Authority(stored.entry)
                continue
            authority.offer_entry(stored.entry)
        if authority is None:
            return None
        for record in self._log.of_kinds(AUTHORITY_KINDS, chapter=chapter):
            try:
                authority.offer_record(record)
            except RecordError:  # checked when it came; only a newer rule could refuse it now
                continue
        return authority
