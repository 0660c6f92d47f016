"""The programme of one event, as its people look at it: by day, by room, by speaker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from p2pevents.record.fields import Session
from p2pevents.view.entries import Entry
from p2pevents.view.search import plain
from p2pevents.view.times import Span

__all__ = ["DAY_BEGINS_HOUR", "By", "Group", "evening_at", "evening_of", "programme_by", "speaks"]

DAY_BEGINS_HOUR: Final = 6
"""What begins before this hour belongs to the evening before, as people speak of it."""


class By(StrEnum):
    """What a programme is grouped by."""

    DAY = "day"
    ROOM = "room"
    SPEAKER = "speaker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sessions that belong together.

    Attributes:
        name: of the room or speaker; empty where there is none.
        day: of what is grouped by day; None elsewhere, and while it is to be announced.
        sessions: in order of time.
    """

    name: str = ""
    day: date | None = None
    sessions: tuple[Entry, ...]


def evening_of(span: Span) -> date | None:
    """Return the day that a session belongs to: at one in the morning, the evening before."""
    return span.day if span.start is None else evening_at(span.start)


def evening_at(start: datetime) -> date:
    """Return the day that what begins at a local time belongs to."""
    return (start - timedelta(hours=DAY_BEGINS_HOUR)).date()


def programme_by(entry: Entry, by: By, *, language: str = "") -> list[Group]:
    """Return the sessions of an event in groups, by time or by name, what has neither last.

    A session of two speakers stands with each of them.

    Args:
        entry: the event, with its sessions.
        by: what to group by.
        language: only sessions in this one; empty for all.
    """
    groups: dict[tuple[str, date | None], list[Entry]] = {}
    for session in entry.sessions:
        if language and not speaks(session, language):
            continue
        for key in _keys(session, by):
            groups.setdefault(key, []).append(session)
    return [
        Group(name=name, day=day, sessions=tuple(groups[name, day]))
        for name, day in sorted(groups, key=_order)
    ]


def speaks(session: Entry, language: str) -> bool:
    """Return whether a session is in a language; `fr` finds `fr-CA` too."""
    wanted = f"{language.lower()}-"
    return any(f"{tag.lower()}-".startswith(wanted) for tag in session.shown.languages or ())


def _keys(session: Entry, by: By) -> Iterable[tuple[str, date | None]]:
    shown = session.shown
    if by is By.DAY:
        return [("", evening_of(session.span))]
    if by is By.ROOM:
        room = shown.room if isinstance(shown, Session) else None
        return [(room or "", None)]
    names = dict.fromkeys(person.name for person in shown.participants.values())
    return [(name, None) for name in names] or [("", None)]


def _order(key: tuple[str, date | None]) -> tuple[bool, date, str, str]:
    name, day = key
    return (not name and day is None, day or date.max, plain(name), name)
