"""`p2pevents follow`: what a chapter announces is shown here from now on."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Final

import click

from p2pevents.cli.fetching import fetch, has_answered, why_none_answered
from p2pevents.cli.freshness import doubts_of, freshness_facts, freshness_of_all, whole_line
from p2pevents.cli.listing import print_agenda
from p2pevents.cli.logs import log_to_stderr
from p2pevents.cli.notices import called_beside, notices_of, print_notices
from p2pevents.cli.opening import config_of, desk_of, home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.times import today_of
from p2pevents.errors import P2PEventsError
from p2pevents.keys.words import fingerprint
from p2pevents.node.desk import Desk
from p2pevents.node.names import check_petname
from p2pevents.node.presence import read_presence
from p2pevents.record.ids import ChapterId, PublicKey, short, to_text
from p2pevents.record.link import Link, parse_link
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.entries import Entry
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window
from p2pevents.words import _, message

__all__ = ["command"]

AHEAD_DAYS: Final = 400
SHOWN_MAX: Final = 5  # the next dates
DAEMON_S_MAX: Final = 15.0  # waited for the node that runs here to fetch it
_POLL_S: Final = 0.1


@click.command(cls=Command, epilog="Example: p2pevents follow 'p2pevents://b.../?at=...'")
@click.argument("link")
@click.option("--as", "called", metavar="NAME", help="What I call it; shown first, never sent.")
@click.option("--offline", is_flag=True, help="Only keep the link; fetch nothing now.")
@pass_settings
def command(settings: Settings, link: str, *, called: str | None, offline: bool) -> None:
    """Follow a chapter by its link, fetch what it announces, and show the next dates.

    Put the link between quotes. The first time, this node dials the addresses in the
    link: who runs them sees that it was dialled. After that, nothing that it sends tells
    whom you follow. Without a network the link is kept, and fetched by the next sync.
    """
    parsed = parse_link(link)
    petname = check_petname(called) if called is not None else ""
    with desk_of(settings) as desk:
        is_new = desk.follow(parsed, petname=petname)
        was_here = parsed.chapter in desk.chapters()
    words = fingerprint(PublicKey(parsed.chapter))
    trouble = "" if offline else _fetch(settings, parsed, was_here=was_here)
    with desk_of(settings) as desk:
        is_here = parsed.chapter in desk.chapters()
        named = petname or is_here
        name = desk.chapter_name(parsed.chapter) if named else short(parsed.chapter)
        claimed = desk.profile(parsed.chapter).name if is_here else None
        fresh = freshness_of_all(desk, [parsed.chapter])
        notices = notices_of(desk, [parsed.chapter]) if is_here else []
        notices += doubts_of(desk, fresh)
        window, entries = _next_dates(settings, desk, parsed.chapter)
    if settings.json:
        settings.print_json(
            {
                "chapter": to_text(parsed.chapter),
                "name": name if is_here else None,
                "claimed": claimed,
                "words": words,
                "isNew": is_new,
                "isHere": is_here,
                "trouble": trouble or None,
                **freshness_facts(fresh[parsed.chapter]),
                "next": [row_of(entry) for entry in entries],
            }
        )
        return
    called = called_beside(name, claimed)
    click.echo(
        _("following {name}", name=called) if is_new else _("already following {name}", name=called)
    )
    if is_new:
        click.echo(_("its words: {words}   whoever gave you the link reads the same:", words=words))
        click.echo(f"  p2pevents name {short(parsed.chapter)}")
    if entries:
        print_agenda(entries, window=window)
    elif is_here:
        click.echo(_("nothing is planned from here on"))
    if line := whole_line(list(fresh.values())):
        click.echo(line)
    print_notices(notices)
    if is_here:
        click.echo(_("p2pevents agenda shows all; p2pevents run --light keeps it coming"))
        return
    if trouble:
        print_notices([_("nothing could be fetched now: {trouble}", trouble=trouble)])
    click.echo(
        _("the link is kept: p2pevents sync fetches its events, p2pevents run keeps them coming")
    )


def _fetch(settings: Settings, link: Link, *, was_here: bool) -> str:
    """Have the chapter fetched, and return what went wrong; the link is kept all the same."""
    home = home_of(settings)
    if read_presence(home.folder) is not None:
        return "" if was_here else _await_daemon(settings, link.chapter)
    log_to_stderr(settings.verbose)
    try:
        config = config_of(home, None)
        # Where it is here already, whom to ask is left to chance.
        exchanges = fetch(settings, home, config, first=() if was_here else link.at)
    except ModuleNotFoundError as error:
        return _("{name} is not installed", name=error.name)
    except P2PEventsError as error:
        return message(error.message)
    if not has_answered(exchanges):
        return why_none_answered(exchanges)
    return ""


def _await_daemon(settings: Settings, chapter: ChapterId) -> str:
    """Wait until the node that runs on this home has fetched the chapter."""
    ends = time.monotonic() + DAEMON_S_MAX
    with desk_of(settings) as desk:
        while time.monotonic() < ends:
            desk.ingest.read_on(now_ms=settings.now_ms())
            if desk.reader.showing(chapter) is not None and desk.profile(chapter).name:
                return ""
            time.sleep(_POLL_S)
    return _("the node that runs here has not reached anybody who has it yet")


def _next_dates(settings: Settings, desk: Desk, chapter: ChapterId) -> tuple[Window, list[Entry]]:
    today = date.fromisoformat(today_of(settings.now_ms(), None))
    window = Window(first=today, until=today + timedelta(days=AHEAD_DAYS))
    calendar = desk.reader.calendar([chapter], window=window)
    return window, agenda(calendar, Query(window=window), rows_max=SHOWN_MAX)
