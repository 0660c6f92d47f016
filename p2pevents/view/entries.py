"""One entry of the calendar: an event, a date of a series or a session, as it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from p2pevents.record.fields import Event, Gathering, Notice, Occurrence, Recap, Series, Session
from p2pevents.record.ids import Path, path_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.record.once import once
from p2pevents.record.values import Recurring, Status, StatusIs, Where
from p2pevents.view.calendar import Calendar, Chapter, Family, is_same, is_shown
from p2pevents.view.search import plain
from p2pevents.view.times import EVER, Span, Window, day_named, span_of

if TYPE_CHECKING:
    from p2pevents.view.editions import Numbering

__all__ = [
    "HISTORY",
    "Entry",
    "Place",
    "entries_of_series",
    "entry_of",
    "entry_of_date",
    "kept_entry",
]

HISTORY: Final = (
    "Imported from an earlier calendar; not announced by this chapter's keys at the time."
)
"""What a text for other programs says of what was imported as history."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is: a venue's own words under those that were written beside it."""

    name: str
    address: str | None = None
    city: str | None = None
    country: str | None = None
    room: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is shown of one gathering.

    Attributes:
        chapter: whose it is.
        kind: `event`, `occurrence`, `session` or `series`.
        path: of a date of a series, the path that it has or would have.
        shown: the fields; of a date, its own over those of the series.
        span: when it is.
        place: where it is.
        conflicts: the names of fields on which organisers disagree.
        clock: of the newest version of anything that is shown here, in ms since 1970.
        recurrence: of a date of a series, the local start that the rule gives or would give it.
        edition: which of its like it is: as it says, or as the dates of its series count.
        moved_to: the day of what stands for it; None where nothing does, or none is known.
        sessions: what it is made of, in order of time.
        recaps: what was written afterwards.
        notices: words to all who follow it.
    """

    chapter: Chapter
    kind: Kind
    path: Path
    shown: Gathering
    span: Span
    place: Place | None = None
    conflicts: tuple[str, ...] = ()
    clock: int
    recurrence: datetime | None = None
    edition: int | None = None
    moved_to: date | None = None
    sessions: tuple[Entry, ...] = ()
    recaps: tuple[Recap, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def id(self) -> str:
        """The object's path as text."""
        return path_text(self.path)

    @property
    def title(self) -> str:
        """The title; empty where there is none yet."""
        return self.shown.title or ""

    @property
    def status(self) -> StatusIs:
        """Whether it takes place; confirmed where nobody said otherwise."""
        return self.shown.status.state if self.shown.status else StatusIs.CONFIRMED

    @property
    def is_history(self) -> bool:
        """Whether it was imported as history: not announced by its chapter's keys at the time."""
        return bool(self.shown.imported and self.shown.imported.history)

    @property
    def status_words(self) -> str:
        """Return how it stands, in words that every format shares; empty where it is confirmed.

        `skipped, moved to 2020-01-08`: what reads it by eye needs no lookup of an id.
        """
        if self.status is StatusIs.CONFIRMED:
            return ""
        moved = f", moved to {self.moved_to}" if self.moved_to else ""
        return f"{self.status}{moved}"

    @property
    def city(self) -> str | None:
        """The city of the place, else the chapter's."""
        return (self.place.city if self.place else None) or self.chapter.profile.city

    @once
    def words(self) -> str:
        """All that a search looks at, in it and in its sessions, as it is compared."""
        parts = (self, *self.sessions)
        return plain("\n".join(line for each in parts for line in _lines(each)))

    @once
    def tags(self) -> frozenset[str]:
        """The keywords of it and of its sessions, as they are compared."""
        return frozenset(
            plain(tag) for each in (self, *self.sessions) for tag in each.shown.keywords
        )

    @once
    def kept(self) -> dict[object, Any]:
        """What was made of it, such as its text in a feed, for whoever makes the same again."""
        return {}

    @once
    def order(self) -> tuple[tuple[datetime, bool], bytes, Path]:
        """What sorts entries: by time, and the same everywhere."""
        return (self.span.order, self.chapter.id, self.path)


_SHOWN_ALONE: Final = (Event, Session, Series)
_KINDS: Final = {str(kind): kind for kind in Kind}


def entry_of(calendar: Calendar, merged: MergedObject, *, window: Window = EVER) -> Entry | None:
    """Return the entry of an event, with its sessions; of a session or a series by itself.

    None where it is neither, was retracted, has no version that can be read, or is not on
    within the window.
    """
    if not isinstance(merged.shown, _SHOWN_ALONE) or not is_shown(merged):
        return None
    span = span_of(merged.shown.when)
    return _entry(calendar, merged, merged.shown, span=span) if window.holds(span) else None


def kept_entry(calendar: Calendar, family: Family, merged: MergedObject) -> Entry | None:
    """Return what `entry_of` does, made once while the family and what is around it stand."""
    around = calendar.around((merged.id.chapter, merged.id.path[0]))
    key = (merged.id.kind, merged.id.path)
    kept = family.kept.get(key)
    if kept is None or not is_same(kept[0], around):
        kept = family.kept[key] = (around, entry_of(calendar, merged))
    entry: Entry | None = kept[1]
    return entry


def entries_of_series(calendar: Calendar, merged: MergedObject, window: Window) -> Iterator[Entry]:
    """Yield the dates of a series that lie in a window, each with its sessions.

    A date is the rule's, or one that an organiser added with a time of its own. What an
    organiser said of a date that the rule does not give any more is not shown: the rule was
    changed since. A retracted date is not shown; a skipped one is, as skipped.
    """
    from p2pevents.view.editions import has_time, numbering_of

    series = merged.shown
    if not isinstance(series, Series) or series.when is None:
        return
    by_rule = {start.date().isoformat(): start for start in _rule_starts(series.when, window)}
    said = calendar.family(merged.id.chapter, merged.id.path).days
    days = {day: on for day in sorted({*by_rule, *said}) if (on := day_named(day))}
    if not days:
        return
    number = numbering_of(calendar, merged, max(days.values()))
    for day, on in days.items():
        own = calendar.object_at(merged.id.chapter, Kind.OCCURRENCE, (*merged.id.path, day))
        if day in by_rule or (own is not None and has_time(own)):
            entry = _entry_of_date(calendar, merged, on, number)
            if entry is not None and window.holds(entry.span):
                yield entry


def entry_of_date(calendar: Calendar, merged: MergedObject, day: str) -> Entry | None:
    """Return the entry of one date of a series, whether its rule gives it or not.

    None where it was retracted, the series is not shown, or there is no such day.
    """
    from p2pevents.view.editions import numbering_of

    on = day_named(day)
    if on is None or not is_shown(merged):
        return None
    return _entry_of_date(calendar, merged, on, numbering_of(calendar, merged, on))


def _entry_of_date(
    calendar: Calendar, merged: MergedObject, on: date, number: Numbering
) -> Entry | None:
    series, path = merged.shown, (*merged.id.path, on.isoformat())
    if not isinstance(series, Series) or series.when is None or series.when.start is None:
        return None
    own = calendar.object_at(merged.id.chapter, Kind.OCCURRENCE, path)
    if own is not None and own.retracted:
        return None
    start = datetime.combine(on, datetime.fromisoformat(series.when.start).time())
    said = own.shown if own is not None and isinstance(own.shown, Occurrence) else Occurrence()
    conflicts = {
        name for name in merged.conflicts if name not in (own.fields if own is not None else ())
    }
    return _entry(
        calendar,
        merged,
        # Of a date that nobody wrote on, all that is known came with its series.
        _overlaid(
            series,
            said if own is not None else Occurrence(imported=series.imported),
            start,
        ),
        path=path,
        conflicts=conflicts | (set(own.conflicts) if own is not None else set()),
        clock=max(merged.clock, own.clock if own is not None else 0),
        recurrence=start,
        edition=said.edition if said.edition is not None else number(on),
    )


def _rule_starts(when: Recurring, window: Window) -> tuple[datetime, ...]:
    """Return the rule's starts that may touch the window, those before it that last into it too."""
    from p2pevents.view.recurrence import HORIZON_DAYS, starts_of

    base = span_of(when)
    if base.start is None:
        return ()
    begins = base.start.date()
    lasts = (base.last_day or begins) - begins
    first = max(begins, window.first - lasts) if window.first else begins
    until = window.until or first + lasts + timedelta(days=HORIZON_DAYS)
    return starts_of(when, first, until)


_OWN_OR_SERIES: Final = ("title", "description", "locale", "where", "status", "stream", "languages")
_UNITED: Final = ("links", "keywords", "participants")


def _overlaid(series: Series, own: Occurrence, start: datetime) -> Occurrence:
    """Return the fields of a date: its own, and the series' where it says nothing."""
    values: dict[str, Any] = {}
    for name in _OWN_OR_SERIES:
        said = getattr(own, name)
        values[name] = said if said is not None else getattr(series, name)
    for name in _UNITED:
        values[name] = {**getattr(series, name), **getattr(own, name)}
    if own.title is None and own.description is None:
        # A translation of the series' words would stand beside other words otherwise.
        values["localizations"] = {**series.localizations, **own.localizations}
    if own.when is None and series.when is not None:
        values["when"] = msgspec.structs.replace(
            series.when, start=start.isoformat(), recurrence_rule=None
        )
    return msgspec.structs.replace(own, **values)


def _entry(
    calendar: Calendar,
    merged: MergedObject,
    shown: Gathering,
    *,
    path: Path | None = None,
    conflicts: set[str] | None = None,
    clock: int | None = None,
    recurrence: datetime | None = None,
    span: Span | None = None,
    edition: int | None = None,
) -> Entry:
    path = path or merged.id.path
    chapter = calendar.chapters[merged.id.chapter]
    family = calendar.family(chapter.id, path)
    sessions: tuple[MergedObject, ...] = ()
    recaps, notices = sessions, sessions
    if len(family.members) > 1:  # something lies below it
        sessions = family.sessions.get(path, ())
        recaps, notices = family.recaps.get(path, ()), family.notices.get(path, ())
    entries = [
        _entry(calendar, each, each.shown) for each in sessions if isinstance(each.shown, Session)
    ]
    kind = Kind.OCCURRENCE if recurrence is not None else _KINDS[merged.id.kind]
    return Entry(
        chapter=chapter,
        kind=kind,
        path=path,
        shown=shown,
        span=span_of(shown.when) if span is None else span,
        place=_place(calendar, chapter, shown.where),
        conflicts=tuple(sorted(merged.conflicts if conflicts is None else conflicts)),
        clock=max(
            [clock or merged.clock, *(each.clock for each in (*sessions, *recaps, *notices))]
        ),
        recurrence=recurrence,
        edition=shown.edition if isinstance(shown, Event) else edition,
        moved_to=_moved_to(calendar, chapter, shown.status),
        sessions=tuple(sorted(entries, key=lambda entry: entry.order)),
        recaps=tuple(each.shown for each in recaps if isinstance(each.shown, Recap)),
        notices=tuple(each.shown for each in notices if isinstance(each.shown, Notice)),
    )


def _moved_to(calendar: Calendar, chapter: Chapter, status: Status | None) -> date | None:
    """Return the day of what stands for something: as it says itself, else of its path."""
    if status is None or status.moved_to is None:
        return None
    path = tuple(status.moved_to.split("/"))
    for kind in (Kind.OCCURRENCE, Kind.EVENT):
        merged = calendar.shown(chapter.id, kind, path)
        day = span_of(getattr(merged.shown, "when", None)).day if merged else None
        if day is not None:
            return day
    return day_named(path[-1])


def _lines(entry: Entry) -> Iterator[str]:
    """Yield the words of an entry that a search looks at."""
    shown = entry.shown
    yield entry.chapter.name
    yield shown.title or ""
    yield shown.description or ""
    yield entry.place.name if entry.place else ""
    yield entry.city or ""
    yield from shown.keywords
    for person in shown.participants.values():
        yield person.name
    for words in shown.localizations.values():
        yield words.title or ""
        yield words.description or ""


def _place(calendar: Calendar, chapter: Chapter, where: Where | None) -> Place | None:
    if where is None:
        return None
    venue = calendar.venue(chapter.id, where.venue) if where.venue else None
    return Place(
        name=where.name,
        address=where.address or (venue.address if venue else None),
        city=where.city or (venue.city if venue else None),
        country=where.country or (venue.country if venue else None),
        room=where.room,
    )
