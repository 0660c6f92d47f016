"""`p2pevents unpack`: records from a file, each checked like one from a stranger."""

from __future__ import annotations

from pathlib import Path

import click

from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.ingest import Why
from p2pevents.node.packing import read_pack
from p2pevents.words import _, _n, message

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents unpack stick.pack")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_settings
def command(settings: Settings, file: Path) -> None:
    """Take in the records of a file that `p2pevents pack` wrote.

    The file is not trusted: each record is checked as if it came from the network.
    """
    with desk_of(settings) as desk:
        unpacked = read_pack(desk.ingest, file, now_ms=settings.now_ms())
    if settings.json:
        settings.print_json(
            {
                "items": unpacked.items,
                "found": {why.value: unpacked.found[why] for why in Why},
                "trouble": unpacked.trouble or None,
            }
        )
        return
    click.echo(_n("{n} records in {file}", "{n} records in {file}", unpacked.items, file=file))
    for why, text in _texts().items():
        if unpacked.found[why]:
            click.echo(f"  {unpacked.found[why]:6} {text}")
    if unpacked.trouble:
        print_hint(_("{file}: {trouble}", file=file, trouble=message(unpacked.trouble)))


def _texts() -> dict[Why, str]:
    """Return what became of records, in the order in which it is told."""
    return {
        Why.NEW: _("new"),
        Why.KNOWN: _("known already"),
        Why.COMPLETED: _("completed what was here"),
        Why.MALFORMED: _("malformed, refused"),
        Why.AUTHORITY: _("wait for a charter or a leave that is not here"),
        Why.CLOCK: _("ahead of this machine's clock, left out"),
        Why.STRUCK: _("of removed keys, left out"),
        Why.REFUSED: _("by nobody who may, refused"),
        Why.CLOSED: _("beyond what is kept of one chapter, left out"),
        Why.FULL: _("beyond what this store may hold, left out"),
    }
