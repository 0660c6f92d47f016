"""Entries on a terminal: one heading a day, one line an entry, sessions under their event."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from p2pevents.cli.speaking import date_locale
from p2pevents.record.fields import Recap
from p2pevents.record.ids import SHORT_CHARACTERS, ChapterId
from p2pevents.record.values import Link, StatusIs
from p2pevents.view.entries import Entry
from p2pevents.view.online import adds_online
from p2pevents.view.times import Span, Window
from p2pevents.view.tongues import Translated, told_in, translated
from p2pevents.words import _, named, spoken

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["heads_text", "print_agenda", "print_entry", "print_recaps", "time_text"]

PIPED_COLUMNS = 160
NIGHT_HOUR = 12  # what ends before noon of the next day is a night, not two days
_STATUS = {
    StatusIs.CANCELLED: "bold red",
    StatusIs.POSTPONED: "bold red",
    StatusIs.SKIPPED: "bold yellow",
    StatusIs.TENTATIVE: "yellow",
}


def print_agenda(
    entries: Sequence[Entry],
    *,
    window: Window,
    with_ids: bool = False,
    names: Mapping[ChapterId, str] = MappingProxyType({}),
    with_tongues: bool = False,
) -> None:
    """Print entries by day; text of strangers is shown as it is, never as markup.

    Args:
        entries: what is printed.
        window: the days that are shown.
        with_ids: whether each id stands beside it.
        names: what its person calls chapters; others are called what they call themselves.
        with_tongues: whether what is not translated into a language of its chapter says so.
    """
    from babel.dates import format_date
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    language = date_locale()
    names_chapter = len({entry.chapter.id for entry in entries}) > 1
    console = Console(width=_columns(), highlight=False)
    lines = sorted(_lines(entries, window), key=lambda line: line.order)
    for day, of_day in groupby(lines, key=_day_of):
        heading = format_date(day, "full", locale=language) if day else _("day to be announced")
        console.print(Text(f"{heading[:1].upper()}{heading[1:]}", style="bold underline"))
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), expand=sys.stdout.isatty())
        table.add_column(no_wrap=True, min_width=11)
        table.add_column(overflow="fold", ratio=3)
        table.add_column(overflow="fold", style="dim", ratio=2)
        table.add_column(style="dim", no_wrap=True)
        for line in of_day:
            title = _title(line).append(
                _untranslated(line.entry) if with_tongues else "", style="yellow"
            )
            table.add_row(
                Text(_time_of(line)),
                Padding(title, (0, 0, 0, 2)) if line.under else title,
                Text(_where(line, names if names_chapter else None)),
                Text(_short(line.entry) if with_ids and line.under is None else ""),
            )
        console.print(table)
        console.print()


def print_entry(entry: Entry) -> None:
    """Print one entry whole, its sessions by day."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=_columns(), highlight=False)
    shown = entry.shown
    place = entry.place
    where = (place.name, place.address, place.city) if place else ()
    facts = {
        _("id"): entry.id,
        _("chapter"): entry.chapter.name,
        _("when"): f"{entry.span.day or _('to be announced')} {time_text(entry, entry.span.day)}",
        _("zone"): entry.span.time_zone or "",
        _("where"): ", ".join(part for part in where if part),
        _("stream"): shown.stream.uri if shown.stream else "",
        _("tags"): ", ".join(sorted(shown.keywords)),
        _("languages"): ", ".join(shown.languages or ()),
    }
    console.print(_title(_Line(entry=entry, day=None)))
    for name, fact in facts.items():
        if fact:
            console.print(Text(f"  {name:10}", style="dim") + Text(fact))
    if entry.is_history:
        console.print(
            Text(f"  {_('imported as history; not announced by these keys')}", style="dim")
        )
    if shown.description:
        console.print(Text(f"\n{shown.description}"))
    for notice in entry.notices:
        until = "  " + _("(until {day})", day=notice.until) if notice.until else ""
        console.print(Text(f"\n{notice.title or _('notice')}{until}", style="bold yellow"))
        if notice.description:
            console.print(Text(notice.description))
    print_recaps(entry)
    if entry.sessions:
        console.print()
        print_agenda(entry.sessions, window=Window())


def heads_text(recap: Recap) -> str:
    """Return `48 people came, 60 were expected`, as far as it was counted."""
    came, expected = recap.attended, recap.expected
    if came is None and expected is None:
        return ""
    if came is None:
        return _("{expected} people were expected", expected=expected)
    if expected is None:
        return _("{came} people came", came=came)
    return _("{came} people came, {expected} were expected", came=came, expected=expected)


def print_recaps(entry: Entry) -> None:
    """Print what was written of an event afterwards, and what is linked on its sessions."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=_columns(), highlight=False)
    for recap in entry.recaps:
        console.print(Text(f"\n{recap.title or _('Recap')}", style="bold"))
        for text in (heads_text(recap), recap.description):
            if text:
                console.print(Text(text))
        if recap.lessons:
            console.print(Text(_("for the next time: {lessons}", lessons=recap.lessons)))
        _print_links(recap.links)
    _print_links(entry.shown.links)
    for session in entry.sessions:
        if session.shown.links:
            console.print(Text(f"\n{session.title}", style="dim"))
            _print_links(session.shown.links)


def _print_links(links: Mapping[str, Link]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(width=_columns(), highlight=False)
    for name, link in links.items():
        console.print(Text(f"  {link.title or name}: {link.href}"), soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line of the listing: an entry on one of its days.

    Attributes:
        entry: what it shows.
        day: the day that it stands under; None while that is to be announced.
        under: the event that a session belongs to; None for what stands by itself.
        number: of an event that takes several days, which of them this is, from 1.
    """

    entry: Entry
    day: date | None
    under: Entry | None = None
    number: int = 1

    @property
    def order(self) -> tuple[Any, ...]:
        """By day, then what takes several days, each event before what it is made of."""
        top = self.under or self.entry
        return (
            self.day or date.max,
            not _days(top),
            top.order,
            self.under is not None,
            self.entry.order,
        )


def _lines(entries: Iterable[Entry], window: Window) -> Iterator[_Line]:
    for entry in entries:
        sessions = [each for each in entry.sessions if window.holds(each.span)]
        begins = entry.span.day
        days = {each.span.day for each in sessions if each.span.day} if _days(entry) else set()
        for day in sorted({begins, *days} - {None}) if begins else [None]:
            number = (day - begins).days + 1 if day and begins else 1
            if day is None or window.holds(Span(day=day)):
                yield _Line(entry=entry, day=day, number=number)
        for session in sessions:
            yield _Line(entry=session, day=session.span.day or begins, under=entry)


def _day_of(line: _Line) -> date | None:
    return line.day


def _days(entry: Entry) -> int:
    """Return how many days more than one an entry takes; a night is none."""
    span = entry.span
    days = (span.last_day - span.day).days if span.last_day and span.day else 0
    return 0 if days == 1 and span.end and span.end.hour < NIGHT_HOUR else days


def time_text(entry: Entry, day: date | None) -> str:
    """Return `18:30-23:00`, or what is known of it."""
    span = entry.span
    if span.start is None:
        return _("time tba") if day else _("tba")
    end = f"-{span.end:%H:%M}" if span.end else ""
    return f"{span.start:%H:%M}{end}"


def status_text(entry: Entry) -> str:
    """Return how an entry stands: `skipped, moved to 2020-01-08`; empty where it is confirmed."""
    if entry.status is StatusIs.CONFIRMED:
        return ""
    said = named("status", entry.status.value)
    if entry.moved_to is None:
        return said
    return _("{said}, moved to {day}", said=said, day=entry.moved_to)


def _time_of(line: _Line) -> str:
    """Return the hours of a line; of an event that takes several days, which of them it is."""
    if days := _days(line.entry):
        return _("day {number} of {days}", number=line.number, days=days + 1)
    return time_text(line.entry, line.day)


def _title(line: _Line) -> Text:
    from rich.text import Text

    entry = line.entry
    text = Text()
    said = _STATUS.get(entry.status)
    title = told_in(entry.shown, spoken().language).title or _("(title to be announced)")
    struck = entry.status in {StatusIs.CANCELLED, StatusIs.SKIPPED}
    text.append(title, style="strike dim" if struck else "" if line.under else "bold")
    if entry.edition is not None and "#" not in title:
        text.append(f" #{entry.edition}", style="dim")
    if said:
        status = entry.shown.status
        reason = f": {status.reason}" if status and status.reason else ""
        text.append(f"  {status_text(entry)}{reason}", style=said)
    if heads := next((each.attended for each in entry.recaps if each.attended), None):
        text.append("  " + _("{heads} came", heads=heads), style="dim")
    if entry.conflicts:
        text.append(f"  {_('disputed')}: {', '.join(entry.conflicts)}", style="bold magenta")
    return text


def _untranslated(entry: Entry) -> str:
    """Return the languages of its chapter that an entry is not in; empty where it is in all.

    An entry whose words nobody named the language of is passed over: it may be in any.
    """
    if not entry.shown.locale:
        return ""
    states = translated(entry.shown, entry.chapter.profile.languages or ())
    lacking = [tag for tag, state in states.items() if state is Translated.NOT]
    partly = [tag for tag, state in states.items() if state is Translated.PARTLY]
    parts = [
        _("not in {languages}", languages=", ".join(lacking)) if lacking else "",
        _("partly in {languages}", languages=", ".join(partly)) if partly else "",
    ]
    text = "; ".join(part for part in parts if part)
    return f"  [{text}]" if text else ""


def _where(line: _Line, names: Mapping[ChapterId, str] | None) -> str:
    """Return where it is; with names of chapters given, also whose."""
    entry = line.entry
    room = getattr(entry.shown, "room", None)
    place = (entry.place.room or entry.place.name) if entry.place else None
    stream = _("online") if adds_online(entry) else None
    chapter = None
    if names is not None and line.under is None:
        chapter = names.get(entry.chapter.id) or entry.chapter.name
    return " · ".join(part for part in (room, place, stream, chapter) if part)


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_COLUMNS


def _short(entry: Entry) -> str:
    """Return the first characters of an id; the whole of a date's, which begins as its series."""
    return entry.id if "/" in entry.id else entry.id[:SHORT_CHARACTERS]
