"""`p2pevents sync`: one exchange with peers, for a machine that is not always on."""

from __future__ import annotations

import click

from p2pevents.cli.fetching import exchange_facts, exchange_lines, fetch, has_answered, way_out
from p2pevents.cli.letters import renew_tickets
from p2pevents.cli.logs import log_to_stderr
from p2pevents.cli.opening import config_of, home_of, refuse_other_clock
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import NetworkError, StateError
from p2pevents.node.presence import read_presence
from p2pevents.record.address import check_dial_address

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents sync")
@click.argument("address", required=False)
@pass_settings
def command(settings: Settings, address: str | None) -> None:
    """Exchange with peers once, then exit.

    With ADDRESS, which ends in /p2p/PEERID, with that peer alone; without it, with the
    peers of the configuration and some of those that are known, drawn by chance.
    """
    home = home_of(settings)
    config = config_of(home, None)
    if settings.offset_ms:
        refuse_other_clock(config)
    if address is not None:
        check_dial_address(address)
    if read_presence(home.folder) is not None:
        raise StateError(
            f"{home.folder}: a node runs on this home, and exchanges by itself",
            hint="p2pevents status shows when it last did",
        )

    renew_tickets(settings)
    log_to_stderr(settings.verbose)
    exchanges = fetch(settings, home, config, addresses=(address,) if address else ())
    if settings.json:
        settings.print_json([exchange_facts(each) for each in exchanges])
    else:
        for line in exchange_lines(exchanges):
            click.echo(line)
    if not has_answered(exchanges):
        raise NetworkError(
            "no peer could be reached" if len(exchanges) > 1 else "the peer could not be reached",
            hint=way_out(exchanges, "check that its node runs and that its address is right"),
        )
