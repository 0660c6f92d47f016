"""Rules of the schedule check on what cannot be at once: in a room, for a person, in an hour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from p2pevents.record.finding import Finding
from p2pevents.record.ids import Path
from p2pevents.record.kinds import Kind
from p2pevents.record.values import SessionType
from p2pevents.view.check_item import Item
from p2pevents.view.search import plain
from p2pevents.view.times import zone_of

__all__ = ["overlap", "rounds", "speaker_overlap", "tba", "twice"]

SOON_DAYS: Final = 14
"""From how many days before on what is still to be announced is said to be late."""

_NUMBER: Final = r"(?<![0-9])(?P<{}>[0-9]{{1,3}})"
_COUNT: Final = (
    _NUMBER.format("count")
    + r"\s*(?:meetings?|rounds?|turns?|encounters?|rencontres?|tours?|rondes?)\b"
)
_LENGTH: Final = _NUMBER.format("minutes") + r"\s*(?:minutes?|mins?\b|mn\b)"
_BETWEEN: Final = r"[^0-9.;\n]{0,30}"
_ROUNDS: Final = (
    re.compile(_COUNT + _BETWEEN + _LENGTH, re.IGNORECASE | re.ASCII),
    re.compile(_LENGTH + _BETWEEN + _COUNT, re.IGNORECASE | re.ASCII),
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A session that takes a while: when it begins and ends."""

    item: Item
    begins: datetime
    ends: datetime


def overlap(items: Sequence[Item]) -> Iterator[Finding]:
    """Two sessions of one event in one room at one time. Stands share a room and never clash."""

    def rooms(item: Item) -> list[str]:
        room = item.fields.get("room")
        return [plain(room)] if room else []

    for one, other in _clashes(items, rooms):
        there, begins, ends = _shared(one, other)
        yield Finding(
            rule="overlap",
            where=one.item.where,
            message=f"{one.item.fields['room']}: overlaps {there} from {begins} to {ends}",
            hint="give one of them another room or time",
        )


def speaker_overlap(items: Sequence[Item]) -> Iterator[Finding]:
    """One person in two sessions at one time. Who has a stand may leave it to others."""

    def people(item: Item) -> list[str]:
        return sorted({plain(name) for name in _names(item)})

    for one, other in _clashes(items, people):
        there, begins, ends = _shared(one, other)
        both = [name for name in _names(one.item) if plain(name) in people(other.item)]
        yield Finding(
            rule="speaker-overlap",
            where=one.item.where,
            message=f"{', '.join(both)}: also in {there} from {begins} to {ends}",
            hint="move one of them, or name who else speaks",
        )


def rounds(items: Sequence[Item]) -> Iterator[Finding]:
    """So many meetings of so many minutes in an hour that is too short for them."""
    for item in items:
        held = _held(item)
        if held is None:
            continue
        text = f"{item.title}\n{item.fields.get('description') or ''}"
        found = next((match for form in _ROUNDS if (match := form.search(text))), None)
        if found is None:
            continue
        count, minutes = int(found["count"]), int(found["minutes"])
        there = int((held.ends - held.begins).total_seconds() // 60)
        if count * minutes > there:
            yield Finding(
                rule="rounds",
                where=item.where,
                message=f"{count} of {minutes} minutes are {count * minutes}, and it takes {there}",
                hint=f"{there // minutes if minutes else 0} of {minutes} minutes fit",
            )


def twice(items: Sequence[Item]) -> Iterator[Finding]:
    """A start in the hour that a clock shows twice, on the night that it goes back."""
    for item in items:
        name, start = item.span.time_zone, item.span.start
        known = zone_of(name) if name else None
        if known is None or start is None:
            continue
        first = start.replace(tzinfo=known)
        later = first.replace(fold=1)
        offset, other = first.utcoffset(), later.utcoffset()
        if offset is None or other is None or offset <= other:
            continue  # not twice: in a gap the later reading has the greater offset
        yield Finding(
            rule="zone",
            where=item.where,
            message=(
                f"{start:%Y-%m-%d %H:%M} comes twice in {name}: the clocks go back; "
                f"{first.astimezone(UTC):%H:%M} UTC is taken"
            ),
            hint="say another hour if the later one is meant",
        )


def tba(today: date | None) -> Callable[[Sequence[Item]], Iterator[Finding]]:
    """Return the rule on times that are to be announced; by a day, also how late that is."""

    def rule(items: Sequence[Item]) -> Iterator[Finding]:
        # A date of a series has its time by the rule.
        for item in items:
            if item.kind is Kind.OCCURRENCE or item.span.start is not None or item.off:
                continue
            day = item.span.day
            on = f" on {day}" if day else ""
            ahead = (day - today).days if day and today else None
            soon = ahead is not None and 0 <= ahead <= SOON_DAYS
            late = _late(ahead or 0) if soon else ""
            yield Finding(
                rule="tba",
                where=item.where,
                message=f"its time{on} is to be announced{late}",
                hint="people decide by the hour whether they come" if soon else "",
            )

    return rule


def _clashes(
    items: Iterable[Item], keys_of: Callable[[Item], list[str]]
) -> Iterator[tuple[_Held, _Held]]:
    """Yield each two sessions of one event that have a key in common and are on at once, once."""
    by_key: dict[tuple[Path, str], list[_Held]] = {}
    for item in items:
        held = _held(item)
        if held is None or item.fields.get("type") == SessionType.STAND:
            continue
        for key in keys_of(item):
            by_key.setdefault((item.path[:-1], key), []).append(held)
    told: set[tuple[Path, Path]] = set()
    for of_key in by_key.values():
        open_: list[_Held] = []
        for held in sorted(of_key, key=lambda each: each.begins):
            open_ = [other for other in open_ if other.ends > held.begins]
            for other in open_:
                pair = (held.item.path, other.item.path)
                if pair not in told:
                    told.add(pair)
                    yield held, other
            open_.append(held)


def _held(item: Item) -> _Held | None:
    """Return a session that takes place, with its hours; None where it has none."""
    span = item.span
    if item.kind is not Kind.SESSION or item.off or span.start is None or span.end is None:
        return None
    return _Held(item, span.start, span.end)


def _names(item: Item) -> list[str]:
    return [person["name"] for person in (item.fields.get("participants") or {}).values()]


def _shared(one: _Held, other: _Held) -> tuple[str, str, str]:
    """Return where the other one is named, and from when to when both take place."""
    ends = min(one.ends, other.ends)
    return other.item.where, f"{one.begins:%Y-%m-%d %H:%M}", f"{ends:%H:%M}"


def _late(days: int) -> str:
    if days == 0:
        return ", and that is today"
    return ", and that is tomorrow" if days == 1 else f", and that is in {days} days"
