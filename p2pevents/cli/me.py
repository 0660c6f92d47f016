"""`p2pevents me`: the key that I sign with."""

from __future__ import annotations

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.keys.words import fingerprint
from p2pevents.record.ids import to_text

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents me")
@pass_settings
def command(settings: Settings) -> None:
    """Show my organiser key, made the first time, and its fingerprint in four words.

    Say the words aloud to a colleague who adds your key: if both of you read the
    same, nobody stands between.
    """
    with desk_of(settings) as desk:
        key = desk.my_key()
        names = [desk.chapter_name(each) for each in desk.my_chapters()]
    words = fingerprint(key)
    if settings.json:
        settings.print_json({"key": to_text(key), "words": words, "chapters": names})
        return
    click.echo(f"key    {to_text(key)}")
    click.echo(f"words  {words}")
    click.echo(f"speaks for {', '.join(names) if names else 'no chapter yet'}")
