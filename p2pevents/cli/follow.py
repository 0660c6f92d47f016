"""`p2pevents follow`: what a chapter announces is shown here from now on."""

from __future__ import annotations

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.record.ids import short, to_text
from p2pevents.record.link import parse_link

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents follow 'p2pevents://b.../?at=...'")
@click.argument("link")
@pass_settings
def command(settings: Settings, link: str) -> None:
    """Follow a chapter by its link. Put the link between quotes.

    The first time, this node dials the addresses in the link: who runs them sees
    that it was dialled. After that, nothing that it sends tells whom you follow.
    """
    parsed = parse_link(link)
    with desk_of(settings) as desk:
        is_new = desk.follow(parsed)
        is_here = parsed.chapter in desk.chapters()
        name = desk.chapter_name(parsed.chapter)
    if settings.json:
        settings.print_json(
            {"chapter": to_text(parsed.chapter), "isNew": is_new, "isHere": is_here}
        )
        return
    known = "following" if is_new else "already following"
    click.echo(f"{known} {name if is_here else short(parsed.chapter)}")
    if not is_here:
        click.echo("p2pevents sync fetches its events once; p2pevents run keeps them coming")
