"""`p2pevents call`: what a chapter asks people to propose."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, chapters_shown, entry_at, find_event
from p2pevents.cli.letters import day_of
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.node.calls import calls_of, is_closed
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft import CallDraft
from p2pevents.record.fields import Call
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.words import _

__all__ = ["command"]


@click.group(cls=Group)
def command() -> None:
    """Ask for talks and workshops: open a call, close it, show those that are open."""


@command.command(
    name="open",
    epilog='Example: p2pevents call open --title "Talks for spring" --closes 2027-02-28',
)
@click.option("--title", metavar="TEXT", help="What it is called.")
@click.option("--description", metavar="TEXT", help="What is wanted, in a few sentences.")
@click.option(
    "--closes",
    metavar="TIME",
    help='The last day, or "2027-02-28 18:00"; never closes if left out.',
)
@click.option("--zone", metavar="ZONE", help="Of --closes; the chapter's where left out.")
@click.option("--language", "languages", multiple=True, metavar="TAG", help="A language, as fr.")
@click.option("--type", "types", multiple=True, metavar="WORD", help="talk, workshop, ...")
@click.option("--event", "event_id", metavar="ID", help="For this event alone.")
@CHAPTER
@pass_settings
def open_(settings: Settings, /, event_id: str | None, chapter: str | None, **options: Any) -> None:
    """Open a call for proposals, of the chapter or of one event."""
    words = {name: value for name, value in options.items() if value not in (None, ())}
    if not words.get("title"):
        raise InputError("a call needs a title", hint='p2pevents call open --title "..."')
    with desk_of(settings) as desk:
        event = find_event(desk, event_id, chapter) if event_id else None
        if event:
            entry_at(desk, event)  # a call of what is not shown would reach nobody
        mine = event.chapter if event else desk.chapter(chapter)
        if "closes" in words:
            words.setdefault("zone", desk.profile(mine).time_zone)
        draft = CallDraft.from_words(**words)
        path = (*(event.path if event else ()), *desk.new_path())
        change = Change(kind=Kind.CALL, path=path, changes=draft.changes, day=day_of(desk, mine))
        _write(settings, desk, mine, change)


@command.command(epilog="Example: p2pevents call close")
@click.argument("wanted", required=False, metavar="ID")
@CHAPTER
@pass_settings
def close(settings: Settings, /, wanted: str | None, chapter: str | None) -> None:
    """Close a call before its date; without ID, the only one that is open."""
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter)
        still = [
            (found, call)
            for found, call in calls_of(desk, mine)
            if not is_closed(call, now_ms=settings.now_ms())
            and path_text(found.path).startswith(wanted or "")
        ]
        if len(still) != 1:
            named = ", ".join(path_text(found.path) for found, _ in still)
            raise InputError(
                f"{len(still)} open calls fit" if still else "no open call fits",
                hint=f"say which: {named}" if still else "p2pevents call show lists them",
            )
        ((found, call),) = still
        draft = CallDraft.from_words(current=call, closed="yes")
        change = Change(
            kind=Kind.CALL, path=found.path, changes=draft.changes, day=day_of(desk, mine)
        )
        _write(settings, desk, mine, change)


@command.command(reads=True, epilog="Example: p2pevents call show --chapter Paris")
@click.option("--all", "with_closed", is_flag=True, help="Those that are closed too.")
@click.option("--chapter", metavar="CHAPTER", help="Of this chapter, mine or followed.")
@pass_settings
def show(settings: Settings, /, chapter: str | None, *, with_closed: bool) -> None:
    """Show the calls of the chapters that I follow."""
    with desk_of(settings) as desk:
        rows = [
            _row(desk, found, call, now_ms=settings.now_ms())
            for each in chapters_shown(desk, chapter)
            for found, call in calls_of(desk, each)
        ]
    rows = [row for row in rows if with_closed or row["open"]]
    if settings.json:
        settings.print_json(rows)
        return
    for row in rows:
        until = _("until {day}", day=row["closes"]) if row["closes"] else _("until further notice")
        state = until if row["open"] else _("closed")
        click.echo(f"{row['id']}  {row['title']}  ({row['chapterName']}, {state})")
        for word, said in (("types", _("types")), ("languages", _("languages"))):
            if row[word]:
                click.echo("  " + _("{word}: {said}", word=said, said=", ".join(row[word])))
        if row["description"]:
            click.echo(f"  {row['description']}")
    if not rows:
        click.echo(
            _("no call is open; to propose something all the same: p2pevents propose --help")
        )


def _row(desk: Desk, found: ObjectId, call: Call, *, now_ms: int) -> dict[str, Any]:
    closes = call.closes
    return {
        "id": path_text(found.path),
        "chapter": to_text(found.chapter),
        "chapterName": desk.chapter_name(found.chapter),
        "title": call.title or "",
        "description": call.description,
        "closes": (closes.start or closes.day) if closes else None,
        "timeZone": closes.time_zone if closes else None,
        "open": not is_closed(call, now_ms=now_ms),
        "languages": list(call.languages or ()),
        "types": list(call.types or ()),
    }


def _write(settings: Settings, desk: Desk, chapter: ChapterId, change: Change) -> None:
    (record,) = desk.write(chapter, [change])
    announced = announced_line(desk, [record.id])
    if settings.json:
        settings.print_json({"id": path_text(change.path), "chapter": to_text(chapter)})
    else:
        click.echo(f"{path_text(change.path)}  {announced}")
