"""`p2pevents sync`: one exchange with peers, for a machine that is not always on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from p2pevents.cli.logs import log_to_stderr
from p2pevents.cli.opening import config_of, home_of, refuse_other_clock
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import NetworkError, StateError
from p2pevents.node.presence import read_presence
from p2pevents.record.address import check_dial_address

if TYPE_CHECKING:
    from p2pevents.node.running import Exchange

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents sync")
@click.argument("address", required=False)
@pass_settings
def command(settings: Settings, address: str | None) -> None:
    """Exchange with peers once, then exit.

    With ADDRESS, which ends in /p2p/PEERID, with that peer alone; without it,
    with the peers of the configuration and of the links that I followed.
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

    import trio

    from p2pevents.node.running import sync_once

    log_to_stderr(settings.verbose)
    exchanges = trio.run(
        lambda: sync_once(
            home, config, addresses=(address,) if address else (), now_ms=settings.now_ms
        )
    )
    if settings.json:
        settings.print_json(
            [
                {
                    "address": each.address,
                    "outcome": each.ended.outcome.value if each.ended else "unreachable",
                    "new": each.ended.new if each.ended else 0,
                    "leftOut": dict(each.ended.left_out) if each.ended else {},
                    "why": each.why,
                }
                for each in exchanges
            ]
        )
    else:
        for each in exchanges:
            click.echo(f"{each.address}\n  {_in_words(each)}")
    if not any(each.ended and not each.why for each in exchanges):
        raise NetworkError(
            "no peer could be reached" if len(exchanges) > 1 else "the peer could not be reached",
            hint="check that its node runs and that its address is right",
        )


def _in_words(exchange: Exchange) -> str:
    ended = exchange.ended
    if ended is None or ended.why:
        return f"failed: {exchange.why.removeprefix(f'{exchange.address}: ')}"
    left = sum(ended.left_out.values())
    words = f"{ended.new} new records" if ended.new else "nothing new"
    return f"{words}, {ended.outcome.value}" + (f" ({left} left out)" if left else "")
