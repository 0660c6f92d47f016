"""`p2pevents status`: am I reachable, did it go out, what is here."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.folding import folded
from p2pevents.cli.freshness import freshness_facts, freshness_of_all, freshness_words
from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.keys.node_key import load_node_key
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.node.desk import Desk
from p2pevents.node.presence import read_presence
from p2pevents.node.reach_words import reach_words
from p2pevents.node.sheets import unconfirmed_sheets
from p2pevents.record.ids import to_text
from p2pevents.words import _, _n, message

__all__ = ["command"]

_NAME_COLUMNS = 10


@click.command(cls=Command, reads=True, epilog="Example: p2pevents status --json")
@pass_settings
def command(settings: Settings) -> None:
    """Show how this node is doing, whether or not it runs."""
    with desk_of(settings) as desk:
        facts = _facts(settings, desk)
    if settings.json:
        settings.print_json(facts)
        return
    running = facts["running"]
    _say(_("node"), facts["peerId"])
    lasting = _("running for {span}", span=span_words(facts["uptime_s"]))
    _say(_("state"), lasting if running else _("not running"))
    for address in facts["addresses"]:
        _say(_("address"), address)
    if running:
        peers = len(facts["peers"])
        _say(_("peers"), _("{n} connected; p2pevents peers tells more", n=peers))
        _say(_("reach"), message(reach_words(facts["reach"])))
    synced = facts["lastSync"]
    ago = span_words((settings.now_ms() - synced) // 1000) if synced else ""
    _say(_("last sync"), _("{span} ago", span=ago) if synced else _("never"))
    chapters = len(facts["chapters"])
    said = _n(
        "{records} of {n} chapter", "{records} of {n} chapters", chapters, records=facts["records"]
    )
    _say(_("records"), said)
    for chapter in facts["chapters"]:
        held = _n("{n} record", "{n} records", chapter["records"])
        state = f"  {chapter['state']}" if chapter["state"] else ""
        click.echo(f"  {chapter['chapter'][:8]}  {chapter['name']}  {held}{state}")
    for chapter in facts["unconfirmedSheets"]:
        _say(_("sheet"), _("the charter sheet of {name} is not confirmed", name=chapter["name"]))
    if facts["unconfirmedSheets"]:
        print_hint(_("print it and put it away, then: p2pevents chapter sheet confirm"))
    if facts["behind"]:
        behind = _n("{n} record to be announced", "{n} records to be announced", facts["behind"])
        _say(_("outbox"), behind)
        if not running:
            print_hint(_("p2pevents run, or p2pevents sync, announces them"))


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


def _say(name: str, said: str) -> None:
    """Print one line: what it is about, and what there is to say."""
    click.echo(f"{name:{_NAME_COLUMNS}}{folded(said, under=_NAME_COLUMNS)}")


def span_words(seconds: int) -> str:
    """Return a time span in the largest unit that fits."""
    if seconds >= 2 * 86_400:
        return _n("{n} day", "{n} days", seconds // 86_400)
    if seconds >= 2 * 3600:
        return _n("{n} hour", "{n} hours", seconds // 3600)
    if seconds >= 2 * 60:
        return _n("{n} minute", "{n} minutes", seconds // 60)
    return _n("{n} second", "{n} seconds", seconds)
