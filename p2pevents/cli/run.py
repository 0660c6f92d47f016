"""`p2pevents run`: the node itself, until it is interrupted."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pevents.cli.letters import renew_tickets
from p2pevents.cli.logs import log_to_stderr
from p2pevents.cli.opening import config_of, desk_of, home_of, refuse_other_clock
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import StateError
from p2pevents.node.config import Config, with_values
from p2pevents.node.presence import read_presence
from p2pevents.words import _

if TYPE_CHECKING:
    from p2pevents.node.running import Ready
    from p2pevents.web.serving import Served

__all__ = ["command"]

_LINKS_MAX = 3  # printed when a node starts; p2pevents chapter invite has the others


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
@click.option("--page", metavar="PORT|off", help="The port of the local page; 0 is any free one.")
@click.option(
    "--page-public",
    metavar="PORT|off",
    help="The port of my chapters' public face, for a web server before it.",
)
@pass_settings
def command(
    settings: Settings,
    config: Path | None,
    *,
    light: bool,
    listen: tuple[str, ...],
    peer: tuple[str, ...],
    page: str | None,
    page_public: str | None,
) -> None:
    """Be a node on the network until interrupted: announce, receive, pass on."""
    home = home_of(settings)
    told = _told(config_of(home, config), light=light, listen=listen, peers=peer)
    told = _with_pages(told, page=page, page_public=page_public)
    if settings.offset_ms:
        refuse_other_clock(told)
    if read_presence(home.folder) is not None:
        raise StateError(
            f"{home.folder}: a node already runs on this home",
            hint="p2pevents status shows it; stop it first, or name another folder by --home",
        )
    with desk_of(settings) as desk:
        helps = not desk.my_chapters() and not desk.followed()
    renew_tickets(settings)

    import trio

    log_to_stderr(settings.verbose)

    async def be_a_node() -> None:
        from p2pevents.web.serving import serve_pages

        async with trio.open_nursery() as nursery:
            pages: Served = await nursery.start(
                partial(
                    serve_pages,
                    home,
                    page=told.page,
                    may_move=page is None,
                    page_public=told.page_public,
                    public_url=told.public_url,
                    now_ms=settings.now_ms,
                )
            )
            # Loaded when the page stands: libp2p takes its time.
            from p2pevents.node.running import run_node

            def on_ready(ready: Ready) -> None:
                _say_ready(settings, ready, pages, links=_links(settings, ready), helps=helps)

            await run_node(home, told, now_ms=settings.now_ms, is_reader=light, on_ready=on_ready)
            nursery.cancel_scope.cancel()

    trio.run(be_a_node)


def _told(
    config: Config, *, light: bool, listen: tuple[str, ...], peers: tuple[str, ...]
) -> Config:
    """Return the configuration with what the command line says otherwise."""
    if listen or light:
        config = with_values(config, {"listen": list(listen)}, where="--listen")
    if peers:
        config = with_values(config, {"peers": [*config.peers, *peers]}, where="--peer")
    return config


def _with_pages(config: Config, *, page: str | None, page_public: str | None) -> Config:
    """Return the configuration with the ports that the command line names."""
    for key, option, said in (
        ("page", "--page", page),
        ("page_public", "--page-public", page_public),
    ):
        if said is not None:
            value = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else said
            config = with_values(config, {key: value}, where=option)
    return config


def _links(settings: Settings, ready: Ready) -> dict[str, str]:
    """Return the links of the chapters that I organise, by name, once the node has an address."""
    from p2pevents.cli.chapter import ADDRESSES_IN_LINK_MAX

    if not ready.addresses:
        return {}
    at = list(ready.addresses[:ADDRESSES_IN_LINK_MAX])
    with desk_of(settings, asks=False) as desk:
        mine = list(desk.my_chapters())[:_LINKS_MAX]
        return {desk.chapter_name(each): desk.link(each, at=at).text for each in mine}


def _say_ready(
    settings: Settings, ready: Ready, pages: Served, *, links: dict[str, str], helps: bool
) -> None:
    if settings.json:
        settings.print_json(
            {
                "ready": True,
                "peerId": ready.peer_id,
                "addresses": list(ready.addresses),
                "page": pages.page or None,
                "pagePublic": pages.public or None,
            }
        )
        return
    click.echo(_("ready: {node}", node=ready.peer_id))
    for address in ready.addresses:
        click.echo("  " + _("listening on {address}", address=address))
    if pages.page:
        click.echo("  " + _("page {page}   p2pevents open opens it", page=pages.page))
    if pages.public:
        click.echo("  " + _("public face {page}", page=pages.public))
    for name, link in links.items():
        click.echo(f"  {name}   p2pevents follow '{link}'")
    if helps:
        click.echo(_("nothing is announced or followed on this home yet; in another terminal:"))
        found = 'p2pevents chapter found "Paris P2P" --timezone Europe/Paris'
        click.echo(f"  {found}   {_('to announce')}")
        click.echo(f"  {_('p2pevents follow LINK'):{len(found)}}   {_('to follow')}")
