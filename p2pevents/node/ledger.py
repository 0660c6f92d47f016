"""The node's own sets in numbers: fingerprints and cursor, kept up to date as the log grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from p2pevents.log.protocol import BATCH_ITEMS_MAX, ChapterSize, InSet, Log
from p2pevents.node.apart import APART_RECORDS_MAX, NONE_APART, Apart
from p2pevents.node.sketches import Sketches
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind
from p2pevents.sync.effects import Collection
from p2pevents.sync.fingerprint import Fingerprint, Lanes, lanes_of
from p2pevents.sync.inputs import Snapshot
from p2pevents.sync.messages import Cursor
from p2pevents.sync.outside import NAME_BYTES, NOTHING, WITHHELD, Outside, key_name
from p2pevents.sync.ranges import SetIndex, set_key

__all__ = ["Ledger", "is_authority"]


def is_authority(item: InSet) -> bool:
    """Tell in which of the two collections an item of the set is."""
    return item.kind is None or item.kind in AUTHORITY_KINDS


KeysApart = tuple[frozenset[bytes], Fingerprint]
"""Ids of some keys, and their sum."""


_BOTH: Final = (Collection.AUTHORITY, Collection.RECORDS)


class _Sums:
    """What one chapter has in the set, as far as it was read."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.prints: Final = {each: Fingerprint() for each in Collection}
        self.counts: Final = dict.fromkeys(Collection, 0)
        self.authority: Final[dict[bytes, int]] = {}  # by id, the position
        self.records = 0
        self.erases: Final[set[bytes]] = set()
        # Of the keys that were last set apart, which ids, and their sum; as long as nothing comes.
        self._apart: tuple[frozenset[bytes], frozenset[bytes], Fingerprint] | None = None

    def add(self, items: Iterable[InSet], sketches: Sketches) -> bool:
        """Count items of one chapter, and tell whether none can have been counted before."""
        self._apart = None
        is_sound = True
        authority: list[InSet] = []
        records: list[InSet] = []
        for item in items:
            if is_authority(item):
                is_sound &= item.id not in self.authority
                self.authority[item.id] = item.position
                self.records += item.kind is not None
                authority.append(item)
            else:
                records.append(item)
        self.records += len(records)
        self.erases.update([item.id for item in records if item.kind == Kind.ERASE])
        for collection, each in zip(_BOTH, (authority, records), strict=True):
            self.prints[collection].add([item.id for item in each], lanes=self._lanes)
            self.counts[collection] += len(each)
            if each:
                keys = [set_key(item.clock, item.id) for item in each]
                sketches.add(collection, each[0].chapter, keys)
        return is_sound

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


class Ledger:
    """What a session says of this node's sets.

    Follows the log by position, with sums of each chapter. What left the set
    shows in its chapter's number of records: then that chapter alone is summed
    anew, whoever took it out and in whichever process.

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
        self._chapters: dict[ChapterId, _Sums] = {}
        self._whole = {each: Fingerprint() for each in Collection}
        self.sketches: Final = Sketches()
        self._odd: set[ChapterId] = set()  # to be summed anew
        self._sizes: list[ChapterSize] | None = None  # with which the sums agree as they are

    def snapshot(self, outside: Outside = NOTHING) -> Snapshot:
        """Return the sets as they stand in the log now, without what is outside."""
        self._catch_up()
        return Snapshot(
            log=Cursor(incarnation=self._log.incarnation, position=self._log.tip()[1]),
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

    def follow(self, *, limit: int) -> int:
        """Read on by at most so many items, and return how many there were.

        `snapshot` reads all that is left: whoever has taken items in calls this now and
        then, so that there is little left to read at once.
        """
        page = self._log.entered_since(self._position, limit=limit)
        if not page:
            return 0
        self._sizes = None
        by_chapter: dict[ChapterId, list[InSet]] = {}
        for item in page:
            by_chapter.setdefault(item.chapter, []).append(item)
        for chapter, items in by_chapter.items():
            self._take_out(chapter)
            sums = self._chapters.get(chapter)
            if sums is None:
                sums = self._chapters[chapter] = _Sums(self._lanes)
            if not sums.add(items, self.sketches):
                self._odd.add(chapter)
            self._put_in(chapter)
        self._position = page[-1].position
        return len(page)

    def _catch_up(self) -> None:
        while self.follow(limit=BATCH_ITEMS_MAX):
            pass
        sizes = self._log.chapters()
        if sizes == self._sizes:
            return  # the usual case: nothing came and nothing left
        held = {each.chapter: each.size.records for each in sizes}
        self._odd |= {
            chapter for chapter, sums in self._chapters.items() if held.get(chapter) != sums.records
        }
        for chapter in self._odd:
            self._take_out(chapter)
            del self._chapters[chapter]
            self.sketches.forget(chapter)
            if chapter in held:
                sums = self._chapters[chapter] = _Sums(self._lanes)
                sums.add(self._log.in_set(chapter=chapter), self.sketches)
                self._put_in(chapter)
        self._odd.clear()
        self._sizes = sizes

    def _take_out(self, chapter: ChapterId) -> None:
        """Take a chapter's sums out of the whole while they change."""
        if chapter in self._chapters:
            for collection, sum_ in self._chapters[chapter].prints.items():
                self._whole[collection].take_out(sum_)

    def _put_in(self, chapter: ChapterId) -> None:
        if chapter in self._chapters:
            for collection, sum_ in self._chapters[chapter].prints.items():
                self._whole[collection].merge(sum_)
