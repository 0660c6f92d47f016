"""`event show` and `event list`: what my chapters announced, and what is disputed of it."""

from __future__ import annotations

import click

from p2pevents.cli.announcing import delivery_line
from p2pevents.cli.disputes import disputes_of, facts_of, print_disputes
from p2pevents.cli.gatherings import CHAPTER, ID, entry_at, find
from p2pevents.cli.listing import print_agenda, print_entry
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.meant import way_in
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window
from p2pevents.words import _

__all__ = ["list_", "show"]


@click.command(cls=Command, reads=True, epilog="Example: p2pevents event show k3x7")
@ID
@CHAPTER
@pass_settings
def show(settings: Settings, /, wanted: str, chapter: str | None) -> None:
    """Show an event with its sessions, what is disputed, and how far it has gone out."""
    with desk_of(settings) as desk:
        found = find(desk, wanted, chapter)
        entry = entry_at(desk, found)
        delivery = delivery_line(desk, found)
        disputes = disputes_of(desk, found)
        mine = frozenset(desk.my_keys())
    if settings.json:
        settings.print_json({**row_of(entry), "disputes": facts_of(disputes), "delivery": delivery})
        return
    print_entry(entry)
    print_disputes(disputes, mine=mine)
    if delivery:
        click.echo(_("delivery: {delivery}", delivery=delivery))


@click.command(cls=Command, name="list", reads=True, epilog="Example: p2pevents event list")
@CHAPTER
@pass_settings
def list_(settings: Settings, /, chapter: str | None) -> None:
    """List all events of my chapters, past ones too."""
    with desk_of(settings) as desk:
        chapters = [desk.chapter(chapter)] if chapter else desk.my_chapters()
        entries = agenda(desk.reader.calendar(chapters), Query(window=Window()))
        apart = "" if chapters else way_in(desk, "")
    if settings.json:
        settings.print_json([row_of(entry) for entry in entries])
    elif entries:
        print_agenda(entries, window=Window(), with_ids=True, with_tongues=True)
    elif chapters:
        click.echo(_("no event yet: p2pevents event add"))
    else:
        click.echo(_("you are not an organiser here; what you follow: p2pevents agenda --ids"))
    if apart:
        click.echo(f"p2pevents: {_('hint')}: {apart}", err=True)
