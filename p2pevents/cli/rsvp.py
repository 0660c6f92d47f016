"""`p2pevents rsvp` tells the organisers alone whether I come; `attendance` is what they see."""

from __future__ import annotations

import click

from p2pevents.cli.gatherings import entry_at, find_event
from p2pevents.cli.letters import standing_of
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.node.inbox.content import GUESTS_MAX, Attendance, Coming
from p2pevents.node.inbox.desk import InboxDesk, state_of
from p2pevents.record.draft import read
from p2pevents.record.ids import path_text, to_text
from p2pevents.record.values import StatusIs
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, epilog='Example: p2pevents rsvp k3x7 --name "Ada" --guests 1')
@click.argument("wanted", metavar="ID")
@click.option("--maybe", "word", flag_value="maybe", help="I may come.")
@click.option("--no", "word", flag_value="no", help="I do not come; takes back what I said.")
@click.option("--guests", type=click.IntRange(0, GUESTS_MAX), default=0, help="How many I bring.")
@click.option("--name", metavar="NAME", help="For the organisers alone; none if left out.")
@pass_settings
def command(
    settings: Settings, /, wanted: str, word: str | None, guests: int, name: str | None
) -> None:
    """Tell the organisers of an event that I come; sealed, nobody else can read it.

    I am a pseudonym there, another one in each chapter. A peer that takes the letter on its
    way sees that something was sent to this chapter, and from which address.
    """
    coming = Coming(word or "yes")
    with desk_of(settings) as desk:
        event = find_event(desk, wanted, None)
        entry = entry_at(desk, event)
        if entry.status is StatusIs.CANCELLED and coming is not Coming.NO:
            raise InputError(f"{entry.title} is cancelled", hint="p2pevents event show ID says why")
        said = Attendance(
            path=event.path,
            coming=coming,
            guests=guests,
            name=read.line("name", name) if name else None,
        )
        letter = InboxDesk(desk).attend(event.chapter, said)
        standing, state = standing_of(desk, letter), state_of(letter, now_ms=desk.now_ms())
    if settings.json:
        settings.print_json(
            {
                "event": path_text(event.path),
                "chapter": to_text(event.chapter),
                "coming": coming.value,
                "guests": guests,
                "state": state,
                "standing": standing,
            }
        )
    else:
        word = {Coming.YES: _("yes"), Coming.MAYBE: _("maybe"), Coming.NO: _("no")}[coming]
        click.echo(
            _("{title}: {coming}; {standing}", title=entry.title, coming=word, standing=standing)
        )
