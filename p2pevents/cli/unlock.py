"""`p2pevents unlock`: the passphrase is typed once, and counts for a while."""

from __future__ import annotations

import os
import re
from typing import Final

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError, StateError
from p2pevents.keys.runtime_folder import runtime_folder
from p2pevents.keys.unlock import Unlock
from p2pevents.words import _n

__all__ = ["command"]

_SPAN: Final = re.compile(r"([0-9]{1,6})\s*(s|min|m|h)", re.ASCII)
_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600}


@click.command(cls=Command, epilog="Example: p2pevents unlock --for 1h")
@click.option(
    "--for", "span", default="1h", show_default=True, metavar="SPAN", help="Such as 30m, 1h; 24h."
)
@pass_settings
def command(settings: Settings, span: str) -> None:
    """Keep my keys open for a while: commands ask for no passphrase until then.

    What is kept lies in memory alone, for this user alone; `p2pevents lock` ends it.
    """
    for_s = _seconds(span)
    with desk_of(settings) as desk:
        if not any(stored.locked for stored in desk.keyring.list()):
            raise StateError(
                "no key of this home is under a passphrase: there is nothing to unlock"
            )
        typed = desk.safe.asked()
        if typed is None:
            raise StateError(
                "no passphrase was given",
                hint="on a terminal it is asked for; else --passphrase-file",
            )
        keys = desk.keyring.box_keys(typed)
        unlock = Unlock(runtime_folder(os.environ), home=desk.home.folder)
        unlock.keep(keys, now_ms=settings.now_ms(), for_s=for_s)
    if settings.json:
        settings.print_json({"keys": len(keys), "for_s": for_s})
        return
    click.echo(
        _n("unlocked {n} key for {span}", "unlocked {n} keys for {span}", len(keys), span=span)
    )


def _seconds(span: str) -> int:
    match = _SPAN.fullmatch(span.strip().lower())
    if match is None:
        raise InputError(f"--for: {span[:40]!r} is no span of time", hint="write 30m, 1h or 8h")
    return int(match[1]) * _UNITS_S[match[2]]
