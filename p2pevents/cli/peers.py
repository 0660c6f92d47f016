"""`p2pevents peers`: whom this node is connected with, whom it knows, and what went wrong."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.freshness import minute_of
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.desk import Desk
from p2pevents.node.presence import read_presence
from p2pevents.words import _, message, named

__all__ = ["command"]

_SHOWN_MAX = 20  # of those that are not connected; --json has all


@click.command(cls=Command, reads=True, epilog="Example: p2pevents peers")
@pass_settings
def command(settings: Settings) -> None:
    """Show the peers that are connected, and those that are known, the last seen first.

    For each: where it is, since when, when it was last compared with, and what went wrong.
    """
    with desk_of(settings) as desk:
        present = read_presence(desk.home.folder)
        peers = _peers(desk, present or {})
    if settings.json:
        settings.print_json(peers)
        return
    connected = [each for each in peers if each["connected"]]
    known = [each for each in peers if not each["connected"]]
    if present is None:
        click.echo(_("no node runs on this home: p2pevents run, or p2pevents sync once"))
    else:
        click.echo(_("connected: {n}", n=len(connected)))
    for each in connected:
        _print(each)
    click.echo(_("known: {n}", n=len(known)))
    for each in known[:_SHOWN_MAX]:
        _print(each)
    if len(known) > _SHOWN_MAX:
        more = len(known) - _SHOWN_MAX
        click.echo("  " + _("... and {n} more: p2pevents peers --json", n=more))
    if not peers:
        click.echo(_("a link that you follow names some: p2pevents follow LINK"))


def _print(peer: dict[str, Any]) -> None:
    click.echo(f"  {peer['peerId']}")
    for address in peer["addresses"]:
        where = address.rpartition("/p2p/")[0] or address
        click.echo("    " + _("at {address}", address=where))
    said = []
    if peer["connected"]:
        since = minute_of(peer["since_ms"])
        said.append(
            _("outbound, since {moment}", moment=since)
            if peer["direction"] == "outbound"
            else _("inbound, since {moment}", moment=since)
        )
    elif peer["seen_ms"]:
        said.append(_("last seen {moment}", moment=minute_of(peer["seen_ms"])))
    if peer["lastSync_ms"]:
        said.append(
            _(
                "compared {moment}: {outcome}",
                moment=minute_of(peer["lastSync_ms"]),
                outcome=_outcome(peer["lastOutcome"]),
            )
        )
    if said:
        click.echo(f"    {'; '.join(said)}")
    if peer["trouble"]:
        click.echo(f"    {minute_of(peer['trouble_ms'])}  {message(peer['trouble'])}")


def _outcome(said: str) -> str:
    """Return how a comparison came out, as `encounters` keeps it: `3 new, settled, 2 left out`."""
    new, outcome, *left = said.split(", ")
    parts = [
        _("nothing new") if not new[0].isdigit() else _("{n} new", n=new.partition(" ")[0]),
        named("outcome", outcome),
        *(_("{n} left out", n=each.partition(" ")[0]) for each in left),
    ]
    return ", ".join(parts)


def _peers(desk: Desk, present: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all peers, connected ones first, then as they were last seen."""
    met: dict[str, dict[str, Any]] = present.get("encounters", {})
    links: dict[str, dict[str, Any]] = {each["peerId"]: each for each in present.get("peers", [])}
    book = {each.peer: each for each in desk.log.local.peers()}
    names = [*links, *(name for name in book if name not in links)]
    names += [name for name in met if name not in links and name not in book]
    peers = []
    for name in names:
        link, known = links.get(name), book.get(name)
        addresses = [link["address"]] if link else []
        addresses += [each for each in (known.addresses if known else ()) if each not in addresses]
        went = met.get(name, {})
        peers.append(
            {
                "peerId": name,
                "connected": link is not None,
                "direction": link["direction"] if link else None,
                "addresses": addresses,
                "since_ms": went.get("since_ms") if link else None,
                "seen_ms": known.seen_ms if known else None,
                "lastSync_ms": went.get("lastSync_ms"),
                "lastOutcome": went.get("lastOutcome"),
                "trouble": went.get("trouble"),
                "trouble_ms": went.get("trouble_ms"),
            }
        )
    return peers
