"""What changed of an agenda since a person last looked: one log, read as it is and as it was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from p2pevents.log.moments import Moment
from p2pevents.log.protocol import Log, Stored
from p2pevents.node.reading import Reader
from p2pevents.record.ids import ChapterId, Path
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import KINDS
from p2pevents.view.changes import Change, changes_between
from p2pevents.view.entries import Entry
from p2pevents.view.times import Window

__all__ = ["ROOTS_MAX", "ahead", "changes_since"]

AHEAD_DAYS: Final = 400
ROOTS_MAX: Final = 256  # of events and series that are read one by one; of more, all days are

Roots = dict[ChapterId, set[Path]]


def ahead(today: date) -> Window:
    """Return the days of which changes are told."""
    return Window(first=today, until=today + timedelta(days=AHEAD_DAYS))


def changes_since(
    log: Log,
    reader: Reader,
    chapters: Collection[ChapterId],
    since: Moment,
    *,
    window: Window,
    until: Moment | None = None,
) -> list[Change]:
    """Return what changed of what is on in a window, by what arrived after a moment.

    Only the events and series of which anything arrived are read, as they are and as they
    were, so that an agenda of ten thousand is not folded twice for one that moved.

    Args:
        log: which.
        reader: of it.
        chapters: whose.
        since: what arrived by then was told of.
        window: local days.
        until: what arrived after this is left for another time; None for all.
    """
    roots = _touched(log, chapters, since, until)
    if roots is not None and not any(roots.values()):
        return []
    after = reader if until is None else reader.as_it_was(until)
    before = _entries(log, reader.as_it_was(since), chapters, roots, window)
    return changes_between(before, _entries(log, after, chapters, roots, window))


def _touched(
    log: Log, chapters: Collection[ChapterId], since: Moment, until: Moment | None
) -> Roots | None:
    """Return the events and series of which anything arrived; None where that is to read all."""
    found: Roots = {}
    if since == until:
        return found
    for each in log.came_after(since):
        if not isinstance(each, Stored) or (until and not log.had_come(each, until)):
            continue
        header = each.header
        if header.chapter not in chapters or header.kind not in KINDS:
            continue
        if header.kind == Kind.VENUE:
            return None  # it may be where any event of its chapter is
        found.setdefault(header.chapter, set()).add(header.path[:1])
        if sum(map(len, found.values())) > ROOTS_MAX:
            return None
    return found


def _entries(
    log: Log, reader: Reader, chapters: Collection[ChapterId], roots: Roots | None, window: Window
) -> list[Entry]:
    query = Query(window=window)
    if roots is None:
        return agenda(reader.calendar(chapters, window=window), query)
    entries: list[Entry] = []
    for chapter, paths in roots.items():
        venues = {each.header.path for each in log.of_kinds([Kind.VENUE.value], chapter=chapter)}
        entries += agenda(reader.under(chapter, [*paths, *venues]), query)
    return entries
