"""`p2pevents version`: what to name when asking for help, and whether the log fits."""

from __future__ import annotations

import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from p2pevents import __version__
from p2pevents.cli.opening import home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.log.migrate import log_versions
from p2pevents.node.home import Home
from p2pevents.words import _

__all__ = ["command"]

_LIBRARIES = ("libp2p", "trio", "cbor2", "pynacl", "icalendar")


@click.command(cls=Command, epilog="Example: p2pevents version --check-log")
@click.option(
    "--check-log",
    is_flag=True,
    help="Look which program wrote the log, before or after an upgrade; changes nothing.",
)
@pass_settings
def command(settings: Settings, /, *, check_log: bool) -> None:
    """Show the versions that matter when asking for help."""
    if check_log:
        _say_log(settings, _log_facts(home_of(settings)))
        return
    versions = {"p2pevents": __version__, "python": platform.python_version()}
    versions["sqlite"] = sqlite3.sqlite_version
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = _("not installed")
    if settings.json:
        settings.print_json(versions)
        return
    for name, number in versions.items():
        click.echo(f"{name:10} {number}")


def _log_facts(home: Home) -> dict[str, Any]:
    held, known = log_versions(home.log)
    return {
        "log": str(home.log),
        "logVersion": held,
        "programKnows": known,
        "fits": held is None or held <= known,
        "isBroughtUp": held is not None and held < known,
        "copies": sorted(path.name for path in home.folder.glob(f"{home.log.name}.before-*")),
    }


def _say_log(settings: Settings, facts: dict[str, Any]) -> None:
    held, known = facts["logVersion"], facts["programKnows"]
    if settings.json:
        settings.print_json(facts)
    elif held is None:
        click.echo(_("{file}: there is none yet", file=facts["log"]))
    else:
        click.echo(
            _(
                "{file}: version {held}; this program knows {known}",
                file=facts["log"],
                held=held,
                known=known,
            )
        )
        if facts["isBroughtUp"]:
            click.echo(
                _("the next command that opens it copies it first, then brings it up to date")
            )
        elif not facts["fits"]:
            click.echo(
                _("a newer program wrote it, and this one leaves it as it is: update p2pevents")
            )
        for copy in facts["copies"]:
            click.echo(_("kept from before an upgrade: {copy}", copy=copy))
    if not facts["fits"]:
        click.get_current_context().exit(1)
