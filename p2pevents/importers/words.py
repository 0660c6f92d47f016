"""A file's words, one cell at a time: languages, people, tags, texts made fit for a record."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from p2pevents.record.text import (
    LINE_CHARACTERS_MAX,
    PROSE_CHARACTERS_MAX,
    forbidden_in,
    is_placeholder,
)

__all__ = [
    "languages_of",
    "line_of",
    "people_of",
    "prose_of",
    "tag_of",
]

PEOPLE_MAX: Final = 50
LANGUAGES_MAX: Final = 16
TAG_CHARACTERS_MAX: Final = 50

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_GROUPS = re.compile(r"\s+[/+]\s+")
_NAMES = re.compile(r"\s+(?:&|et|and|und)\s+|\s*;\s*")
_AFFILIATION = re.compile("\\s+[-\u2013\u2014]\\s+")


def line_of(text: str, *, characters_max: int = LINE_CHARACTERS_MAX) -> str:
    """Return `text` as one line: spaces run together, no character that a record may not hold."""
    return _cut(_allowed(" ".join(text.split()), prose=False), characters_max)


def prose_of(text: str) -> str:
    """Return `text` as paragraphs, their line ends made alike, nothing before or behind them."""
    lines = text.replace("\t", " ").splitlines()
    return _cut(
        _allowed("\n".join(line.rstrip() for line in lines), prose=True).strip(),
        PROSE_CHARACTERS_MAX,
    )


def languages_of(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the languages that a cell names, and what stands beside them in brackets.

    `"EN (VOSTFR)"` is English, and subtitles are no language of a talk:
    `(("en",), ("vostfr",))`.
    """
    notes = tuple(tag for note in _BRACKETS.findall(text) if (tag := tag_of(note)))
    found = _LANGUAGE.findall(_BRACKETS.sub(" ", text))
    return tuple(dict.fromkeys(tag.lower() for tag in found))[:LANGUAGES_MAX], notes


def people_of(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the people that a cell names, and whether it says that more are to be announced.

    `"Alice et Bob - Guild / Carol + TBA"` is Alice (Guild), Bob (Guild) and
    Carol, and someone not known yet.
    """
    people: dict[str, None] = {}
    awaited = False
    for group in _GROUPS.split(line_of(text)):
        names, *affiliation = _AFFILIATION.split(group, maxsplit=1)
        for name in _NAMES.split(names):
            if not name.strip() or is_placeholder(name):
                awaited = awaited or is_placeholder(name)
                continue
            suffix = f" ({affiliation[0].strip()})" if affiliation else ""
            people[line_of(name + suffix)] = None
    return tuple(people)[:PEOPLE_MAX], awaited


def tag_of(text: str) -> str:
    """Return `text` as a keyword: one line in lower case, spaces run together."""
    return line_of(text.lower(), characters_max=TAG_CHARACTERS_MAX)


def _allowed(text: str, *, prose: bool) -> str:
    if forbidden_in(text, prose=prose) is None:
        return text
    return "".join(character for character in text if forbidden_in(character, prose=prose) is None)


def _cut(text: str, characters_max: int) -> str:
    """Return `text`, cut with an ellipsis where a record could not hold it."""
    text = unicodedata.normalize("NFC", text)
    return text if len(text) <= characters_max else text[: characters_max - 1].rstrip() + "…"
