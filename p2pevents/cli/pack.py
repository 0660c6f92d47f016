"""`p2pevents pack`: records in a file, to be carried where no network is."""

from __future__ import annotations

from pathlib import Path

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.packing import write_pack
from p2pevents.words import _n

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents pack -o stick.pack")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file to write.",
)
@click.option("--chapter", multiple=True, metavar="CHAPTER", help="Only this one; repeatable.")
@pass_settings
def command(settings: Settings, output: Path, chapter: tuple[str, ...]) -> None:
    """Write the records that are here to a file, for a USB stick.

    All of them, so that the file says nothing of whom I follow.
    """
    with desk_of(settings) as desk:
        here = desk.chapters()
        chapters = [desk.find_chapter(each, among=here) for each in chapter] or here
        items = write_pack(desk.log, set(chapters), output)
    size = output.stat().st_size
    if settings.json:
        settings.print_json(
            {
                "file": str(output),
                "items": items,
                "chapters": len(set(chapters)),
                "bytes": size,
            }
        )
        return
    many = len(set(chapters))
    records = _n("{n} record", "{n} records", items)
    click.echo(
        _n(
            "packed {records} of {n} chapter in {file}",
            "packed {records} of {n} chapters in {file}",
            many,
            records=records,
            file=output,
        )
    )
