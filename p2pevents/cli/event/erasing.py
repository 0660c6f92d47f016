"""`event erase`: what was written goes, here and wherever it went."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, ID, find
from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.keeping import title_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import InputError
from p2pevents.node.erasing import Erasable, erasable, erase as write_erase
from p2pevents.record.ids import path_text, short, to_text
from p2pevents.words import _, _n, named

__all__ = ["erase"]


@click.command(cls=Command, epilog="Example: p2pevents event erase k3x7 --dry-run")
@ID
@click.option(
    "--old", is_flag=True, help="Only the older words, which those that are shown replaced."
)
@click.option("--dry-run", is_flag=True, help="Show what would go, and do nothing.")
@CHAPTER
@pass_settings
def erase(
    settings: Settings, /, wanted: str, chapter: str | None, *, old: bool, dry_run: bool
) -> None:
    """Erase what was written of an event, and of all that belongs to it.

    For what should never have been said: a private address, a name. A lead erases everybody's
    words, others their own. Every node hides them at once and deletes them after seven days;
    that something was here, and when, can still be seen. What is only called off is cancelled,
    what was announced by mistake is retracted.
    """
    with desk_of(settings) as desk:
        found = find(desk, wanted, chapter)
        wish = erasable(desk, found, only_old=old)
        if dry_run:
            _show(settings, wish)
            return
        if not wish.records:
            raise _nothing(wish, old=old)
        if sys.stdin.isatty():
            _show(settings, wish)
            click.confirm(_("erase this everywhere? It cannot be undone"), abort=True, err=True)
        written = [record.id for record in write_erase(desk, wish)]
        announced = announced_line(desk, written)
    if settings.json:
        settings.print_json(
            {
                "id": path_text(found.path),
                "chapter": to_text(found.chapter),
                "erased": [to_text(record.id) for record in wish.records],
                "others": wish.others,
                "records": [to_text(record) for record in written],
            }
        )
        return
    erased = _n("erased {n} record", "erased {n} records", len(wish.records))
    click.echo(f"{path_text(found.path)}  {erased}; {announced}")
    if wish.others:
        print_hint(_others(wish))


def _nothing(wish: Erasable, *, old: bool) -> InputError:
    identifier = path_text(wish.of.path)
    if wish.others:
        return InputError(
            f"{identifier}: all {wish.others} records of it are other people's",
            hint="their authors can erase them, and so can a lead: p2pevents organiser list",
        )
    what = "no older words of it are here" if old else "nothing of it is here any more"
    return InputError(f"{identifier}: {what}", hint=f"p2pevents event show {identifier}")


def _others(wish: Erasable) -> str:
    return _n(
        "{n} record of other people stay: their authors can erase them, and so can a lead",
        "{n} records of other people stay: their authors can erase them, and so can a lead",
        wish.others,
    )


def _show(settings: Settings, wish: Erasable) -> None:
    rows = [
        {
            "id": to_text(record.id),
            "signed": _moment(record.header.clock),
            "author": short(record.header.author),
            "kind": record.header.kind,
            "object": path_text(record.header.path),
            "title": title_of(record),
        }
        for record in wish.records
    ]
    if settings.json:
        settings.print_json(rows)
        return
    click.echo(_n("{n} record to erase", "{n} records to erase", len(rows)))
    if rows:
        print_table(
            (_("id"), _("says signed"), _("author"), _("kind"), _("title")),
            [
                (
                    short(record.id),
                    str(row["signed"]),
                    str(row["author"]),
                    named("kind", str(row["kind"])),
                    str(row["title"] or ""),
                )
                for record, row in zip(wish.records, rows, strict=True)
            ],
        )
    if wish.others:
        print_hint(_others(wish))


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
