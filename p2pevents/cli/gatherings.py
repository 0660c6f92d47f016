"""Gatherings on the command line: found by their ids, read from what was typed, written."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Settings
from p2pevents.errors import InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.node.wording import above, change_of, entry_at, when_of
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.values import When
from p2pevents.view.times import night_of, span_of
from p2pevents.words import _

__all__ = [
    "CHAPTER",
    "ID",
    "change_words",
    "chapters_shown",
    "entry_at",
    "find",
    "find_event",
    "when_of",
    "write",
]

CHAPTER = click.option("--chapter", metavar="CHAPTER", help="My chapter, by id or name.")
ID = click.argument("wanted", metavar="ID")


def chapters_shown(desk: Desk, wanted: str | None) -> list[ChapterId]:
    """Return the chapter that was named, mine or followed; else those that I follow and hold.

    Raises:
        InputError: none fits the name, or several do.
    """
    if wanted is not None:
        return [desk.find_chapter(wanted, among=desk.chapters())]
    followed = {each.chapter for each in desk.followed()}
    return [each for each in desk.chapters() if each in followed]


def find(desk: Desk, wanted: str, chapter: str | None) -> ObjectId:
    """Return what an id means: `k3x7` an event or a series, or what is below it after a slash.

    `k3x7/2027-01-06` is a date of a series, though nobody wrote on it yet; what else follows a
    slash is a session. Each part may be shortened while it stays the only one.

    Raises:
        InputError: nothing fits, or several do.
    """
    mine = desk.chapter(chapter) if chapter else None
    top, _, rest = wanted.partition("/")
    found = desk.find_object(top, kinds=[Kind.EVENT, Kind.SERIES], chapter=mine)
    if not rest:
        return found
    if found.kind == Kind.SERIES and "/" not in rest:
        return ObjectId(
            chapter=found.chapter, kind=Kind.OCCURRENCE.value, path=(*found.path, _day(rest))
        )
    whole = f"{path_text(found.path)}/{rest}"
    return desk.find_object(whole, kinds=[Kind.SESSION], chapter=found.chapter)


def find_event(desk: Desk, wanted: str, chapter: str | None) -> ObjectId:
    """Return the event, or the date of a series, that an id means, for what is of one alone.

    Raises:
        InputError: nothing fits, or several do; or it is a whole series, or a session of one.
    """
    found = find(desk, wanted, chapter)
    if found.kind == Kind.SERIES:
        raise InputError(
            f"{wanted[:60]} is a series: this is of one of its dates",
            hint="name the date: SERIES/2027-01-06",
        )
    if found.kind == Kind.SESSION:
        event = above(found)
        title = entry_at(desk, event).title or path_text(event.path)
        raise InputError(
            f"{wanted[:60]} is a session of {title}: this is of a whole event",
            hint=f"name the event: {path_text(event.path)}",
        )
    return found


def change_words(
    settings: Settings, wanted: str, chapter: str | None, words: dict[str, Any]
) -> None:
    """Change some words of a gathering, read as its kind reads them, and say where that stands.

    Raises:
        InputError: there are none, or no such gathering is shown.
        DraftError: the words do not make a record.
    """
    if not words:
        raise InputError("nothing to change", hint="name at least one word, such as --start")
    with desk_of(settings) as desk:
        found = find(desk, wanted, chapter)
        write(settings, desk, found.chapter, change_of(desk, found, words))


def write(settings: Settings, desk: Desk, chapter: ChapterId, change: Change) -> None:
    """Write one version of an object, and say its id and where it stands."""
    (record,) = desk.write(chapter, [change])
    identifier = path_text(change.path)
    announced = announced_line(desk, [record.id])
    if settings.json:
        settings.print_json(
            {"id": identifier, "chapter": to_text(chapter), "record": to_text(record.id)}
        )
    else:
        click.echo(f"{identifier}  {announced}{_night(change)}")


def _night(change: Change) -> str:
    """Say when it ends where that is on the next day: an hour alone may have been typed."""
    when = change.changes.get("when")
    ends = night_of(span_of(when)) if isinstance(when, When) else None
    if ends is None:
        return ""
    return "; " + _("ends {day} at {hour}", day=ends.date(), hour=f"{ends:%H:%M}")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(
            f"{text[:60]!r} is not a date of the series", hint="write SERIES/2027-01-06"
        ) from None
