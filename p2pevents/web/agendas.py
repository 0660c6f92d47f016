"""What is on, as pages ask for it: kept in order while the log grows, or read until it is enough.

The calendar of a home is kept whole, and agendas of it in order, so that a page
costs what it shows. Of a log that is too large for that, windows are read, and
no further than a page needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from p2pevents.log.protocol import Log
from p2pevents.node.coming import coming, latest
from p2pevents.node.keeping import RECORDS_MAX, KeptCalendar, KeptFreshness, is_small_enough
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId
from p2pevents.view.agenda import Query, agenda, entries_of, facts_in, kept_agenda
from p2pevents.view.atom import kept_latest
from p2pevents.view.calendar import Calendar
from p2pevents.view.entries import Entry
from p2pevents.view.freshness import Freshness
from p2pevents.view.kept import KeptEntries
from p2pevents.view.times import EVER, Window, day_named
from p2pevents.web.keep import Keep

if TYPE_CHECKING:
    from p2pevents.web.shelf import Shelf

__all__ = ["Agendas", "found_entry"]

AGENDAS_MAX: Final = 8  # windows of which the entries are kept in order
LATEST_MAX: Final = 4  # sets of chapters of which the latest words are
OBJECT_BYTES: Final = 8 * 1024  # that an object of a calendar takes in memory, with its entry
LOOKED_AT_MAX: Final = 500  # entries of a large log, from which its filters are made


class Agendas:
    """The calendar of a shelf, and what is on by it; for use within the shelf's worker thread."""

    def __init__(self, shelf: Shelf, log: Log) -> None:
        self._shelf = shelf
        self._log = log
        self._grows: tuple[tuple[ChapterId, ...], KeptCalendar] | None = None
        self._fresh: KeptFreshness | None = None
        self._in_order = Keep(things_max=AGENDAS_MAX)
        self._by_change = Keep(things_max=LATEST_MAX)

    def calendar(
        self, chapters: Collection[ChapterId] | None = None, *, window: Window | None = None
    ) -> Calendar:
        """Return the calendar of some chapters, all that are shown where left out."""
        wanted = tuple(self._shelf.chapters() if chapters is None else chapters)
        whole = self._whole()
        if whole is not None:
            return self._shelf.kept(("calendar", wanted), lambda: whole.only(wanted))
        return self._shelf.kept(
            ("calendar", wanted, window),
            lambda: self._shelf.desk.reader.calendar(wanted, window=window),
            size_of=_bytes_of,
        )

    def entries(self, window: Window, chapters: tuple[ChapterId, ...] = ()) -> Sequence[Entry]:
        """Return all that is on within a window, in order of time.

        Args:
            window: local days.
            chapters: of these; of all that are shown where none is named.
        """
        wanted = chapters or self._shelf.chapters()
        if self._whole() is not None:
            return self._shelf.kept(
                ("entries", wanted, window),
                lambda: self._kept_agenda(wanted, window).current(self.calendar(wanted)),
            )
        return self._shelf.kept(
            ("entries", wanted, window),
            lambda: agenda(
                self.calendar(wanted, window=window), Query(window=window), rows_max=RECORDS_MAX
            ),
        )

    def found(
        self, query: Query, *, rows_max: int, skipped: int = 0, from_end: bool = False
    ) -> tuple[list[Entry], bool]:
        """Return some of what is asked for, in order of time, and whether there is more of it.

        Args:
            query: what is asked for.
            rows_max: how many to return at most.
            skipped: how many come before them.
            from_end: whether the last ones are wanted, and those before them skipped.
        """
        chapters, wanted = self._chapters_of(query), skipped + rows_max
        if self._whole() is None:
            find = latest if from_end else coming
            read, _ = self._shelf.kept(
                ("found", chapters, query, wanted, from_end),
                lambda: find(self._shelf.desk.reader, chapters, query, rows_max=wanted + 1),
            )
            found = read[::-1][skipped:] if from_end else read[skipped:]
        else:
            entries = self.entries(query.window, chapters)
            asked: Iterable[Entry] = reversed(entries) if from_end else entries
            if query.has_filter:
                asked = query.asked_of(asked)
            found = list(islice(asked, skipped, wanted + 1))
        some = found[:rows_max]
        return some[::-1] if from_end else some, len(found) > rows_max

    def facts(self, window: Window, *, from_end: bool = False) -> Counter[tuple[str, str]]:
        """Return what may be asked for within a window, as `view.agenda.facts_in` has it."""
        chapters = self._shelf.chapters()
        if self._whole() is not None:
            self.entries(window)
            return self._kept_agenda(chapters, window).facts
        query = Query(window=window)
        return facts_in(self.found(query, rows_max=LOOKED_AT_MAX, from_end=from_end)[0])

    def freshness(self, chapter: ChapterId) -> Freshness:
        """Return whether what is here of a chapter is all of it."""
        reader = self._shelf.desk.reader
        if self._whole() is None or self._fresh is None or chapter not in self._shelf.known():
            return reader.freshness(chapter)

        def is_on(window: Window) -> bool:
            of_it = Query(window=window, chapters=frozenset({chapter}))
            return bool(self.found(of_it, rows_max=1)[0])

        return self._fresh.of(reader, chapter, is_on=is_on, now_ms=self._shelf.now_ms())

    def latest(self, chapters: tuple[ChapterId, ...]) -> KeptEntries:
        """Return what keeps the entries of these chapters, the last changed first."""
        return self._by_change.get(chapters, kept_latest)

    def of_family(self, chapter: ChapterId, component: str, day: date | None) -> list[Entry]:
        """Return the entries of an event or a series, by the first component of its path.

        Args:
            chapter: whose.
            component: the first of the path.
            day: the date of a series that is wanted beside those of its first year.
        """
        whole = self._whole()
        calendar = whole or self._shelf.desk.reader.under(chapter, [(component,)])
        family = calendar.families.get((chapter, component))
        if family is None:
            return []
        near = [EVER] if day is None else [Window(first=day, until=day + timedelta(days=1)), EVER]
        return [entry for window in near for entry in entries_of(calendar, family, window)]

    def _kept_agenda(self, chapters: tuple[ChapterId, ...], window: Window) -> KeptEntries:
        return self._in_order.get((chapters, window), lambda: kept_agenda(window))

    def _chapters_of(self, query: Query) -> tuple[ChapterId, ...]:
        """Return the chapters to look at: those that are shown, unless one that is not is asked."""
        shown = self._shelf.chapters()
        if query.chapters is None or query.chapters <= set(shown):
            return shown
        return tuple(each for each in self._shelf.known() if each in query.chapters)

    def _whole(self) -> Calendar | None:
        """Return the calendar of all that has pages; None where it is too large to be kept."""
        return self._shelf.kept("whole", self._grown)[0]

    def _grown(self) -> tuple[Calendar | None]:
        known = self._shelf.known()
        if not is_small_enough(self._log, known):
            self._grows = self._fresh = None
            self._in_order.clear()
            self._by_change.clear()
            return (None,)
        if self._grows is None or self._fresh is None or self._grows[0] != known:
            self._grows = known, KeptCalendar(self._log, known)
            self._fresh = KeptFreshness(self._log, known)
        self._fresh.look(self._shelf.desk.reader)
        return (self._grows[1].current(self._shelf.desk.reader),)


def found_entry(shelf: Shelf, text: str) -> tuple[ObjectId, Entry] | None:
    """Return the event, date or session that a page's address names, among what is shown."""
    path = tuple(text.split("/"))
    if len(path) > 3 or not all(path):
        return None
    for chapter in shelf.known():
        for entry in shelf.agendas.of_family(chapter, path[0], day_named(path[-1])):
            for each in (entry, *entry.sessions):
                if each.path == path:
                    kind = each.kind.value
                    return ObjectId(chapter=chapter, kind=kind, path=each.path), each
    return None


def _bytes_of(calendar: Calendar) -> int:
    return OBJECT_BYTES * sum(len(family.members) for family in calendar.families.values())
