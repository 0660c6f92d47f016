"""`p2pevents version`: what to name when asking for help."""

from __future__ import annotations

import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version

import click

from p2pevents import __version__
from p2pevents.cli.settings import Command, Settings, pass_settings

__all__ = ["command"]

_LIBRARIES = ("libp2p", "trio", "cbor2", "pynacl", "icalendar")


@click.command(cls=Command, epilog="Example: p2pevents version --json")
@pass_settings
def command(settings: Settings) -> None:
    """Show the versions that matter when asking for help."""
    versions = {"p2pevents": __version__, "python": platform.python_version()}
    versions["sqlite"] = sqlite3.sqlite_version
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    if settings.json:
        settings.print_json(versions)
        return
    for name, number in versions.items():
        click.echo(f"{name:10} {number}")
