"""`p2pevents lock`: what unlock kept is forgotten."""

from __future__ import annotations

import os

import click

from p2pevents.cli.opening import home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.keys.runtime_folder import runtime_folder
from p2pevents.keys.unlock import Unlock
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents lock")
@pass_settings
def command(settings: Settings) -> None:
    """Forget what `p2pevents unlock` kept: the passphrase is asked for again."""
    Unlock(runtime_folder(os.environ), home=home_of(settings).folder).lock()
    if settings.json:
        settings.print_json({"locked": True})
        return
    click.echo(_("locked"))
