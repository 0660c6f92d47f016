"""`p2pevents session`: the parts of an event's programme."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.listing import print_agenda
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.words import said_words, words_options
from p2pevents.errors import InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft import SessionDraft
from p2pevents.record.fields import Event, Session
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.entries import Entry, entry_of
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window

__all__ = ["command"]

_WORDS = (
    "title",
    "start",
    "end",
    "zone",
    "room",
    "type",
    "level",
    "recording",
    "description",
    "tag",
    "language",
    "speaker",
    "stream",
    "status",
    "reason",
)
_CHAPTER = click.option("--chapter", metavar="CHAPTER", help="My chapter, by id or name.")
_EVENT = click.option("--event", "event_id", required=True, metavar="ID", help="Of this event.")


@click.group(cls=Group)
def command() -> None:
    """Add, edit and list the talks and workshops of an event."""


@command.command(
    epilog='Example: p2pevents session add --event k3x7 --title "Replacing BGP" --start 19:00 '
    "--end 19:30 --type talk"
)
@_EVENT
@words_options(*_WORDS)
@_CHAPTER
@pass_settings
def add(settings: Settings, /, event_id: str, chapter: str | None, **options: Any) -> None:
    """Add a session to an event; a start of 19:00 alone is on the event's day."""
    words = said_words(options)
    if "title" not in words:
        raise InputError("a session needs a title", hint='p2pevents session add --title "..."')
    with desk_of(settings) as desk:
        event = _event(desk, event_id, chapter)
        draft = SessionDraft.from_words(parent=_when(desk, event), **words)
        path = (*event.path, *desk.new_path())
        change = Change(kind=Kind.SESSION, path=path, changes=draft.changes)
        (record,) = desk.write(event.chapter, [change])
        announced = announced_line(desk, [record.id])
    _say(settings, change, event, announced)


@command.command(epilog='Example: p2pevents session edit k3x7abcd/p4q2 --room "Village"')
@click.argument("wanted", metavar="ID")
@words_options(*_WORDS)
@_CHAPTER
@pass_settings
def edit(settings: Settings, /, wanted: str, chapter: str | None, **options: Any) -> None:
    """Change some words of a session."""
    words = said_words(options)
    if not words:
        raise InputError("nothing to change", hint="name at least one word, such as --room")
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter) if chapter else None
        found = desk.find_object(wanted, kinds=[Kind.SESSION], chapter=mine)
        merged = desk.object(found)
        current = merged.shown if merged and isinstance(merged.shown, Session) else None
        event = ObjectId(chapter=found.chapter, kind=Kind.EVENT.value, path=found.path[:-1])
        draft = SessionDraft.from_words(parent=_when(desk, event), current=current, **words)
        change = Change(kind=Kind.SESSION, path=found.path, changes=draft.changes)
        (record,) = desk.write(found.chapter, [change])
        announced = announced_line(desk, [record.id])
    _say(settings, change, found, announced)


@command.command(name="list", epilog="Example: p2pevents session list --event k3x7")
@_EVENT
@_CHAPTER
@pass_settings
def list_(settings: Settings, /, event_id: str, chapter: str | None) -> None:
    """List the sessions of an event."""
    with desk_of(settings) as desk:
        event = _event(desk, event_id, chapter)
        sessions = _sessions(desk, event)
    if settings.json:
        settings.print_json([row_of(entry) for entry in sessions])
    elif sessions:
        print_agenda(sessions, window=Window(), with_ids=True)
    else:
        click.echo("no session yet: p2pevents session add --event ID")


def _event(desk: Desk, event_id: str, chapter: str | None) -> ObjectId:
    mine = desk.chapter(chapter) if chapter else None
    return desk.find_object(event_id, kinds=[Kind.EVENT], chapter=mine)


def _when(desk: Desk, event: ObjectId) -> Any:
    merged = desk.object(event)
    return merged.shown.when if merged and isinstance(merged.shown, Event) else None


def _sessions(desk: Desk, event: ObjectId) -> tuple[Entry, ...]:
    calendar = desk.reader.under(event.chapter, [event.path])
    merged = calendar.shown(event.chapter, Kind.EVENT, event.path)
    entry = entry_of(calendar, merged) if merged else None
    return entry.sessions if entry else ()


def _say(settings: Settings, change: Change, event: ObjectId, announced: str) -> None:
    identifier = path_text(change.path)
    if settings.json:
        settings.print_json({"id": identifier, "chapter": to_text(event.chapter)})
    else:
        click.echo(f"{identifier}  {announced}")
