"""`event add`: an event that was not announced yet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from p2pevents.cli.gatherings import CHAPTER, write
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.words import read_draft_file, said_words, words_options
from p2pevents.errors import DraftError, InputError
from p2pevents.node.desk import Change
from p2pevents.record.draft import EventDraft
from p2pevents.record.kinds import Kind
from p2pevents.words import _

__all__ = ["EVENT_WORDS", "add"]

EVENT_WORDS: Final = (
    "title",
    "start",
    "end",
    "zone",
    "venue",
    "address",
    "city",
    "room",
    "stream",
    "description",
    "locale",
    "edition",
    "tag",
    "language",
    "speaker",
)


@click.command(
    cls=Command,
    epilog='Example: p2pevents event add --title "Paris P2P #10" --start "2027-01-06 18:30" '
    '--end 23:00 --venue "Ground Control"',
)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@words_options(*EVENT_WORDS)
@CHAPTER
@pass_settings
def add(settings: Settings, /, file: Path | None, chapter: str | None, **options: Any) -> None:
    """Add an event, from options, or from a TOML file with the same words."""
    words = {**(read_draft_file(file, EventDraft) if file else {}), **said_words(options)}
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter)
        words = _asked(words)
        words.setdefault("zone", desk.profile(mine).time_zone)
        try:
            draft = EventDraft.from_words(**words)
        except DraftError as error:
            raise _in_file(error, file) from None
        change = Change(kind=Kind.EVENT, path=desk.new_path(), changes=draft.changes)
        write(settings, desk, mine, change)


def _asked(words: dict[str, Any]) -> dict[str, Any]:
    """Ask for what is missing where there is a terminal."""
    if sys.stdin.isatty():
        for word, question in (
            ("title", _("title")),
            ("start", _("start (2027-01-06 18:30)")),
            ("end", _("end (23:00)")),
        ):
            if word not in words:
                words[word] = click.prompt(question, err=True)
    if not words.get("title"):
        raise InputError("an event needs a title", hint='p2pevents event add --title "..."')
    return words


def _in_file(error: DraftError, file: Path | None) -> DraftError:
    return DraftError(f"{file}: {error.message}", hint=error.hint) if file else error
