"""`p2pevents event`: what an organiser announces, changes and takes back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from p2pevents.cli.announcing import announced_line, delivery_line
from p2pevents.cli.disputes import disputes_of, print_disputes
from p2pevents.cli.listing import print_agenda, print_entry
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.words import read_words_file, said_words, words_options
from p2pevents.errors import DraftError, InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft import EventDraft, OccurrenceDraft
from p2pevents.record.fields import Event, Gathering
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.entries import Entry
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window

__all__ = ["command"]

_WORDS = (
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
    "edition",
    "tag",
    "language",
    "speaker",
)
_CHAPTER = click.option("--chapter", metavar="CHAPTER", help="My chapter, by id or name.")
_ID = click.argument("wanted", metavar="ID")


@click.group(cls=Group)
def command() -> None:
    """Add, edit, move or cancel an event."""


@command.command(
    epilog='Example: p2pevents event add --title "Paris P2P #10" --start "2027-01-06 18:30" '
    '--end 23:00 --venue "Ground Control"'
)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@words_options(*_WORDS)
@_CHAPTER
@pass_settings
def add(settings: Settings, /, file: Path | None, chapter: str | None, **options: Any) -> None:
    """Add an event, from options, or from a TOML file with the same words."""
    words = {**(read_words_file(file) if file else {}), **said_words(options)}
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter)
        words = _asked(words)
        words.setdefault("zone", desk.profile(mine).time_zone)
        try:
            draft = EventDraft.from_words(**words)
        except DraftError as error:
            raise _in_file(error, file) from None
        change = Change(kind=Kind.EVENT, path=desk.new_path(), changes=draft.changes)
        _write(settings, desk, mine, change)


@command.command(epilog='Example: p2pevents event edit k3x7 --venue "Online" --stream https://...')
@_ID
@words_options(*_WORDS, "status", "reason")
@_CHAPTER
@pass_settings
def edit(settings: Settings, /, wanted: str, chapter: str | None, **options: Any) -> None:
    """Change some words of an event, or of one date of a series (SERIES/2027-01-06)."""
    _edit(settings, wanted, chapter, said_words(options))


@command.command(epilog='Example: p2pevents event move k3x7 --start "2027-01-13 18:30"')
@_ID
@words_options("start", "end", "zone")
@_CHAPTER
@pass_settings
def move(settings: Settings, /, wanted: str, chapter: str | None, **options: Any) -> None:
    """Move an event to another time."""
    _edit(settings, wanted, chapter, said_words(options))


@command.command(epilog='Example: p2pevents event cancel k3x7 --reason "the venue is closed"')
@_ID
@click.option("--reason", required=True, metavar="TEXT", help="Why, for all who wanted to come.")
@click.option("--postponed", is_flag=True, help="It will take place at another time.")
@_CHAPTER
@pass_settings
def cancel(
    settings: Settings, /, wanted: str, reason: str, *, postponed: bool, chapter: str | None
) -> None:
    """Cancel an event; it stays visible, struck out, with the reason."""
    status = "postponed" if postponed else "cancelled"
    _edit(settings, wanted, chapter, {"status": status, "reason": reason})


@command.command(epilog="Example: p2pevents event retract k3x7")
@_ID
@_CHAPTER
@pass_settings
def retract(settings: Settings, /, wanted: str, chapter: str | None) -> None:
    """Take an event back: announced by mistake, it is shown no more."""
    with desk_of(settings) as desk:
        found = _find(desk, wanted, chapter)
        change = Change(kind=Kind(found.kind), path=found.path, changes={"retracted": True})
        _write(settings, desk, found.chapter, change)


@command.command(epilog="Example: p2pevents event show k3x7")
@_ID
@_CHAPTER
@pass_settings
def show(settings: Settings, /, wanted: str, chapter: str | None) -> None:
    """Show an event with its sessions, what is disputed, and how far it has gone out."""
    with desk_of(settings) as desk:
        found = _find(desk, wanted, chapter)
        entry = _entry(desk, found)
        delivery = delivery_line(desk, found)
        disputes = disputes_of(desk.object(found))
    if settings.json:
        settings.print_json({**row_of(entry), "disputes": disputes, "delivery": delivery})
        return
    print_entry(entry)
    print_disputes(disputes)
    if delivery:
        click.echo(f"delivery: {delivery}")


@command.command(name="list", epilog="Example: p2pevents event list")
@_CHAPTER
@pass_settings
def list_(settings: Settings, /, chapter: str | None) -> None:
    """List all events of my chapters, past ones too."""
    with desk_of(settings) as desk:
        chapters = [desk.chapter(chapter)] if chapter else desk.my_chapters()
        entries = agenda(desk.reader.calendar(chapters), Query(window=Window()))
    if settings.json:
        settings.print_json([row_of(entry) for entry in entries])
    elif entries:
        print_agenda(entries, window=Window(), with_ids=True)
    elif chapters:
        click.echo("no event yet: p2pevents event add")
    else:
        click.echo("you are not an organiser here; what you follow: p2pevents agenda --ids")


# --- shared ------------------------------------------------------------------------------------


def _asked(words: dict[str, Any]) -> dict[str, Any]:
    """Ask for what is missing where there is a terminal."""
    if sys.stdin.isatty():
        for word, question in (
            ("title", "title"),
            ("start", "start (2027-01-06 18:30)"),
            ("end", "end (23:00)"),
        ):
            if word not in words:
                words[word] = click.prompt(question, err=True)
    if not words.get("title"):
        raise InputError("an event needs a title", hint='p2pevents event add --title "..."')
    return words


def _in_file(error: DraftError, file: Path | None) -> DraftError:
    return DraftError(f"{file}: {error.message}", hint=error.hint) if file else error


def _find(desk: Desk, wanted: str, chapter: str | None) -> ObjectId:
    """Return the event, or the date of a series, that an id means.

    A date that nobody wrote on yet is found by its series.
    """
    mine = desk.chapter(chapter) if chapter else None
    series, _, day = wanted.partition("/")
    if day:
        found = desk.find_object(series, kinds=[Kind.SERIES], chapter=mine)
        return ObjectId(chapter=found.chapter, kind=Kind.OCCURRENCE.value, path=(*found.path, day))
    return desk.find_object(wanted, kinds=[Kind.EVENT], chapter=mine)


def _edit(settings: Settings, wanted: str, chapter: str | None, words: dict[str, Any]) -> None:
    if not words:
        raise InputError("nothing to change", hint="name at least one word, such as --start")
    with desk_of(settings) as desk:
        found = _find(desk, wanted, chapter)
        shown = _entry(desk, found).shown
        if found.kind == Kind.OCCURRENCE:
            draft: EventDraft | OccurrenceDraft = OccurrenceDraft.from_words(
                day=found.path[-1], current=shown, **words
            )
        else:
            draft = EventDraft.from_words(current=_event(shown), **words)
        change = Change(kind=Kind(found.kind), path=found.path, changes=draft.changes)
        _write(settings, desk, found.chapter, change)


def _event(shown: Gathering) -> Event | None:
    return shown if isinstance(shown, Event) else None


def _entry(desk: Desk, found: ObjectId) -> Entry:
    """Return what is shown of an event or a date.

    Raises:
        InputError: it was retracted, or no rule gives this date.
    """
    calendar = desk.reader.under(found.chapter, [found.path[:1]])
    entries = agenda(calendar, Query(window=Window()))
    entry = next((each for each in entries if each.path == found.path), None)
    if entry is None:
        raise InputError(
            f"{path_text(found.path)}: not shown: retracted, or no date of its series",
            hint="p2pevents agenda --ids shows what there is",
        )
    return entry


def _write(settings: Settings, desk: Desk, chapter: ChapterId, change: Change) -> None:
    (record,) = desk.write(chapter, [change])
    identifier = path_text(change.path)
    announced = announced_line(desk, [record.id])
    if settings.json:
        settings.print_json(
            {"id": identifier, "chapter": to_text(chapter), "record": to_text(record.id)}
        )
    else:
        click.echo(f"{identifier}  {announced}")
