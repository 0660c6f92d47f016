"""The one door: every record enters here and is checked here, whatever brought it.

An organiser's own draft, gossip, sync, an import, a file from a stick: all are
offered as the same pair of bytes. Synchronous, and free of trio and libp2p, so
that a command that writes a record loads neither.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import suppress

from p2pevents.errors import LogError, RecordError
from p2pevents.log.protocol import BATCH_ITEMS_MAX, Commit, InSet, Log, LogStanding, Outcome
from p2pevents.node.batch import Batch, chapter_of
from p2pevents.node.charters import Charters
from p2pevents.node.closed import Closed
from p2pevents.node.digests import Digests
from p2pevents.node.erasures import Erasures
from p2pevents.node.finding import Finding, Why
from p2pevents.node.judging import AHEAD_MS_MAX, Judging
from p2pevents.node.offering import Offering
from p2pevents.node.opener import Item, Opened, Opener, Opening, open_item
from p2pevents.node.rejudging import Rejudging
from p2pevents.node.showing import pin_on
from p2pevents.node.stance import Affected, Stance, affected, stance_of
from p2pevents.node.store_cap import StoreCap
from p2pevents.node.waiting import Waiting
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind
from p2pevents.sync.outside import CHAPTERS_MAX, NAME_BYTES, Outside

__all__ = ["AHEAD_MS_MAX", "Finding", "Ingest", "Opening", "Why", "open_item"]


class Ingest:
    """Opens, judges and keeps what is offered.

    Attributes:
        log: where it is kept.
        charters: who may speak.
        waiting: what cannot be judged yet.
        erasures: whose bodies are erased.
        along: called within the transaction of each batch that is kept: what may wait for one
            costs no commit of its own.
        beside: called with each batch once it was judged, and kept or left out here.
    """

    def __init__(
        self,
        log: Log,
        *,
        opening: Opening = open_item,
        cap: StoreCap | None = None,
        charters: Charters | None = None,
    ) -> None:
        """Stand before a log.

        Args:
            log: where what belongs is kept.
            opening: how bytes are checked and opened, as `open_item` does it: many doors in
                one process may share what it has found.
            cap: what the store may hold; without it there is no such limit.
            charters: who may speak by this log, where somebody asks them already.
        """
        self.log = log
        self.charters = Charters(log) if charters is None else charters
        self.waiting = Waiting()
        self.erasures = Erasures(log, self.charters)
        self._digests = Digests(log)
        self._opener = Opener(opening)
        self._rejudging = Rejudging(log, self.charters)
        self.along: Callable[[], None] = _nothing
        self.beside: Callable[[Sequence[Opened], Sequence[Finding]], None] = _nobody
        self._cap = cap
        self._closed = Closed(log, self.charters)
        self._judging = Judging(
            log,
            charters=self.charters,
            waiting=self.waiting,
            erasures=self.erasures,
            digests=self._digests,
            closed=self._closed,
            cap=cap,
        )
        self._read_position = log.tip()[1]
        self._offering: Offering | None = None  # the last one, which may be under way

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
        return self._offer(self.open(items), now_ms=now_ms, own=own)

    def offer_opened(self, opened: Sequence[Opened], *, now_ms: int) -> list[Finding]:
        """Offer what was opened already: by `open`, or by `open_items` on another thread.

        Nothing is checked less: a record or an entry that was opened is the proof of it.
        """
        return self._offer(opened, now_ms=now_ms)

    def begin(self, opened: Sequence[Opened], *, now_ms: int) -> Offering:
        """Offer what was opened already, and leave it to the caller where the disk is waited for.

        Only one offer is ever under way: whatever else is asked of this door ends it first.
        """
        self._end_offering()
        self._offering = Offering(self._steps(opened, now_ms=now_ms))
        return self._offering

    def _end_offering(self) -> None:
        if self._offering is not None:
            offering, self._offering = self._offering, None
            offering.end()

    def open(self, items: Sequence[Item]) -> list[Opened]:
        """Check items and return what each is; what came before is not checked again."""
        return [self._opener.open(item) for item in items]

    def outside(self) -> Outside:
        """Return of what nothing is taken for now: comparisons leave it out."""
        left = () if self._cap is None else self._cap.refused(CHAPTERS_MAX)
        closed, keys = self._closed.names()
        return Outside(
            chapters=frozenset(each[:NAME_BYTES] for each in left), closed=closed, keys=keys
        )

    def look(self, items: Iterable[Item]) -> list[Opened | None]:
        """Return what each item is, as far as that is known without checking a signature."""
        return [self._opener.look(item) for item in items]

    def remember(self, found: Iterable[tuple[Item, Opened]]) -> None:
        """Take over what `open_items` found: when it comes again, it is not checked again."""
        for item, opened in found:
            self._opener.remember(item, opened)

    def tick(self, *, now_ms: int) -> bool:
        """Do what time brings, a little at a time, and tell whether more is to be done soon.

        Judges again what waited for the clock, deletes what was set aside for ninety
        days and what was erased seven days ago, and lets chapters leave a full store.

        Raises:
            LogError: the log cannot do it now.
        """
        self._end_offering()
        due = self.waiting.take_due(clock_max=now_ms + AHEAD_MS_MAX)
        if due:
            self._offer(due, now_ms=now_ms)
        purged = self._rejudging.purge(now_ms=now_ms)
        deleted = self.erasures.delete_due(now_ms=now_ms)
        leaves = self._cap is not None and self._cap.tidy()
        if self._cap is not None:
            for chapter in self._cap.left:
                self._forget(chapter)
        return bool(purged or deleted or leaves)

    def read_on(self, *, now_ms: int) -> int:
        """Look at what entered the log since this was last asked, by whichever process.

        What another process wrote was checked at its own door; this one learns of
        the authority in it, lets in what waited for that, and judges again.

        Returns:
            How many items that another process wrote have entered the set.
        """
        self._end_offering()
        authority: dict[ChapterId, list[InSet]] = {}
        count = 0
        while page := self.log.entered_since(self._read_position, limit=BATCH_ITEMS_MAX):
            self._read_position = page[-1].position
            count += len(page)
            for item in page:
                if item.kind is None or item.kind in AUTHORITY_KINDS:
                    authority.setdefault(item.chapter, []).append(item)
                elif item.kind == Kind.ERASE:
                    self.erasures.forget(item.chapter)
                elif item.kind == Kind.DIGEST:
                    self._digests.forget(item.chapter)
        if authority:
            before: _Before = {}
            self._look_before(authority, before)
            come = [each for chapter in authority for each in self._learn(authority[chapter])]
            self._offer(self.waiting.take(come), now_ms=now_ms)
            self._settle(before, now_ms=now_ms)
        return count

    # --- one batch, and what it wakes ----------------------------------------------------------

    def _offer(self, opened: Sequence[Opened], *, now_ms: int, own: bool = False) -> list[Finding]:
        self._end_offering()
        offering = Offering(self._steps(opened, now_ms=now_ms, own=own))
        offering.end()
        return offering.findings()

    def _steps(
        self, opened: Sequence[Opened], *, now_ms: int, own: bool = False
    ) -> Generator[Commit, None, list[Finding]]:
        """Take in a batch, then whatever waited for what was in it, then judge again.

        Yields:
            What is to be committed before it goes on.
        """
        before: _Before = {}
        told, come = yield from self._take_in(opened, before, now_ms=now_ms, own=own)
        while woken := self.waiting.take(come):
            for chapter, (epoch, stance) in before.items():
                if not stance:  # it has begun with this batch, and what wakes now may strike
                    before[chapter] = epoch, stance_of(self.charters.of(chapter))
            _, come = yield from self._take_in(woken, before, now_ms=now_ms, own=False)
        self._settle(before, now_ms=now_ms)
        return told

    def _take_in(
        self, opened: Sequence[Opened], before: _Before, *, now_ms: int, own: bool
    ) -> Generator[Commit, None, tuple[list[Finding], list[bytes]]]:
        """Judge and keep one batch; return a finding an item, and the ids of new authority."""
        batch = Batch(opened)
        striking = {chapter_of(item) for item in batch.authority if _may_strike(item)}
        self._look_before(striking, before)
        try:
            self._judging.judge(batch, now_ms=now_ms, own=own)
            self._rejudging.note(self._grown(before))
            yield from self._keep(batch, now_ms=now_ms)
        except LogError:
            for chapter in {chapter_of(item) for item in batch.items}:
                self._forget(chapter)
            raise
        self.beside(opened, batch.findings)
        come: list[bytes] = [
            arrival.item.id
            for arrival in (batch.arrivals if batch.authority else ())
            if _is_authority(arrival.item)
        ]
        return batch.findings, come

    def _forget(self, chapter: ChapterId) -> None:
        self.charters.forget(chapter)
        self.erasures.forget(chapter)
        self._digests.forget(chapter)

    # --- keeping -------------------------------------------------------------------------------

    def _keep(self, batch: Batch, *, now_ms: int) -> Generator[Commit]:
        """Keep what a batch has for the log, in one transaction."""
        if not batch.arrivals:
            return
        outcomes: list[Outcome] = []
        with self.log.uncommitted() as commit:
            self.along()
            for start in range(0, len(batch.arrivals), BATCH_ITEMS_MAX):
                arrivals = batch.arrivals[start : start + BATCH_ITEMS_MAX]
                outcomes += self.log.append(arrivals, now_ms=now_ms)
            if batch.replaced:
                self.log.remove(batch.replaced)
        yield commit
        batch.kept(outcomes)
        entered = sum(
            outcome is Outcome.NEW and arrival.standing is LogStanding.IN_SET
            for arrival, outcome in zip(batch.arrivals, outcomes, strict=True)
        )
        if self._cap is not None:
            self._cap.add(batch.cost)
        # Where nobody else wrote meanwhile, there is nothing to read on from.
        if entered and self.log.tip()[1] == self._read_position + entered:
            self._read_position += entered

    # --- authority that grew -------------------------------------------------------------------

    def _look_before(self, chapters: Collection[ChapterId], before: _Before) -> None:
        """Remember how chapters stood before what is to come."""
        for chapter in chapters:
            if chapter not in before:
                stance = stance_of(self.charters.of(chapter))
                before[chapter] = self.charters.epoch(chapter), stance

    def _grown(self, before: _Before) -> list[ChapterId]:
        """Return the chapters that had an authority, and of which it changed since."""
        return [
            chapter
            for chapter, (epoch, stance) in before.items()
            if stance and self.charters.epoch(chapter) != epoch
        ]

    def _settle(self, before: _Before, *, now_ms: int) -> None:
        """Judge again whose records may stand elsewhere now."""
        followed = {each.chapter for each in self.log.local.follows()} if before else ()
        for chapter in before:
            authority = self.charters.of(chapter)
            if authority is None or self.charters.epoch(chapter) == before[chapter][0]:
                continue
            if chapter in followed:  # its person accepts what the leads agree on as it comes
                pin_on(self.log, authority, now_ms=now_ms)
            if before[chapter][1]:
                self._judge_again(chapter, affected(authority, before[chapter][1]), now_ms=now_ms)
        for chapter in list(self._rejudging.unfinished):
            self._judge_again(chapter, None, now_ms=now_ms)

    def _judge_again(self, chapter: ChapterId, found: Affected | None, *, now_ms: int) -> None:
        if self._rejudging.judge(chapter, found, now_ms=now_ms):
            self.erasures.forget(chapter)
            self._digests.prune(chapter)

    def _learn(self, items: Sequence[InSet]) -> list[bytes]:
        """Take in authority that the log has, and return its ids."""
        entries = {item.id for item in items if item.kind is None}
        for stored in self.log.entries(items[0].chapter) if entries else ():
            if stored.id in entries:
                with suppress(RecordError):
                    self.charters.offer_entry(stored.entry)
        acts = [RecordId(item.id) for item in items if item.kind is not None]
        for record in self.log.records(acts):
            with suppress(RecordError):
                self.charters.offer_record(record)
        return [item.id for item in items]


_Before = dict[ChapterId, tuple[int, Stance]]
"""Of each chapter that may be judged again: its authority's epoch and stance before."""


def _nothing() -> None:
    """Nobody has anything to write along."""


def _nobody(_opened: Sequence[Opened], _findings: Sequence[Finding]) -> None:
    """Nobody keeps what is left out."""


def _is_authority(item: Verified | Entry) -> bool:
    return isinstance(item, Entry) or item.header.kind in AUTHORITY_KINDS


def _may_strike(item: Verified | Entry) -> bool:
    """Tell whether authority may take others out of the set, or bring them back: no grant does."""
    return isinstance(item, Entry) or item.header.kind != Kind.GRANT
