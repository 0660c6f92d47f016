"""What is kept of a log while it grows: what was said since is read, and the rest stands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from msgspec.structs import replace

from p2pevents.log.protocol import InSet, Log, Stored
from p2pevents.node.reading import Reader
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, EntryId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind
from p2pevents.record.listed import CLOCK_LISTED_MAX, name_of
from p2pevents.view.calendar import KINDS, Calendar
from p2pevents.view.freshness import Completeness, Freshness, freshness_of, listed_window
from p2pevents.view.times import Window

__all__ = [
    "CHANGES_MAX",
    "RECORDS_MAX",
    "KeptCalendar",
    "KeptFreshness",
    "Whole",
    "records_of",
]

CHANGES_MAX: Final = 512  # more of them, and reading all is as quick
LOOKED_AT_MAX: Final = 20_000  # of all that came, other chapters' too: some 5 us each
RECORDS_MAX: Final = 40_000  # in memory; of more, windows are read
_KINDS: Final = tuple(kind.value for kind in KINDS)
_SHAKES_ALL: Final = AUTHORITY_KINDS | {Kind.ERASE.value}


def records_of(log: Log, chapters: Collection[ChapterId]) -> int:
    """Return how many records a log has of these chapters."""
    return sum(log.size(chapter).records for chapter in chapters)


class Whole:
    """All of some chapters: their calendar and what is held of them, while the log grows.

    Attributes:
        chapters: which.
        fresh: whether all that they have planned is here.
    """

    def __init__(self, log: Log, chapters: Collection[ChapterId]) -> None:
        self.chapters = tuple(chapters)
        self.fresh = KeptFreshness(log, chapters)
        self._calendar = KeptCalendar(log, chapters)

    def read(self, reader: Reader) -> Calendar:
        """Read all of it anew, and return the calendar."""
        self.fresh.read(reader)
        return self._calendar.read(reader)

    def grown(self, reader: Reader) -> Calendar | None:
        """Return the calendar as the log stands now; None where all is to be read anew."""
        return self._calendar.grown(reader) if self.fresh.has_grown(reader) else None

    def go_on(self, log: Log) -> None:
        """Go on with another connection to the log that it was read from."""
        self.fresh.go_on(log)
        self._calendar.go_on(log)


class _Since:
    """What entered the set of some chapters since it was last asked."""

    def __init__(self, log: Log, chapters: Collection[ChapterId]) -> None:
        self._log = log
        self._chapters = frozenset(chapters)
        self._position = 0
        self._records = -1
        self._beside = 0
        self._digests = 0

    def go_on(self, log: Log) -> None:
        """Go on with another connection to the same log."""
        self._log = log

    def entered(self) -> list[InSet] | None:
        """Return it; None where anything may have changed, as when this is first asked."""
        # Of these chapters alone: what comes and goes in others changes nothing here.
        (_, position), records = self._log.tip(), records_of(self._log, self._chapters)
        entered = self._log.entered_since(self._position, limit=LOOKED_AT_MAX + 1)
        # What comes to what is kept beside the log has no position there.
        before, self._beside = self._beside, self._log.moment().beside
        ours = [each for each in entered if each.chapter in self._chapters]
        has_left = self._has_left([each for each in ours if each.kind is not None], records)
        self._position = position
        if has_left or self._beside != before:
            return None
        if len(entered) > LOOKED_AT_MAX or len(ours) > CHANGES_MAX:
            return None
        if any(each.kind is None or each.kind in _SHAKES_ALL for each in ours):
            return None
        return ours

    def _has_left(self, new: list[InSet], records: int) -> bool:
        """Tell whether something has left the set: where the sum is another one.

        A digest leaves it for the next one of its author, and changes nothing else.
        """
        before, digests = self._records, self._digests
        self._records = records
        said = sum(each.kind == Kind.DIGEST for each in new)
        if not said and records == before + len(new):
            return False
        self._digests = sum(
            1
            for chapter in self._chapters
            for _ in self._log.of_kinds([Kind.DIGEST.value], chapter=chapter)
        )
        return records - self._digests != before - digests + len(new) - said


class KeptCalendar:
    """The calendar of some chapters, as `Reader.calendar` would make it anew each time."""

    def __init__(self, log: Log, chapters: Collection[ChapterId]) -> None:
        self._log = log
        self._chapters = tuple(dict.fromkeys(chapters))
        self._since = _Since(log, chapters)
        self._calendar: Calendar | None = None
        self._tips: dict[ChapterId, EntryId | None] = {}

    def current(self, reader: Reader) -> Calendar:
        """Return the calendar as the log stands now.

        Args:
            reader: of this log, with nothing in memory that the log has left behind.
        """
        grown = self.grown(reader)
        return self.read(reader) if grown is None else grown

    def read(self, reader: Reader) -> Calendar:
        """Read all of it anew."""
        self._since.entered()  # what comes from here on is read on
        self._tips = self._tips_by(reader)
        self._calendar = reader.calendar(self._chapters)
        return self._calendar

    def grown(self, reader: Reader) -> Calendar | None:
        """Return the same as `current`; None where all of it is to be read anew."""
        if self._calendar is None:
            return None
        entered = self._since.entered()
        if entered is None or self._tips_by(reader) != self._tips:
            self._calendar = None
        elif changed := self._changed(entered) | self._calendar.lacking:
            # Of what is lacking a body may have come: that moves no number.
            self._calendar = reader.again(changed, base=self._calendar)
        return self._calendar

    def go_on(self, log: Log) -> None:
        """Go on with another connection to the same log."""
        self._log = log
        self._since.go_on(log)

    def _tips_by(self, reader: Reader) -> dict[ChapterId, EntryId | None]:
        return {chapter: _tip(reader, chapter) for chapter in self._chapters}

    def _changed(self, entered: Collection[InSet]) -> set[ObjectId]:
        ids = [RecordId(each.id) for each in entered if each.kind in KINDS]
        return {each.header.object_id for each in self._log.records(ids)}


class KeptFreshness:
    """Whether all that chapters have planned is here, as `Reader.freshness` tells it.

    What is held of them is kept by the names that digests have for it.
    """

    def __init__(self, log: Log, chapters: Collection[ChapterId]) -> None:
        self._log = log
        self._since = _Since(log, chapters)
        self._held: dict[ChapterId, dict[bytes, int]] = {chapter: {} for chapter in chapters}
        self._lacking: set[RecordId] = set()

    def look(self, reader: Reader) -> None:
        """Take in what the log holds now."""
        if not self.has_grown(reader):
            self.read(reader)

    def read(self, reader: Reader) -> None:
        """Read all of it anew."""
        self._since.entered()  # what comes from here on is read on
        is_whole = reader.wholeness()
        self._lacking.clear()
        for chapter, held in self._held.items():
            held.clear()
            for record in self._log.of_kinds(_KINDS, chapter=chapter):
                self._take(record, is_whole)

    def has_grown(self, reader: Reader) -> bool:
        """Take in what came since the last look; False where all of it is to be read anew."""
        entered = self._since.entered()
        if entered is None:
            return False
        is_whole = reader.wholeness()
        ids = {RecordId(each.id) for each in entered if each.kind in KINDS} | self._lacking
        self._lacking.clear()
        for record in self._log.records(ids):
            self._take(record, is_whole)
        return True

    def go_on(self, log: Log) -> None:
        """Go on with another connection to the same log."""
        self._log = log
        self._since.go_on(log)

    def of(
        self,
        reader: Reader,
        chapter: ChapterId,
        *,
        is_on: Callable[[Window], bool],
        now_ms: int,
    ) -> Freshness:
        """Return how a chapter stands, as far as was looked.

        Args:
            reader: of this log.
            chapter: one of those that are kept.
            is_on: whether anything of it is shown within a window.
            now_ms: the clock, in ms since 1970.
        """
        found = freshness_of(
            reader.digests(chapter),
            held=self._held[chapter],
            has_entry=lambda entry: reader.has_entry(chapter, entry),
            now_ms=now_ms,
        )
        if found.state is Completeness.COMPLETE and not is_on(listed_window(now_ms)):
            return replace(found, state=Completeness.NOTHING_PLANNED)
        return found

    def _take(self, record: Stored, is_whole: Callable[[Stored], bool]) -> None:
        if not is_whole(record):
            self._lacking.add(record.id)  # its body may come: that moves no number
            return
        held, name = self._held[record.header.chapter], name_of(record.header)
        held[name] = max(held.get(name, 0), min(record.header.clock, CLOCK_LISTED_MAX))


def _tip(reader: Reader, chapter: ChapterId) -> EntryId | None:
    current = reader.showing(chapter)
    return current.tip if current else None
