"""Judging what was opened: whether it belongs, by authority, clock and what room is left."""

from __future__ import annotations

from typing import Final

from p2pevents.authority import Answer, Standing
from p2pevents.errors import RecordError
from p2pevents.log.protocol import Log, LogStanding
from p2pevents.node.batch import Batch, chapter_of, cost_of
from p2pevents.node.charters import Charters
from p2pevents.node.closed import Closed
from p2pevents.node.digests import Digests
from p2pevents.node.erasures import Erasures
from p2pevents.node.finding import Why
from p2pevents.node.opener import Opened, Refusal
from p2pevents.node.room import Room
from p2pevents.node.store_cap import StoreCap
from p2pevents.node.waiting import Waiting
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind

__all__ = ["AHEAD_MS_MAX", "Judging"]

AHEAD_MS_MAX: Final = 15 * 60 * 1000  # how far a record's clock may be ahead of this node's

_STANDS: Final = {
    Standing.UNKNOWN: Why.AUTHORITY,
    Standing.STRUCK: Why.STRUCK,
    Standing.REFUSED: Why.REFUSED,
}
_ANSWERS: Final = {
    Answer.NEW: Why.NEW,
    Answer.MORE: Why.NEW,
    Answer.PROOF: Why.NEW,
    Answer.KNOWN: Why.KNOWN,
    Answer.UNKNOWN: Why.AUTHORITY,
    Answer.UNSIGNED: Why.REFUSED,
    Answer.REFUSED: Why.REFUSED,
    Answer.FULL: Why.CLOSED,
}


class Judging:
    """Finds what each item of a batch is, by what is here and what came before it.

    Authority is judged first, since the rest is judged by it.
    """

    def __init__(
        self,
        log: Log,
        *,
        charters: Charters,
        waiting: Waiting,
        erasures: Erasures,
        digests: Digests,
        closed: Closed,
        cap: StoreCap | None,
    ) -> None:
        """Judge by what a door keeps.

        Args:
            log: which items are held.
            charters: who may speak; what is new of authority is taken in there.
            waiting: takes what cannot be judged yet.
            erasures: whose bodies are erased.
            digests: of which the newest alone belong.
            closed: is told what has no room.
            cap: what the store may hold, where there is a limit.
        """
        self._log = log
        self._charters = charters
        self._waiting = waiting
        self._erasures = erasures
        self._digests = digests
        self._closed = closed
        self._cap = cap

    def judge(self, batch: Batch, *, now_ms: int, own: bool) -> None:
        """Find what each item is, and what of it is to be kept."""
        batch.held = self._log.has([item.id for item in batch.items])
        batch.room = Room(self._log)
        for index in batch.in_order():
            item = batch.opened[index]
            why: Why = Why.MALFORMED
            kept: Verified | Entry | None = None
            if self._has_left(item):
                why = Why.FULL
            elif isinstance(item, Verified):
                why, kept = self._judge_record(item, batch, now_ms=now_ms, own=own)
            elif isinstance(item, Entry):
                why, kept = self._judge_entry(item, batch)
            batch.found(index, why, kept, own=own)

    def _judge_entry(self, entry: Entry, batch: Batch) -> tuple[Why, Entry | None]:
        """Return what an entry is, and what is kept: without signatures that nobody counts."""
        if not self._fits(entry, batch):
            if self._cap is not None and self._charters.of(entry.chapter) is None:
                self._cap.turn_away(entry.chapter)
            return Why.FULL, None
        try:
            answer = self._charters.offer_entry(entry)
        except RecordError:
            return Why.REFUSED, None
        if answer is Answer.UNKNOWN:
            self._waiting.hold_unknown(entry, needs=self._charters.lacking(entry))
        if answer in {Answer.NEW, Answer.MORE}:
            return Why.NEW, self._charters.entry(entry)
        return _ANSWERS[answer], entry if answer is Answer.PROOF else None

    def _judge_record(
        self, record: Verified, batch: Batch, *, now_ms: int, own: bool
    ) -> tuple[Why, Verified | None]:
        """Return what a record is, and what of it is kept.

        What its author is told is not taken does not wait, and so cannot come in later.
        """
        header = record.header
        standing = self._charters.judge(header, record.id)
        if standing is Standing.UNKNOWN and not own:
            self._waiting.hold_unknown(record, needs=header.authority)
        if standing is Standing.UNKNOWN or standing is Standing.REFUSED:
            return _STANDS[standing], None
        if record.id in batch.held and header.kind not in AUTHORITY_KINDS:
            return self._judge_held(record, standing)
        if header.clock > now_ms + AHEAD_MS_MAX:
            if not own:
                self._waiting.hold_ahead(record)
            return Why.CLOCK, None
        if not self._fits(record, batch):
            return Why.FULL, None
        if header.kind in AUTHORITY_KINDS:
            why = self._judge_act(record)
            return why, record if why is Why.NEW else None
        if standing is Standing.STRUCK:
            has_room = batch.room.take(record, LogStanding.SET_ASIDE)
            return Why.STRUCK, record if has_room else None
        return self._judge_new(record, batch)

    def _judge_held(self, record: Verified, standing: Standing) -> tuple[Why, Verified | None]:
        """Judge a record that the log has: it tells whether a body completes it."""
        if standing is Standing.STRUCK:
            return Why.STRUCK, None
        if self._erasures.hides(record.header, record.id):
            return Why.KNOWN, None
        if record.header.kind == Kind.ERASE:
            self._erasures.take(record)
        return Why.NEW, record

    def _judge_new(self, record: Verified, batch: Batch) -> tuple[Why, Verified | None]:
        """Judge a record that belongs and is not here: whether there is room for it."""
        header = record.header
        if header.kind == Kind.DIGEST and self._digests.is_older(header, record.id):
            return Why.KNOWN, None  # its author has said later, and that is known, what holds now
        is_open = not self._charters.closed(header.chapter) and batch.room.take(record)
        if not is_open and not self._charters.keeps(header.chapter, record.id):
            self._closed.note(header.chapter, header.author)
            return Why.CLOSED, None
        if header.kind == Kind.DIGEST:
            replaced = self._digests.take(header, record.id)
            batch.replaced += [] if replaced is None else [replaced]
        elif header.kind == Kind.ERASE:
            self._erasures.take(record)
        hidden = self._erasures.hides(header, record.id)
        return Why.NEW, record.without_body() if hidden else record

    def _judge_act(self, record: Verified) -> Why:
        try:
            answer = self._charters.offer_record(record)
        except RecordError:
            return Why.REFUSED
        # One without its body is not held: it would wait for ever, in the place of the whole.
        return _ANSWERS[answer]

    def _has_left(self, item: Opened) -> bool:
        """Tell whether an item's chapter has left the store, and is not taken for now."""
        return (
            self._cap is not None
            and not isinstance(item, Refusal)
            and self._cap.has_left(chapter_of(item))
        )

    def _fits(self, item: Verified | Entry, batch: Batch) -> bool:
        """Tell whether the store has room for an item; what is held has its room."""
        return (
            self._cap is None or item.id in batch.held or self._cap.fits(batch.cost + cost_of(item))
        )
