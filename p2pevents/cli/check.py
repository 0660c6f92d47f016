"""`p2pevents check`: the schedule doctor, on the log or on a file before it is imported."""

from __future__ import annotations

from pathlib import Path

import click

from p2pevents.cli.files import read_whole
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Trust
from p2pevents.importers.reading import read_source
from p2pevents.record.finding import Finding
from p2pevents.record.ids import ID_BYTES, ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.check import check, words_of

__all__ = ["command"]

_NO_CHAPTER = ChapterId(bytes(ID_BYTES))  # a file is looked at before it belongs to any


@click.command(cls=Command, epilog="Example: p2pevents check festival.csv")
@click.argument("wanted", required=False, metavar="[ID|FILE]")
@click.option("--chapter", metavar="CHAPTER", help="Which of my chapters, by id or name.")
@click.option("--timezone", help="The zone of a file's wall times; my chapter's where left out.")
@pass_settings
def command(
    settings: Settings, /, wanted: str | None, chapter: str | None, timezone: str | None
) -> None:
    """Look for overlaps, wrong zones, ends before starts and what else is odd in a schedule.

    Looks at a file, at one event by its id, or at all that my chapters announced.
    """
    path = Path(wanted) if wanted else None
    with desk_of(settings) as desk:
        if path is not None and path.exists():
            mine = [desk.chapter(chapter)] if chapter else desk.my_chapters()
            zone = timezone or next((desk.profile(each).time_zone for each in mine), None)
            findings = _of_file(path, zone)
        elif path is not None and path.suffix:
            raise InputError(f"{path}: there is no such file")
        elif wanted:
            found = desk.find_object(wanted, kinds=[Kind.EVENT])
            findings = check(words_of(desk.reader.under(found.chapter, [found.path])))
        else:
            mine = [desk.chapter(chapter)] if chapter else desk.my_chapters()
            findings = check(words_of(desk.reader.calendar(mine)))
    if settings.json:
        settings.print_json(
            [
                {"rule": each.rule, "where": each.where, "message": each.message, "hint": each.hint}
                for each in findings
            ]
        )
    elif not findings:
        click.echo("nothing odd was found")
    else:
        print_table(
            ("where", "rule", "what"),
            [(each.where, each.rule, each.message) for each in findings],
        )


def _of_file(path: Path, zone: str | None) -> list[Finding]:
    source = read_source(read_whole(path), name=path.name)
    if zone is None:
        raise InputError(
            f"{path}: in which zone are its times?", hint="say --timezone Europe/Paris"
        )
    into = Destination(chapter=_NO_CHAPTER, time_zone=zone, trust=Trust.WALL)
    findings = set(source.findings)
    for city in source.cities:
        plan = source.plan(city, into)
        findings |= {*plan.findings, *check(plan.drafts)}
    return sorted(findings)
