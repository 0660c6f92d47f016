"""What is on, as pages ask for it: kept in order while the log grows, or read until it is enough.

The calendar of a home is kept whole, and agendas of it in order, so that a page
costs what it shows. Of a log that is too large for that, and of one that is
still being read behind the pages, windows are read, and no further than a page
needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from p2pevents.log.protocol import Log
from p2pevents.node import keeping
from p2pevents.node.coming import changed_last, coming, coming_calendar, latest
from p2pevents.node.keeping import Whole, records_of
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda, entries_of, facts_in, kept_agenda
from p2pevents.view.atom import ENTRIES_MAX, kept_latest
from p2pevents.view.calendar import Calendar
from p2pevents.view.entries import Entry
from p2pevents.view.freshness import Freshness
from p2pevents.view.kept import KeptEntries
from p2pevents.view.times import EVER, Window, day_named
from p2pevents.web.keep import Keep

if TYPE_CHECKING:
    from p2pevents.web.shelf import Shelf

__all__ = ["Agendas", "found_entry"]

AT_ONCE_MAX: Final = 1_000  # records that a page waits for; more are read behind it
WINDOW_ROWS_MAX: Final = 40_000  # of a window that is read
AGENDAS_MAX: Final = 8  # windows of which the entries are kept in order
LATEST_MAX: Final = 4  # sets of chapters of which the latest words are
OBJECT_BYTES: Final = 8 * 1024  # that an object of a calendar takes in memory, with its entry
SUBSCRIBED_ROWS_MAX: Final = 2_000  # in a feed of a log that is not kept, of these days:
BEHIND, AHEAD = timedelta(days=31), timedelta(days=400)
LOOKED_AT_MAX: Final = 500  # entries of a large log, from which its filters are made


class Agendas:
    """The calendar of a shelf, and what is on by it; for use within the shelf's worker thread.

    Attributes:
        reads_behind: whether somebody reads what is lacking, and hands it over by `take`.
        lacking: the chapters that are to be read so; none where nothing is.
    """

    def __init__(self, shelf: Shelf, log: Log) -> None:
        self._shelf = shelf
        self._log = log
        self.reads_behind = False
        self.lacking: tuple[ChapterId, ...] = ()
        self._kept: Whole | None = None
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
                self.calendar(wanted, window=window),
                Query(window=window),
                rows_max=WINDOW_ROWS_MAX,
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
            # As many as the filters are made from, which are asked for beside the first page.
            least = wanted if query.has_filter else max(wanted, LOOKED_AT_MAX)
            read, _ = self._shelf.kept(
                ("found", chapters, query, least, from_end),
                lambda: find(self._shelf.desk.reader, chapters, query, rows_max=least + 1),
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
        if self._whole() is None or self._kept is None or chapter not in self._shelf.known():
            return reader.freshness(chapter)

        def is_on(window: Window) -> bool:
            of_it = Query(window=window, chapters=frozenset({chapter}))
            return bool(self.found(of_it, rows_max=1)[0])

        return self._kept.fresh.of(reader, chapter, is_on=is_on, now_ms=self._shelf.now_ms())

    def for_subscribers(self, chapters: tuple[ChapterId, ...]) -> Calendar:
        """Return what a calendar program is given: all of it; of a large log, what comes next."""
        if self._whole() is not None or self.lacking:
            return self.calendar(chapters)
        today = self._shelf.today()
        window = Window(first=today - BEHIND, until=today + AHEAD)
        return coming_calendar(
            self._shelf.desk.reader, chapters, window, rows_max=SUBSCRIBED_ROWS_MAX
        )

    def latest(self, chapters: tuple[ChapterId, ...]) -> tuple[Calendar, KeptEntries]:
        """Return what changed last: a calendar with it, and what keeps its entries in order."""
        if self._whole() is not None or self.lacking:
            return self.calendar(chapters), self._by_change.get(chapters, kept_latest)
        reader = self._shelf.desk.reader
        return changed_last(self._log, reader, chapters, roots_max=ENTRIES_MAX), kept_latest()

    def said_to_all(self, chapter: ChapterId) -> Calendar:
        """Return a calendar with what a chapter says beside its events: notices and recaps."""
        whole = self._whole()
        if whole is not None:
            return self.calendar([chapter])
        return self._shelf.kept(
            ("said", chapter),
            lambda: self._shelf.desk.reader.of_kinds(chapter, (Kind.NOTICE, Kind.RECAP)),
        )

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
        """Return the calendar of all that has pages; None where it is not kept, or not yet."""
        return self._shelf.kept("whole", self._grown)[0]

    def _grown(self) -> tuple[Calendar | None]:
        known, reader = self._shelf.known(), self._shelf.desk.reader
        self.lacking = ()
        records = records_of(self._log, known)
        if records > keeping.RECORDS_MAX:
            self._kept = None
            self._in_order.clear()
            self._by_change.clear()
            return (None,)
        if self._kept is not None and self._kept.chapters == known:
            grown = self._kept.grown(reader)
            if grown is not None:
                return (grown,)
        self._kept = None
        if self.reads_behind and records > AT_ONCE_MAX:
            self.lacking = known
            return (None,)
        self._kept = Whole(self._log, known)
        return (self._kept.read(reader),)

    def is_lacking(self) -> bool:
        """Tell whether what would be kept is still being read behind the pages."""
        self._whole()
        return bool(self.lacking)

    def take(self, whole: Whole) -> None:
        """Keep what was read behind the pages, as far as it is what they show now."""
        whole.go_on(self._log)
        self._kept, self.lacking = whole, ()


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
