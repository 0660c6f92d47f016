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
from p2pevents.cli.notices import disputes_noticed, notices_of, print_notices
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.times import day_of, today_of
from p2pevents.errors import InputError
from p2pevents.node.coming import coming
from p2pevents.view.agenda import ROWS_MAX, Query
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window
from p2pevents.words import _

__all__ = ["command"]

AHEAD_DAYS = 400  # a rule has no end; the agenda has, where none is asked for
NEXT_ROWS = 200  # and so many entries: what comes next


@click.command(
    cls=Command,
    reads=True,
    epilog="Example: p2pevents agenda --from 2020-01-08 --to 2020-01-12 --tag talk",
)
@click.option("--from", "first", metavar="DAY", help="The first day; today where left out.")
@click.option("--to", "last", metavar="DAY", help="The last day.")
@click.option("--chapter", metavar="CHAPTER", help="Only this one, by id or name.")
@click.option("--city", help="Only in this city.")
@click.option("--tag", help="Only with this tag.")
@click.option("--language", help="Only in this language, such as fr.")
@click.option("--search", metavar="TEXT", help="Only where all these words stand.")
@click.option(
    "--limit",
    "rows_max",
    type=click.IntRange(1, ROWS_MAX),
    metavar="ROWS",
    help=f"Only the first ones; {NEXT_ROWS} where neither days nor a limit are named.",
)
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
    rows_max: int | None,
    ids: bool,
) -> None:
    """Show what is on in the chapters that I follow, offline too."""
    today = date.fromisoformat(today_of(settings.now_ms(), None))
    begins = day_of("--from", first) or today
    ends = day_of("--to", last)
    if ends is not None and ends < begins:
        raise InputError(
            f"--to {ends} is before --from {begins}"
            if first
            else f"--to {ends} is before today, {begins}",
            hint="swap them, or name an earlier --from",
        )
    window = Window(
        first=begins,
        until=(ends + timedelta(days=1)) if ends else max(begins, today) + timedelta(AHEAD_DAYS),
    )
    with desk_of(settings) as desk:
        follows = [each.chapter for each in desk.followed()]
        wanted = [desk.find_chapter(chapter, among=follows)] if chapter else follows
        query = Query(
            window=window,
            city=city or "",
            tag=tag or "",
            language=language or "",
            search=search or "",
        )
        rows_max = rows_max or (ROWS_MAX if first or last else NEXT_ROWS)
        entries, is_cut = coming(desk.reader, wanted, query, rows_max=rows_max)
        names = {each.chapter: each.petname for each in desk.followed() if each.petname}
        fresh = freshness_of_all(desk, wanted)
        # Beside a table: a program reads the same from each row.
        notices = [] if settings.json else [*notices_of(desk, wanted), *doubts_of(desk, fresh)]
        is_known = any(desk.charters.of(each) is not None for each in wanted)
    cut = []
    if is_cut:
        cut = [_("only the first {n}: p2pevents agenda --from DAY shows all", n=rows_max)]
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
        print_notices(cut)
        return
    if entries:
        from p2pevents.cli.listing import print_agenda

        print_agenda(entries, window=window, with_ids=ids, names=names)
    elif not follows:
        click.echo(_("you follow no chapter yet: p2pevents follow LINK"))
    elif is_known:
        click.echo(_("nothing is planned from here on; earlier days: p2pevents agenda --from DAY"))
    if line := whole_line(list(fresh.values())):
        click.echo(line)
    print_notices([*cut, *notices, *disputes_noticed(entries)])
