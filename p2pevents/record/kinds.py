"""The kinds of records, and the rules that a body of each is judged by.

Specified in docs/spec/kinds.md.
"""

from __future__ import annotations

import re
from collections.abc import KeysView
from enum import StrEnum
from typing import Final

import msgspec

from p2pevents.errors import RecordError
from p2pevents.record.authority_kinds import AUTHORITY_KINDS
from p2pevents.record.fields import (
    Call,
    Decision,
    Digest,
    Endorsement,
    Erase,
    Event,
    Gathering,
    Notice,
    Occurrence,
    Page,
    Profile,
    Proposal,
    Recap,
    Series,
    Session,
    Shown,
    Venue,
)
from p2pevents.record.header import Header
from p2pevents.record.ids import Path
from p2pevents.record.values import DIGEST_DAYS_MAX

__all__ = [
    "AUTHORITY_KINDS",
    "GUARDED",
    "MAPS",
    "Call",
    "Decision",
    "Digest",
    "Endorsement",
    "Erase",
    "Event",
    "Gathering",
    "Kind",
    "Notice",
    "Occurrence",
    "Page",
    "Profile",
    "Proposal",
    "Recap",
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


GUARDED: Final = frozenset({"when", "where", "status", "stream", "retracted"})
"""Fields whose values are shown as a conflict when they have not seen each other."""

MAPS: Final = frozenset({"localizations", "links", "participants", "keywords"})
"""Fields that merge by entry."""


_TYPES: Final[dict[str, type[Shown]]] = {
    Kind.PROFILE: Profile,
    Kind.SERIES: Series,
    Kind.EVENT: Event,
    Kind.OCCURRENCE: Occurrence,
    Kind.SESSION: Session,
    Kind.VENUE: Venue,
    Kind.CALL: Call,
    Kind.PROPOSAL: Proposal,
    Kind.DECISION: Decision,
    Kind.RECAP: Recap,
    Kind.NOTICE: Notice,
    Kind.DIGEST: Digest,
    Kind.ERASE: Erase,
    Kind.ENDORSEMENT: Endorsement,
}

# The name of each field on the wire, and its attribute here. `structs.fields` would tell the
# same, and read every annotation for it: a quarter of what loading this page takes.
_ATTRIBUTES: Final[dict[str, dict[str, str]]] = {
    kind: dict(zip(shown.__struct_encode_fields__, shown.__struct_fields__, strict=True))
    for kind, shown in _TYPES.items()
}

# Fewest and most components of a path. What belongs to a thing lies below its path: a session
# below an event `(E, S)` or below a date of a series `(R, "2020-01-08", S)`.
_COMPONENTS: Final[dict[str, tuple[int, int]]] = {
    Kind.PROFILE: (1, 1),
    Kind.SERIES: (1, 1),
    Kind.EVENT: (1, 1),
    Kind.OCCURRENCE: (2, 2),
    Kind.SESSION: (2, 3),
    Kind.VENUE: (1, 1),
    Kind.CALL: (1, 3),
    Kind.PROPOSAL: (1, 4),
    Kind.DECISION: (1, 4),
    Kind.RECAP: (1, 3),
    Kind.NOTICE: (1, 4),
    Kind.DIGEST: (1, 1),
    Kind.ERASE: (1, 4),
    Kind.ENDORSEMENT: (1, 1),
}

# Kinds of which a chapter has one object: its path is the kind's own name.
_ONLY_ONE: Final = frozenset({Kind.PROFILE, Kind.DIGEST})

_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LENGTH: Final = r"of length (<=|>=) ([0-9]+)"
_DAY_MS: Final = 24 * 60 * 60 * 1000


def shown_type(kind: str) -> type[Shown]:
    """Return the struct of a kind.

    Raises:
        RecordError: `void-kind` where the kind is unknown, or has no fields (authority).
    """
    try:
        return _TYPES[kind]
    except KeyError:
        raise RecordError("void-kind", f"{kind!r} is not a kind that is shown") from None


def fields_of(kind: str) -> KeysView[str]:
    """Return the names of a kind's fields, as they are written on the wire.

    Raises:
        RecordError: as `shown_type`.
    """
    shown_type(kind)
    return _ATTRIBUTES[kind].keys()


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
        RecordError: `void-path` where the path does not suit the kind; `void-start` where the
            start hint is not the day of the `when` that this body writes; `void-until` where a
            digest claims to hold for more than 30 days.
    """
    if not _fits(header.kind, header.path):
        raise RecordError("void-path", f"not a path of kind {header.kind}")
    when = getattr(shown, "when", None)
    if when is not None and when.local_day is not None and header.start != when.local_day:
        raise RecordError("void-start", "the start hint is not the day of when")
    if isinstance(shown, Digest) and shown.listing is not None:
        latest = header.clock + DIGEST_DAYS_MAX * _DAY_MS
        if shown.listing.until > latest:
            raise RecordError("void-until", f"more than {DIGEST_DAYS_MAX} days ahead")


def _fits(kind: str, path: Path) -> bool:
    """Tell whether a path has the components that a kind asks for."""
    fewest, most = _COMPONENTS[kind]
    if not fewest <= len(path) <= most:
        return False
    if kind in _ONLY_ONE:
        return path[0] == kind
    return kind != Kind.OCCURRENCE or re.fullmatch(_DAY, path[1], re.ASCII) is not None


def _in_words(error: msgspec.ValidationError) -> str:
    """Return msgspec's message in words for whoever wrote the body."""
    what, _, where = str(error).partition(" - at ")
    if "matching regex" in what:
        what = "a character or form that is not allowed"
    elif limit := re.search(_LENGTH, what):
        relation = "more" if limit[1] == "<=" else "less"
        what = f"{relation} than the {limit[2]} that are allowed"
    where = where.replace("`", "").removeprefix("$.").removeprefix("key in $.")
    return f"{where}: {what}" if where else what
