"""`p2pevents event`: what an organiser announces, changes, agrees on and takes back."""

from __future__ import annotations

import click

from p2pevents.cli.event.adding import add
from p2pevents.cli.event.changing import cancel, edit, move, retract
from p2pevents.cli.event.erasing import erase
from p2pevents.cli.event.looking import list_, show
from p2pevents.cli.event.merging import merge
from p2pevents.cli.event.translating import translate
from p2pevents.cli.settings import Group

__all__ = ["command"]


@click.group(cls=Group)
def command() -> None:
    """Add, edit, move, cancel or erase an event; settle what is disputed.

    ID is an event, a series, one date of a series (SERIES/2027-01-06) or a session
    (EVENT/SESSION), shortened as far as it stays the only one.
    """


for each in (add, edit, move, cancel, retract, erase, merge, translate, show, list_):
    command.add_command(each)
