"""What text may hold: no character that a screen obeys instead of showing.

Control characters, surrogates and characters that override the direction of
writing are listed by code point, never by category, so that the Unicode tables
of two programs cannot disagree. Specified in docs/spec/kinds.md.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Final

from msgspec import Meta

__all__ = [
    "LINE_CHARACTERS_MAX",
    "PROSE_CHARACTERS_MAX",
    "REASON_CHARACTERS_MAX",
    "TAG_CHARACTERS_MAX",
    "URI_CHARACTERS_MAX",
    "Country",
    "Day",
    "Language",
    "Line",
    "PathText",
    "Prose",
    "Reason",
    "Slug",
    "Tag",
    "Uri",
    "WallTime",
    "Zone",
    "forbidden_in",
    "is_placeholder",
    "normal",
]

LINE_CHARACTERS_MAX: Final = 200  # Unicode code points, here and below
TAG_CHARACTERS_MAX: Final = 50
REASON_CHARACTERS_MAX: Final = 500
PROSE_CHARACTERS_MAX: Final = 8000
URI_CHARACTERS_MAX: Final = 2000

_DIRECTION: Final = "\u202a-\u202e\u2066-\u2069"
_SEPARATORS: Final = "\u2028\u2029"
_SURROGATES: Final = "\ud800-\udfff"
_FORBIDDEN: Final = f"\\x00-\\x1f\\x7f-\\x9f{_SEPARATORS}{_DIRECTION}{_SURROGATES}"
_FORBIDDEN_IN_PROSE: Final = (
    f"\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f{_SEPARATORS}{_DIRECTION}{_SURROGATES}"
)

_LINE: Final = f"\\A[^{_FORBIDDEN}]*\\Z"
_PROSE: Final = f"\\A[^{_FORBIDDEN_IN_PROSE}]*\\Z"
_DAY: Final = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"

Line = Annotated[str, Meta(min_length=1, max_length=LINE_CHARACTERS_MAX, pattern=_LINE)]
"""One line: a title, a name."""

Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX, pattern=_LINE)]
"""One longer line: why something changed."""

Prose = Annotated[str, Meta(min_length=1, max_length=PROSE_CHARACTERS_MAX, pattern=_PROSE)]
"""Paragraphs: line feeds are allowed."""

Tag = Annotated[str, Meta(min_length=1, max_length=TAG_CHARACTERS_MAX, pattern=_LINE)]
"""A keyword."""

Slug = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,31}\Z")]
"""The name of an entry of a map, or a word of an open list."""

Language = Annotated[str, Meta(max_length=35, pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")]
"""A language tag (BCP 47)."""

Zone = Annotated[str, Meta(max_length=64, pattern=r"\A[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}\Z")]
"""The name of a zone of the IANA database; whether this machine knows it is no rule."""

Country = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]
"""A country (ISO 3166-1 alpha-2)."""

Day = Annotated[str, Meta(pattern=rf"\A{_DAY}\Z")]
"""A local day, `YYYY-MM-DD`."""

WallTime = Annotated[str, Meta(pattern=rf"\A{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\Z")]
"""A local time, `YYYY-MM-DDTHH:MM:SS`, to be read with a zone."""

PathText = Annotated[
    str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,15}(/[a-z0-9][a-z0-9-]{0,15}){0,3}\Z")
]
"""An object's path, components joined by `/`."""

Uri = Annotated[
    str,
    Meta(
        max_length=URI_CHARACTERS_MAX,
        pattern=r"\Ahttps?://[A-Za-z0-9.\[\]:-]+(?:[/?#][!#-;=?-\[\]_a-z~]*)?\Z",
    ),
]
"""A link: `http` or `https`, a host without a user's name before it, printable ASCII."""

_PLACEHOLDERS: Final = frozenset(
    {"tba", "tbc", "tbd", "to be announced", "to be confirmed", "available slot", "à confirmer"}
)

_FORBIDDEN_CHARACTER: Final = f"[{_FORBIDDEN}]"
_FORBIDDEN_CHARACTER_IN_PROSE: Final = f"[{_FORBIDDEN_IN_PROSE}]"


def forbidden_in(text: str, *, prose: bool = False) -> str | None:
    """Return the first character of `text` that no record may hold, as `U+XXXX`; None if fine."""
    pattern = _FORBIDDEN_CHARACTER_IN_PROSE if prose else _FORBIDDEN_CHARACTER
    found = re.search(pattern, text)
    return f"U+{ord(found.group()):04X}" if found else None


def is_placeholder(text: str) -> bool:
    """Tell whether `text` only says that something is not known yet."""
    return text.strip().casefold() in _PLACEHOLDERS


def normal(value: object) -> object:
    """Return `value` with every text in it in NFC, its keys too.

    Sealing does this and opening never asks for it: the tables of two programs
    may differ, and records must not.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {normal(key): normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normal(item) for item in value]
    return value
