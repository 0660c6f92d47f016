"""`p2pevents changes`: what is new, moved or cancelled since I last asked."""

from __future__ import annotations

from datetime import date
from typing import Final

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.times import today_of
from p2pevents.errors import StateError
from p2pevents.log.moments import Moment
from p2pevents.log.notes import read_note
from p2pevents.node.looking import ahead, changes_since
from p2pevents.view.changes import Change
from p2pevents.view.rows import row_of
from p2pevents.words import _

__all__ = ["command"]

_NOTE: Final = "changes-seen"


@click.command(cls=Command, reads=True, epilog="Example: p2pevents changes")
@click.option("--chapter", metavar="CHAPTER", help="Only this one, by id or name.")
@click.option("--keep", is_flag=True, help="Show the same again the next time.")
@pass_settings
def command(settings: Settings, /, chapter: str | None, *, keep: bool) -> None:
    """Show what changed of what is to come, since I last asked.

    Nothing is fetched: it is what has arrived here since. The first time, nothing is old yet.
    """
    window = ahead(date.fromisoformat(today_of(settings.now_ms(), None)))
    with desk_of(settings) as desk:
        follows = [each.chapter for each in desk.followed()]
        wanted = [desk.find_chapter(chapter, among=follows)] if chapter else follows
        if not wanted:
            raise StateError("you follow no chapter yet", hint="p2pevents follow LINK")
        now = desk.log.moment()
        seen = read_note(desk.log.local, _NOTE, Moment.decode)
        changes: list[Change] = []
        if seen is not None:
            changes = changes_since(desk.log, desk.reader, wanted, seen, window=window)
        if not keep and chapter is None:
            desk.log.local.set_note(_NOTE, now.encode())
    if settings.json:
        settings.print_json(
            [
                {
                    "change": change.kind.value,
                    **row_of(change.entry),
                    "before": row_of(change.before) if change.before else None,
                }
                for change in changes
            ]
        )
    elif seen is None:
        click.echo(_("from now on, changes are told here"))
    elif not changes:
        click.echo(_("nothing changed since you last asked"))
    else:
        from p2pevents.cli.watch import change_line

        for change in changes:
            click.echo(change_line(change))
