"""`p2pevents export`: my calendar for other programs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import Calendar
from p2pevents.view.rows import json_text, row_of
from p2pevents.view.times import Window

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents export --format ics -o calendar.ics")
@click.option(
    "--format", "form", type=click.Choice(["ics", "json"]), required=True, help="Which format."
)
@click.option("--chapter", metavar="CHAPTER", help="Only this one; else all that I follow.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to; else stdout.",
)
@pass_settings
def command(settings: Settings, /, form: str, chapter: str | None, output: Path | None) -> None:
    """Write the events of the chapters that I follow, past ones too."""
    if settings.json and output is None and form != "json":
        raise InputError("--json and --format ics would share stdout", hint="name a file by -o")
    with desk_of(settings) as desk:
        follows = [each.chapter for each in desk.followed()]
        wanted = [desk.find_chapter(chapter, among=follows)] if chapter else follows
        calendar = desk.reader.calendar(wanted)
        name = desk.chapter_name(wanted[0]) if len(wanted) == 1 else "p2pevents"
    data, count = _ics(calendar, name) if form == "ics" else _json(calendar)
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise InputError(
            f"{output}: cannot be written: {(error.strerror or 'no reason given').lower()}"
        ) from None
    if settings.json:
        settings.print_json({"file": str(output), "events": count})
    else:
        click.echo(f"{output}: {count} events")


def _ics(calendar: Calendar, name: str) -> tuple[bytes, int]:
    from p2pevents.view.feed import Feed

    data = Feed(name=name).text(calendar)
    return data, data.count(b"BEGIN:VEVENT")


def _json(calendar: Calendar) -> tuple[bytes, int]:
    entries = agenda(calendar, Query(window=Window()))
    return json_text(row_of(entry) for entry in entries).encode("utf-8") + b"\n", len(entries)
