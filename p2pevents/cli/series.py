"""`p2pevents series`: what comes back by a rule."""

from __future__ import annotations

import sys
from typing import Any

import click

from p2pevents.cli.gatherings import CHAPTER, ID, change_words, write
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.cli.times import today_of
from p2pevents.cli.words import said_words, words_options
from p2pevents.errors import InputError
from p2pevents.node.desk import Change
from p2pevents.record.draft import SeriesDraft
from p2pevents.record.fields import Series
from p2pevents.record.ids import path_text, to_text
from p2pevents.record.kinds import Kind

__all__ = ["command"]

_WORDS = (
    "rule",
    "start",
    "end",
    "zone",
    "venue",
    "address",
    "city",
    "stream",
    "description",
    "tag",
    "language",
)


@click.group(cls=Group)
def command() -> None:
    """Announce what comes back: every first Wednesday."""


@command.command(
    epilog='Example: p2pevents series add "Paris P2P" --rule "first Wednesday" '
    "--start 18:30 --end 23:00"
)
@click.argument("title", required=False)
@words_options(*_WORDS)
@CHAPTER
@pass_settings
def add(settings: Settings, /, title: str | None, chapter: str | None, **options: Any) -> None:
    """Add a series. A single date is changed by `event edit SERIES/DATE`."""
    words = said_words({"title": title, **options})
    if sys.stdin.isatty():
        for word, question in (
            ("title", "title"),
            ("rule", "rule (first Wednesday)"),
            ("start", "start (18:30)"),
        ):
            words[word] = words.get(word) or click.prompt(question, err=True)
    if "title" not in words:
        raise InputError("a series needs a title", hint='p2pevents series add "Paris P2P" ...')
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter)
        zone = desk.profile(mine).time_zone
        words.setdefault("zone", zone)
        draft = SeriesDraft.from_words(today=today_of(settings.now_ms(), zone), **words)
        change = Change(kind=Kind.SERIES, path=desk.new_path(), changes=draft.changes)
        write(settings, desk, mine, change)


@command.command(epilog='Example: p2pevents series edit k3x7 --rule "second Wednesday"')
@ID
@words_options("title", *_WORDS, "status", "reason")
@CHAPTER
@pass_settings
def edit(settings: Settings, /, wanted: str, chapter: str | None, **options: Any) -> None:
    """Change some words of a series, for all dates of which nothing else was said.

    What cancels, retracts or shows an event does so with a series too: event cancel SERIES.
    """
    if "/" in wanted:
        raise InputError(
            f"{wanted[:60]!r} is not a series", hint=f"one date is changed by event edit {wanted}"
        )
    change_words(settings, wanted, chapter, said_words(options))


@command.command(name="list", epilog="Example: p2pevents series list")
@CHAPTER
@pass_settings
def list_(settings: Settings, /, chapter: str | None) -> None:
    """List the series of my chapters."""
    with desk_of(settings) as desk:
        chapters = [desk.chapter(chapter)] if chapter else desk.my_chapters()
        calendar = desk.reader.calendar(chapters)
        rows = [
            {
                "id": path_text(merged.id.path),
                "chapter": to_text(merged.id.chapter),
                "title": merged.shown.title or "",
                "rule": merged.shown.when.recurrence_rule if merged.shown.when else None,
                "start": merged.shown.when.start if merged.shown.when else None,
            }
            for merged in calendar.of_kind(Kind.SERIES)
            if isinstance(merged.shown, Series)
        ]
    if settings.json:
        settings.print_json(rows)
    elif not rows:
        click.echo("no series yet: p2pevents series add")
    else:
        print_table(
            ("id", "title", "rule", "first"),
            [
                (str(row["id"])[:8], str(row["title"]), row["rule"] or "", row["start"] or "")
                for row in rows
            ],
        )
