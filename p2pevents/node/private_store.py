"""What a person follows and a full store leaves out: kept in a store of its own, served to nobody.

Which chapters leave a full store never depends on who is followed, or it would tell
(`store_cap`). So that what is followed stays readable all the same, it is taken over as it
leaves, and from then on whatever comes of it anyway is kept here, through a door of its own.
What was missed of it meanwhile is read as any light client reads (`private_reading`).
Nothing here is offered, compared or asked for: no byte on any wire shows that it is here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from p2pevents.errors import LogError
from p2pevents.log.both import BothLogs
from p2pevents.log.moments import Floor, floors_of, set_floor
from p2pevents.log.protocol import Log, Stored, StoredEntry
from p2pevents.node.finding import Finding, Why
from p2pevents.node.ingest import Ingest
from p2pevents.node.opener import Item, Opened, Refusal
from p2pevents.node.showing import pin_on
from p2pevents.node.store_cap import StoreCap
from p2pevents.node.surviving import surviving
from p2pevents.record.entry import Entry
from p2pevents.record.ids import ChapterId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS

__all__ = ["PRIVATE_BYTES_MAX", "PrivateStore"]

PRIVATE_BYTES_MAX: Final = 256 * 1024 * 1024  # above it the largest leaves here too
PIECE_RECORDS_MAX: Final = 64  # taken over at a stretch


class PrivateStore:
    """Followed chapters that the node's store leaves out, beside it.

    The file is made when there is something to keep, and most homes never have one.
    """

    def __init__(
        self,
        ingest: Ingest,
        cap: StoreCap,
        *,
        find: Callable[[], Log | None],
        make: Callable[[], Log],
        salt: bytes,
        now_ms: Callable[[], int],
    ) -> None:
        """Stand beside a door and its cap, and be told of all that comes and leaves there.

        Args:
            ingest: the node's door, which judges everything first.
            cap: what chapters leave its store by.
            find: opens this store; None where there is none yet.
            make: makes it.
            salt: as `StoreCap` has it.
            now_ms: the clock, in ms since 1970.
        """
        self._ingest = ingest
        self._store = ingest.log
        self._cap = cap
        self._make = make
        self._salt = salt
        self._now_ms = now_ms
        self._log = find()
        self._both = BothLogs(self._store, open_private=lambda: self._log)
        self._door: Ingest | None = None
        self._here = self._held()
        ingest.beside = self.take
        cap.leaves = self.take_over

    # --- what comes ----------------------------------------------------------------------------

    def take(self, opened: Sequence[Opened], findings: Sequence[Finding]) -> None:
        """Keep what the node's store leaves out, of what has just come to it and is followed.

        Args:
            opened: what came.
            findings: what the node's door has found of each.

        Raises:
            LogError: it cannot be told what is followed.
        """
        full = {
            _chapter_of(item)
            for item, finding in zip(opened, findings, strict=True)
            if finding.why is Why.FULL
        }
        if not self._here and not full:
            return  # the usual case
        wanted = self._followed() & (full | self._here)
        mine = [each for each in opened if _chapter_of(each) in wanted]
        if mine:
            # The node's own store has its part by now: what comes after it must not be lost too.
            with surviving("what is followed and has no place"):
                self._begin(wanted)
                self._offer(mine)

    def take_over(self, chapter: ChapterId, ids: Collection[RecordId]) -> None:
        """Keep records that are about to leave the node's store, where they are followed.

        Raises:
            LogError: they were not kept, and must not leave yet.
        """
        if chapter not in self._followed():
            return
        self._begin({chapter})
        held = self._opened_log().has(ids)
        self._carry_records(chapter, [each for each in ids if each not in held])

    def _carry_records(self, chapter: ChapterId, ids: Collection[RecordId]) -> None:
        log, records = self._opened_log(), self._store.records(ids)
        if records:
            # At the clock by which the store took them: one that was set back since is no reason.
            with log.together():
                self._carry_over(records, now_ms=max(each.since_ms for each in records))
                position = floors_of(log.local).get(chapter, Floor()).position
                # It is no news that they moved.
                floor = Floor(moment=self._both.moment(), position=position)
                set_floor(log.local, chapter, floor)

    @property
    def is_needed(self) -> bool:
        """Whether the node's store leaves anything out, whoever follows it."""
        return self._cap.is_full

    def left_out(self) -> set[ChapterId]:
        """Return what is followed and may lack something in the node's store, which is full."""
        if not self.is_needed:
            return set()
        return {each for each in self._followed() if self._may_lack(each)}

    def _may_lack(self, chapter: ChapterId) -> bool:
        is_out = self._cap.has_left(chapter) or not self._store.entries(chapter)
        return is_out or self._cap.is_filled or chapter in self._here

    def take_from(self, read: Log, chapters: Collection[ChapterId]) -> Iterator[None]:
        """Keep chapters as they were read elsewhere, a piece whenever the next is asked for.

        Args:
            read: the log that they were read into; it may have others too.
            chapters: of `left_out`.

        Raises:
            LogError: the rest of it was not kept.
        """
        for chapter in sorted(chapters):
            items: list[Item] = [(each.entry.envelope, None) for each in read.entries(chapter)]
            acts = read.of_kinds(AUTHORITY_KINDS, chapter=chapter)
            items += [(each.envelope, each.body) for each in acts]
            ids = (RecordId(each.id) for each in read.in_set(chapter=chapter) if each.kind)
            while items:
                self._offer(self._ingest.open(items))
                yield
                records = read.records(list(islice(ids, PIECE_RECORDS_MAX)))
                items = [(each.envelope, each.body) for each in records]

    def _begin(self, chapters: Collection[ChapterId | None]) -> None:
        """Take over who may speak in chapters of which nothing is here yet."""
        for chapter in chapters:
            if chapter is None or chapter in self._here:
                continue
            # One at a time, as they were first seen: a recovery's wait counts from there.
            for entry in self._store.entries(chapter):
                self._carry_over([entry], now_ms=entry.seen_ms)
            acts = list(self._store.of_kinds(AUTHORITY_KINDS, chapter=chapter))
            if acts:
                self._carry_over(acts, now_ms=max(each.since_ms for each in acts))

    def _carry_over(self, held: Sequence[Stored | StoredEntry], *, now_ms: int) -> None:
        items: list[Item] = [
            (each.entry.envelope, None)
            if isinstance(each, StoredEntry)
            else (each.envelope, each.body)
            for each in held
        ]
        try:
            self._offer(self._ingest.open(items), now_ms=now_ms)
        except LogError:
            self._door = None  # what it remembers may not be on the disk
            raise

    def _offer(self, opened: Sequence[Opened], *, now_ms: int | None = None) -> None:
        door, now_ms = self._opened_door(), self._now_ms() if now_ms is None else now_ms
        door.offer_opened(opened, now_ms=now_ms)
        chapters = {each.chapter for each in opened if isinstance(each, Entry)}
        for chapter in chapters:
            authority = door.charters.of(chapter)
            if authority is not None:  # its person accepts what the leads agree on as it comes
                pin_on(self._both, authority, now_ms=self._now_ms())
        self._here = self._held()

    # --- what leaves ---------------------------------------------------------------------------

    def tidy(self) -> None:
        """Let go of what is followed no more, or is in the node's store again; a little at a time.

        Raises:
            LogError: the store cannot do it now.
        """
        if self._log is None or not self._here:
            return
        followed = self._followed()
        gone = [each for each in self._here if each not in followed or self._is_back(each)]
        for chapter in gone:
            with self._log.together():
                set_floor(self._log.local, chapter, Floor(moment=self._both.moment()))
                self._log.remove_chapter(chapter)
        if gone:
            self._door = None  # and what it remembers of them
        for chapter in self._here.difference(gone):
            self._complete(chapter)
        door, now_ms = self._opened_door(), self._now_ms()
        door.read_on(now_ms=now_ms)  # what a command has brought: from a stick, say
        door.tick(now_ms=now_ms)
        self._here = self._held()

    def _complete(self, chapter: ChapterId) -> None:
        """Take over some of what the node's store has of a chapter, and refuses more of.

        So that what is read here is all of it, whether or not the chapter ever leaves there.
        """
        log, tip = self._opened_log(), self._store.tip()[1]
        floor = floors_of(log.local).get(chapter, Floor())
        if floor.position == tip:
            return
        ids = [
            RecordId(each.id)
            for each in self._store.in_set(chapter=chapter)
            if each.kind and each.position > floor.position
        ]
        held = log.has(ids)
        lacking = [each for each in ids if each not in held]
        if lacking:
            self._carry_records(chapter, lacking[:PIECE_RECORDS_MAX])
        elif ids:
            set_floor(log.local, chapter, Floor(moment=floor.moment, position=tip))

    def close(self) -> None:
        """Close the store."""
        if self._log is not None:
            self._log.close()

    def _is_back(self, chapter: ChapterId) -> bool:
        """Tell whether the node's store has all of a chapter that is here."""
        if self._log is None or self._cap.has_left(chapter):
            return False
        if self._store.size(chapter).records < self._log.size(chapter).records:
            return False
        ids = [each.id for each in self._log.in_set(chapter=chapter)]
        return len(self._store.has(ids)) == len(ids)

    # --- the store -----------------------------------------------------------------------------

    def _opened_log(self) -> Log:
        if self._log is None:
            self._log = self._make()
        return self._log

    def _opened_door(self) -> Ingest:
        if self._door is None:
            log = self._opened_log()
            self._door = Ingest(
                log, cap=StoreCap(log, bytes_max=PRIVATE_BYTES_MAX, salt=self._salt)
            )
        return self._door

    def _held(self) -> frozenset[ChapterId]:
        if self._log is None:
            return frozenset()
        return frozenset(each.chapter for each in self._log.chapters())

    def _followed(self) -> set[ChapterId]:
        return {each.chapter for each in self._store.local.follows()}


def _chapter_of(item: Opened) -> ChapterId | None:
    if isinstance(item, Refusal):
        return None
    return item.chapter if isinstance(item, Entry) else item.header.chapter
