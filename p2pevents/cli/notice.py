"""`p2pevents notice`: a word to all who follow a chapter, or who look at one event."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, chapters_shown, entry_at, find
from p2pevents.cli.letters import day_of
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft import NoticeDraft
from p2pevents.record.fields import Notice
from p2pevents.record.ids import ChapterId, Path, path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.rows import notice_row
from p2pevents.words import _

__all__ = ["command"]


@click.group(cls=Group)
def command() -> None:
    """Tell something to all who follow: we meet online, the door code changed."""


@command.command(epilog='Example: p2pevents notice add --title "We meet online" --until 2027-05-31')
@click.option("--title", metavar="TEXT", help="The word itself.")
@click.option("--description", metavar="TEXT", help="More of it.")
@click.option("--until", metavar="DATE", help="The last day on which it is shown.")
@click.option("--event", "event_id", metavar="ID", help="With this event alone.")
@CHAPTER
@pass_settings
def add(settings: Settings, /, event_id: str | None, chapter: str | None, **options: Any) -> None:
    """Add a notice, of the chapter or of one event."""
    words = {name: value for name, value in options.items() if value}
    if "title" not in words:
        raise InputError("a notice needs a title", hint='p2pevents notice add --title "..."')
    with desk_of(settings) as desk:
        event = find(desk, event_id, chapter) if event_id else None
        mine = event.chapter if event else desk.chapter(chapter)
        span = entry_at(desk, event).span if event else None
        day = span.day.isoformat() if span and span.day else day_of(desk, mine)
        path = (*(event.path if event else ()), *desk.new_path())
        changes = NoticeDraft.from_words(**words).changes
        _write(settings, desk, mine, Change(kind=Kind.NOTICE, path=path, changes=changes, day=day))


@command.command(epilog="Example: p2pevents notice retract k3x7")
@click.argument("wanted", metavar="ID")
@CHAPTER
@pass_settings
def retract(settings: Settings, /, wanted: str, chapter: str | None) -> None:
    """Take a notice back."""
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter) if chapter else None
        found = desk.find_object(wanted, kinds=[Kind.NOTICE], chapter=mine)
        change = Change(kind=Kind.NOTICE, path=found.path, changes={"retracted": True})
        _write(settings, desk, found.chapter, change)


@command.command(name="list", reads=True, epilog="Example: p2pevents notice list")
@click.option("--all", "with_past", is_flag=True, help="Those whose last day has passed, too.")
@click.option("--chapter", metavar="CHAPTER", help="Of this chapter, mine or followed.")
@pass_settings
def list_(settings: Settings, /, chapter: str | None, *, with_past: bool) -> None:
    """List the notices of the chapters that I follow."""
    with desk_of(settings) as desk:
        rows = [
            {
                "id": path_text(path),
                "chapter": to_text(each),
                "chapterName": desk.chapter_name(each),
                **notice_row(notice),
            }
            for each in chapters_shown(desk, chapter)
            for path, notice in _notices(desk, each, with_past=with_past)
        ]
    if settings.json:
        settings.print_json(rows)
        return
    for row in rows:
        until = _(", until {day}", day=row["until"]) if row["until"] else ""
        click.echo(f"{row['id']}  {row['title']}  ({row['chapterName']}{until})")
        if row["description"]:
            click.echo(f"  {row['description']}")
    if not rows:
        click.echo(_("no notice"))


def _notices(desk: Desk, chapter: ChapterId, *, with_past: bool) -> list[tuple[Path, Notice]]:
    today = day_of(desk, chapter)
    found = desk.reader.calendar([chapter]).of_kind(Kind.NOTICE)
    shown = [(merged.id.path, merged.shown) for merged in found]
    return [
        (path, notice)
        for path, notice in shown
        if isinstance(notice, Notice) and (with_past or not notice.until or notice.until >= today)
    ]


def _write(settings: Settings, desk: Desk, chapter: ChapterId, change: Change) -> None:
    (record,) = desk.write(chapter, [change])
    announced = announced_line(desk, [record.id])
    if settings.json:
        settings.print_json({"id": path_text(change.path), "chapter": to_text(chapter)})
    else:
        click.echo(f"{path_text(change.path)}  {announced}")
