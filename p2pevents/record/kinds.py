"""The kinds of records, and the fields of each: one struct a kind.

A struct holds what is shown: every field may be absent. The same struct is the
rule that a body is judged by. Specified in docs/spec/kinds.md.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from p2pevents.errors import RecordError
from p2pevents.record.header import Header
from p2pevents.record.ids import Path
from p2pevents.record.text import (
    Country,
    Language,
    Line,
    PathText,
    Prose,
    Reason,
    Slug,
    Tag,
    Uri,
    Zone,
)
from p2pevents.record.values import (
    Imported,
    InboxNode,
    LanguageList,
    Level,
    Link,
    Localization,
    Participant,
    Recording,
    Recurring,
    Status,
    Stream,
    When,
    Where,
)

__all__ = [
    "ADDRESSES_MAX",
    "AUTHORITY_KINDS",
    "EDITION_MAX",
    "GUARDED",
    "INBOXES_MAX",
    "MAPS",
    "ROOMS_MAX",
    "Event",
    "Gathering",
    "Kind",
    "Occurrence",
    "Profile",
    "Series",
    "Session",
    "Shown",
    "Venue",
    "attribute_of",
    "check_header",
    "fields_of",
    "shown_type",
    "typed",
]

ADDRESSES_MAX: Final = 8
INBOXES_MAX: Final = 8
ROOMS_MAX: Final = 32
EDITION_MAX: Final = 9999


class Kind(StrEnum):
    """Every kind of record that this program knows."""

    PROFILE = "profile"
    SERIES = "series"
    EVENT = "event"
    OCCURRENCE = "occurrence"
    SESSION = "session"
    VENUE = "venue"
    CALL = "call"
    PROPOSAL = "proposal"
    DECISION = "decision"
    RECAP = "recap"
    NOTICE = "notice"
    DIGEST = "digest"
    ERASE = "erase"
    ENDORSEMENT = "endorsement"
    GRANT = "grant"
    REVOKE = "revoke"
    KEEP = "keep"


AUTHORITY_KINDS: Final = frozenset({Kind.GRANT, Kind.REVOKE, Kind.KEEP})
"""Kinds whose records say who may speak: judged whole by `authority`, no fields in them."""

GUARDED: Final = frozenset({"when", "where", "status", "stream", "retracted"})
"""Fields whose values are shown as a conflict when they have not seen each other."""

MAPS: Final = frozenset({"localizations", "links", "participants", "keywords"})
"""Fields that merge by entry."""


class Shown(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every kind has: an object as it is shown, or one author's part of it."""

    retracted: bool | None = None
    locale: Language | None = None
    localizations: dict[Language, Localization] = {}
    links: dict[Slug, Link] = {}


class Profile(Shown, frozen=True, kw_only=True):
    """A chapter: who they are, and where their nodes are found."""

    name: Line | None = None
    description: Prose | None = None
    city: Line | None = None
    country: Country | None = None
    time_zone: Zone | None = None
    languages: LanguageList | None = None
    addresses: (
        Annotated[
            tuple[Annotated[str, Meta(max_length=256, pattern=r"\A(/[!-.0-~]+)+\Z")], ...],
            Meta(max_length=ADDRESSES_MAX),
        ]
        | None
    ) = None
    public_url: Uri | None = None
    inbox: Annotated[tuple[InboxNode, ...], Meta(max_length=INBOXES_MAX)] | None = None


class Gathering(Shown, frozen=True, kw_only=True):
    """What series, events, occurrences and sessions have in common."""

    title: Line | None = None
    description: Prose | None = None
    when: When | None = None
    where: Where | None = None
    status: Status | None = None
    stream: Stream | None = None
    participants: dict[Slug, Participant] = {}
    keywords: dict[Tag, bool] = {}
    languages: LanguageList | None = None
    imported: Imported | None = None


class Series(Gathering, frozen=True, kw_only=True):
    """Gatherings that come back by a rule; `when` holds the first date and the rule."""

    when: Recurring | None = None


class Event(Gathering, frozen=True, kw_only=True):
    """One gathering; `edition` counts it among its like, `series` is the path of a series."""

    edition: Annotated[int, Meta(ge=0, le=EDITION_MAX)] | None = None
    series: PathText | None = None


class Occurrence(Gathering, frozen=True, kw_only=True):
    """One date of a series: what differs on it. Its path ends in the date by the rule."""

    edition: Annotated[int, Meta(ge=0, le=EDITION_MAX)] | None = None


class Session(Gathering, frozen=True, kw_only=True):
    """A part of an event's programme. `type` is one of `SessionType`, or a word yet unknown."""

    type: Slug | None = None
    room: Line | None = None
    recording: Recording | None = None
    level: Level | None = None


class Venue(Shown, frozen=True, kw_only=True):
    """A place that events name."""

    name: Line | None = None
    description: Prose | None = None
    address: Reason | None = None
    city: Line | None = None
    country: Country | None = None
    time_zone: Zone | None = None
    rooms: Annotated[tuple[Line, ...], Meta(max_length=ROOMS_MAX)] | None = None
    accessibility: Prose | None = None


_TYPES: Final[dict[str, type[Shown]]] = {
    Kind.PROFILE: Profile,
    Kind.SERIES: Series,
    Kind.EVENT: Event,
    Kind.OCCURRENCE: Occurrence,
    Kind.SESSION: Session,
    Kind.VENUE: Venue,
}

# Fewest and most components of a path. What belongs to a thing lies below its path: a session
# below an event `(E, S)` or below a date of a series `(R, "2020-01-08", S)`.
_COMPONENTS: Final[dict[str, tuple[int, int]]] = {
    Kind.SERIES: (1, 1),
    Kind.EVENT: (1, 1),
    Kind.SESSION: (2, 3),
    Kind.VENUE: (1, 1),
}

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

# The name of each field on the wire, and its attribute here.
_ATTRIBUTES: Final[dict[str, dict[str, str]]] = {
    kind: {field.encode_name: field.name for field in msgspec.structs.fields(shown)}
    for kind, shown in _TYPES.items()
}


def shown_type(kind: str) -> type[Shown]:
    """Return the struct of a kind.

    Raises:
        RecordError: `void-kind` where the kind is unknown, or has no fields (authority).
    """
    try:
        return _TYPES[kind]
    except KeyError:
        raise RecordError("void-kind", f"{kind!r} is not a kind that is shown") from None


def fields_of(kind: str) -> frozenset[str]:
    """Return the names of a kind's fields, as they are written on the wire.

    Raises:
        RecordError: as `shown_type`.
    """
    shown_type(kind)
    return frozenset(_ATTRIBUTES[kind])


def attribute_of(kind: str, name: str) -> str:
    """Return the attribute of the kind's struct that holds field `name`."""
    return _ATTRIBUTES[kind][name]


def typed(kind: str, values: dict[str, object]) -> Shown:
    """Return the fields of one body as the kind's struct.

    Args:
        kind: the header's kind.
        values: by name on the wire; unknown names are left out by the caller.

    Raises:
        RecordError: `void-kind`, or `void-value` with the field and what is wrong with it.
    """
    try:
        shown = msgspec.convert(values, shown_type(kind), builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise RecordError("void-value", _in_words(error)) from None
    if not all(getattr(shown, "keywords", {}).values()):
        raise RecordError("void-value", "a keyword is not true")
    return shown


def check_header(header: Header, shown: Shown) -> None:
    """Check what a header says of an object against its kind and one author's part of it.

    Raises:
        RecordError: `void-path` where the path does not suit the kind, `void-start` where the
            start hint is not the day of the `when` that this body writes.
    """
    if not _fits(header.kind, header.path):
        raise RecordError("void-path", f"not a path of kind {header.kind}")
    when = getattr(shown, "when", None)
    if when is not None and when.local_day is not None and header.start != when.local_day:
        raise RecordError("void-start", "the start hint is not the day of when")


def _fits(kind: str, path: Path) -> bool:
    """Tell whether a path has the number of components, and the last one, that a kind asks for."""
    if kind == Kind.OCCURRENCE:
        return len(path) == 2 and _DAY.fullmatch(path[1]) is not None
    if kind == Kind.PROFILE:
        return path == (Kind.PROFILE.value,)
    fewest, most = _COMPONENTS[kind]
    return fewest <= len(path) <= most


def _in_words(error: msgspec.ValidationError) -> str:
    """Return msgspec's message with patterns and marks that a reader has no use for left out."""
    what, _, where = str(error).partition(" - at ")
    if "matching regex" in what:
        what = "a character or form that is not allowed"
    where = where.replace("`", "").removeprefix("$.")
    return f"{where}: {what}" if where else what
