"""`p2pevents agenda`: what is on, in the chapters that I follow."""

from __future__ import annotations

from datetime import date, timedelta

import click

from p2pevents.cli.freshness import (
    doubts_of,
    freshness_facts,
    freshness_of_all,
    whole_line,
)
from p2pevents.cli.listing import print_agenda
from p2pevents.cli.notices import disputes_noticed, notices_of, print_notices
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.times import day_of, today_of
from p2pevents.errors import InputError
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window

__all__ = ["command"]

AHEAD_DAYS = 400  # a rule has no end; the agenda has, where none is asked for


@click.command(
    cls=Command, epilog="Example: p2pevents agenda --from 2020-01-08 --to 2020-01-12 --tag talk"
)
@click.option("--from", "first", metavar="DAY", help="The first day; today where left out.")
@click.option("--to", "last", metavar="DAY", help="The last day.")
@click.option("--chapter", metavar="CHAPTER", help="Only this one, by id or name.")
@click.option("--city", help="Only in this city.")
@click.option("--tag", help="Only with this tag.")
@click.option("--language", help="Only in this language, such as fr.")
@click.option("--search", metavar="TEXT", help="Only where all these words stand.")
@click.option("--ids", is_flag=True, help="Show each id, for `p2pevents event show`.")
@pass_settings
def command(
    settings: Settings,
    /,
    first: str | None,
    last: str | None,
    chapter: str | None,
    *,
    city: str | None,
    tag: str | None,
    language: str | None,
    search: str | None,
    ids: bool,
) -> None:
    """Show what is on in the chapters that I follow, offline too."""
    today = date.fromisoformat(today_of(settings.now_ms(), None))
    begins = day_of("--from", first) or today
    ends = day_of("--to", last)
    if ends is not None and ends < begins:
        raise InputError(
            f"--to {ends} is before {'--from' if first else 'today,'} {begins}",
            hint="swap them, or name an earlier --from",
        )
    window = Window(
        first=begins,
        until=(ends + timedelta(days=1)) if ends else max(begins, today) + timedelta(AHEAD_DAYS),
    )
    with desk_of(settings) as desk:
        follows = [each.chapter for each in desk.followed()]
        wanted = [desk.find_chapter(chapter, among=follows)] if chapter else follows
        calendar = desk.reader.calendar(wanted, window=window)
        names = {each.chapter: each.petname for each in desk.followed() if each.petname}
        fresh = freshness_of_all(desk, wanted)
        notices = [*notices_of(desk, wanted), *doubts_of(desk, fresh)]
    query = Query(
        window=window,
        city=city or "",
        tag=tag or "",
        language=language or "",
        search=search or "",
    )
    entries = agenda(calendar, query)
    if settings.json:
        settings.print_json(
            [
                {
                    **row_of(entry),
                    "petname": names.get(entry.chapter.id),
                    **freshness_facts(fresh[entry.chapter.id]),
                }
                for entry in entries
            ]
        )
        return
    if entries:
        print_agenda(entries, window=window, with_ids=ids, names=names)
    elif not follows:
        click.echo("you follow no chapter yet: p2pevents follow LINK")
    elif calendar.chapters:
        click.echo("nothing is planned from here on; earlier days: p2pevents agenda --from DAY")
    if line := whole_line(list(fresh.values())):
        click.echo(line)
    print_notices([*notices, *disputes_noticed(entries)])
