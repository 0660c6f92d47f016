"""`event merge`: organisers who did not know of each other agree on one word."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.disputes import Dispute, disputes_of, facts_of, print_disputes
from p2pevents.cli.gatherings import CHAPTER, ID, find
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import path_text, short, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import Word
from p2pevents.words import _

__all__ = ["merge"]


@click.command(cls=Command, epilog="Example: p2pevents event merge k3x7 --take bq4kzmv2")
@ID
@click.option(
    "--take",
    "takes",
    multiple=True,
    metavar="[FIELD=]KEY",
    help="Whose word stands, by the beginning of their key: on all that is disputed, or on one "
    "field, as where=KEY; may be given several times.",
)
@CHAPTER
@pass_settings
def merge(settings: Settings, /, wanted: str, takes: tuple[str, ...], chapter: str | None) -> None:
    """Settle what organisers disagree on.

    Without --take it shows each one's word side by side. With it, the word that is taken is
    written again, by me, having seen all of them: that settles it wherever it comes. A word that
    nobody said yet settles it too: event edit, event move.
    """
    with desk_of(settings) as desk:
        found = find(desk, wanted, chapter)
        disputes = [each for each in disputes_of(desk, found) if each.of == found]
        if not takes:
            _show(settings, desk, found, disputes)
            takes = () if settings.json else _asked(disputes)
        if takes:
            _settle(settings, desk, found, disputes, takes)


def _show(settings: Settings, desk: Desk, found: ObjectId, disputes: Sequence[Dispute]) -> None:
    if settings.json:
        facts = {"disputes": facts_of(disputes), "settled": []}
        settings.print_json({"id": path_text(found.path), **facts})
    elif disputes:
        print_disputes(disputes, mine=frozenset(desk.my_keys()))
    else:
        click.echo(f"{path_text(found.path)}  {_('nothing is disputed')}")


def _asked(disputes: Sequence[Dispute]) -> tuple[str, ...]:
    """Ask whose word stands, where there is a terminal; nothing where nobody chooses."""
    if not disputes or not sys.stdin.isatty():
        return ()
    question = _("whose word stands? the beginning of a key, or empty to leave it open")
    typed = click.prompt(question, default="", show_default=False, err=True).strip()
    return (typed,) if typed else ()


def _settle(
    settings: Settings,
    desk: Desk,
    found: ObjectId,
    disputes: Sequence[Dispute],
    takes: Sequence[str],
) -> None:
    if not disputes:
        raise InputError(
            f"nothing is disputed of {path_text(found.path)}",
            hint=f"p2pevents event show {path_text(found.path)} shows it",
        )
    chosen: dict[str, Word] = {}
    for take in takes:
        chosen |= _taken(disputes, take)
    changes: dict[str, Any] = {name: word.value for name, word in chosen.items()}
    change = Change(kind=Kind(found.kind), path=found.path, changes=changes)
    (record,) = desk.write(found.chapter, [change])
    announced = announced_line(desk, [record.id])
    open_still = [each for each in disputes if each.field not in chosen]
    if settings.json:
        settings.print_json(
            {
                "id": path_text(found.path),
                "chapter": to_text(found.chapter),
                "record": to_text(record.id),
                "settled": sorted(chosen),
                "disputes": facts_of(open_still),
            }
        )
        return
    click.echo(f"{path_text(found.path)}  {_('settled')}: {', '.join(sorted(chosen))}")
    if open_still:
        click.echo(f"{_('still disputed')}: {', '.join(each.field for each in open_still)}")
    click.echo(announced)


def _taken(disputes: Sequence[Dispute], take: str) -> dict[str, Word]:
    """Return the words that one `--take` means, by field.

    Raises:
        InputError: no disputed word is meant, or words of several people are.
    """
    field, separator, key = take.rpartition("=")
    asked = [each for each in disputes if not separator or each.field == field]
    if not asked:
        names = ", ".join(each.field for each in disputes)
        raise InputError(f"--take {take}: {field!r} is not disputed", hint=f"disputed is {names}")
    authors = sorted({word.author for each in asked for word in each.words})
    fits = [author for author in authors if key and to_text(author).startswith(key)]
    if len(fits) != 1:
        what = "fits several keys" if fits else "is the key of nobody who disagrees here"
        hint = "they are " + ", ".join(short(author) for author in authors)
        raise InputError(f"--take {take[:60]}: {key[:60]!r} {what}", hint=hint)
    return {each.field: word for each in asked for word in each.words if word.author == fits[0]}
