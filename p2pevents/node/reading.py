"""What is shown: a calendar of what the chapters' authorities show, from the log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from p2pevents.log.protocol import Log, Stored
from p2pevents.node.charters import Charters
from p2pevents.node.erasures import Erasures
from p2pevents.node.showing import Showing, showing
from p2pevents.record.envelope import Record
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path
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
from p2pevents.view.times import Window

__all__ = ["Reader"]

_KINDS: Final = tuple(kind.value for kind in KINDS)
# Kinds of which every object lies on the day that its versions name. An occurrence belongs to
# the day in its path as well, whatever day it was moved to, and others to any day.
_DATED: Final = (Kind.EVENT.value, Kind.SESSION.value)
_STANDING: Final = tuple(kind for kind in _KINDS if kind not in _DATED)


class Reader:
    """Reads a log as its person is to see it: by the branches that they accepted."""

    def __init__(self, log: Log, charters: Charters, *, now_ms: Callable[[], int]) -> None:
        self._log = log
        self._charters = charters
        self._now_ms = now_ms

    def showing(self, chapter: ChapterId) -> Showing | None:
        """Return how a chapter stands; None where its charter has not come."""
        authority = self._charters.of(chapter)
        if authority is None:
            return None
        return showing(self._log, authority, now_ms=self._now_ms())

    def calendar(self, chapters: Iterable[ChapterId], *, window: Window | None = None) -> Calendar:
        """Return the calendar of these chapters: every object, past ones too.

        Args:
            chapters: which.
            window: local days; only what touches them is read, where both ends are given, and
                what has no day is left out.
        """
        records = (
            record
            for chapter in chapters
            for record in self._shown(chapter, self._of_chapter(chapter, window))
        )
        return fold(records, leave=self._leave)

    def under(self, chapter: ChapterId, paths: Collection[Path]) -> Calendar:
        """Return the calendar of what lies at some paths and beneath, and the profile."""
        records = (
            record
            for path in {PROFILE_PATH, *paths}
            for record in self._shown(chapter, self._log.under(chapter, path, kinds=_KINDS))
        )
        return fold(records, leave=self._leave)

    def object(self, object_id: ObjectId) -> MergedObject | None:
        """Return one object as it stands; None where nothing of it is shown."""
        versions = list(self._shown(object_id.chapter, self._log.versions(object_id)))
        return merge(versions, leave=self._leave) if versions else None

    # --- whether it is all ---------------------------------------------------------------------

    def digests(self, chapter: ChapterId) -> list[Said]:
        """Return what the digests of a chapter say, each author's newest, the newest first."""
        stored = self._log.of_kinds([Kind.DIGEST.value], chapter=chapter)
        return said_by(self._shown(chapter, stored))

    def listed(self, chapter: ChapterId) -> list[Stored]:
        """Return the versions that a digest of this moment lists."""
        window = listed_window(self._now_ms())
        return _touching(self._shown(chapter, self._of_chapter(chapter, window)), window)

    def freshness(self, chapter: ChapterId) -> Freshness:
        """Return whether all that a chapter has planned is here, as far as its digests tell."""
        authority = self._charters.of(chapter)
        said = self.digests(chapter)
        now_ms = self._now_ms()
        if authority is None or not said:
            return Freshness(state=Completeness.UNCHECKED)
        erasures = Erasures(self._log, self._charters)

        def found_in(records: Iterable[Stored]) -> Freshness:
            whole = (
                each.header
                for each in records
                if each.body is not None or each.erased or erasures.hides(each.header, each.id)
            )
            return freshness_of(
                said,
                held=held_names(whole),
                has_entry=lambda entry: entry in authority.chain,
                now_ms=now_ms,
            )

        ahead = listed_window(now_ms)
        # An older digest lists what may be over by now.
        first = listed_window(min(each.header.clock for each in said)).first
        records = list(self._of_chapter(chapter, Window(first=first, until=ahead.until)))
        found = found_in(records)
        if found.state is Completeness.INCOMPLETE:
            # What was moved out of these days since is not lacking.
            found = found_in(self._log.of_kinds(_KINDS, chapter=chapter))
        if found.state is Completeness.COMPLETE:
            calendar = fold(self._shown(chapter, records), leave=self._leave)
            if next(all_entries(calendar, ahead), None) is None:
                return replace(found, state=Completeness.NOTHING_PLANNED)
        return found

    # --- what is read --------------------------------------------------------------------------

    def _of_chapter(self, chapter: ChapterId, window: Window | None) -> Iterator[Stored]:
        if window is None or window.first is None or window.until is None:
            yield from self._log.of_kinds(_KINDS, chapter=chapter)
            return
        # What began before the window may still go on in it.
        first = window.first - timedelta(days=RUNNING_DAYS_MAX)
        yield from self._log.of_kinds(_STANDING, chapter=chapter)
        yield from self._log.touching(
            first.isoformat(), window.until.isoformat(), kinds=_DATED, chapter=chapter
        )

    def _shown(self, chapter: ChapterId, records: Iterable[Stored]) -> Iterator[Stored]:
        authority = self._charters.of(chapter)
        current = self.showing(chapter)
        if authority is None or current is None or current.tip is None:
            return
        erasures = Erasures(self._log, self._charters)
        for record in records:
            if authority.shows(record.header, current.tip, record.id):
                yield erasures.hidden(record)

    def _leave(self, record: Record) -> tuple[str, ...] | None:
        """Return the fields that a record's author may write; None for all."""
        authority = self._charters.of(record.header.chapter)
        return authority.fields_of(record.header.authority) if authority else ()


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
