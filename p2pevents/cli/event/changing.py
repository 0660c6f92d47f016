"""What changes of an event: its words, its time, whether it takes place, whether it is shown."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.event.adding import EVENT_WORDS
from p2pevents.cli.gatherings import CHAPTER, ID, change_words, find, write
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.words import said_words, words_options
from p2pevents.node.desk import Change
from p2pevents.record.kinds import Kind

__all__ = ["cancel", "edit", "move", "retract"]


@click.command(
    cls=Command,
    epilog='Example: p2pevents event edit k3x7 --venue "Online" --stream https://...',
)
@ID
@words_options(*EVENT_WORDS, "status", "reason")
@CHAPTER
@pass_settings
def edit(settings: Settings, /, wanted: str, chapter: str | None, **options: Any) -> None:
    """Change some words of an event, or of one date of a series (SERIES/2027-01-06)."""
    change_words(settings, wanted, chapter, said_words(options))


@click.command(cls=Command, epilog='Example: p2pevents event move k3x7 --start "2027-01-13 18:30"')
@ID
@words_options("start", "end", "zone")
@CHAPTER
@pass_settings
def move(settings: Settings, /, wanted: str, chapter: str | None, **options: Any) -> None:
    """Move an event to another time."""
    change_words(settings, wanted, chapter, said_words(options))


@click.command(
    cls=Command, epilog='Example: p2pevents event cancel k3x7 --reason "the venue is closed"'
)
@ID
@click.option("--reason", required=True, metavar="TEXT", help="Why, for all who wanted to come.")
@click.option("--postponed", is_flag=True, help="It will take place at another time.")
@CHAPTER
@pass_settings
def cancel(
    settings: Settings, /, wanted: str, reason: str, *, postponed: bool, chapter: str | None
) -> None:
    """Cancel an event; it stays visible, struck out, with the reason."""
    status = "postponed" if postponed else "cancelled"
    change_words(settings, wanted, chapter, {"status": status, "reason": reason})


@click.command(cls=Command, epilog="Example: p2pevents event retract k3x7")
@ID
@click.option("--undo", is_flag=True, help="Show again what was retracted.")
@CHAPTER
@pass_settings
def retract(settings: Settings, /, wanted: str, chapter: str | None, *, undo: bool) -> None:
    """Take an event back: announced by mistake, or twice, it is shown no more.

    Its words stay with all who have them: what nobody should read any more is erased.
    """
    with desk_of(settings) as desk:
        found = find(desk, wanted, chapter)
        change = Change(kind=Kind(found.kind), path=found.path, changes={"retracted": not undo})
        write(settings, desk, found.chapter, change)
