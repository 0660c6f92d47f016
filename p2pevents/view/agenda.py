"""The agenda: what is on within a window, in order, as far as a person asked for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import Calendar, Family
from p2pevents.view.entries import Entry, entries_of_series, kept_entry
from p2pevents.view.search import plain
from p2pevents.view.times import EVER, Window

if TYPE_CHECKING:
    from p2pevents.view.kept import KeptEntries

__all__ = [
    "ROWS_MAX",
    "RUNNING_DAYS_MAX",
    "Query",
    "agenda",
    "all_entries",
    "entries_of",
    "facts_in",
    "kept_agenda",
]

ROWS_MAX: Final = 10_000
"""The most entries that one question is answered with."""

RUNNING_DAYS_MAX: Final = 31
"""How many days before a window to ask a log for, for what began then and still goes on."""


class Query(Struct, frozen=True, kw_only=True):
    """What a person asks for; what is left out asks for nothing.

    Attributes:
        window: the local days.
        chapters: the only chapters; None for all.
        city: the city of the place, else of the chapter, in any case.
        tag: a keyword, in any case.
        language: a language tag; `fr` finds `fr-CA` too.
        search: words, each of which stands somewhere in what is shown of an entry or its
            sessions, alone or as a part of another word, whatever its case and accents.
    """

    window: Window = EVER
    chapters: frozenset[ChapterId] | None = None
    city: str = ""
    tag: str = ""
    language: str = ""
    search: str = ""

    @property
    def has_filter(self) -> bool:
        """Whether anything but a window is asked for."""
        return self.chapters is not None or any((self.city, self.tag, self.language, self.search))

    def asked_of(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield those of these entries that are asked for; of its window each is known already."""
        chapters, language = self.chapters, self.language
        city, tag, words = plain(self.city), plain(self.tag), plain(self.search).split()
        for entry in entries:
            if chapters is not None and entry.chapter.id not in chapters:
                continue
            if city and plain(entry.city or "") != city:
                continue
            if tag and tag not in entry.tags:
                continue
            if language and not _speaks(entry, language):
                continue
            if words:
                # A loop of its own: of ten thousand entries most end at the first word.
                said = entry.words
                for word in words:
                    if word not in said:
                        break
                else:
                    yield entry
                continue
            yield entry


def agenda(calendar: Calendar, query: Query, *, rows_max: int = ROWS_MAX) -> list[Entry]:
    """Return the entries that are asked for, in order of time.

    The dates of a series stand for themselves; sessions stand within their entry.

    Args:
        calendar: what is at hand.
        query: what is asked for.
        rows_max: how many to return at most.
    """
    found = query.asked_of(all_entries(calendar, query.window))
    return sorted(found, key=lambda entry: entry.order)[:rows_max]


def all_entries(calendar: Calendar, window: Window) -> Iterator[Entry]:
    """Yield every event and every date of a series within a window, in no order of time."""
    for key in calendar.in_order:
        yield from entries_of(calendar, calendar.families[key], window)


def entries_of(calendar: Calendar, family: Family, window: Window) -> Iterator[Entry]:
    """Yield those of one family: of its event, or the dates of its series."""
    for merged in family.gatherings:
        if merged.id.kind == Kind.SERIES:
            yield from entries_of_series(calendar, merged, window)
        elif (entry := kept_entry(calendar, family, merged)) and window.holds(entry.span):
            yield entry


def kept_agenda(window: Window) -> KeptEntries:
    """Return what keeps the agenda of a window, in order of time, while its calendar grows."""
    from p2pevents.view.kept import KeptEntries

    return KeptEntries(
        lambda calendar, family: entries_of(calendar, family, window),
        order=lambda entry: entry.order,
        facts_of=_facts,
    )


def facts_in(entries: Iterable[Entry]) -> Counter[tuple[str, str]]:
    """Return of how many of these entries each fact is true, as an agenda that is kept has it."""
    return Counter(fact for entry in entries for fact in _facts(entry))


def _facts(entry: Entry) -> set[tuple[str, str]]:
    """Return what may be asked of an entry: `city`, `tag` and `language`, each with its text."""
    parts = (entry, *entry.sessions)
    spoken = entry.chapter.profile.languages or ()
    facts = {("city", entry.city)} if entry.city else set()
    facts |= {("tag", tag) for each in parts for tag in each.shown.keywords}
    facts |= {
        ("language", tag) for each in parts for tag in (*(each.shown.languages or ()), *spoken)
    }
    return facts


def _speaks(entry: Entry, language: str) -> bool:
    """Return whether a language is spoken: as the entry says, else its chapter, or a session."""
    wanted = language.lower()
    spoken = [*(entry.shown.languages or entry.chapter.profile.languages or ())]
    for session in entry.sessions:
        spoken += session.shown.languages or ()
    return any(f"{tag.lower()}-".startswith(f"{wanted}-") for tag in spoken)
