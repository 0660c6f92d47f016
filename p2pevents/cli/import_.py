"""`p2pevents import`: events from files that other programs wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.files import read_whole
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Draft, Plan, Source, Trust
from p2pevents.importers.reading import read_source
from p2pevents.node.desk import Change, Desk
from p2pevents.node.importing import changed_only
from p2pevents.record.finding import Finding
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.check import check

__all__ = ["command"]

WRITTEN_AT_ONCE_MAX = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """One group of a file, where it goes, and what would be written."""

    chapter: ChapterId
    plan: Plan
    changes: tuple[Change, ...]


@click.command(
    cls=Command,
    epilog="Example: p2pevents import festival.csv --trust wall --dry-run",
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(path_type=Path, dir_okay=False),
)
@click.option("--chapter", metavar="CHAPTER", help="Into this one; else by the groups' cities.")
@click.option("--event", "event_id", metavar="ID", help="The event that a programme belongs to.")
@click.option("--title", help="The title of the event that a programme makes of its own.")
@click.option("--history", is_flag=True, help="Mark it as history, not announced by these keys.")
@click.option(
    "--trust",
    type=click.Choice([trust.value for trust in Trust]),
    help="Which reading of a time holds where its offset and the zone disagree.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@pass_settings
def command(settings: Settings, /, files: tuple[Path, ...], **options: Any) -> None:
    """Import events from .csv or .json files.

    Each group of a file goes to my chapter of that city; those without one are named
    and left out. The same file imported twice changes nothing.
    """
    sources = [(path, read_source(read_whole(path), name=path.name)) for path in files]
    with desk_of(settings) as desk:
        groups: list[_Group] = []
        left_out: list[str] = []
        findings: list[Finding] = []
        for path, source in sources:
            findings += source.findings
            for city in source.cities:
                chapter = _chapter_for(desk, city, options["chapter"])
                if chapter is None:
                    left_out.append(f"{path.name}: {city}")
                    continue
                groups.append(_planned(desk, source, city, chapter, options))
        announced = ""
        if not options["dry_run"]:
            written = [
                record.id
                for group in groups
                for start in range(0, len(group.changes), WRITTEN_AT_ONCE_MAX)
                for record in desk.write(
                    group.chapter, group.changes[start : start + WRITTEN_AT_ONCE_MAX]
                )
            ]
            announced = announced_line(desk, written) if written else ""
        names = {group.chapter: desk.chapter_name(group.chapter) for group in groups}
    findings += [each for group in groups for each in _findings(group.plan)]
    if settings.json:
        settings.print_json(_document(groups, left_out, findings, dry_run=options["dry_run"]))
        return
    _say(groups, names, left_out, findings, dry_run=options["dry_run"])
    if announced:
        click.echo(announced)


def _chapter_for(desk: Desk, city: str, wanted: str | None) -> ChapterId | None:
    """Return my chapter of a group's city; a file without groups goes to the one that I mean."""
    if wanted is not None or not city:
        return desk.chapter(wanted)
    mine = [
        each
        for each in desk.my_chapters()
        if (desk.profile(each).city or "").casefold() == city.casefold()
    ]
    if len(mine) > 1:
        raise InputError(
            f"you are an organiser of {len(mine)} chapters in {city}", hint="say which by --chapter"
        )
    return mine[0] if mine else None


def _planned(
    desk: Desk, source: Source, city: str, chapter: ChapterId, options: dict[str, Any]
) -> _Group:
    profile = desk.profile(chapter)
    if not profile.time_zone:
        raise InputError(
            f"{desk.chapter_name(chapter)}: has no time zone to read wall times in",
            hint="p2pevents chapter edit --timezone Europe/Paris",
        )
    event = options["event_id"]
    into = Destination(
        chapter=chapter,
        chapter_name=profile.name or "",
        time_zone=profile.time_zone,
        event=desk.find_object(event, kinds=[Kind.EVENT], chapter=chapter).path if event else None,
        event_title=options["title"] or "",
        trust=Trust(options["trust"]) if options["trust"] else None,
        history=options["history"],
    )
    plan = source.plan(city, into)
    return _Group(chapter=chapter, plan=plan, changes=tuple(_changes(desk, chapter, plan.drafts)))


def _changes(desk: Desk, chapter: ChapterId, drafts: tuple[Draft, ...]) -> list[Change]:
    """Return what is not in the log yet as the file says it."""
    changes = []
    for draft in drafts:
        object_id = ObjectId(chapter=chapter, kind=draft.kind.value, path=draft.path)
        changed = changed_only(desk.object(object_id), draft.kind, draft.fields)
        if changed:
            changes.append(Change(kind=draft.kind, path=draft.path, changes=changed))
    return changes


def _findings(plan: Plan) -> list[Finding]:
    return sorted({*plan.findings, *check(plan.drafts)})


def _document(
    groups: list[_Group], left_out: list[str], findings: list[Finding], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "dryRun": dry_run,
        "groups": [
            {
                "chapter": to_text(group.chapter),
                "objects": len(group.plan.drafts),
                "changed": len(group.changes),
                "unchanged": len(group.plan.drafts) - len(group.changes),
                "ids": [path_text(change.path) for change in group.changes],
            }
            for group in groups
        ],
        "leftOut": left_out,
        "findings": [
            {"rule": each.rule, "where": each.where, "message": each.message, "hint": each.hint}
            for each in findings
        ],
    }


def _say(
    groups: list[_Group],
    names: dict[ChapterId, str],
    left_out: list[str],
    findings: list[Finding],
    *,
    dry_run: bool,
) -> None:
    word = "would write" if dry_run else "wrote"
    for group in groups:
        total, changed = len(group.plan.drafts), len(group.changes)
        click.echo(f"{names[group.chapter]}: {word} {changed} of {total} objects", nl=False)
        click.echo(f", {total - changed} unchanged" if changed < total else "")
    for group_name in left_out:
        click.echo(f"left out: {group_name}: you have no chapter of that city")
    if findings:
        click.echo(f"{len(findings)} things to look at:")
        print_table(
            ("where", "rule", "what"),
            [(each.where, each.rule, each.message) for each in findings],
        )
