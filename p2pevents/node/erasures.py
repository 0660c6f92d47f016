"""Which bodies an erase hides: not shown and not served at once, deleted after seven days.

Worked out from the erases that are in the set now, so that an erase which falls
with a removed key hides nothing any more. Headers stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct

from p2pevents.errors import RecordError
from p2pevents.log.protocol import Log, Stored
from p2pevents.node.charters import Charters
from p2pevents.record.body import decode_body
from p2pevents.record.envelope import Record
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS, Erase, Kind

__all__ = ["ERASE_WAIT_MS", "NEVER_ERASED", "Erasures"]

ERASE_WAIT_MS: Final = 7 * 24 * 60 * 60 * 1000
ERASES_MAX: Final = 4096  # looked at in one chapter
ERASED_IDS_MAX: Final = 16_384  # named by them together
CHAPTERS_MAX: Final = 256  # in memory; the one read first leaves first
BODIES_DELETED_MAX: Final = 64  # at a stretch
NEVER_ERASED: Final = AUTHORITY_KINDS | {Kind.ERASE}


class _Named(Struct):
    """One record that erases name: whether a lead did, and which others."""

    by_lead: bool
    authors: set[PublicKey]


class Erasures:
    """What is erased, by chapter; read from the log when first asked for and kept since."""

    def __init__(self, log: Log, charters: Charters) -> None:
        self._log = log
        self._charters = charters
        self._chapters: dict[ChapterId, dict[RecordId, _Named]] = {}
        self._swept_ms: int | None = None
        self._due: list[RecordId] = []

    def hides(self, header: Header, record: RecordId) -> bool:
        """Tell whether a record's body is erased: by its author, or by a lead."""
        if header.kind in NEVER_ERASED:
            return False
        named = self._of(header.chapter).get(record)
        return named is not None and (named.by_lead or header.author in named.authors)

    def hidden(self, record: Stored) -> Stored:
        """Return a record as it may be shown and served: without its body where it is erased."""
        if record.body is not None and self.hides(record.header, record.id):
            return msgspec.structs.replace(record, body=None, erased=True)
        return record

    def unhidden(self, ids: Iterable[RecordId]) -> list[RecordId]:
        """Return those of these records, all of them held, whose body is not erased."""
        records = self._log.records(list(ids))
        return [each.id for each in records if not self.hides(each.header, each.id)]

    def take(self, record: Record) -> None:
        """Take in an erase that enters the set now."""
        self._add(self._of(record.header.chapter), record)

    def forget(self, chapter: ChapterId) -> None:
        """Drop what is in memory of a chapter; the log tells it again when it is asked for."""
        self._chapters.pop(chapter, None)

    def delete_due(self, *, now_ms: int) -> int:
        """Delete some of the bodies that were erased seven days ago; return how many."""
        if not self._due:
            self._due = self._newly_due(now_ms)
        now, self._due = self._due[:BODIES_DELETED_MAX], self._due[BODIES_DELETED_MAX:]
        # Looked at once more: the erase may have fallen since.
        erased = [each.id for each in self._log.records(now) if self.hides(each.header, each.id)]
        return self._log.erase(erased) if erased else 0

    def _newly_due(self, now_ms: int) -> list[RecordId]:
        """Return the ids named by erases whose seven days ended since this was last asked."""
        until = now_ms - ERASE_WAIT_MS
        after, self._swept_ms = self._swept_ms, until
        return [
            each
            for erase in self._log.of_kinds([Kind.ERASE])
            if erase.since_ms <= until and (after is None or erase.since_ms > after)
            for each in _ids_of(erase)
        ]

    def _of(self, chapter: ChapterId) -> dict[RecordId, _Named]:
        named = self._chapters.get(chapter)
        if named is None:
            named = {}
            for record in islice(self._log.of_kinds([Kind.ERASE], chapter=chapter), ERASES_MAX):
                self._add(named, record)
            self._chapters[chapter] = named
            if len(self._chapters) > CHAPTERS_MAX:
                del self._chapters[next(iter(self._chapters))]
        return named

    def _add(self, named: dict[RecordId, _Named], record: Record) -> None:
        by_lead = self._charters.is_lead(record.header)
        for each in _ids_of(record):
            found = named.get(each)
            if found is None:
                if len(named) >= ERASED_IDS_MAX:
                    return
                found = named[each] = _Named(by_lead=False, authors=set())
            found.by_lead |= by_lead
            found.authors.add(record.header.author)


def _ids_of(erase: Record) -> tuple[RecordId, ...]:
    """Return the ids that an erase names; none where its body is void, or not here."""
    if erase.body is None:
        return ()
    try:
        shown = decode_body(erase.header, erase.body).shown
    except RecordError:
        return ()
    ids = shown.ids if isinstance(shown, Erase) else None
    return tuple(RecordId(each) for each in ids or ())
