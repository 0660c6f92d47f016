"""What is shown: a calendar of what the chapters' authorities show, from the log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from p2pevents.log.moments import Moment
from p2pevents.log.protocol import Log, Stored
from p2pevents.log.window import root_of
from p2pevents.node.charters import Charters
from p2pevents.node.erasures import Erasures
from p2pevents.node.showing import Showing, showing
from p2pevents.record.envelope import Record
from p2pevents.record.glimpse import longest_in
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, EntryId, Path
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject, merge
from p2pevents.view.agenda import RUNNING_DAYS_MAX, all_entries
from p2pevents.view.calendar import KINDS, PROFILE_PATH, Calendar, fold
from p2pevents.view.freshness import (
    ALWAYS_LISTED,
    Completeness,
    Freshness,
    Said,
    freshness_of,
    held_names,
    listed_window,
    newest_versions,
    said_by,
)
from p2pevents.view.times import Window, day_named

if TYPE_CHECKING:
    from p2pevents.node.seeking import Sought

__all__ = ["Reader"]

_KINDS: Final = tuple(kind.value for kind in KINDS)
# Kinds of which every object is read for whatever days are asked for: an organiser may have moved
# any date of a series into them, and its editions are counted from the first one.
_STANDING: Final = (
    Kind.PROFILE.value,
    Kind.SERIES.value,
    Kind.VENUE.value,
    Kind.OCCURRENCE.value,
)
_GATHERED: Final = tuple(
    kind.value for kind in KINDS if kind is Kind.OCCURRENCE or kind.value not in _STANDING
)
_BEGINNING: Final = (Kind.EVENT.value, Kind.OCCURRENCE.value)
_NEAR: Final = timedelta(days=2)  # of an evening, with all that a zone or a clock change adds


class _Sight(Struct, frozen=True, kw_only=True):
    """How chapters stand before a person: the entry by which each is shown, and what is erased."""

    tips: dict[ChapterId, EntryId | None]
    erasures: Erasures


class Reader:
    """Reads a log as its person is to see it: by the branches that they accepted."""

    def __init__(
        self,
        log: Log,
        charters: Charters,
        *,
        now_ms: Callable[[], int],
        arrived_by: Moment | None = None,
        sight: _Sight | None = None,
    ) -> None:
        """Read a log.

        Args:
            log: which.
            charters: who may speak.
            now_ms: the clock.
            arrived_by: what arrived after this is passed over, as if it were not here yet; None to
                read all. Charters are read whole: who may speak is asked of today.
            sight: how its chapters stood when somebody began to look; None to ask at every look.
        """
        self._log = log
        self._charters = charters
        self._now_ms = now_ms
        self._arrived_by = arrived_by
        self._sight = sight

    def as_it_was(self, moment: Moment) -> Reader:
        """Return a reader of what had arrived by a moment."""
        return Reader(self._log, self._charters, now_ms=self._now_ms, arrived_by=moment)

    def for_one_answer(self) -> Reader:
        """Return a reader for what is put together of several looks, and soon let go of.

        How the chapters stand, and what is erased, is asked at the first one.
        """
        return Reader(
            self._log,
            self._charters,
            now_ms=self._now_ms,
            arrived_by=self._arrived_by,
            sight=_Sight(tips={}, erasures=Erasures(self._log, self._charters)),
        )

    def showing(self, chapter: ChapterId) -> Showing | None:
        """Return how a chapter stands; None where its charter has not come."""
        authority = self._charters.of(chapter)
        if authority is None:
            return None
        return showing(self._log, authority, now_ms=self._now_ms())

    def full_by(self, first: date, rows: int) -> date | None:
        """Return a day by which so many records begin, from a first one on; None where fewer do.

        A guess of how far an agenda of so many rows has to be read.
        """
        hint = self._log.day_of(rows, first=first.isoformat())
        return day_named(hint) if hint is not None else None

    def calendar(
        self,
        chapters: Iterable[ChapterId],
        *,
        window: Window | None = None,
        base: Calendar | None = None,
        sought: Sought | None = None,
    ) -> Calendar:
        """Return the calendar of these chapters: every object, past ones too.

        Args:
            chapters: which.
            window: local days; only what touches them is read, where both ends are given, and
                what has no day is left out. What is read is read with all that belongs to it:
                its entry is that of the whole calendar.
            base: the calendar of the days just before the window; it stays as it is.
            sought: what is looked for, the same as for `base`: within a window, events that
                cannot have it may be left out.
        """
        wanted = tuple(dict.fromkeys(chapters))
        return fold(
            self._shown(self._of_chapters(wanted, window, goes_on=base is not None, sought=sought)),
            leave=self._leave,
            base=base,
        )

    def again(self, objects: Iterable[ObjectId], *, base: Calendar) -> Calendar:
        """Return a calendar in which these objects stand as the log has them now."""
        records = (record for each in objects for record in self._log.versions(each))
        return fold(self._shown(records), leave=self._leave, base=base)

    def under(
        self, chapter: ChapterId, paths: Collection[Path], *, base: Calendar | None = None
    ) -> Calendar:
        """Return the calendar of what lies at some paths and beneath, and the profile.

        Args:
            chapter: whose.
            paths: which.
            base: a calendar that it is added to; it stays as it is.
        """
        records = (
            record
            for path in {PROFILE_PATH, *paths}
            for record in self._shown(self._log.under(chapter, path, kinds=_KINDS))
        )
        return fold(records, leave=self._leave, base=base)

    def of_kinds(self, chapter: ChapterId, kinds: Collection[Kind]) -> Calendar:
        """Return the calendar of a chapter's objects of these kinds, and the profile."""
        wanted = sorted({kind.value for kind in (Kind.PROFILE, *kinds)})
        return fold(self._shown(self._log.of_kinds(wanted, chapter=chapter)), leave=self._leave)

    def object(self, object_id: ObjectId) -> MergedObject | None:
        """Return one object as it stands; None where nothing of it is shown."""
        versions = list(self._shown(self._log.versions(object_id)))
        return merge(versions, leave=self._leave) if versions else None

    # --- whether it is all ---------------------------------------------------------------------

    def digests(self, chapter: ChapterId) -> list[Said]:
        """Return what the digests of a chapter say, each author's newest, the newest first."""
        stored = self._log.of_kinds([Kind.DIGEST.value], chapter=chapter)
        return said_by(self._shown(stored))

    def listed(self, chapter: ChapterId) -> list[Stored]:
        """Return the versions that a digest of this moment lists."""
        window = listed_window(self._now_ms())
        return _touching(self._shown(self._of_chapters([chapter], window)), window)

    def freshness(self, chapter: ChapterId) -> Freshness:
        """Return whether all that a chapter has planned is here, as far as its digests tell."""
        authority = self._charters.of(chapter)
        said = self.digests(chapter)
        now_ms = self._now_ms()
        if authority is None or not said:
            return Freshness(state=Completeness.UNCHECKED)
        is_whole = self.wholeness()

        def found_in(records: Iterable[Stored]) -> Freshness:
            return freshness_of(
                said,
                held=held_names(each.header for each in records if is_whole(each)),
                has_entry=lambda entry: entry in authority.chain,
                now_ms=now_ms,
            )

        ahead = listed_window(now_ms)
        # An older digest lists what may be over by now.
        first = listed_window(min(each.header.clock for each in said)).first
        records = list(self._of_chapters([chapter], Window(first=first, until=ahead.until)))
        found = found_in(records)
        if found.state is Completeness.INCOMPLETE:
            # What was moved out of these days since is not lacking.
            found = found_in(self._log.of_kinds(_KINDS, chapter=chapter))
        if found.state is Completeness.COMPLETE and not self._has_entries(records, ahead):
            return replace(found, state=Completeness.NOTHING_PLANNED)
        return found

    def wholeness(self) -> Callable[[Stored], bool]:
        """Return what tells whether a body is here, or nobody is to have it any more."""
        erasures = Erasures(self._log, self._charters)
        return lambda record: (
            record.body is not None or record.erased or erasures.hides(record.header, record.id)
        )

    def has_entry(self, chapter: ChapterId, entry: EntryId) -> bool:
        """Return whether an entry of a chapter's charter is here."""
        authority = self._charters.of(chapter)
        return authority is not None and entry in authority.chain

    # --- what is read --------------------------------------------------------------------------

    def _of_chapters(
        self,
        chapters: Collection[ChapterId],
        window: Window | None,
        *,
        goes_on: bool = False,
        sought: Sought | None = None,
    ) -> Iterator[Stored]:
        """Yield what a window is made of.

        Args:
            chapters: which.
            window: local days; None for all.
            goes_on: that what every window is made of, and what began before this one, is known.
            sought: what is looked for; None for all.
        """
        if window is None or window.first is None or window.until is None:
            for chapter in chapters:
                yield from self._log.of_kinds(_KINDS, chapter=chapter)
            return
        if not goes_on:
            for chapter in chapters:
                standing = self._log.of_kinds(_STANDING, chapter=chapter)
                yield from sought.noted(standing) if sought else standing
            running = self._running(chapters, window.first)
            yield from sought.candidates(running) if sought else running
        gathered = self._gathered(chapters, window.first, window.until)
        yield from sought.candidates(gathered) if sought else gathered

    def _running(self, chapters: Collection[ChapterId], day: date) -> Iterator[Stored]:
        """Yield what began in the weeks before a day and may still go on then."""
        before = self._gathered(chapters, day - timedelta(days=RUNNING_DAYS_MAX), day)
        for _, group in groupby(before, key=_root):
            together = list(group)
            if any(_may_reach(record, day) for record in together):
                yield from together

    def _gathered(
        self, chapters: Collection[ChapterId], first: date, until: date
    ) -> Iterator[Stored]:
        last = until - timedelta(days=1)
        return self._log.gathered(
            first.isoformat(), last.isoformat(), kinds=_GATHERED, chapters=chapters
        )

    def _has_entries(self, records: Iterable[Stored], window: Window) -> bool:
        """Tell whether any of these is shown in a window."""
        calendar = fold(
            (each for each in self._shown(records) if each.header.kind != Kind.EVENT),
            leave=self._leave,
        )
        if next(all_entries(calendar, window), None) is not None:
            return True
        events: dict[ObjectId, list[Stored]] = {}
        for record in self._shown(records):
            if record.header.kind == Kind.EVENT:
                events.setdefault(record.header.object_id, []).append(record)
        return any(
            next(all_entries(fold(versions, leave=self._leave), window), None) is not None
            for versions in events.values()
        )

    def _shown(self, records: Iterable[Stored]) -> Iterator[Stored]:
        """Yield those of these records that their chapters show, erased bodies left out."""
        sight = self._sight or _Sight(tips={}, erasures=Erasures(self._log, self._charters))
        tips, erasures = sight.tips, sight.erasures
        for record in records:
            if self._arrived_by is not None and not self._log.had_come(record, self._arrived_by):
                continue
            header = record.header
            authority = self._charters.of(header.chapter)
            if header.chapter not in tips:
                current = self.showing(header.chapter)
                tips[header.chapter] = current.tip if current else None
            tip = tips[header.chapter]
            if authority and tip and authority.shows(header, tip, record.id):
                yield erasures.hidden(record)

    def _leave(self, record: Record) -> tuple[str, ...] | None:
        """Return the fields that a record's author may write; None for all."""
        authority = self._charters.of(record.header.chapter)
        return authority.fields_of(record.header.authority) if authority else ()


def _root(record: Stored) -> tuple[ChapterId, Path]:
    return record.header.chapter, root_of(record.header.path)


def _may_reach(record: Stored, day: date) -> bool:
    """Tell whether what a version says may go on at a day after it began."""
    if record.header.kind not in _BEGINNING or record.body is None:
        return False
    start = day_named(record.header.start) if record.header.start else None
    if start is None:
        return True
    return longest_in(record.body) >= day - start - _NEAR


def _touching(records: Iterable[Stored], window: Window) -> list[Stored]:
    """Return each author's newest version of what touches a window, the first days first."""
    first = window.first.isoformat() if window.first else ""
    until = window.until.isoformat() if window.until else "~"
    versions: dict[ObjectId, list[Stored]] = {}
    for record in records:
        versions.setdefault(record.header.object_id, []).append(record)
    found: list[tuple[str, Stored]] = []
    for object_id, of_object in versions.items():
        days = sorted(
            {each.header.start for each in of_object if each.header.start is not None}
            | ({object_id.path[-1]} if object_id.kind == Kind.OCCURRENCE else set())
        )
        touched = [day for day in days if first <= day < until]
        if touched or object_id.kind in ALWAYS_LISTED:
            day = touched[0] if touched else ""
            found += [(day, each) for each in newest_versions(of_object)]
    found.sort(key=lambda pair: (pair[0], pair[1].id))
    return [record for _, record in found]
