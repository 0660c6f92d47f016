"""The node's own sets in numbers: fingerprints and cursor, kept up to date as the log grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from p2pevents.log.protocol import BATCH_ITEMS_MAX, ChapterSize, InSet, Log, LogStanding
from p2pevents.node.apart import APART_RECORDS_MAX, NONE_APART, Apart
from p2pevents.node.sketches import Sketches
from p2pevents.node.sums import KeysApart, Sums
from p2pevents.record.ids import ChapterId
from p2pevents.sync.effects import Collection
from p2pevents.sync.fingerprint import Fingerprint, Lanes, lanes_of
from p2pevents.sync.inputs import Snapshot
from p2pevents.sync.messages import Cursor
from p2pevents.sync.outside import NAME_BYTES, NOTHING, WITHHELD, Outside
from p2pevents.sync.ranges import SetIndex, set_key

__all__ = ["Ledger"]


class Ledger:
    """What a session says of this node's sets.

    Follows the log by position, with sums of each chapter. What left the set
    shows in its chapter's number of records: then that chapter alone is looked
    through, whoever took it out and in whichever process.

    Attributes:
        sketches: of both collections, as far as the log was read.
    """

    def __init__(self, log: Log, *, lanes: Lanes = lanes_of) -> None:
        """Stand beside a log, of which nothing is read yet.

        Args:
            log: whose sets these are.
            lanes: how an id becomes lanes (`Fingerprint.add`).
        """
        self._log = log
        self._lanes = lanes
        self._position = 0
        self._chapters: dict[ChapterId, Sums] = {}
        self._whole = {each: Fingerprint() for each in Collection}
        self.sketches: Final = Sketches()
        self._sizes: list[ChapterSize] | None = None  # with which the sums agree as they are
        self._looking: Iterator[None] = iter(())  # for what left
        self._looked: set[ChapterId] = set()  # through these, since the sums last agreed

    def snapshot(self, outside: Outside = NOTHING) -> Snapshot:
        """Return the sets as they stand in the log now, without what is outside.

        All that `follow` has left to do is done first, in one go.
        """
        position = self._log.tip()[1]  # what another process writes from here on is read again
        while self.follow(limit=BATCH_ITEMS_MAX):
            pass
        return Snapshot(
            log=Cursor(incarnation=self._log.incarnation, position=position),
            authority=self._without(Collection.AUTHORITY, outside),
            records=self._without(Collection.RECORDS, outside),
        )

    def _without(self, collection: Collection, outside: Outside) -> bytes:
        whole = self._whole[collection]
        apart = self.apart(collection, outside)
        if not apart:
            return whole.digest
        rest = Fingerprint(whole.state)
        for chapter in apart.chapters:
            rest.take_out(self._chapters[chapter].prints[collection])
        for chapter in apart.ids:
            rest.take_out(self._of_keys(chapter, outside)[1])
        return rest.digest

    def apart(self, collection: Collection, outside: Outside) -> Apart:
        """Return what of a collection is outside, as it was when the last snapshot was taken."""
        if not outside:
            return NONE_APART
        chapters: set[ChapterId] = set()
        ids: dict[ChapterId, frozenset[bytes]] = {}
        names = {each[:NAME_BYTES] for each in outside.keys}
        count = 0
        for chapter, sums in self._chapters.items():
            is_of_records = collection is Collection.RECORDS
            if outside.has_chapter(chapter) or (is_of_records and outside.is_closed(chapter)):
                chapters.add(chapter)
            elif is_of_records and chapter[:NAME_BYTES] in names:
                count += sums.records
                if count <= APART_RECORDS_MAX:
                    ids[chapter] = self._of_keys(chapter, outside)[0]
        return Apart(chapters=frozenset(chapters), ids=ids)

    def _of_keys(self, chapter: ChapterId, outside: Outside) -> KeysApart:
        items = self._log.in_set(chapter=chapter)
        return self._chapters[chapter].of_keys(outside.keys_of(chapter), items)

    def index(
        self, collection: Collection, outside: Outside, waiting: Mapping[bytes, int]
    ) -> SetIndex:
        """Return a collection sorted, as it was when the last snapshot was taken.

        Args:
            collection: which.
            outside: what of it is left out.
            waiting: what is held outside of it and counted with it: the clock of each id.
        """
        keys = self.sketches.keys(collection, self.apart(collection, outside))
        keys += {set_key(clock, each) for each, clock in waiting.items()}.difference(keys)
        erases = frozenset().union(*(sums.erases for sums in self._chapters.values()))
        return SetIndex(keys, first=erases, waiting=waiting.keys())

    def withheld(self, outside: Outside) -> dict[str, int]:
        """Return how much is held of what another wants left out, by reason."""
        chapters = [each for each in self._chapters if outside.has_chapter(each)]
        left = sum(
            self._chapters[each].counts[collection]
            for each in chapters
            for collection in Collection
        )
        apart = self.apart(Collection.RECORDS, outside)
        closed = sum(map(len, apart.ids.values())) + sum(
            self._chapters[each].counts[Collection.RECORDS]
            for each in apart.chapters.difference(chapters)
        )
        counts = dict(zip(WITHHELD, (left, closed), strict=True))
        return {reason: count for reason, count in counts.items() if count}

    def total(self, collection: Collection) -> int:
        """Return how many items a collection had when the last snapshot was taken."""
        return sum(sums.counts[collection] for sums in self._chapters.values())

    def authority(self, *, after: int, upto: int) -> list[bytes]:
        """Return the ids of the authority that entered between two positions, in their order.

        They are few among many records: the log would have to be walked through for them.
        """
        found = [
            (position, identifier)
            for sums in self._chapters.values()
            for identifier, position in sums.authority.items()
            if after < position <= upto
        ]
        return [identifier for _, identifier in sorted(found)]

    def follow(self, *, limit: int) -> bool:
        """Do a piece of what is left to do, and tell whether there was any.

        First what entered the set is read on, then what left it is looked for.

        Args:
            limit: of items that are read, or asked for, in this piece.
        """
        if self._read_on(limit):
            return True
        if next(self._looking, False) is None:
            return True
        if self._sizes is not None and self._sizes == self._log.chapters():
            return False  # the usual case: nothing came and nothing left
        self._looking = self._look_through(limit)
        return next(self._looking, False) is None

    def _read_on(self, limit: int) -> bool:
        page = self._log.entered_since(self._position, limit=limit)
        if not page:
            return False
        self._sizes = None
        by_chapter: dict[ChapterId, list[InSet]] = {}
        for item in page:
            by_chapter.setdefault(item.chapter, []).append(item)
        for chapter, items in by_chapter.items():
            self._take_out(chapter)
            if chapter not in self._chapters:
                self._chapters[chapter] = Sums(self._lanes)
            self._chapters[chapter].add(items, self.sketches)
            self._put_in(chapter)
        self._position = page[-1].position
        return True

    def _look_through(self, limit: int) -> Iterator[None]:
        """Look for what left the set where the log has another number of records than the sums.

        A chapter of which it has another number still is then summed anew, in one go.
        """
        position, sizes = self._position, self._log.chapters()
        held = {each.chapter: each.size.records for each in sizes}
        odd = [each for each, sums in self._chapters.items() if held.get(each) != sums.records]
        anew = [each for each in odd if each not in held or each in self._looked]
        for chapter in anew:
            self._sum_anew(chapter)
            yield
        for chapter in set(odd).difference(anew):
            yield from self._take_out_gone(chapter, limit)
            self._looked.add(chapter)
        if len(anew) == len(odd) and position == self._position:
            self._sizes = sizes
            self._looked.clear()

    def _take_out_gone(self, chapter: ChapterId, limit: int) -> Iterator[None]:
        """Ask the log which records of a chapter are not in the set any more."""
        ids = self.sketches.ids(Collection.RECORDS, chapter)
        once = list(dict.fromkeys(ids))
        if len(once) < len(ids):  # some left, and came back as new
            self._take_out_records(chapter, list((Counter(ids) - Counter(once)).elements()))
        for start in range(0, len(once), limit):
            some = once[start : start + limit]
            stands = self._log.has(some)
            gone = [each for each in some if stands.get(each) is not LogStanding.IN_SET]
            self._chapters[chapter].erases.difference_update(gone)
            self._take_out_records(chapter, gone)
            yield

    def _sum_anew(self, chapter: ChapterId) -> None:
        self._take_out(chapter)
        del self._chapters[chapter]
        self.sketches.forget(chapter)
        items = list(self._log.in_set(chapter=chapter))
        if items:
            self._chapters[chapter] = Sums(self._lanes)
            self._chapters[chapter].add(items, self.sketches)
            self._put_in(chapter)

    def _take_out_records(self, chapter: ChapterId, records: list[bytes]) -> None:
        if records:
            self._take_out(chapter)
            self._chapters[chapter].take_out(records)
            self.sketches.remove(Collection.RECORDS, chapter, records)
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
