"""`p2pevents status`: am I reachable, did it go out, what is here."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.freshness import freshness_facts, freshness_of_all, freshness_words
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.keys.node_key import load_node_key
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.node.desk import Desk
from p2pevents.node.presence import read_presence
from p2pevents.node.reach_words import reach_words
from p2pevents.node.sheets import unconfirmed_sheets
from p2pevents.record.ids import to_text

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents status --json")
@pass_settings
def command(settings: Settings) -> None:
    """Show how this node is doing, whether or not it runs."""
    with desk_of(settings) as desk:
        facts = _facts(settings, desk)
    if settings.json:
        settings.print_json(facts)
        return
    running = facts["running"]
    click.echo(f"node      {facts['peerId']}")
    click.echo(
        f"state     {'running for ' + _ago(facts['uptime_s']) if running else 'not running'}"
    )
    for address in facts["addresses"]:
        click.echo(f"address   {address}")
    if running:
        click.echo(f"peers     {len(facts['peers'])} connected; p2pevents peers tells more")
        click.echo(f"reach     {reach_words(facts['reach'])}")
    synced = facts["lastSync"]
    click.echo(
        f"last sync {_ago((settings.now_ms() - synced) // 1000) + ' ago' if synced else 'never'}"
    )
    click.echo(f"records   {facts['records']} of {_many(len(facts['chapters']), 'chapter')}")
    for chapter in facts["chapters"]:
        click.echo(
            f"  {chapter['chapter'][:8]}  {chapter['name']}  {_many(chapter['records'], 'record')}"
            + (f"  {chapter['state']}" if chapter["state"] else "")
        )
    for chapter in facts["unconfirmedSheets"]:
        click.echo(f"sheet     the charter sheet of {chapter['name']} is not confirmed")
    if facts["unconfirmedSheets"]:
        click.echo(
            "p2pevents: hint: print it and put it away, then: p2pevents chapter sheet confirm",
            err=True,
        )
    if facts["behind"]:
        click.echo(f"outbox    {_many(facts['behind'], 'record')} to be announced")
        if not running:
            click.echo(
                "p2pevents: hint: p2pevents run, or p2pevents sync, announces them", err=True
            )


def _facts(settings: Settings, desk: Desk) -> dict[str, Any]:
    present = read_presence(desk.home.folder) or {}
    seen = [each.seen_ms for each in desk.log.local.peers() if each.cursor is not None]
    started_ms = present.get("started_ms")
    return {
        "running": bool(present),
        "peerId": present.get("peerId")
        or peer_id_of_seed(load_node_key(desk.home.node_key).reveal()),
        "addresses": present.get("addresses", []),
        "peers": present.get("peers", []),
        "reach": present.get("reach", {}),
        "records": desk.log.total().records,
        "chapters": _chapters(desk),
        "unconfirmedSheets": [
            {"chapter": to_text(chapter), "name": desk.chapter_name(chapter)}
            for chapter in unconfirmed_sheets(desk)
        ],
        "lastSync": max(filter(None, [present.get("lastSync_ms"), *seen]), default=None),
        "behind": len(desk.log.local.outbox()),
        "waiting": present.get("waiting", {}),
        "uptime_s": (settings.now_ms() - started_ms) // 1000 if started_ms else 0,
        "home": str(desk.home.folder),
    }


def _chapters(desk: Desk) -> list[dict[str, Any]]:
    """Return every chapter that is here; of those that I follow or write for, how they stand."""
    mine = {*desk.my_chapters(), *(each.chapter for each in desk.followed())}
    fresh = freshness_of_all(desk, mine)
    return [
        {
            "chapter": to_text(each.chapter),
            "name": desk.chapter_name(each.chapter),
            "records": each.size.records,
            "bytes": each.size.bytes,
            "followed": each.chapter in mine,
            "state": freshness_words(fresh[each.chapter]) if each.chapter in fresh else "",
            **(freshness_facts(fresh[each.chapter]) if each.chapter in fresh else {}),
        }
        for each in desk.log.chapters()
    ]


def _ago(seconds: int) -> str:
    """Return a time span in the largest unit that fits."""
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return _many(seconds, "second")


def _many(number: int, thing: str) -> str:
    """Return `1 record`, `2 records`."""
    return f"{number} {thing}" + "s" * (number != 1)
