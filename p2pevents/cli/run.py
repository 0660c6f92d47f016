"""`p2pevents run`: the node itself, until it is interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pevents.cli.logs import log_to_stderr
from p2pevents.cli.opening import config_of, desk_of, home_of, refuse_other_clock
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import StateError, UsageError
from p2pevents.node.config import Config, with_values
from p2pevents.node.presence import read_presence

if TYPE_CHECKING:
    from p2pevents.node.running import Ready

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents run --listen /ip4/0.0.0.0/tcp/27410")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The configuration; else config.toml in the home, else the defaults.",
)
@click.option("--light", is_flag=True, help="Only fetch: dial others, serve nobody.")
@click.option(
    "--listen",
    multiple=True,
    metavar="MULTIADDR",
    help="Where to listen, instead of what the configuration says; port 0 is any free one.",
)
@click.option("--peer", multiple=True, metavar="MULTIADDR", help="One more peer to dial.")
@click.option("--page", metavar="PORT|off", help="The local page; only `off` for now.")
@pass_settings
def command(
    settings: Settings,
    config: Path | None,
    *,
    light: bool,
    listen: tuple[str, ...],
    peer: tuple[str, ...],
    page: str | None,
) -> None:
    """Be a node on the network until interrupted: announce, receive, pass on."""
    if page not in (None, "off"):
        raise UsageError("--page: the local page is not there yet", hint="leave the option out")
    home = home_of(settings)
    told = _told(config_of(home, config), light=light, listen=listen, peers=peer)
    if settings.offset_ms:
        refuse_other_clock(told)
    if read_presence(home.folder) is not None:
        raise StateError(
            f"{home.folder}: a node already runs on this home",
            hint="p2pevents status shows it; stop it first, or name another folder by --home",
        )
    with desk_of(settings) as desk:
        helps = not desk.my_chapters() and not desk.followed()

    import trio

    from p2pevents.node.running import run_node

    log_to_stderr(settings.verbose)

    def on_ready(ready: Ready) -> None:
        _say_ready(settings, ready, helps=helps)

    trio.run(
        lambda: run_node(home, told, now_ms=settings.now_ms, is_reader=light, on_ready=on_ready)
    )


def _told(
    config: Config, *, light: bool, listen: tuple[str, ...], peers: tuple[str, ...]
) -> Config:
    """Return the configuration with what the command line says otherwise."""
    if listen or light:
        config = with_values(config, {"listen": list(listen)}, where="--listen")
    if peers:
        config = with_values(config, {"peers": [*config.peers, *peers]}, where="--peer")
    return config


def _say_ready(settings: Settings, ready: Ready, *, helps: bool) -> None:
    if settings.json:
        settings.print_json(
            {
                "ready": True,
                "peerId": ready.peer_id,
                "addresses": list(ready.addresses),
                "page": None,
            }
        )
        return
    click.echo(f"ready: {ready.peer_id}")
    for address in ready.addresses:
        click.echo(f"  listening on {address}")
    if helps:
        click.echo("nothing is announced or followed on this home yet; in another terminal:")
        click.echo('  p2pevents chapter found "Paris P2P" --timezone Europe/Paris   to announce')
        click.echo("  p2pevents follow LINK                                          to follow")
