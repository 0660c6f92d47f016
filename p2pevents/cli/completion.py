"""`p2pevents completion`: the shell finishes commands, options, chapters and ids by a tab."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.words import _

__all__ = ["command"]

_VARIABLE: Final = "_P2PEVENTS_COMPLETE"
_LINES: Final = {
    "bash": "echo 'eval \"$(p2pevents completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(p2pevents completion zsh)\"' >> ~/.zshrc",
    "fish": "p2pevents completion fish > ~/.config/fish/completions/p2pevents.fish",
}


@click.command(cls=Command, epilog="Example: p2pevents completion bash")
@click.argument("shell", required=False, type=click.Choice([*_LINES]))
@pass_settings
def command(settings: Settings, shell: str | None) -> None:
    """Have my shell complete commands, options, chapters and ids.

    Without SHELL, says the one line to type for it.
    """
    if shell is None:
        mine = Path(os.environ.get("SHELL", "")).name
        line = _LINES.get(mine, _LINES["bash"])
        if settings.json:
            settings.print_json({"shell": mine if mine in _LINES else "bash", "line": line})
        else:
            click.echo(line)
            click.echo(
                f"p2pevents: {_('hint')}: {_('type this line once, then open a new shell')}",
                err=True,
            )
        return
    from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

    from p2pevents.cli.main import cli

    # Made here rather than asked of click, which would run bash to see its version.
    kinds: dict[str, type[ShellComplete]] = {
        "bash": BashComplete,
        "zsh": ZshComplete,
        "fish": FishComplete,
    }
    script = kinds[shell](cli, {}, "p2pevents", _VARIABLE)
    text = script.source_template % script.source_vars()
    if settings.json:
        settings.print_json({"shell": shell, "script": text})
    else:
        click.echo(text)
