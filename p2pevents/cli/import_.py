"""`p2pevents import`: events from files that other programs wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.files import COLUMN, ENCODING, columns_of, read_whole
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Plan, Source, Trust
from p2pevents.importers.reading import read_source
from p2pevents.node.desk import Change, Desk
from p2pevents.node.importing import changed_only
from p2pevents.record.finding import Finding
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path as ObjectPath, path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.check import check
from p2pevents.words import _, _n, message, named

__all__ = ["command"]

WRITTEN_AT_ONCE_MAX = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """One group of a file, where it goes, and what would be written."""

    chapter: ChapterId
    plan: Plan
    changes: tuple[Change, ...]
    added: frozenset[ObjectId]
    taken_back: int

    def is_new(self, change: Change) -> bool:
        """Return whether there is no object yet that a change is of."""
        return _object_id(self.chapter, change.kind, change.path) in self.added


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
@COLUMN
@ENCODING
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@pass_settings
def command(settings: Settings, /, files: tuple[Path, ...], **options: Any) -> None:
    """Import events from .ics, .csv, .md, .json or schedule.xml files.

    Each group of a file goes to my chapter of that city; those without one are named
    and left out. The same file imported twice changes nothing. All is written, or nothing.
    """
    said = columns_of(options["columns"])
    sources = [
        (
            path,
            read_source(
                read_whole(path), name=path.name, columns=said, encoding=options["encoding"]
            ),
        )
        for path in files
    ]
    with desk_of(settings) as desk:
        columns = {path.name: source.columns for path, source in sources if source.columns}
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
            # One transaction: of a program that is killed on the way, nothing is left behind.
            with desk.log.together():
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
        settings.print_json(
            {
                **_document(groups, left_out, findings, dry_run=options["dry_run"]),
                "columns": {name: dict(mapping) for name, mapping in columns.items()},
            }
        )
        return
    if options["dry_run"]:
        for name, mapping in columns.items():
            roles = (_("{column} is {role}", column=each, role=role) for each, role in mapping)
            click.echo(_("{file}: columns: {said}", file=name, said=", ".join(roles)))
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
    return _group(desk, chapter, source.plan(city, into))


def _group(desk: Desk, chapter: ChapterId, plan: Plan) -> _Group:
    """Return what is not in the log yet as the file says it.

    What organisers took back stays taken back: a file is older than their last word.
    """
    changes: list[Change] = []
    added: set[ObjectId] = set()
    taken_back = 0
    for draft in plan.drafts:
        object_id = _object_id(chapter, draft.kind, draft.path)
        held = desk.object(object_id)
        if held is not None and held.retracted:
            taken_back += 1
            continue
        changed = changed_only(held, draft.kind, draft.fields)
        if changed:
            changes.append(Change(kind=draft.kind, path=draft.path, changes=changed))
            added |= {object_id} if held is None else set()
    return _Group(
        chapter=chapter,
        plan=plan,
        changes=tuple(changes),
        added=frozenset(added),
        taken_back=taken_back,
    )


def _object_id(chapter: ChapterId, kind: Kind, path: ObjectPath) -> ObjectId:
    return ObjectId(chapter=chapter, kind=kind.value, path=path)


def _rows(group: _Group) -> Iterator[tuple[str, str, str, str]]:
    """Yield a line for each object that would be written: new, or the fields that change."""
    titles = {(draft.kind, draft.path): draft for draft in group.plan.drafts}
    for change in group.changes:
        fields = titles[change.kind, change.path].fields
        when = fields.get("when")
        day = when.get("start") or when.get("day") if isinstance(when, dict) else None
        if change.kind is Kind.OCCURRENCE:
            day = day or change.path[1]
        fields_changed = ", ".join(sorted(change.changes))
        word = _("new") if group.is_new(change) else _("change {fields}", fields=fields_changed)
        title = str(fields.get("title", "")) or path_text(change.path)
        yield word, named("kind", change.kind.value), str(day or "")[:16].replace("T", " "), title


def _findings(plan: Plan) -> list[Finding]:
    found = {*plan.findings, *check(plan.drafts)}
    return sorted(found, key=lambda each: (_in_order(each.where), each))


def _in_order(where: str) -> list[str]:
    """Return what sorts row 5 before row 43."""
    return [part.zfill(8) if part.isdigit() else part for part in re.split(r"([0-9]+)", where)]


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
                "added": len(group.added),
                "unchanged": len(group.plan.drafts) - len(group.changes) - group.taken_back,
                "takenBack": group.taken_back,
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


def _of_group(group: _Group, name: str, *, dry_run: bool) -> str:
    """Return one line: how much of a group is written, and what is left as it was."""
    total, changed = len(group.plan.drafts), len(group.changes)
    same = total - changed - group.taken_back
    line = (
        _n(
            "{name}: would write {changed} of {n} objects",
            "{name}: would write {changed} of {n} objects",
            total,
            name=name,
            changed=changed,
        )
        if dry_run
        else _n(
            "{name}: wrote {changed} of {n} objects",
            "{name}: wrote {changed} of {n} objects",
            total,
            name=name,
            changed=changed,
        )
    )
    if same:
        line += _n(", {n} unchanged", ", {n} unchanged", same)
    if group.taken_back:
        line += _n(
            ", {n} were taken back and stay so",
            ", {n} were taken back and stay so",
            group.taken_back,
        )
    return line


def _say(
    groups: list[_Group],
    names: dict[ChapterId, str],
    left_out: list[str],
    findings: list[Finding],
    *,
    dry_run: bool,
) -> None:
    for group in groups:
        click.echo(_of_group(group, names[group.chapter], dry_run=dry_run))
        if dry_run and group.changes:
            print_table(("", _("kind"), _("when"), _("title")), _rows(group))
    for group_name in left_out:
        click.echo(_("left out: {group}: you have no chapter of that city", group=group_name))
    if findings:
        click.echo(_n("{n} things to look at:", "{n} things to look at:", len(findings)))
        print_table(
            (_("where"), _("rule"), _("what")),
            [(each.where, named("rule", each.rule), message(each.message)) for each in findings],
        )
