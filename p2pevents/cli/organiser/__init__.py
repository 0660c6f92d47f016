"""`p2pevents organiser`: who may speak for a chapter."""

from __future__ import annotations

import click

from p2pevents.cli.organiser.adding import add
from p2pevents.cli.organiser.adopting import adopt
from p2pevents.cli.organiser.healing import heal
from p2pevents.cli.organiser.inviting import invite, join
from p2pevents.cli.organiser.leading import hand_over, recover, rotate
from p2pevents.cli.organiser.listing import list_
from p2pevents.cli.organiser.removing import remove
from p2pevents.cli.organiser.signing import pending, refuse, sign
from p2pevents.cli.settings import Group

__all__ = ["command"]


@click.group(cls=Group)
def command() -> None:
    """Invite colleagues, give and take leaves, hand the chapter over."""


for each in (
    invite,
    join,
    add,
    list_,
    remove,
    hand_over,
    rotate,
    recover,
    adopt,
    heal,
    pending,
    sign,
    refuse,
):
    command.add_command(each)
