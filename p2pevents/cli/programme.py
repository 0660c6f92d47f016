"""A programme on a terminal: its sessions under each day, room or speaker."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from p2pevents.cli.listing import status_text
from p2pevents.record.fields import Session
from p2pevents.view.entries import Entry
from p2pevents.view.programme import By, Group
from p2pevents.words import _, named, spoken

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["print_programme"]

PIPED_COLUMNS = 160


def print_programme(groups: Sequence[Group], by: By) -> None:
    """Print groups of sessions; text of strangers is shown as it is, never as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_COLUMNS
    console = Console(width=width, highlight=False)
    for group in groups:
        console.print(Text(_heading(group, by), style="bold underline"))
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_column(overflow="fold", style="dim")
        for session in group.sessions:
            table.add_row(Text(_hours(session, by)), _title(session), Text(_behind(session, by)))
        console.print(table)
        console.print()


def _heading(group: Group, by: By) -> str:
    if by is By.DAY:
        if group.day is None:
            return _("day to be announced")
        return f"{group.day} {_weekday(group.day, 'EEEE')}"
    if by is By.ROOM:
        return group.name or _("room to be announced")
    return group.name or _("speaker to be announced")


def _weekday(day: date, form: str) -> str:
    """Return the name of a day, in the language that is spoken; `form` as in CLDR."""
    from babel.dates import format_date

    return format_date(day, form, locale=spoken().language)


def _hours(session: Entry, by: By) -> str:
    span = session.span
    day = f"{_weekday(span.day, 'EEE')} {span.day:%d} " if by is not By.DAY and span.day else ""
    if span.start is None:
        return f"{day}{_('time tba')}"
    return f"{day}{span.start:%H:%M}" + (f"-{span.end:%H:%M}" if span.end else "")


def _title(session: Entry) -> Text:
    from rich.text import Text

    text = Text(session.title or _("(title to be announced)"))
    if said := status_text(session):
        text.append(f"  {said}", style="bold red")
    return text


def _behind(session: Entry, by: By) -> str:
    shown = session.shown
    room = shown.room if isinstance(shown, Session) and by is not By.ROOM else None
    people = [person.name for person in shown.participants.values()] if by is not By.SPEAKER else []
    kind = _called("type", shown.type) if isinstance(shown, Session) else None
    said = shown.level if isinstance(shown, Session) and shown.level != "none" else None
    level = _called("level", said)
    parts = [room, ", ".join(people), kind, "/".join(shown.languages or ()), level]
    return " · ".join(part for part in parts if part)


def _called(group: str, name: str | None) -> str:
    """Return what a session's type or level is called, as the page calls it."""
    return named(f"page {group}_{name}", name) if name else ""
