"""`p2pevents chapter sheet`: the charter key leaves this machine once it is on paper."""

from __future__ import annotations

import sys
from random import SystemRandom

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.errors import InputError, StateError
from p2pevents.keys.words import SEED_WORDS, words_of
from p2pevents.node.desk import Desk
from p2pevents.node.sheets import confirm_sheet, unconfirmed_sheets
from p2pevents.record.ids import ChapterId, PublicKey, to_text
from p2pevents.words import _

__all__ = ["command"]

_WORDS_ASKED = 2


@click.group(cls=Group)
def command() -> None:
    """See to the charter sheet: the key that says who leads, on paper."""


@command.command(epilog="Example: p2pevents chapter sheet confirm")
@click.option("--chapter", metavar="CHAPTER", help="My chapter, by id or name.")
@pass_settings
def confirm(settings: Settings, chapter: str | None) -> None:
    """Confirm that the sheet is on paper and put away: its key then leaves this machine.

    On a terminal two words of the paper are asked for, to be sure that it can be read.
    """
    with desk_of(settings) as desk:
        found, charter = _wanted(desk, chapter)
        _ask_words(desk, charter)
        was_kept = confirm_sheet(desk, charter)
        name = desk.chapter_name(found)
    if settings.json:
        settings.print_json(
            {
                "chapter": to_text(found),
                "charterKey": to_text(charter),
                "wasKept": was_kept,
            }
        )
        return
    click.echo(
        _("the charter sheet of {name} is on paper, and here no more", name=name)
        if was_kept
        else _("the charter sheet of {name} is on paper", name=name)
    )


def _wanted(desk: Desk, chapter: str | None) -> tuple[ChapterId, PublicKey]:
    sheets = unconfirmed_sheets(desk)
    if chapter is not None:
        found = desk.find_chapter(chapter, among=desk.my_chapters())
        if found not in sheets:
            raise StateError(f"no sheet of {desk.chapter_name(found)} awaits to be confirmed")
        return found, sheets[found]
    if not sheets:
        raise StateError("no charter sheet of yours awaits to be confirmed")
    if len(sheets) > 1:
        names = ", ".join(desk.chapter_name(each) for each in sheets)
        raise StateError(f"{len(sheets)} sheets await it", hint=f"say which by --chapter: {names}")
    return next(iter(sheets.items()))


def _ask_words(desk: Desk, charter: PublicKey) -> None:
    """Ask for words of the paper where somebody can be asked and the key is still here to compare.

    Raises:
        InputError: one is wrong.
    """
    is_kept = any(kept.public == charter for kept in desk.keyring.sheets())
    if not is_kept or not sys.stdin.isatty():
        return
    words = words_of(desk.safe.charter_secret(charter))
    for place in sorted(SystemRandom().sample(range(SEED_WORDS), _WORDS_ASKED)):
        typed = click.prompt(_("word {n} on the paper", n=place + 1), err=True)
        if typed.strip().lower() != words[place]:
            raise InputError(
                f"word {place + 1} on the sheet is another one",
                hint="compare the paper with the sheet's file, and say it again",
            )
