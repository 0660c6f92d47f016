"""Words that mean the same in every kind: each one field, its name on the wire, and its reader.

A word left out changes nothing; an empty text takes the field back. The words'
names are those of the command line and of TOML files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec

from p2pevents.errors import DraftError
from p2pevents.record.draft import read, times
from p2pevents.record.fields import EDITION_MAX, HEADS_MAX, TYPES_MAX
from p2pevents.record.kinds import Kind
from p2pevents.record.values import (
    Level,
    Link,
    Outcome,
    Participant,
    Recording,
    SessionType,
    Stream,
)

__all__ = ["Draft", "Reader", "keywords", "people", "plain"]

Reader = Callable[[str, Any], Any]
"""From a word's name and what was typed to what a record holds; raises DraftError."""

_ROLES: Final = {"speakers": "speaker", "organisers": "organiser", "authors": "author"}
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Changes to one object of one kind, as `compose` takes them."""

    kind: ClassVar[Kind]
    words: ClassVar[frozenset[str]]
    """The names of the words that `from_words` reads."""

    changes: Mapping[str, Any]


def plain(typed: Mapping[str, Any], *, without: Iterable[str] = ()) -> dict[str, Any]:
    """Return the changes to fields that one word makes, and to links.

    Args:
        typed: by word, as `said` returns it.
        without: words that are something else in this kind.

    Raises:
        DraftError: with the field, what is wrong with it, and the way out.
    """
    changes: dict[str, Any] = {}
    for word, value in typed.items():
        if word in _PLAIN and word not in without:
            field, reader = _PLAIN[word]
            changes[field] = reader(word, value) if value else None
    if "links" in typed:
        changes["links"] = {
            read.slug_of(read.line("links", name)): (
                Link(href=read.uri(f"links.{name}", text)) if text else None
            )
            for name, text in typed["links"].items()
        }
    return changes


def keywords(texts: Iterable[str], current: Mapping[str, bool]) -> dict[str, bool | None]:
    """Return the changes to keywords: those not named any more go.

    Raises:
        DraftError: for a tag that no record may hold.
    """
    kept = dict.fromkeys(read.tags("tags", texts), True)
    return {**dict.fromkeys(current.keys() - kept.keys()), **kept}


def people(
    typed: Mapping[str, Any], current: Mapping[str, Participant]
) -> dict[str, Participant | None]:
    """Return the changes to participants: those not named any more lose the role.

    Raises:
        DraftError: for a name that no record may hold.
    """
    named: dict[str, Participant] = dict(current)
    for word, role in _ROLES.items():
        if word not in typed:
            continue
        for slug, person in named.items():
            roles = tuple(other for other in person.roles if other != role)
            named[slug] = msgspec.structs.replace(person, roles=roles)
        for name in dict.fromkeys(read.line(word, text) for text in typed[word]):
            person = named.get(read.slug_of(name), Participant(name=name))
            roles = tuple(dict.fromkeys((*person.roles, role)))
            named[read.slug_of(name)] = msgspec.structs.replace(person, roles=roles)
    return {
        slug: person if person.roles else None
        for slug, person in named.items()
        if person != current.get(slug)
    }


def _zone(_field: str, text: str) -> str:
    return times.check_zone(text).key


def _number(limit: int) -> Reader:
    """Return a reader of numbers from 0 to a limit."""

    def read_number(field: str, text: str) -> int:
        if not _NUMBER.fullmatch(text) or int(text) > limit:
            raise DraftError(f"{field}: {text[:20]!r} is not a number from 0 to {limit}")
        return int(text)

    return read_number


def _yes_or_no(field: str, text: str) -> bool:
    return read.choice(field, text, ("yes", "no")) == "yes"


def _types(field: str, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(read.choice(field, text, SessionType) for text in texts))


def _levels(field: str, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is asked of those who come, by topic."""
    if len(typed) > TYPES_MAX:
        raise DraftError(
            f"{field}: {len(typed)} topics, where {TYPES_MAX} are allowed", hint="leave out some"
        )
    return {
        read.slug_of(read.line(field, topic)): read.choice(f"{field}.{topic}", text, Level)
        for topic, text in typed.items()
    }


def _day(field: str, text: str) -> str:
    return times.read_day(field, text).isoformat()


_PLAIN: Final[dict[str, tuple[str, Reader]]] = {
    "title": ("title", read.line),
    "name": ("name", read.line),
    "description": ("description", read.prose),
    "accessibility": ("accessibility", read.prose),
    "locale": ("locale", read.language),
    "languages": ("languages", read.languages),
    "stream": ("stream", lambda field, text: Stream(uri=read.uri(field, text))),
    "city": ("city", read.line),
    "country": ("country", read.country),
    "address": ("address", read.reason),
    "zone": ("timeZone", _zone),
    "rooms": ("rooms", lambda field, texts: tuple(read.line(field, text) for text in texts)),
    "room": ("room", read.line),
    "edition": ("edition", _number(EDITION_MAX)),
    "expected": ("expected", _number(HEADS_MAX)),
    "attended": ("attended", _number(HEADS_MAX)),
    "lessons": ("lessons", read.prose),
    "series": ("series", read.path),
    "type": ("type", lambda field, text: read.choice(field, text, SessionType)),
    "recording": ("recording", lambda field, text: read.choice(field, text, Recording)),
    "level": ("level", lambda field, text: read.choice(field, text, Level)),
    "public_url": ("publicUrl", read.uri),
    "closed": ("closed", _yes_or_no),
    "types": ("types", _types),
    "contact": ("contact", read.line),
    "call": ("call", read.path),
    "duration": ("duration", times.read_length),
    "levels": ("levels", _levels),
    "availability": ("availability", read.prose),
    "prerequisites": ("prerequisites", read.prose),
    "outcome": ("outcome", lambda field, text: read.choice(field, text, Outcome)),
    "session": ("session", read.path),
    "day": ("day", _day),
    "until": ("until", _day),
    "cover": ("cover", read.uri),
    "chapter": ("chapter", read.chapter),
}
