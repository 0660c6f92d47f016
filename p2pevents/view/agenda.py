"""The agenda: what is on within a window, in order, as far as a person asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import Calendar
from p2pevents.view.entries import Entry, entries_of_series, kept_entry
from p2pevents.view.search import plain
from p2pevents.view.times import Window

__all__ = ["ROWS_MAX", "RUNNING_DAYS_MAX", "Query", "agenda", "all_entries"]

ROWS_MAX: Final = 10_000
"""The most entries that one question is answered with."""

RUNNING_DAYS_MAX: Final = 31
"""How many days before a window to ask a log for, for what began then and still goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a person asks for; what is left out asks for nothing.

    Attributes:
        window: the local days.
        chapters: the only chapters; None for all.
        city: the city of the place, else of the chapter, in any case.
        tag: a keyword, in any case.
        language: a language tag; `fr` finds `fr-CA` too.
        search: words, each of which stands somewhere in what is shown.
    """

    window: Window = field(default_factory=Window)
    chapters: frozenset[ChapterId] | None = None
    city: str = ""
    tag: str = ""
    language: str = ""
    search: str = ""

    def asks_for(self, entry: Entry) -> bool:
        """Return whether an entry is asked for; of its window it is known already."""
        if self.chapters is not None and entry.chapter.id not in self.chapters:
            return False
        if self.city and plain(entry.city or "") != plain(self.city):
            return False
        if self.tag and not any(
            plain(tag) == plain(self.tag) for each in _parts(entry) for tag in each.shown.keywords
        ):
            return False
        if self.language and not _speaks(entry, self.language):
            return False
        if self.search:
            return all(word in entry.words for word in plain(self.search).split())
        return True


def agenda(calendar: Calendar, query: Query, *, rows_max: int = ROWS_MAX) -> list[Entry]:
    """Return the entries that are asked for, in order of time.

    The dates of a series stand for themselves; sessions stand within their entry.

    Args:
        calendar: what is at hand.
        query: what is asked for.
        rows_max: how many to return at most.
    """
    found = [entry for entry in all_entries(calendar, query.window) if query.asks_for(entry)]
    return sorted(found, key=lambda entry: entry.order)[:rows_max]


def all_entries(calendar: Calendar, window: Window) -> Iterator[Entry]:
    """Yield every event and every date of a series within a window, in no order of time."""
    for key in calendar.in_order:
        family = calendar.families[key]
        for merged in family.gatherings:
            if merged.id.kind == Kind.SERIES:
                yield from entries_of_series(calendar, merged, window)
            elif (entry := kept_entry(calendar, family, merged)) and window.holds(entry.span):
                yield entry


def _parts(entry: Entry) -> tuple[Entry, ...]:
    return (entry, *entry.sessions)


def _speaks(entry: Entry, language: str) -> bool:
    """Return whether a language is spoken: as the entry says, else its chapter, or a session."""
    wanted = language.lower()
    spoken = [*(entry.shown.languages or entry.chapter.profile.languages or ())]
    for session in entry.sessions:
        spoken += session.shown.languages or ()
    return any(f"{tag.lower()}-".startswith(f"{wanted}-") for tag in spoken)
