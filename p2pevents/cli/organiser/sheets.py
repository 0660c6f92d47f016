"""Charter keys on paper: read from a sheet for one signature, and written when one is new."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from p2pevents.authority.awaiting import Awaiting
from p2pevents.cli.notices import print_hint
from p2pevents.cli.times import today_of
from p2pevents.errors import InputError, KeyFileError
from p2pevents.keys.secret import Secret
from p2pevents.keys.sheet import CharterSheet
from p2pevents.keys.sheet_file import load_sheet_file, write_sheet_file
from p2pevents.keys.sheet_reader import read_sheet
from p2pevents.node.chain_desk import ChainDesk
from p2pevents.node.desk import Desk
from p2pevents.record.ids import ChapterId
from p2pevents.words import _, message

__all__ = ["check_new_sheet", "put_away", "signing_secrets", "typed_sheet"]

_TRIES_MAX = 5


def signing_secrets(chain: ChainDesk, awaiting: Awaiting, sheet: Path | None) -> list[Secret]:
    """Return the keys to sign an entry with: the sheet's, else what is here, else what is typed.

    Nothing is asked where there is no terminal; then there may be none.

    Raises:
        KeyFileError: the sheet cannot be read.
    """
    if sheet is not None:
        return [load_sheet_file(sheet)]
    found = chain.my_secrets(awaiting)
    if found or not chain.wanted(awaiting):
        return found
    typed = typed_sheet(_("words or letters of your charter sheet (empty to sign later)"))
    return [typed] if typed else []


def typed_sheet(question: str) -> Secret | None:
    """Ask for a sheet on a terminal; None where nothing was typed, or nobody can be asked.

    Of two dozen words that nobody sees being typed one is soon wrong: it is asked again.

    Raises:
        KeyFileError: what was typed is no sheet, a few times over.
    """
    if not sys.stdin.isatty():
        return None
    tries = 0
    while True:
        text = click.prompt(question, default="", show_default=False, hide_input=True, err=True)
        if not text.strip():
            return None
        try:
            return read_sheet(text)
        except KeyFileError as error:
            tries += 1
            if tries == _TRIES_MAX:
                raise
            said = message(error.message) + (f"; {message(error.hint)}" if error.hint else "")
            print_hint(_("{said}; once more, or Enter to leave it", said=said))


def check_new_sheet(path: Path | None) -> None:
    """Refuse to write over a file, before any key is made.

    Raises:
        InputError: one stands there.
    """
    if path is not None and path.exists():
        raise InputError(f"{path}: stands there already", hint="name another file")


def put_away(
    desk: Desk, chapter: ChapterId, secret: Secret, *, at: Path | None, now_ms: int
) -> Path:
    """Write the sheet of a new charter key where its owner said, else among the keys."""
    sheet = CharterSheet(
        secret=secret,
        chapter=chapter,
        name=desk.chapter_name(chapter),
        day=today_of(now_ms, desk.profile(chapter).time_zone),
    )
    if at is None:
        return desk.keyring.keep_sheet(sheet)
    write_sheet_file(at, sheet)
    return at
