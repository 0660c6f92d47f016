"""The agenda of a window, read no further than it is asked for: from its beginning or its end."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from p2pevents.log.protocol import Log
from p2pevents.node.reading import Reader
from p2pevents.record.ids import ChapterId, Path, RecordId
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import KINDS, Calendar
from p2pevents.view.entries import Entry
from p2pevents.view.times import Window

if TYPE_CHECKING:
    from p2pevents.node.seeking import Sought

__all__ = ["changed_last", "coming", "coming_calendar", "latest"]

FIRST_DAYS: Final = 7
READ_ROWS_MAX: Final = 40_000  # of days that are read from their end
GROWTH_MAX: Final = 4  # times the days read so far: nobody knows how full those ahead are
ENTERED_MAX: Final = 25_600  # of all that entered the set, looked at for what changed last
AMPLE: Final = 1.25  # what is expected to do, and a quarter: a second look costs more
BEYOND: Final = timedelta(days=2)  # the day itself, and one of which a zone may take the most
_BELONGING: Final = KINDS - {Kind.PROFILE, Kind.VENUE}  # to an event or a series
# A zone's day begins up to 14 hours before that of UTC; what lies beyond it cannot come earlier.
ZONE: Final = timedelta(hours=14)


def coming(
    reader: Reader, chapters: Collection[ChapterId], query: Query, *, rows_max: int
) -> tuple[list[Entry], bool]:
    """Return what is asked for, in order of time, and whether there may be more of it.

    The same as the agenda of the whole window, cut after so many: days are read only until
    they have been found.

    Args:
        reader: of the log.
        chapters: whose.
        query: what is asked for; of its window both ends.
        rows_max: how many to return at most.
    """
    _, entries, has_more = _read_on(reader, chapters, query, rows_max)
    return entries[:rows_max], has_more


def coming_calendar(
    reader: Reader, chapters: Collection[ChapterId], window: Window, *, rows_max: int
) -> Calendar:
    """Return a calendar of the days of a window, the first ones, until so much is in it.

    What has no date of its own is in it too: profiles, venues, every series.
    """
    return _read_on(reader, chapters, Query(window=window), rows_max)[0]


def changed_last(
    log: Log, reader: Reader, chapters: Collection[ChapterId], *, roots_max: int
) -> Calendar:
    """Return a calendar of the events and series of which something entered the set last.

    Args:
        log: which.
        reader: of it.
        chapters: whose.
        roots_max: of how many events and series.
    """
    wanted, position, entered_max = frozenset(chapters), log.tip()[1], roots_max
    while True:
        entered = log.entered_since(max(0, position - entered_max), limit=entered_max)
        theirs = (each for each in reversed(entered) if each.chapter in wanted)
        ids = [RecordId(each.id) for each in theirs if each.kind in _BELONGING]
        found = ((each.header.chapter, each.header.path[0]) for each in log.records(ids))
        roots = dict.fromkeys(found)
        if len(roots) >= roots_max or entered_max >= min(position, ENTERED_MAX):
            break
        entered_max *= GROWTH_MAX
    by_chapter: dict[ChapterId, list[Path]] = {}
    for chapter, component in list(roots)[:roots_max]:
        by_chapter.setdefault(chapter, []).append((component,))
    calendar = Calendar()
    for chapter, paths in by_chapter.items():
        venues = {each.header.path for each in log.of_kinds([Kind.VENUE.value], chapter=chapter)}
        calendar = reader.under(chapter, [*paths, *venues], base=calendar)
    return calendar


def _read_on(
    reader: Reader, chapters: Collection[ChapterId], query: Query, rows_max: int
) -> tuple[Calendar, list[Entry], bool]:
    """Return what was read, what was found in it, and whether there may be more."""
    reader = reader.for_one_answer()
    first, until = query.window.first, query.window.until
    if first is None or until is None:
        calendar = reader.calendar(chapters)
        entries = agenda(calendar, query, rows_max=rows_max + 1)
        return calendar, entries, len(entries) > rows_max
    full = reader.full_by(first, rows_max)
    end = min(full + BEYOND, until) if full else until
    sought = _sought(query)
    calendar = reader.calendar(chapters, window=Window(first=first, until=end), sought=sought)
    while True:
        so_far = replace(query, window=Window(first=first, until=end))
        entries = agenda(calendar, so_far, rows_max=rows_max + 1)
        if end >= until:
            return calendar, entries, len(entries) > rows_max
        bound = datetime.combine(end, time(), tzinfo=UTC) - ZONE
        settled = sum(entry.span.order[0] < bound for entry in entries)
        if settled >= rows_max:
            return calendar, entries, True
        begins, end = end, min(_further(first, end, settled, rows_max), until)
        window = Window(first=begins, until=end)
        calendar = reader.calendar(chapters, window=window, base=calendar, sought=sought)


def latest(
    reader: Reader, chapters: Collection[ChapterId], query: Query, *, rows_max: int
) -> tuple[list[Entry], bool]:
    """Return how the agenda of a whole window ends, in order of time, and whether more is before.

    Args:
        reader: of the log.
        chapters: whose.
        query: what is asked for.
        rows_max: how many to return at most.
    """
    first, until = query.window.first, query.window.until
    days = timedelta(days=FIRST_DAYS)
    while True:
        is_all = first is None or until is None or until - days <= first
        begins = first if is_all or until is None else until - days
        window = Window(first=begins, until=until)
        calendar = reader.calendar(chapters, window=window, sought=_sought(query))
        entries = agenda(calendar, replace(query, window=window), rows_max=READ_ROWS_MAX)
        if not is_all and begins is not None:
            # What began before these days and reaches into them may not be all that did.
            bound = datetime.combine(begins, time(), tzinfo=UTC) + ZONE
            entries = [entry for entry in entries if entry.span.order[0] >= bound]
        if is_all or len(entries) >= rows_max:
            return entries[-rows_max:], not is_all or len(entries) > rows_max
        days *= GROWTH_MAX


def _sought(query: Query) -> Sought | None:
    """Return what passes by what cannot be meant; None where nothing is sought."""
    if not query.has_filter:
        return None
    from p2pevents.node.seeking import Sought

    return Sought(query)


def _further(first: date, end: date, found: int, wanted: int) -> date:
    """Return until when to read on, if the days ahead are as full as those before."""
    days = (end - first).days
    ahead = math.ceil(days * (wanted - found) / found * AMPLE) if found else days * GROWTH_MAX
    return end + timedelta(days=min(max(ahead, 1), days * GROWTH_MAX))
