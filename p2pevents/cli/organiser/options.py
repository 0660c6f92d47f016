"""What the organiser's commands share: options, and how a key is told to people."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from p2pevents.authority.roles import ROLES
from p2pevents.errors import InputError
from p2pevents.keys.words import fingerprint, fingerprint_words
from p2pevents.node.charter_desk import GUARDIAN, LEAD
from p2pevents.record.ids import PublicKey, short
from p2pevents.words import _

__all__ = [
    "AGAIN",
    "CHAPTER",
    "NEW_SHEET",
    "OUTPUT",
    "ROLE_NAMES",
    "SHEET",
    "WORDS",
    "compare_words",
    "moment_of",
    "said_key",
]

ROLE_NAMES: Final = (*ROLES, LEAD, GUARDIAN)
_PATH: Final = click.Path(path_type=Path, dir_okay=False)
CHAPTER: Final = click.option("--chapter", metavar="CHAPTER", help="My chapter, by id or name.")
SHEET: Final = click.option(
    "--sheet", type=_PATH, metavar="FILE", help="My charter sheet, of which the key signs."
)
NEW_SHEET: Final = click.option(
    "--new-sheet",
    type=_PATH,
    metavar="FILE",
    help="Write the new charter sheet here (.txt, .html or .svg) and keep no copy.",
)
OUTPUT: Final = click.option(
    "-o", "--output", type=_PATH, metavar="FILE", help="Write the entry that is to be sent here."
)
WORDS: Final = click.option(
    "--words", metavar="WORDS", help="The four words that my colleague reads to me."
)
AGAIN: Final = click.option(
    "--again", is_flag=True, help="Sign although this key signed another entry at the same place."
)


def said_key(key: PublicKey) -> str:
    """Return a key as people tell it: its four words, and its beginning."""
    return f"{fingerprint(key)} ({short(key)})"


def compare_words(key: PublicKey, words: str | None) -> None:
    """Compare the four words of a key with those that its owner reads aloud.

    Asks on a terminal; without one, and without words, whoever reads the output compares.

    Raises:
        InputError: they are not the same.
    """
    if words is not None:
        heard = tuple(words.lower().replace("-", " ").split())
        is_same = heard == fingerprint_words(key)
    elif sys.stdin.isatty():
        is_same = click.confirm(
            _("does your colleague read {words}?", words=fingerprint(key)), err=True
        )
    else:
        is_same = True
    if is_same:
        return
    raise InputError(
        f"the words of this key are {fingerprint(key)}",
        hint="if your colleague reads others, somebody put another key between you",
    )


def moment_of(text: str, *, zone: str | None, option: str) -> int:
    """Return the last millisecond of a day, or a moment, where a chapter is.

    Args:
        text: `2027-01-06`, or `2027-01-06 18:30`.
        zone: the chapter's IANA zone; UTC where it is not known.
        option: which one to name in errors.

    Raises:
        InputError: it is neither.
    """
    try:
        where = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        where = UTC
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{option}: {text!r} is not a day", hint="write 2027-01-06, or 2027-01-06T18:30"
        ) from None
    if "T" not in text and " " not in text:
        moment = datetime.combine(moment.date() + timedelta(days=1), time()) - timedelta(
            milliseconds=1
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=where)
    return int(moment.timestamp() * 1000)
