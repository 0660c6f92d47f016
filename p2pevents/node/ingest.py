"""The one door: every record enters here and is checked here, whatever brought it.

An organiser's own draft, gossip, sync, an import, a file from a stick: all are
offered as the same pair of bytes. Synchronous, and free of trio and libp2p, so
that a command that writes a record loads neither.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from p2pevents.authority import Answer, Standing
from p2pevents.errors import LogError, RecordError
from p2pevents.log.protocol import (
    BATCH_ITEMS_MAX,
    Arrival,
    Log,
    LogStanding,
    Outcome,
    Stored,
    StoredEntry,
)
from p2pevents.node.charters import Charters
from p2pevents.node.waiting import Waiting
from p2pevents.record.entry import Entry, open_entry
from p2pevents.record.envelope import Verified, open_envelope
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS
from p2pevents.record.verdict import Verdict

__all__ = [
    "AHEAD_MS_MAX",
    "AUTHOR_BYTES_MAX",
    "AUTHOR_RECORDS_MAX",
    "CHAPTER_BYTES_MAX",
    "Finding",
    "Ingest",
    "Opening",
    "Why",
    "open_item",
]

AHEAD_MS_MAX: Final = 15 * 60 * 1000  # how far a record's clock may be ahead of this node's
AUTHOR_RECORDS_MAX: Final = 4096  # of one key in one chapter
AUTHOR_BYTES_MAX: Final = 8 * 1024 * 1024
CHAPTER_BYTES_MAX: Final = 32 * 1024 * 1024
_REMEMBERED_MAX: Final = 16_384  # digests of bytes that were judged, 32 bytes each
_REJUDGED_MAX: Final = BATCH_ITEMS_MAX
_ENTRY_HEAD: Final = 0x82  # a charter entry is an array of two, a record's envelope one of four

Item = tuple[bytes, bytes | None]


class Why(Enum):
    """Why an item got its verdict."""

    NEW = "new"
    KNOWN = "known"
    COMPLETED = "completed"
    MALFORMED = "malformed"
    AUTHORITY = "authority"
    CLOCK = "clock"
    STRUCK = "struck"
    REFUSED = "refused"
    CLOSED = "closed"


_VERDICTS: Final = {
    Why.NEW: Verdict.ACCEPT,
    Why.KNOWN: Verdict.ACCEPT,
    Why.COMPLETED: Verdict.ACCEPT,
    Why.MALFORMED: Verdict.REJECT,
    Why.AUTHORITY: Verdict.IGNORE,
    Why.CLOCK: Verdict.IGNORE,
    Why.STRUCK: Verdict.IGNORE,
    Why.REFUSED: Verdict.IGNORE,
    Why.CLOSED: Verdict.IGNORE,
}
_TAKEN: Final = {
    Outcome.NEW: Why.NEW,
    Outcome.KNOWN: Why.KNOWN,
    Outcome.COMPLETED: Why.COMPLETED,
}
_STANDS: Final = {
    Standing.UNKNOWN: Why.AUTHORITY,
    Standing.STRUCK: Why.STRUCK,
    Standing.REFUSED: Why.REFUSED,
}
_ANSWERS: Final = {
    Answer.KNOWN: Why.KNOWN,
    Answer.UNKNOWN: Why.AUTHORITY,
    Answer.UNSIGNED: Why.REFUSED,
    Answer.REFUSED: Why.REFUSED,
    Answer.FULL: Why.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one item that was offered.

    Attributes:
        why: what it is, or what is wrong with it.
        item: the record or entry, where it could be opened.
        rule: the rule that malformed bytes broke.
        detail: the same in words.
    """

    why: Why
    item: Verified | Entry | None = None
    rule: str = ""
    detail: str = ""

    @property
    def verdict(self) -> Verdict:
        """What gossip is told."""
        return _VERDICTS[self.why]


Opening = Callable[[bytes, bytes | None], Verified | Entry]


def open_item(envelope: bytes, body: bytes | None) -> Verified | Entry:
    """Check the bytes of a record or of a charter entry, and return what is in them.

    Raises:
        RecordError: the rule that was broken.
    """
    if envelope[:1] != bytes((_ENTRY_HEAD,)):
        return open_envelope(envelope, body)
    if body is not None:
        raise RecordError("entry-body", "an entry has no body")
    return open_entry(envelope)


class Ingest:
    """Opens, judges and keeps what is offered."""

    def __init__(self, log: Log, *, opening: Opening = open_item) -> None:
        """Stand before a log.

        Args:
            log: where what belongs is kept.
            opening: how bytes are checked and opened, as `open_item` does it: many doors in
                one process may share what it has found.
        """
        self.log = log
        self.charters = Charters(log)
        self._opening = opening
        self.waiting = Waiting()
        self._read_arrival = log.tip()[0]
        # Bytes that were judged for good: malformed ones by their rule, kept ones by "". Keyed by
        # all the bytes, never by id, or a stranger's bad signature sent first would block the
        # good one.
        self._remembered: OrderedDict[bytes, str] = OrderedDict()

    def offer(self, items: Sequence[Item], *, now_ms: int, own: bool = False) -> list[Finding]:
        """Check items and keep those that belong; when this returns they are on the disk.

        Args:
            items: envelope and body of records, entry and None of charter entries, in any order.
            now_ms: milliseconds since 1970.
            own: written on this node: they wait in the outbox to be announced.

        Returns:
            One finding an item, in order.

        Raises:
            LogError: nothing of the batch that failed was kept.
        """
        findings: list[Finding | None] = [None] * len(items)
        opened: dict[int, Verified | Entry] = {}
        for index, item in enumerate(items):
            found = self._open(item)
            if isinstance(found, Finding):
                findings[index] = found
            else:
                opened[index] = found
        chapters = {_chapter_of(item) for item in opened.values()}
        epochs = {chapter: self.charters.epoch(chapter) for chapter in chapters}
        arrivals = self._judge(opened, findings, now_ms=now_ms, own=own)
        try:
            self._keep(arrivals, findings, now_ms=now_ms)
        except LogError:
            for chapter in chapters:
                self.charters.forget(chapter)
            raise
        for chapter in chapters:
            if self.charters.epoch(chapter) != epochs[chapter]:
                self._judge_again(chapter, now_ms=now_ms)
            if any(_grows(arrival.item, chapter) for arrival in arrivals.values()):
                self._offer_waiting(self.waiting.take_unknown(chapter), now_ms=now_ms)
        told = [finding for finding in findings if finding is not None]
        for item, finding in zip(items, told, strict=True):
            self._remember(item, finding)
        return told

    def tick(self, *, now_ms: int) -> None:
        """Judge again what waited for the clock."""
        self._offer_waiting(self.waiting.take_due(clock_max=now_ms + AHEAD_MS_MAX), now_ms=now_ms)

    def read_on(self, *, now_ms: int) -> list[Stored | StoredEntry]:
        """Return what arrived in the log since this was last asked, by whichever process.

        What another process wrote was checked at its own door; this one learns of
        the authority in it, and lets in what waited for that.
        """
        news: list[Stored | StoredEntry] = []
        while page := self.log.arrived_since(self._read_arrival, limit=BATCH_ITEMS_MAX):
            self._read_arrival = page[-1].arrival
            news += page
        grown: set[ChapterId] = set()
        for item in news:
            if isinstance(item, StoredEntry):
                self.charters.offer_entry(item.entry)
                grown.add(item.entry.chapter)
            elif item.header.kind in AUTHORITY_KINDS:
                self.charters.offer_record(item)
                grown.add(item.header.chapter)
        for chapter in grown:
            self._offer_waiting(self.waiting.take_unknown(chapter), now_ms=now_ms)
        return news

    # --- opening -------------------------------------------------------------------------------

    def _open(self, item: Item) -> Verified | Entry | Finding:
        envelope, body = item
        rule = self._remembered.get(_digest(item))
        if rule:
            return Finding(why=Why.MALFORMED, rule=rule, detail="as it was before")
        try:
            return self._opening(envelope, body)
        except RecordError as error:
            return Finding(why=Why.MALFORMED, rule=error.rule, detail=error.detail)

    def _remember(self, item: Item, finding: Finding) -> None:
        if finding.why is Why.MALFORMED:
            self._remembered[_digest(item)] = finding.rule
            while len(self._remembered) > _REMEMBERED_MAX:
                self._remembered.popitem(last=False)

    # --- judging: authority first, since the rest is judged by it ------------------------------

    def _judge(
        self,
        opened: dict[int, Verified | Entry],
        findings: list[Finding | None],
        *,
        now_ms: int,
        own: bool,
    ) -> dict[int, Arrival]:
        """Return what is to be kept, by index; fill in the findings of the rest."""
        arrivals: dict[int, Arrival] = {}
        held = self.log.has([item.id for item in opened.values()])
        room = _Room(self.log, held)
        for index, item in sorted(opened.items(), key=_order):
            kept: Verified | Entry = item
            if isinstance(item, Entry):
                why, kept = self._judge_entry(item)
            elif item.header.clock > now_ms + AHEAD_MS_MAX:
                self.waiting.hold_ahead(item)
                why = Why.CLOCK
            elif item.header.kind in AUTHORITY_KINDS:
                why = self._judge_act(item)
            else:
                why = self._judge_record(item, room)
            if why in {Why.NEW, Why.STRUCK}:
                standing = LogStanding.IN_SET if why is Why.NEW else LogStanding.SET_ASIDE
                arrivals[index] = Arrival(item=kept, standing=standing, own=own)
            findings[index] = Finding(why=why, item=item)
        return arrivals

    def _judge_entry(self, entry: Entry) -> tuple[Why, Entry]:
        """Return what an entry is, and the entry to keep: without signatures that nobody counts."""
        try:
            answer = self.charters.offer_entry(entry)
        except RecordError:
            return Why.REFUSED, entry
        if answer is Answer.UNKNOWN:
            self.waiting.hold_unknown(entry)
        if answer in {Answer.NEW, Answer.MORE}:
            return Why.NEW, self.charters.entry(entry)
        return _ANSWERS.get(answer, Why.NEW), entry

    def _judge_act(self, record: Verified) -> Why:
        try:
            answer = self.charters.offer_record(record)
        except RecordError:
            return Why.REFUSED
        if answer is Answer.UNKNOWN:
            self.waiting.hold_unknown(record)
        return _ANSWERS.get(answer, Why.NEW)

    def _judge_record(self, record: Verified, room: _Room) -> Why:
        standing = self.charters.judge(record.header, record.id)
        if standing is Standing.UNKNOWN:
            self.waiting.hold_unknown(record)
        if standing is not Standing.BELONGS:
            return _STANDS[standing]
        if room.is_held(record):
            return Why.NEW  # the log tells whether it is known as it came, or completed
        if self.charters.closed(record.header.chapter) or not room.take(record):
            return Why.CLOSED
        return Why.NEW

    # --- keeping -------------------------------------------------------------------------------

    def _keep(
        self, arrivals: dict[int, Arrival], findings: list[Finding | None], *, now_ms: int
    ) -> None:
        indexes = list(arrivals)
        for start in range(0, len(indexes), BATCH_ITEMS_MAX):
            batch = indexes[start : start + BATCH_ITEMS_MAX]
            outcomes = self.log.append([arrivals[index] for index in batch], now_ms=now_ms)
            for index, outcome in zip(batch, outcomes, strict=True):
                finding = findings[index]
                if finding is not None and finding.why is Why.NEW:
                    findings[index] = Finding(why=_TAKEN[outcome], item=finding.item)

    def _offer_waiting(self, waited: Sequence[Verified | Entry], *, now_ms: int) -> None:
        if waited:
            self.offer(
                [
                    (each.envelope, None if isinstance(each, Entry) else each.body)
                    for each in waited
                ],
                now_ms=now_ms,
            )

    def _judge_again(self, chapter: ChapterId, *, now_ms: int) -> None:
        """Move what a removal strikes out of the set, and what no longer is struck back into it."""
        inside = [
            RecordId(item.id)
            for item in self.log.in_set(chapter=chapter)
            if item.kind is not None and item.kind not in AUTHORITY_KINDS
        ]
        struck = [
            stored.id
            for stored in self.log.records(inside)
            if self.charters.judge(stored.header, stored.id) is Standing.STRUCK
        ]
        if struck:
            self.log.move(struck, to=LogStanding.SET_ASIDE, now_ms=now_ms)
        back = [
            stored.id
            for stored in self.log.standing(LogStanding.SET_ASIDE, limit=_REJUDGED_MAX)
            if isinstance(stored, Stored)
            and stored.header.chapter == chapter
            and self.charters.judge(stored.header, stored.id) is Standing.BELONGS
        ]
        if back:
            self.log.move(back, to=LogStanding.IN_SET, now_ms=now_ms)


class _Room:
    """What is left of a key's and a chapter's caps while one batch is judged."""

    def __init__(self, log: Log, held: Collection[bytes]) -> None:
        self._log = log
        self._held = held
        self._records: Counter[tuple[ChapterId, PublicKey]] = Counter()
        self._bytes: Counter[tuple[ChapterId, PublicKey]] = Counter()
        self._chapters: dict[ChapterId, int] = {}

    def is_held(self, record: Verified) -> bool:
        """Tell whether the log has the record already: it needs no more room."""
        return record.id in self._held

    def take(self, record: Verified) -> bool:
        """Tell whether a record still fits, and count it."""
        header = record.header
        key = (header.chapter, header.author)
        if key not in self._records:
            size = self._log.size(*key)
            self._records[key], self._bytes[key] = size.records, size.bytes
        if header.chapter not in self._chapters:
            sizes = {each.chapter: each.size.bytes for each in self._log.chapters()}
            self._chapters[header.chapter] = sizes.get(header.chapter, 0)
        weight = len(record.envelope) + header.body_bytes
        if (
            self._records[key] >= AUTHOR_RECORDS_MAX
            or self._bytes[key] + weight > AUTHOR_BYTES_MAX
            or self._chapters[header.chapter] + weight > CHAPTER_BYTES_MAX
        ):
            return False
        self._records[key] += 1
        self._bytes[key] += weight
        self._chapters[header.chapter] += weight
        return True


def _digest(item: Item) -> bytes:
    envelope, body = item
    digest = hashlib.sha256(len(envelope).to_bytes(4, "big") + envelope)
    digest.update(b"" if body is None else b"\1" + body)
    return digest.digest()


def _chapter_of(item: Verified | Entry) -> ChapterId:
    return item.chapter if isinstance(item, Entry) else item.header.chapter


def _grows(item: Verified | Entry, chapter: ChapterId) -> bool:
    """Tell whether an item that was kept may let others of its chapter in."""
    is_authority = isinstance(item, Entry) or item.header.kind in AUTHORITY_KINDS
    return is_authority and _chapter_of(item) == chapter


def _order(pair: tuple[int, Verified | Entry]) -> tuple[int, int, int]:
    """Entries by number, then grants, revocations and keeps, then all else as it came."""
    index, item = pair
    if isinstance(item, Entry):
        return 0, item.snapshot.seq, index
    return (1 if item.header.kind in AUTHORITY_KINDS else 2), 0, index
