"""`p2pevents restore`: a backup, put into an empty home."""

from __future__ import annotations

from pathlib import Path

import click

from p2pevents.cli.opening import home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.backup import restore
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents restore p2pevents.backup --move")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--move",
    is_flag=True,
    help="The node goes on here under its name, and nowhere else: links to it still hold.",
)
@pass_settings
def command(settings: Settings, /, file: Path, *, move: bool) -> None:
    """Put a backup into a home that has nothing in it.

    Without --move this is a second node with a name of its own: the one that was copied may run
    on. With --move it takes over that one's name, and the old one must never run again.
    """
    home = home_of(settings)
    backup = restore(file, home, moves=move)
    if settings.json:
        settings.print_json(
            {"home": str(home.folder), "made": backup.made, "moved": move, "file": str(file)}
        )
        return
    click.echo(
        _(
            "restored {folder} as it was on {moment} UTC",
            folder=home.folder,
            moment=backup.made.replace("T", " ")[:16],
        )
    )
    if move:
        click.echo(_("it goes on under its old name: never start the old one again"))
    else:
        click.echo(_("it is a node of its own, with a new name on the network"))
    click.echo(_("next: p2pevents run, or p2pevents sync, brings what was announced since"))
