"""`p2pevents export`: my calendar for other programs."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pevents.cli.opening import config_of, desk_of, home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError, UsageError, reason_of
from p2pevents.record.ids import ChapterId, path_text
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import Calendar
from p2pevents.view.programme import By
from p2pevents.view.times import Window
from p2pevents.words import _n

if TYPE_CHECKING:
    from p2pevents.node.desk import Desk
    from p2pevents.view.entries import Entry

__all__ = ["command"]


class Form(StrEnum):
    """The formats that there are."""

    ICS = "ics"
    ATOM = "atom"
    JSON = "json"
    MARKDOWN = "markdown"
    SCHEDULE_XML = "schedule-xml"
    CSV = "csv"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is to be written: a calendar, the one event of it where one is named, a name for it."""

    calendar: Calendar
    event: Entry | None
    name: str
    public_url: str

    @property
    def entries(self) -> list[Entry]:
        """The entries in order of time; the named one alone where there is one."""
        if self.event is not None:
            return [self.event]
        return agenda(self.calendar, Query(window=Window()))


@click.command(
    cls=Command, reads=True, epilog="Example: p2pevents export --format ics -o calendar.ics"
)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Form]),
    required=True,
    help="Which format.",
)
@click.option("--chapter", metavar="CHAPTER", help="Only this one; else all that I follow.")
@click.option("--event", "event_id", metavar="ID", help="Only this event, with its sessions.")
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    default=By.DAY.value,
    show_default=True,
    help="Of html: what sessions are grouped by.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to; else stdout.",
)
@pass_settings
def command(
    settings: Settings,
    /,
    form: str,
    chapter: str | None,
    event_id: str | None,
    *,
    by: str,
    output: Path | None,
) -> None:
    """Write the events of the chapters that I follow, past ones too.

    The formats: ics for calendar programs, atom for feed readers, json for programs,
    csv for spreadsheets, markdown for people, html to print and hang up, and schedule-xml,
    which conference apps read, for the sessions of one event.
    """
    if settings.json and output is None and form != Form.JSON:
        raise InputError(f"--json and --format {form} would share stdout", hint="name a file by -o")
    if form == Form.SCHEDULE_XML and event_id is None:
        raise UsageError("schedule-xml is the programme of one event", hint="name it by --event ID")
    public_url = config_of(home_of(settings), None).public_url
    with desk_of(settings) as desk:
        wanted = _wanted(desk, chapter, event_id, public_url)
    data, count = _written(Form(form), wanted, By(by))
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {reason_of(error)}") from None
    if settings.json:
        settings.print_json({"file": str(output), "events": count})
    else:
        click.echo(_n("{file}: {n} events", "{file}: {n} events", count, file=output))


def _wanted(desk: Desk, chapter: str | None, event_id: str | None, public_url: str) -> _Wanted:
    follows = [each.chapter for each in desk.followed()]
    chapters = [desk.find_chapter(chapter, among=follows)] if chapter else follows
    if event_id is None:
        name = desk.public_name(chapters[0]) if len(chapters) == 1 else "p2pevents"
        calendar = desk.reader.calendar(chapters)
        return _Wanted(calendar=calendar, event=None, name=name, public_url=public_url)
    calendar, entry = _event(desk, event_id, chapters)
    name = entry.title or entry.id
    return _Wanted(calendar=calendar, event=entry, name=name, public_url=public_url)


def _event(desk: Desk, event_id: str, chapters: list[ChapterId]) -> tuple[Calendar, Entry]:
    """Return one event, or one date of a series, with the calendar that holds it."""
    from p2pevents.view.agenda import all_entries

    calendar = desk.reader.calendar(chapters)
    found = [
        entry
        for entry in all_entries(calendar, Window())
        if path_text(entry.path).startswith(event_id)
    ]
    exact = [entry for entry in found if path_text(entry.path) == event_id]
    one = exact or found
    if not one:
        raise InputError(
            f"no event begins with {event_id[:60]!r}", hint="see them: p2pevents agenda --json"
        )
    if len(one) > 1:
        raise InputError(f"{event_id[:60]!r} begins {len(one)} events", hint="write more of its id")
    return calendar, one[0]


def _written(form: Form, wanted: _Wanted, by: By) -> tuple[bytes, int]:
    """Return the text in one format, and how many events stand in it."""
    # Each format loads its own libraries, and nobody who asks for another waits for them.
    match form:
        case Form.ICS:
            return _ics(wanted)
        case Form.ATOM:
            from p2pevents.view.atom import atom_text

            if wanted.event is not None:
                raise UsageError("an Atom feed is of chapters", hint="leave out --event")
            calendar = wanted.calendar
            data = atom_text(
                calendar,
                chapters=list(calendar.chapters),
                name=wanted.name,
                public_url=wanted.public_url,
            )
            return data, data.count(b"<entry>")
        case Form.MARKDOWN:
            from p2pevents.view.markdown import markdown_text

            entries = wanted.entries
            data = markdown_text(entries, title=wanted.name, public_url=wanted.public_url)
            return data, len(entries)
        case Form.SCHEDULE_XML:
            from p2pevents.view.schedule_xml import schedule_xml

            if wanted.event is None:
                raise UsageError("schedule-xml is the programme of one event")
            return schedule_xml(wanted.event, public_url=wanted.public_url)
        case Form.CSV:
            from p2pevents.view.table import csv_text

            entries = wanted.entries
            count = sum(1 + len(entry.sessions) for entry in entries)
            return csv_text(entries), count
        case Form.HTML:
            from p2pevents.web.printed import printed_page
            from p2pevents.web.words import Words
            from p2pevents.words import language_of

            entries = wanted.entries
            data = printed_page(
                entries,
                title=wanted.name,
                words=Words(language_of(os.environ)),
                by=by,
                public_url=wanted.public_url,
            )
            return data, len(entries)
        case Form.JSON:
            from p2pevents.view.rows import json_text, row_of

            rows = [row_of(entry, public_url=wanted.public_url) for entry in wanted.entries]
            return json_text(rows).encode("utf-8") + b"\n", len(rows)


def _ics(wanted: _Wanted) -> tuple[bytes, int]:
    from p2pevents.view.feed import Feed, calendar_text
    from p2pevents.view.ics import part_of

    if wanted.event is None:
        feed = Feed(name=wanted.name, public_url=wanted.public_url, whole=True)
        data = feed.text(wanted.calendar)
        return data, data.count(b"BEGIN:VEVENT")
    entry = wanted.event
    # A date of a series stands in iCalendar beside its rule: the whole series is written.
    kind = Kind.SERIES if entry.kind == Kind.OCCURRENCE else Kind.EVENT
    merged = wanted.calendar.object_at(entry.chapter.id, kind, entry.path[:1])
    if merged is None:
        raise InputError(f"{entry.id}: not an event")
    part = part_of(wanted.calendar, merged, public_url=wanted.public_url, whole=True)
    data = calendar_text([part], name=wanted.name)
    return data, data.count(b"BEGIN:VEVENT")
