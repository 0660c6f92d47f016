"""`p2pevents check`: the schedule doctor, on the log or on a file before it is imported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import click

from p2pevents.cli.files import COLUMN, ENCODING, columns_of, read_whole
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.cli.times import today_of
from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Source, Trust
from p2pevents.importers.reading import read_source
from p2pevents.node.doctor.next_date import has_next_date
from p2pevents.node.links import LINKS_MAX, LinkState, check_links, links_of
from p2pevents.record.finding import Finding
from p2pevents.record.ids import ID_BYTES, ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.check import Words, check, words_of
from p2pevents.view.times import zone_of
from p2pevents.words import _, message, named

__all__ = ["command"]

_LINK_WORDS: Final = {
    LinkState.GONE: "is not there any more",
    LinkState.LOCKED: "is not open to everybody",
    LinkState.UNREACHED: "could not be reached",
    LinkState.PRIVATE: "was not asked for",
}
_LINK_HINTS: Final = {LinkState.LOCKED: "share it with whoever has the link"}
_NO_CHAPTER = ChapterId(bytes(ID_BYTES))  # a file is looked at before it belongs to any


@click.command(cls=Command, reads=True, epilog="Example: p2pevents check festival.csv")
@click.argument("wanted", required=False, metavar="[ID|FILE]")
@click.option("--chapter", metavar="CHAPTER", help="Which of my chapters, by id or name.")
@click.option("--timezone", help="The zone of a file's wall times; my chapter's where left out.")
@click.option("--links", is_flag=True, help="Ask whether links are there: this goes online.")
@COLUMN
@ENCODING
@pass_settings
def command(
    settings: Settings,
    /,
    wanted: str | None,
    chapter: str | None,
    timezone: str | None,
    *,
    links: bool,
    columns: tuple[str, ...],
    encoding: str,
) -> None:
    """Look for overlaps, wrong zones, ends before starts and what else is odd in a schedule.

    Looks at a file, at one event or series by its id, or at all that my chapters announced; of a
    chapter, also whether a date to come is announced. With --links it asks each link's host, and
    so tells it of this machine's address; hosts that are not public are not asked.
    """
    if timezone is not None and zone_of(timezone) is None:
        raise InputError(
            f"zone: {timezone[:64]!r} is not a time zone", hint="write one such as Europe/Paris"
        )
    path = Path(wanted) if wanted else None
    findings: list[Finding] = []
    languages: tuple[str, ...] = ()
    with desk_of(settings) as desk:
        mine = [desk.chapter(chapter)] if chapter else desk.my_chapters()
        zone = timezone or next((desk.profile(each).time_zone for each in mine), None)
        if path is not None and path.exists():
            source = read_source(
                read_whole(path), name=path.name, columns=columns_of(columns), encoding=encoding
            )
            words = _of_source(source, path, zone, findings)
        elif path is not None and path.suffix:
            raise InputError(f"{path}: there is no such file")
        elif wanted:
            found = desk.find_object(wanted, kinds=[Kind.EVENT, Kind.SERIES])
            words = words_of(desk.reader.under(found.chapter, [found.path]))
            languages = desk.profile(found.chapter).languages or ()
        else:
            words = words_of(desk.reader.calendar(mine))
            languages = (desk.profile(mine[0]).languages or ()) if len(mine) == 1 else ()
            findings += [
                Finding(
                    rule="next-date",
                    where=desk.chapter_name(each),
                    message="no date to come is announced",
                    hint='p2pevents event add --title "..." --start "YYYY-MM-DD HH:MM"',
                )
                for each in mine
                if not has_next_date(desk, each, now_ms=settings.now_ms())
            ]
    today = date.fromisoformat(today_of(settings.now_ms(), zone))
    findings += check(words, today=today, languages=languages)
    if links:
        findings += _of_links(words)
    # Two groups of one file may say the same of it.
    findings = sorted({*findings}) if path is not None and path.exists() else findings
    if settings.json:
        settings.print_json(
            [
                {"rule": each.rule, "where": each.where, "message": each.message, "hint": each.hint}
                for each in findings
            ]
        )
    elif not findings:
        click.echo(_("nothing odd was found"))
    else:
        print_table(
            (_("where"), _("rule"), _("what")),
            [(each.where, named("rule", each.rule), message(each.message)) for each in findings],
        )


def _of_source(
    source: Source, path: Path, zone: str | None, findings: list[Finding]
) -> list[Words]:
    """Return the words of a file; what its importer finds is put with the findings."""
    if zone is None:
        raise InputError(
            f"{path}: in which zone are its times?", hint="say --timezone Europe/Paris"
        )
    into = Destination(chapter=_NO_CHAPTER, time_zone=zone, trust=Trust.WALL)
    findings += source.findings
    words: list[Words] = []
    for city in source.cities:
        plan = source.plan(city, into)
        findings += plan.findings
        words += plan.drafts
    return words


def _of_links(words: list[Words]) -> list[Finding]:
    """Return what came of the links of a schedule, each told where it stands first."""
    where: dict[str, str] = {}
    for each in words:
        for link in links_of(each.fields):
            where.setdefault(link, each.where)
    findings = [
        Finding(
            rule=f"link-{state}",
            where=where[link],
            message=f"{link}: {_LINK_WORDS[state]}: {why}",
            hint=_LINK_HINTS.get(state, ""),
        )
        for link, (state, why) in check_links(where).items()
        if state is not LinkState.THERE
    ]
    if len(where) > LINKS_MAX:
        findings.append(
            Finding(
                rule="link-many",
                where=f"{len(where)} links",
                message=f"only the first {LINKS_MAX} were asked for",
                hint="check one event at a time, by its id",
            )
        )
    return findings
