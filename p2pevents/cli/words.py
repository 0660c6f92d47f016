"""The options by which a person says what an event is: the same words as in TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from p2pevents.cli.files import read_short
from p2pevents.errors import DraftError, InputError

if TYPE_CHECKING:
    from p2pevents.record.draft import Draft

__all__ = ["read_draft_file", "read_words_file", "said_words", "words_options"]

WORDS_BYTES_MAX: Final = 1024 * 1024
_LISTS: Final = {"tag": "tags", "language": "languages", "speaker": "speakers"}

_OPTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("TEXT", "What it is called."),
    "description": ("TEXT", "A few sentences."),
    "start": ("TIME", 'Local time, "2027-01-06 18:30", or a day alone while the hour is open.'),
    "end": ("TIME", '"23:00", after midnight "00:30" too, or as --start.'),
    "zone": ("ZONE", "IANA name; the chapter's where left out."),
    "venue": ("NAME", "The place's name."),
    "address": ("TEXT", "Street and town in one line."),
    "city": ("NAME", "The city; the chapter's where left out."),
    "room": ("NAME", "The room."),
    "stream": ("LINK", "Where to watch or take part from afar."),
    "status": ("WORD", "confirmed, tentative, cancelled, postponed."),
    "reason": ("TEXT", "Why it is cancelled or postponed."),
    "edition": ("NUMBER", "Which one of its like, from 0."),
    "rule": ("RULE", '"first Wednesday", or an RRULE.'),
    "type": ("WORD", "talk, workshop, stand, projection, party, ..."),
    "level": ("WORD", "none, beginner, advanced, expert."),
    "recording": ("WORD", "mandatory, if-possible, no."),
    "locale": ("TAG", "The language that these words are in; others by event translate."),
    "tag": ("TAG", "A tag; may be given several times."),
    "language": ("TAG", "A language, such as fr; may be given several times."),
    "speaker": ("NAME", "A speaker's public name; may be given several times."),
}


def words_options(*names: str) -> Callable[[Any], Any]:
    """Return a decorator that adds these options to a command."""

    def add(function: Any) -> Any:
        for name in reversed(names):
            metavar, text = _OPTIONS[name]
            function = click.option(
                f"--{name}", metavar=metavar, help=text, multiple=name in _LISTS
            )(function)
        return function

    return add


def said_words(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed, by the names of `record.draft`; what was not is left out."""
    return {
        _LISTS.get(name, name): list(value) if name in _LISTS else value
        for name, value in options.items()
        if value not in (None, ())
    }


def read_draft_file(path: Path, draft: type[Draft]) -> dict[str, Any]:
    """Return the words of a TOML file, each of the type that the words of an option have.

    Raises:
        InputError: it cannot be read, or is no TOML.
        DraftError: what it says are not words of this draft.
    """
    from p2pevents.record.draft.vocabulary import said

    words = read_words_file(path)
    try:
        return said(draft.kind, draft.words, words)
    except DraftError as error:
        raise DraftError(f"{path}: {error.message}", hint=error.hint) from None


def read_words_file(path: Path) -> dict[str, Any]:
    """Return the words of a TOML file.

    Raises:
        InputError: it cannot be read, or is no TOML.
    """
    data = read_short(path, bytes_max=WORDS_BYTES_MAX)
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text", hint="save it as UTF-8") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a bare ValueError
        raise InputError(
            f"{path}: not TOML: {error}", hint='text stands in quotes: title = "..."'
        ) from None
