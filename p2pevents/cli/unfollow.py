"""`p2pevents unfollow`: a chapter is shown no more; what was received stays in the log."""

from __future__ import annotations

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.record.ids import to_text
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents unfollow 'Paris P2P'")
@click.argument("chapter")
@pass_settings
def command(settings: Settings, chapter: str) -> None:
    """Stop following a chapter, named by its id or its name."""
    with desk_of(settings) as desk:
        followed = [each.chapter for each in desk.followed()]
        found = desk.find_chapter(chapter, among=followed)
        name = desk.chapter_name(found)
        desk.log.local.unfollow(found)
    if settings.json:
        settings.print_json({"chapter": to_text(found)})
    else:
        click.echo(_("no longer following {name}", name=name))
