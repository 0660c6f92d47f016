"""Whether all that a chapter has planned is here: what its digests say, held against the log.

Silence is no proof: who lies by leaving out looks like a chapter with nothing
planned. Specified in docs/spec/kinds.md, digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from msgspec import Struct

from p2pevents.record.envelope import Record
from p2pevents.record.fields import Digest
from p2pevents.record.header import Header
from p2pevents.record.ids import EntryId
from p2pevents.record.kinds import Kind
from p2pevents.record.listed import CLOCK_LISTED_MAX, listed_in, name_of
from p2pevents.record.merge import merge
from p2pevents.record.values import Listing
from p2pevents.view.times import Window, utc_text

__all__ = [
    "ALWAYS_LISTED",
    "Completeness",
    "Freshness",
    "Said",
    "freshness_facts",
    "freshness_of",
    "held_names",
    "listed_window",
    "newest_versions",
    "said_by",
]

ALWAYS_LISTED: Final = frozenset({Kind.PROFILE.value, Kind.SERIES.value, Kind.VENUE.value})
"""The kinds of which a digest lists every object, whatever its day."""


R = TypeVar("R", bound=Record)


class Completeness(StrEnum):
    """How what is here of a chapter stands to what its digests list."""

    COMPLETE = "complete"
    NOTHING_PLANNED = "nothing-planned"
    INCOMPLETE = "incomplete"
    STALE = "stale"
    UNCHECKED = "unchecked"


class Said(Struct, frozen=True, kw_only=True):
    """One digest that is shown: who says what is planned.

    Attributes:
        header: of the digest.
        listing: what it lists.
    """

    header: Header
    listing: Listing


class Freshness(Struct, frozen=True, kw_only=True):
    """How a chapter stands before a person who asks whether they see everything.

    Attributes:
        state: in one word.
        as_of_ms: when the newest digest that still holds was written; None where none does.
        until_ms: until when it may be relied on; of what is stale, since when it may not be.
        lacking: how many listed versions, and charter entries, are not here.
    """

    state: Completeness
    as_of_ms: int | None = None
    until_ms: int | None = None
    lacking: int = 0


def freshness_facts(found: Freshness) -> dict[str, Any]:
    """Return how a chapter stands, as JSON says it."""
    return {
        "completeness": found.state.value,
        "asOf": _utc(found.as_of_ms),
        "reliableUntil": _utc(found.until_ms),
        "lacking": found.lacking,
    }


def listed_window(now_ms: int) -> Window:
    """Return the days that a digest of this moment looks at: within every reader's request."""
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    return Window(first=today, until=date(today.year + 1, today.month, 1))


def said_by(digests: Iterable[Record]) -> list[Said]:
    """Return what digests say, each author's newest, the newest first; void ones are left out."""
    newest: dict[bytes, Said] = {}
    for record in sorted(digests, key=lambda each: (each.header.clock, each.id)):
        shown = merge([record]).shown
        if isinstance(shown, Digest) and shown.listing is not None:
            newest[record.header.author] = Said(header=record.header, listing=shown.listing)
    return sorted(newest.values(), key=lambda said: said.header.clock, reverse=True)


def newest_versions(versions: Iterable[R]) -> list[R]:
    """Return each author's newest version of each object."""
    newest: dict[tuple[object, bytes], R] = {}
    for record in versions:
        key = (record.header.object_id, record.header.author)
        known = newest.get(key)
        if known is None or (known.header.clock, known.id) < (record.header.clock, record.id):
            newest[key] = record
    return list(newest.values())


def held_names(headers: Iterable[Header]) -> dict[bytes, int]:
    """Return, by the name that a digest has for it, the latest clock of what is held."""
    held: dict[bytes, int] = {}
    for header in headers:
        name = name_of(header)
        held[name] = max(held.get(name, 0), min(header.clock, CLOCK_LISTED_MAX))
    return held


def freshness_of(
    said: Iterable[Said],
    *,
    held: Mapping[bytes, int],
    has_entry: Callable[[EntryId], bool],
    now_ms: int,
) -> Freshness:
    """Return how a chapter stands by its digests: whether anything is planned, it does not ask.

    Args:
        said: those that are shown, each author's newest.
        held: what is here, as `held_names` has it.
        has_entry: whether a charter entry is here.
        now_ms: the clock, in ms since 1970.
    """
    every = sorted(said, key=lambda each: each.header.clock, reverse=True)
    if not every:
        return Freshness(state=Completeness.UNCHECKED)
    holding = [each for each in every if each.listing.until >= now_ms]
    if not holding:
        until_ms = max(each.listing.until for each in every)
        return Freshness(state=Completeness.STALE, until_ms=until_ms)
    lacking = {
        name
        for each in holding
        for name, clock in listed_in(each.listing)
        if held.get(name, -1) < clock
    }
    lacking |= {each.listing.tip for each in holding if not has_entry(EntryId(each.listing.tip))}
    newest = holding[0]
    return Freshness(
        state=Completeness.INCOMPLETE if lacking else Completeness.COMPLETE,
        as_of_ms=newest.header.clock,
        until_ms=newest.listing.until,
        lacking=len(lacking),
    )


def _utc(moment_ms: int | None) -> str | None:
    if moment_ms is None:
        return None
    return utc_text(datetime.fromtimestamp(moment_ms // 1000, tz=UTC))
