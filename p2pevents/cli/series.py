"""`p2pevents series`: what comes back by a rule."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, ID, change_words, entry_at, find, write
from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.cli.times import day_of, today_of
from p2pevents.cli.words import said_words, words_options
from p2pevents.errors import InputError
from p2pevents.node.continuing import continue_series, said_from
from p2pevents.node.desk import Change, Desk
from p2pevents.node.wording import skips_of
from p2pevents.record.draft import SeriesDraft
from p2pevents.record.fields import Series
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.view.calendar import Calendar
from p2pevents.view.editions import line_of
from p2pevents.words import _

__all__ = ["command"]

_WORDS = (
    "rule",
    "start",
    "end",
    "zone",
    "venue",
    "address",
    "city",
    "stream",
    "description",
    "locale",
    "tag",
    "language",
)


@click.group(cls=Group)
def command() -> None:
    """Announce what comes back: every first Wednesday."""


@command.command(
    epilog='Example: p2pevents series add "Paris P2P" --rule "first Wednesday" '
    "--start 18:30 --end 23:00"
)
@click.argument("title", required=False)
@words_options(*_WORDS)
@CHAPTER
@pass_settings
def add(settings: Settings, /, title: str | None, chapter: str | None, **options: Any) -> None:
    """Add a series. A single date is changed by `event edit SERIES/DATE`."""
    words = said_words({"title": title, **options})
    if sys.stdin.isatty():
        for word, question in (
            ("title", _("title")),
            ("rule", _("rule (first Wednesday)")),
            ("start", _("start (18:30)")),
        ):
            words[word] = words.get(word) or click.prompt(question, err=True)
    if "title" not in words:
        raise InputError("a series needs a title", hint='p2pevents series add "Paris P2P" ...')
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter)
        zone = desk.profile(mine).time_zone
        words.setdefault("zone", zone)
        draft = SeriesDraft.from_words(today=today_of(settings.now_ms(), zone), **words)
        change = Change(kind=Kind.SERIES, path=desk.new_path(), changes=draft.changes)
        write(settings, desk, mine, change)


@command.command(
    epilog='Example: p2pevents series edit k3x7 --rule "second Wednesday" --from 2027-09-01'
)
@ID
@words_options("title", *_WORDS, "status", "reason")
@click.option(
    "--from",
    "since",
    metavar="DAY",
    help="From this day on: what was until then keeps its rule, hour and place.",
)
@CHAPTER
@pass_settings
def edit(
    settings: Settings, /, wanted: str, chapter: str | None, since: str | None, **options: Any
) -> None:
    """Change some words of a series, for all dates of which nothing else was said.

    With --from, the series ends before that day, and another one goes on from it, counted on
    and listed as one with it. What cancels, retracts or shows an event does so with a series
    too: event cancel SERIES.
    """
    if "/" in wanted:
        raise InputError(
            f"{wanted[:60]!r} is not a series", hint=f"one date is changed by event edit {wanted}"
        )
    words = said_words(options)
    on = day_of("--from", since)
    if on is None:
        change_words(settings, wanted, chapter, words)
        return
    if not words:
        raise InputError("nothing to change", hint="name at least one word, such as --rule")
    with desk_of(settings) as desk:
        _continue(settings, desk, _series(desk, wanted, chapter), on, words)


def _continue(
    settings: Settings, desk: Desk, found: ObjectId, on: date, words: dict[str, Any]
) -> None:
    calendar = desk.reader.under(found.chapter, [found.path])
    merged = calendar.shown(found.chapter, Kind.SERIES, found.path)
    if merged is None or not isinstance(merged.shown, Series):
        raise InputError(f"{path_text(found.path)}: not shown: retracted or erased")
    going_on = continue_series(found, merged.shown, on=on, words=words)
    spoken = said_from(calendar, found.chapter, on)
    records = desk.write(found.chapter, [going_on.old, going_on.heir])
    announced = announced_line(desk, [record.id for record in records])
    heir = path_text(going_on.heir.path)
    if settings.json:
        settings.print_json(
            {
                "id": heir,
                "chapter": to_text(found.chapter),
                "continues": path_text(found.path),
                "first": going_on.first.isoformat(),
                "said": spoken,
            }
        )
        return
    said = _(
        "goes on from {id} on {day}; {announced}",
        id=path_text(found.path),
        day=going_on.first,
        announced=announced,
    )
    click.echo(f"{heir}  {said}")
    if spoken:
        print_hint(
            _(
                "of {days} something was said already; it stays with the old rule: "
                "say it again by event edit {heir}/DATE",
                days=", ".join(spoken),
                heir=heir,
            )
        )


@command.command(
    epilog="Example: p2pevents series skip k3x7/2027-01-06 --to 2027-01-13 --reason holiday"
)
@ID
@click.option("--to", "moved_to", metavar="DAY", help="The day that stands for it.")
@click.option("--reason", metavar="TEXT", help="Why, for all who wanted to come.")
@CHAPTER
@pass_settings
def skip(
    settings: Settings,
    /,
    wanted: str,
    moved_to: str | None,
    reason: str | None,
    chapter: str | None,
) -> None:
    """Skip one date of a series (SERIES/2027-01-06), or put another day in its place.

    It stays visible as skipped, with the day that stands for it.
    """
    on = day_of("--to", moved_to)
    with desk_of(settings) as desk:
        found = find(desk, wanted, chapter)
        if found.kind != Kind.OCCURRENCE:
            raise InputError(
                f"{wanted[:60]!r} is no date of a series", hint="write SERIES/2027-01-06"
            )
        changes = skips_of(found, entry_at(desk, found).shown, on=on, reason=reason)
        records = desk.write(found.chapter, changes)
        announced = announced_line(desk, [record.id for record in records])
    if settings.json:
        settings.print_json(
            {
                "id": path_text(found.path),
                "chapter": to_text(found.chapter),
                "movedTo": path_text(changes[1].path) if on else None,
            }
        )
    else:
        skipped = _("skipped, moved to {day}", day=on) if on else _("skipped")
        click.echo(f"{path_text(found.path)}  {skipped}; {announced}")


def _series(desk: Desk, wanted: str, chapter: str | None) -> ObjectId:
    mine = desk.chapter(chapter) if chapter else None
    return desk.find_object(wanted, kinds=[Kind.SERIES], chapter=mine)


@command.command(name="list", reads=True, epilog="Example: p2pevents series list")
@CHAPTER
@pass_settings
def list_(settings: Settings, /, chapter: str | None) -> None:
    """List the series of my chapters."""
    with desk_of(settings) as desk:
        chapters = [desk.chapter(chapter)] if chapter else desk.my_chapters()
        calendar = desk.reader.calendar(chapters)
        rows = [_row(calendar, merged) for merged in _newest(calendar)]
    if settings.json:
        settings.print_json(rows)
    elif not rows:
        click.echo(_("no series yet: p2pevents series add"))
    else:
        print_table(
            (_("id"), _("title"), _("rule"), _("first")),
            [
                (str(each["id"])[:8], str(row["title"]), each["rule"] or "", each["start"] or "")
                for row in rows
                for each in ({**row}, *row["before"])
            ],
        )


def _newest(calendar: Calendar) -> list[MergedObject]:
    """Return the series that no other one goes on from."""
    all_ = calendar.of_kind(Kind.SERIES)
    gone_on = {
        (each.id.chapter, each.shown.continues)
        for each in all_
        if isinstance(each.shown, Series) and each.shown.continues
    }
    return [each for each in all_ if (each.id.chapter, path_text(each.id.path)) not in gone_on]


def _row(calendar: Calendar, merged: MergedObject) -> dict[str, Any]:
    """Return a series as plain data, with those that it goes on from, the newest first."""
    rows = []
    for each in line_of(calendar, merged):
        when = each.shown.when if isinstance(each.shown, Series) else None
        rows.append(
            {
                "id": path_text(each.id.path),
                "rule": when.recurrence_rule if when else None,
                "start": when.start if when else None,
            }
        )
    title = merged.shown.title if isinstance(merged.shown, Series) else None
    return {
        **rows[0],
        "chapter": to_text(merged.id.chapter),
        "title": title or "",
        "before": rows[1:],
    }
