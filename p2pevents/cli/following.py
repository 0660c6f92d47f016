"""`p2pevents following`: the chapters whose events are shown here."""

from __future__ import annotations

import click

from p2pevents.cli.freshness import freshness_facts, freshness_of_all, freshness_words
from p2pevents.cli.notices import called_beside, notices_of, print_notices
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.record.ids import short, to_text
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, reads=True, epilog="Example: p2pevents following")
@pass_settings
def command(settings: Settings) -> None:
    """List the chapters that I follow."""
    with desk_of(settings) as desk:
        # Of these alone: a log may hold a thousand chapters beside.
        follows_here = (each.chapter for each in desk.followed())
        here = {each for each in follows_here if desk.charters.of(each) is not None}
        follows = [
            (
                each.chapter,
                each.chapter in here,
                desk.chapter_name(each.chapter) if each.petname or each.chapter in here else "",
            )
            for each in desk.followed()
        ]
        claims = [desk.profile(chapter).name for chapter, _, _ in follows]
        notices = notices_of(desk, [chapter for chapter, is_here, _ in follows if is_here])
        cities = [desk.profile(chapter).city or "" for chapter, _, _ in follows]
        fresh = freshness_of_all(desk, [chapter for chapter, _, _ in follows])
    if settings.json:
        settings.print_json(
            [
                {
                    "chapter": to_text(chapter),
                    "name": name or None,
                    "claimed": claimed if is_here else None,
                    "city": city or None,
                    "isHere": is_here,
                    **freshness_facts(fresh[chapter]),
                }
                for (chapter, is_here, name), claimed, city in zip(
                    follows, claims, cities, strict=True
                )
            ]
        )
    elif not follows:
        click.echo(_("you follow no chapter yet"))
        click.echo(_("somebody who does can give you a link: p2pevents follow LINK"))
    else:
        awaited = _("(p2pevents sync fetches it)")
        print_table(
            (_("id"), _("chapter"), _("city"), _("state")),
            [
                (
                    short(chapter),
                    called_beside(name or awaited, claimed if is_here else None),
                    city,
                    freshness_words(fresh[chapter]) if is_here else "",
                )
                for (chapter, is_here, name), claimed, city in zip(
                    follows, claims, cities, strict=True
                )
            ],
        )
        print_notices(notices)
