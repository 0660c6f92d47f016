"""`p2pevents digest`: what a chapter's leads and witnesses say is planned, and until when."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.freshness import freshness_facts, freshness_words, minute_of
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.node.desk import Desk
from p2pevents.node.witness import write_digest
from p2pevents.record.ids import ChapterId, EntryId, short, to_text
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents digest --chapter 'Paris P2P'")
@click.option("--chapter", metavar="CHAPTER", help="Which, by id or name.")
@click.option("--write", is_flag=True, help="Write one now, with a lead's or a witness's key.")
@pass_settings
def command(settings: Settings, chapter: str | None, *, write: bool) -> None:
    """Show a chapter's digests: signed lists of what is planned, by which readers see what lacks.

    A node that runs with a witness's key writes one every day, and soon after a change.
    So does a lead's while the key is unlocked, where the chapter has no witness at work.
    """
    with desk_of(settings) as desk:
        found = desk.chapter(chapter) if write else _chapter(desk, chapter)
        line = announced_line(desk, [write_digest(desk, found).id]) if write else ""
        name = desk.chapter_name(found)
        freshness = desk.reader.freshness(found)
        digests = _digests(desk, found, settings.now_ms())
    if settings.json:
        settings.print_json(
            {"chapter": to_text(found), **freshness_facts(freshness), "digests": digests}
        )
        return
    if line:
        click.echo(_("digest of {name}  {line}", name=name, line=line))
    click.echo(_("{name}: {state}", name=name, state=freshness_words(freshness)))
    if digests:
        print_table(
            (_("by"), _("key"), _("written"), _("until"), _("lists")),
            [
                (
                    _("lead") if each["by"] == "lead" else _("witness"),
                    each["key"][:8],
                    minute_of(each["written_ms"]),
                    minute_of(each["until_ms"]),
                    str(each["count"]),
                )
                for each in digests
            ],
        )
    else:
        click.echo(_("a lead or a witness writes one: p2pevents digest --write"))


def _chapter(desk: Desk, wanted: str | None) -> ChapterId:
    """Return the chapter that is asked for: of those here, or the only one that I follow."""
    followed = [each.chapter for each in desk.followed()]
    if wanted is None and len(followed) == 1:
        return followed[0]
    return desk.chapter(wanted)


def _digests(desk: Desk, chapter: ChapterId, now_ms: int) -> list[dict[str, Any]]:
    authority = desk.authority(chapter)
    return [
        {
            "key": to_text(each.header.author),
            "by": "lead" if EntryId(each.header.authority) in authority.chain else "witness",
            "written_ms": each.header.clock,
            "until_ms": each.listing.until,
            "count": each.listing.count,
            "tip": short(each.listing.tip),
            "ended": each.listing.until < now_ms,
        }
        for each in desk.reader.digests(chapter)
    ]
