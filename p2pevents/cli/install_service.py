"""`p2pevents install-service`: a node that starts with the machine, by systemd."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Final

import click

from p2pevents.cli.notices import print_hint, print_notices
from p2pevents.cli.opening import home_of
from p2pevents.cli.program import program_words
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.node.service import UNIT_NAME, remove_file, run_tool, unit_text, write_file
from p2pevents.words import _

__all__ = ["command"]

_SYSTEM_FOLDER: Final = Path("/etc/systemd/system")


@click.command(cls=Command, epilog="Example: p2pevents install-service --print")
@click.option("--system", is_flag=True, help="For the whole machine, from boot on; needs root.")
@click.option("--user", metavar="NAME", help="With --system: the account that runs the node.")
@click.option("--light", is_flag=True, help="Run the light client: it only fetches.")
@click.option("--print", "prints", is_flag=True, help="Print the unit, and change nothing.")
@click.option("--uninstall", is_flag=True, help="Stop the node and take the unit away.")
@pass_settings
def command(
    settings: Settings,
    /,
    *,
    system: bool,
    user: str | None,
    light: bool,
    prints: bool,
    uninstall: bool,
) -> None:
    """Have systemd run the node, for me or for the whole machine.

    Without --system it is a unit of mine, and runs while I am logged in; `loginctl
    enable-linger` lets it run on. The unit takes from the node what it never needs.
    """
    if user is not None and not system:
        raise InputError("--user is for --system: a unit of mine runs as me")
    path = (_SYSTEM_FOLDER if system else _user_folder()) / UNIT_NAME
    manager = ("systemctl",) if system else ("systemctl", "--user")
    if uninstall:
        _uninstall(settings, path, manager)
        return
    account = _account(user) if system else None
    text = unit_text(
        program=program_words(),
        home=home_of(settings).folder.absolute(),
        user=account,
        options=("--light",) if light else (),
    )
    if prints:
        if settings.json:
            settings.print_json({"path": str(path), "unit": text})
        else:
            click.echo(text, nl=False)
        return
    changed = write_file(path, text)
    trouble = run_tool(*manager, "daemon-reload")
    trouble = trouble or run_tool(*manager, "enable", UNIT_NAME)
    trouble = trouble or run_tool(*manager, "restart" if changed else "start", UNIT_NAME)
    if settings.json:
        settings.print_json({"path": str(path), "started": trouble is None, "trouble": trouble})
        return
    click.echo(
        _("{file}: written", file=path) if changed else _("{file}: stands already", file=path)
    )
    if trouble is None:
        journal = f"journalctl {'' if system else '--user '}-u p2pevents"
        click.echo(_("the node runs: {journal}", journal=journal))
        return
    print_notices([_("systemd did not start it: {trouble}", trouble=trouble)])
    print_hint(f"{' '.join(manager)} enable --now p2pevents")


def _uninstall(settings: Settings, path: Path, manager: tuple[str, ...]) -> None:
    was_there = path.exists()
    if was_there:
        run_tool(*manager, "disable", "--now", UNIT_NAME)
        remove_file(path)
        run_tool(*manager, "daemon-reload")
    if settings.json:
        settings.print_json({"path": str(path), "removed": was_there})
    else:
        click.echo(
            _("{file}: removed", file=path) if was_there else _("{file}: was not there", file=path)
        )


def _account(name: str | None) -> str:
    """Return the account that is to run the node: its own where it stands, never root by chance."""
    if name is None:
        name = os.environ.get("SUDO_USER") or pwd.getpwuid(os.geteuid()).pw_name
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):
        raise InputError(
            f"--user: there is no account {name!r} on this machine",
            hint="useradd --system makes one",
        ) from None
    return name


def _user_folder() -> Path:
    said = os.environ.get("XDG_CONFIG_HOME")
    return (Path(said) if said else Path.home() / ".config") / "systemd" / "user"
