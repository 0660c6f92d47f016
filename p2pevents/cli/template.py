"""`p2pevents chapter template`: what each edition of a series begins with."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, find
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.times import today_of
from p2pevents.cli.words import read_words_file
from p2pevents.errors import DraftError, InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.node.template import Part, copies, parts_of, template_of_words
from p2pevents.record.fields import Series
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.times import Window
from p2pevents.words import _

__all__ = ["command"]

_SERIES = click.option(
    "--series", "series_id", metavar="ID", help="Which series; my only one where left out."
)


@click.group(cls=Group)
def command() -> None:
    """Say what each edition of a series begins with: slots, a call; place and languages.

    Slots and the call are copied to a date by `apply`; the place and the languages are the
    series' own, which each date has anyway.
    """


@command.command(epilog="Example: p2pevents chapter template set evening.toml")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_SERIES
@CHAPTER
@pass_settings
def set(  # noqa: A001 - a person types it
    settings: Settings, /, file: Path, series_id: str | None, chapter: str | None
) -> None:
    """Make a TOML file the template: [[slot]] tables, one [call], and words of the series."""
    words = read_words_file(file)
    with desk_of(settings) as desk:
        found, shown = _series(desk, series_id, chapter)
        try:
            changes = template_of_words(desk, found, shown, words)
        except DraftError as error:
            raise DraftError(f"{file}: {error.message}", hint=error.hint) from None
        announced = _written(desk, found, changes)
        parts = parts_of(desk, found)
    _say(settings, found, parts, changed=len(changes), announced=announced)


@command.command(reads=True, epilog="Example: p2pevents chapter template show")
@_SERIES
@CHAPTER
@pass_settings
def show(settings: Settings, /, series_id: str | None, chapter: str | None) -> None:
    """Show the template of a series."""
    with desk_of(settings) as desk:
        found, _ = _series(desk, series_id, chapter)
        parts = parts_of(desk, found)
    _say(settings, found, parts)


@command.command(epilog="Example: p2pevents chapter template apply k3x7/2027-03-03")
@click.argument("wanted", required=False, metavar="[SERIES/DATE]")
@CHAPTER
@pass_settings
def apply(settings: Settings, /, wanted: str | None, chapter: str | None) -> None:
    """Copy the template to one date, the next one where none is named; what is there stays."""
    with desk_of(settings) as desk:
        if wanted is not None and "/" not in wanted:
            raise InputError(
                f"{wanted[:60]!r} is no date of a series", hint="write SERIES/2027-03-03"
            )
        found, shown = _series(desk, wanted.partition("/")[0] if wanted else None, chapter)
        on = _date(settings, desk, found, wanted)
        changes = copies(desk, found, shown, on)
        announced = _written(desk, found, changes)
        dated = ObjectId(
            chapter=found.chapter,
            kind=Kind.OCCURRENCE.value,
            path=(*found.path, on.isoformat()),
        )
        parts = parts_of(desk, dated)
    _say(settings, dated, parts, changed=len(changes), announced=announced)


def _series(desk: Desk, wanted: str | None, chapter: str | None) -> tuple[ObjectId, Series]:
    """Return the series that is meant: by its id, else the chapter's only one."""
    if wanted is not None:
        found = find(desk, wanted, chapter)
    else:
        mine = desk.chapter(chapter)
        # Of a line of series, the template is the newest one's.
        all_ = desk.reader.calendar([mine]).of_kind(Kind.SERIES)
        heirs = {each.shown.continues for each in all_ if isinstance(each.shown, Series)}
        last = [each for each in all_ if path_text(each.id.path) not in heirs]
        if len(last) != 1:
            raise InputError(
                f"the chapter has {len(last)} series" if last else "the chapter has no series",
                hint="say which by its id: p2pevents series list",
            )
        found = last[0].id
    merged = desk.object(found)
    if merged is None or not isinstance(merged.shown, Series):
        raise InputError(
            f"{path_text(found.path)}: not a series", hint="p2pevents series list shows them"
        )
    return found, merged.shown


def _date(settings: Settings, desk: Desk, found: ObjectId, wanted: str | None) -> date:
    """Return the date that is named, or the next one that takes place."""
    calendar = desk.reader.under(found.chapter, [found.path])
    today = date.fromisoformat(today_of(settings.now_ms(), desk.profile(found.chapter).time_zone))
    entries = agenda(calendar, Query(window=Window(first=None if wanted else today)))
    dates = [each for each in entries if each.path[:1] == found.path]
    if wanted is None:
        going = [each for each in dates if not each.status_words]
        if not going:
            raise InputError(f"{path_text(found.path)}: has no date to come")
        return date.fromisoformat(going[0].path[-1])
    day = wanted.partition("/")[2]
    if all(each.path[-1] != day for each in dates):
        raise InputError(
            f"{day[:40]!r} is no date of {path_text(found.path)}",
            hint="p2pevents event list shows its dates",
        )
    return date.fromisoformat(day)


def _written(desk: Desk, found: ObjectId, changes: list[Change]) -> str:
    if not changes:
        return ""
    records = desk.write(found.chapter, changes)
    return announced_line(desk, [record.id for record in records])


def _say(
    settings: Settings,
    found: ObjectId,
    parts: list[Part],
    *,
    changed: int = 0,
    announced: str = "",
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": path_text(part.path),
            "kind": str(part.kind),
            "title": part.shown.title or "",
            "start": part.when.start or part.when.day if part.when else None,
        }
        for part in parts
    ]
    if settings.json:
        settings.print_json(
            {
                "id": path_text(found.path),
                "chapter": to_text(found.chapter),
                "changed": changed,
                "parts": rows,
            }
        )
        return
    for row in rows:
        start = str(row["start"] or "")
        closes = _("closes {day}", day=start[:10])
        said = closes if row["kind"] == "call" else start[11:16] or _("time tba")
        click.echo(f"{said:18}  {row['title']}")
    if not rows:
        click.echo(_("nothing yet: p2pevents chapter template set FILE.toml"))
    if announced:
        said = _("{n} changed; {announced}", n=changed, announced=announced)
        click.echo(f"{path_text(found.path)}  {said}")
    elif rows and changed == 0:
        click.echo(f"{path_text(found.path)}  {_('{n} in all', n=len(rows))}", err=True)
