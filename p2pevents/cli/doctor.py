"""`p2pevents doctor`: what may be wrong here, in plain words, and what to type."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from p2pevents.cli.folding import folded, without_my_name
from p2pevents.cli.opening import config_of, home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import ConfigError, P2PEventsError
from p2pevents.node.config import Config
from p2pevents.node.desk import Desk, open_desk
from p2pevents.node.doctor.checks import examine
from p2pevents.node.doctor.patient import Finding, Grade, Patient
from p2pevents.node.home import Home
from p2pevents.node.presence import read_presence
from p2pevents.words import _, message, named

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents doctor")
@click.option(
    "--repair",
    is_flag=True,
    help="Mend what can be mended: a damaged log is made anew from what can be read of it, and "
    "kept beside it; permissions are taken from others.",
)
@pass_settings
def command(settings: Settings, /, *, repair: bool) -> None:
    """Look for what may be wrong with this home, and say what to type.

    Looks and changes nothing, unless told to repair. Exits with 1 where something is bad. What
    it prints holds no key and no passphrase, so that it can be sent to who helps.
    """
    home = home_of(settings)
    with _patient(settings, home) as patient:
        found = list(examine(patient))
    mended = list(_mended(found)) if repair else []
    if mended:
        with _patient(settings, home) as patient:
            found = list(examine(patient))
    bad = sum(finding.grade is Grade.BAD for _, finding in found)
    if settings.json:
        settings.print_json(
            {
                "home": str(home.folder),
                "healthy": not bad,
                "repaired": mended,
                "findings": [
                    {
                        "check": name,
                        "grade": finding.grade.value,
                        "message": finding.message,
                        "hint": finding.hint or None,
                    }
                    for name, finding in found
                ],
            }
        )
    else:
        _say(found, mended, repair=repair)
    if bad:
        click.get_current_context().exit(1)


@contextmanager
def _patient(settings: Settings, home: Home) -> Iterator[Patient]:
    """Open a home as far as it can be opened, and make nothing that is not there."""
    config: Config | None
    try:
        config = config_of(home, None)
    except ConfigError:
        config = None
    with _desk(settings, home) as desk:
        yield Patient(
            home=home,
            now_ms=settings.now_ms(),
            config=config,
            desk=desk,
            present=read_presence(home.folder),
        )


@contextmanager
def _desk(settings: Settings, home: Home) -> Iterator[Desk | None]:
    if not home.log.exists() or not os.access(home.log, os.R_OK | os.W_OK):
        yield None
        return
    opened = open_desk(home, now_ms=settings.now_ms)
    try:
        desk = opened.__enter__()
    except P2PEventsError:  # the check of the log says what is wrong with it
        yield None
        return
    try:
        yield desk
    finally:
        opened.__exit__(None, None, None)


def _mended(found: list[tuple[str, Finding]]) -> Iterator[str]:
    """Mend what can be, and say of each what was done, or why it was not."""
    for name, finding in found:
        if finding.mend is None:
            continue
        try:
            yield _("{name}: {done}", name=name, done=message(finding.mend()))
        except (P2PEventsError, OSError) as error:
            yield _("{name}: not mended: {error}", name=name, error=message(str(error)))


def _mark(grade: Grade) -> tuple[str, str]:
    """Return the word before a finding, and its colour."""
    return {
        Grade.GOOD: (_("ok"), "green"),
        Grade.NOTE: (_("note").rstrip(), "yellow"),
        Grade.BAD: (_("bad"), "red"),
    }[grade]


def _say(found: list[tuple[str, Finding]], mended: list[str], *, repair: bool) -> None:
    for line in mended:
        click.echo(_("mended  {line}", line=line))
    if repair and not mended:
        click.echo(_("nothing here can be mended by itself"))
    names = {name: named("check", name) for name, _ in found}
    width = max(map(len, names.values()))
    under = width + 8
    for name, finding in found:
        mark, colour = _mark(finding.grade)
        said = folded(without_my_name(message(finding.message)), under=under)
        click.echo(f"{click.style(f'{mark:4}', fg=colour)}  {names[name]:{width}}  {said}")
        if finding.hint:
            hint = folded(without_my_name(message(finding.hint)), under=under + 3)
            click.echo(f"{'':{under}}{click.style('->', dim=True)} {hint}")
