"""`p2pevents session`: the parts of an event's programme."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.gatherings import CHAPTER, ID, change_words, entry_at, find_event, write
from p2pevents.cli.listing import print_agenda
from p2pevents.cli.opening import desk_of
from p2pevents.cli.programme import print_programme
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.words import said_words, words_options
from p2pevents.errors import InputError
from p2pevents.node.wording import session_of
from p2pevents.view.programme import By, programme_by, speaks
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window
from p2pevents.words import _

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
    "locale",
    "tag",
    "language",
    "speaker",
    "stream",
    "status",
    "reason",
)
_EVENT = click.option(
    "--event", "event_id", required=True, metavar="ID", help="Of this event, or SERIES/2027-01-06."
)


@click.group(cls=Group)
def command() -> None:
    """Add, edit and list the talks and workshops of an event."""


@command.command(
    epilog='Example: p2pevents session add --event k3x7 --title "Replacing BGP" --start 19:00 '
    "--end 19:30 --type talk"
)
@_EVENT
@words_options(*_WORDS)
@CHAPTER
@pass_settings
def add(settings: Settings, /, event_id: str, chapter: str | None, **options: Any) -> None:
    """Add a session to an event; a start of 19:00 alone is on the event's day."""
    words = said_words(options)
    if "title" not in words:
        raise InputError("a session needs a title", hint='p2pevents session add --title "..."')
    with desk_of(settings) as desk:
        event = find_event(desk, event_id, chapter)
        write(settings, desk, event.chapter, session_of(desk, event, words))


@command.command(epilog='Example: p2pevents session edit k3x7/p4q2 --room "Village"')
@ID
@words_options(*_WORDS)
@CHAPTER
@pass_settings
def edit(settings: Settings, /, wanted: str, chapter: str | None, **options: Any) -> None:
    """Change some words of a session (EVENT/SESSION, as `session list` shows it)."""
    if "/" not in wanted:
        raise InputError(
            f"{wanted[:60]!r} is no session: its id has a slash",
            hint=f"p2pevents session list --event {wanted[:60]}",
        )
    change_words(settings, wanted, chapter, said_words(options))


@command.command(
    name="list", reads=True, epilog="Example: p2pevents session list --event k3x7 --by room"
)
@_EVENT
@click.option("--by", type=click.Choice([by.value for by in By]), help="In groups.")
@click.option("--language", metavar="TAG", help="Only in this language, such as fr.")
@CHAPTER
@pass_settings
def list_(
    settings: Settings,
    /,
    event_id: str,
    by: str | None,
    language: str | None,
    chapter: str | None,
) -> None:
    """List the sessions of an event: as they follow each other, or by day, room or speaker.

    By day, what begins before six in the morning belongs to the evening before.
    """
    with desk_of(settings) as desk:
        event = find_event(desk, event_id, chapter)
        entry = entry_at(desk, event)
    if by is not None:
        groups = programme_by(entry, By(by), language=language or "")
        if settings.json:
            settings.print_json(
                [
                    {
                        by: group.day.isoformat() if group.day else group.name or None,
                        "sessions": [row_of(each) for each in group.sessions],
                    }
                    for group in groups
                ]
            )
        else:
            print_programme(groups, By(by))
        return
    sessions = [each for each in entry.sessions if not language or speaks(each, language)]
    if settings.json:
        settings.print_json([row_of(each) for each in sessions])
    elif sessions:
        print_agenda(sessions, window=Window(), with_ids=True, with_tongues=True)
    else:
        click.echo(_("no session yet: p2pevents session add --event ID"))
