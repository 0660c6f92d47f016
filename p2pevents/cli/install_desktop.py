"""`p2pevents install-desktop`: an entry in the menu, and what opens p2pevents:// links."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from p2pevents.cli.notices import print_notices
from p2pevents.cli.program import program_words
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.service import desktop_text, remove_file, run_tool, write_file
from p2pevents.words import _

__all__ = ["command"]

_FILE: Final = "p2pevents.desktop"
_SCHEME: Final = "x-scheme-handler/p2pevents"


@click.command(cls=Command, epilog="Example: p2pevents install-desktop --print")
@click.option("--print", "prints", is_flag=True, help="Print the entry, and change nothing.")
@click.option("--uninstall", is_flag=True, help="Take the entry away.")
@pass_settings
def command(settings: Settings, /, *, prints: bool, uninstall: bool) -> None:
    """Put p2pevents into my menu, and have it open p2pevents:// links.

    A click on a link then opens the page, which asks before anything is followed.
    """
    path = _folder() / _FILE
    text = desktop_text(program=program_words())
    if prints:
        if settings.json:
            settings.print_json({"path": str(path), "entry": text})
        else:
            click.echo(text, nl=False)
        return
    if uninstall:
        was_there = remove_file(path)
        run_tool("update-desktop-database", str(path.parent))
        if settings.json:
            settings.print_json({"path": str(path), "removed": was_there})
        else:
            click.echo(
                _("{file}: removed", file=path)
                if was_there
                else _("{file}: was not there", file=path)
            )
        return
    changed = write_file(path, text)
    trouble = run_tool("update-desktop-database", str(path.parent))
    trouble = run_tool("xdg-mime", "default", _FILE, _SCHEME) or trouble
    if settings.json:
        settings.print_json({"path": str(path), "handler": trouble is None, "trouble": trouble})
        return
    click.echo(
        _("{file}: written", file=path) if changed else _("{file}: stands already", file=path)
    )
    if trouble is None:
        click.echo(_("p2pevents:// links open with it"))
    else:
        print_notices([_("the desktop finds it at the next login: {trouble}", trouble=trouble)])


def _folder() -> Path:
    said = os.environ.get("XDG_DATA_HOME")
    return (Path(said) if said else Path.home() / ".local" / "share") / "applications"
