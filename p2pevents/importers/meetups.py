"""The meetups of several cities in one JSON document, as it is written there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from p2pevents.errors import InputError

__all__ = ["Edition", "Exchange", "Group", "Meetups", "Place", "Slot", "Talk", "read_meetups"]

GROUPS_MAX: Final = 100
EDITIONS_MAX: Final = 1_000
TALKS_MAX: Final = 100

_Day = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
_Hour = Annotated[str, Meta(pattern=r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
_Text = Annotated[str, Meta(min_length=1, max_length=8000)]


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every part has in common: no key but its own, so that nothing is lost unseen."""


class Place(_Part, frozen=True, kw_only=True):
    """Where they meet."""

    name: _Text
    address: _Text | None = None


class Slot(_Part, frozen=True, kw_only=True):
    """A part of every evening, in local hours."""

    start: _Hour
    end: _Hour
    type: _Text
    title: _Text


class Talk(_Part, frozen=True, kw_only=True):
    """A talk of one evening."""

    title: _Text
    speaker: _Text | None = None
    slides: _Text | None = None
    minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None
    language: _Text | None = None
    added: _Day | None = None


class Edition(_Part, frozen=True, kw_only=True):
    """One evening."""

    number: Annotated[int, Meta(ge=0, le=9999)]
    date: _Day
    title: _Text | None = None
    venue: Place | None = None
    note: _Text | None = None
    talks: Annotated[tuple[Talk, ...], Meta(max_length=TALKS_MAX)] = ()


class Exchange(_Part, frozen=True, kw_only=True):
    """A date of the rule on which they did not meet, and the one that stood for it."""

    skipped: _Day
    moved_to: _Day | None = None
    why: _Text | None = None


class Group(_Part, frozen=True, kw_only=True):
    """The meetups of one city."""

    editions: Annotated[tuple[Edition, ...], Meta(max_length=EDITIONS_MAX)]
    rule: _Text | None = None
    exceptions: Annotated[tuple[Exchange, ...], Meta(max_length=EDITIONS_MAX)] = ()


class Meetups(Struct, frozen=True, kw_only=True):
    """The whole document.

    Attributes:
        name: the file's name, for messages, and for the identity of what is imported.
        groups: by city, in lower case as the document has it.
        slots: the parts of an evening, for every group.
        venue: where they meet, for the group whose city its address names.
        passed_over: keys of the document that hold no meetups.
    """

    name: str
    groups: Mapping[str, Group]
    slots: tuple[Slot, ...]
    venue: Place | None
    passed_over: tuple[str, ...]


def read_meetups(text: str, *, name: str) -> Meetups:
    """Read a document whose every key with `editions` is a city.

    Raises:
        InputError: with file, key and what is wrong there.
    """
    document = _parsed(text, name)
    groups: dict[str, Group] = {}
    passed_over: list[str] = []
    for key, value in document.items():
        if isinstance(value, dict) and "editions" in value:
            groups[key] = _typed(value, Group, f"{name}: {key[:60]}")
        elif key not in ("about", "slots", "venue"):
            passed_over.append(key)
    if not groups:
        raise InputError(
            f"{name}: no meetups in it", hint='each city is a key with "editions" in it'
        )
    if len(groups) > GROUPS_MAX:
        raise InputError(f"{name}: more than {GROUPS_MAX} cities", hint="import it in parts")
    slots = _typed(document.get("slots", []), tuple[Slot, ...], f"{name}: slots")
    venue = _typed(document.get("venue"), Place | None, f"{name}: venue")
    for city, group in groups.items():
        _check_numbers(group, f"{name}: {city[:60]}")
    return Meetups(
        name=name, groups=groups, slots=slots, venue=venue, passed_over=tuple(passed_over)
    )


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}: line {error.lineno}: not JSON: {error.msg.lower()}",
            hint="a JSON document is one object in braces",
        ) from None
    except RecursionError:
        raise InputError(f"{name}: nested too deep") from None
    except ValueError:  # a number with more digits than Python reads
        raise InputError(f"{name}: not JSON: a number that is too long") from None
    if not isinstance(document, dict):
        raise InputError(f"{name}: not an object in braces, with a key for each city")
    return document


def _typed(value: object, wanted: Any, where: str) -> Any:
    """Return `value` as `wanted`; msgspec's words for what is wrong are made a person's."""
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at ")
        field = path.strip("`").removeprefix("$").removeprefix(".")
        raise InputError(f"{where}{_joined(field)}: {_in_words(what)}") from None


def _joined(field: str) -> str:
    return f".{field}" if field and not field.startswith("[") else field


def _in_words(what: str) -> str:
    what = what.replace("`", "'")
    if "matching regex" in what:
        what = "not of the form YYYY-MM-DD" if "{4}" in what else "not of the form HH:MM"
    return what[:1].lower() + what[1:]


def _check_numbers(group: Group, where: str) -> None:
    """Raise InputError where two editions have one number: a second import finds them by it."""
    seen: set[int] = set()
    for edition in group.editions:
        if edition.number in seen:
            raise InputError(f"{where}: edition {edition.number} stands twice")
        seen.add(edition.number)
