"""`p2pevents attendance`: who told the organisers that they come."""

from __future__ import annotations

from typing import Any, Final

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, entry_at, find_event
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.desk import Change
from p2pevents.node.inbox.content import Coming
from p2pevents.node.inbox.desk import InboxDesk
from p2pevents.record.draft import NoticeDraft
from p2pevents.record.ids import path_text
from p2pevents.record.kinds import Kind
from p2pevents.words import _

__all__ = ["command"]

# One notice an event, written anew each time: the total, and nothing of who.
_OWN: Final = "attendance"


@click.command(cls=Command, epilog="Example: p2pevents attendance --event k3x7 --publish")
@click.option("--event", "event_id", required=True, metavar="ID", help="Of this event.")
@click.option("--publish", is_flag=True, help="Show everybody the total, as a notice.")
@CHAPTER
@pass_settings
def command(settings: Settings, /, event_id: str, chapter: str | None, *, publish: bool) -> None:
    """List who told the organisers that they come; only organisers can."""
    with desk_of(settings) as desk:
        event = find_event(desk, event_id, chapter)
        entry = entry_at(desk, event)
        said = InboxDesk(desk).attendance(event.chapter, event.path)
        sure = [each for each in said if each.coming is Coming.YES]
        total = sum(1 + each.guests for each in sure)
        announced = None
        if publish:
            # An announcement is what everybody reads: its words are not this terminal's alone.
            people = (
                "1 person says that they come"
                if total == 1
                else f"{total} people say that they come"
            )
            draft = NoticeDraft.from_words(title=people)
            change = Change(
                kind=Kind.NOTICE,
                path=(*event.path, _OWN),
                changes=draft.changes,
                day=entry.span.day.isoformat() if entry.span.day else None,
            )
            (record,) = desk.write(event.chapter, [change])
            announced = announced_line(desk, [record.id])
    facts: dict[str, Any] = {
        "event": path_text(event.path),
        "total": total,
        "maybe": sum(1 + each.guests for each in said if each.coming is Coming.MAYBE),
        "people": [
            {"name": each.name, "coming": each.coming.value, "guests": each.guests} for each in said
        ],
        "published": publish,
    }
    if settings.json:
        settings.print_json(facts)
        return
    click.echo(
        _(
            "{title}: {total} come, {maybe} may",
            title=entry.title,
            total=total,
            maybe=facts["maybe"],
        )
    )
    for each in said:
        guests = _(", with {n}", n=each.guests) if each.guests else ""
        maybe = _(", perhaps") if each.coming is Coming.MAYBE else ""
        click.echo(f"  {each.name or _('(no name given)')}{guests}{maybe}")
    if announced:
        click.echo(_("the total is public: {announced}", announced=announced))
