"""What a template needs of an entry: plain values, made ready to be read by a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import groupby
from typing import Final

from p2pevents.record.fields import Session
from p2pevents.record.ids import path_text
from p2pevents.record.values import SessionType, StatusIs
from p2pevents.view.entries import Entry
from p2pevents.view.online import adds_online, is_online
from p2pevents.view.tongues import Told, told_in
from p2pevents.web.dates import Moment, moment_of
from p2pevents.web.news import NOTHING, News
from p2pevents.words import DEFAULT

__all__ = ["Day", "Row", "by_day", "row_of"]

KNOWN_TYPES: Final = frozenset(kind.value for kind in SessionType)
_OFF: Final = (StatusIs.CANCELLED, StatusIs.POSTPONED, StatusIs.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry in a list.

    Attributes:
        entry: what it is.
        told: its words for the reader.
        href: its page, from the root.
        moment: when, as its reader asked for it.
        place: room, place and city in one line.
        adds_online: whether it is online too, and its place does not say so.
        status: the word for a status that is not `confirmed`; empty otherwise.
        reason: why; empty where nobody said.
        moved: the page of what stands for it; empty where nothing does.
        is_off: whether it does not take place.
        type: of a session, a type that there is a colour for.
        people: names, in one line.
        change: how it changed since its reader last looked, by the name of a `ChangeKind` in
            small letters; empty where it did not.
    """

    entry: Entry
    told: Told
    href: str
    moment: Moment
    place: str
    adds_online: bool
    status: str
    reason: str
    moved: str
    is_off: bool
    type: str
    people: str
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day with its rows; None for what has no day yet."""

    day: date | None
    rows: tuple[Row, ...]


def row_of(
    entry: Entry, *, zone: tzinfo | None = None, language: str = DEFAULT, news: News = NOTHING
) -> Row:
    """Return an entry as a list shows it to a reader of a language, who has seen all but news."""
    shown, place = entry.shown, entry.place
    status = shown.status
    told = told_in(shown, language)
    room = told.room
    parts = [room or (place.room if place else None), place.name if place else None]
    if not isinstance(shown, Session) and not is_online(entry):
        parts.append(entry.city if entry.city and entry.city not in (parts[1] or "") else None)
    change = news.of(entry)
    type_ = shown.type if isinstance(shown, Session) else None
    return Row(
        entry=entry,
        told=told,
        href=f"event/{path_text(entry.path)}",
        moment=moment_of(entry.span, zone),
        place=", ".join(part for part in parts if part),
        adds_online=adds_online(entry),
        status="" if entry.status is StatusIs.CONFIRMED else str(entry.status),
        reason=told.reason,
        moved=f"event/{status.moved_to}" if status and status.moved_to else "",
        is_off=entry.status in _OFF,
        type=type_ if type_ in KNOWN_TYPES else "other" if type_ else "",
        people=", ".join(person.name for person in shown.participants.values()),
        change=change.kind.name.lower() if change else "",
    )


def by_day(rows: Iterable[Row], *, not_before: date | None = None) -> list[Day]:
    """Return rows by day, those without one last.

    Args:
        rows: in the order that they are to stand in on their day.
        not_before: what began earlier and still goes on stands under this day.
    """

    def day_of(row: Row) -> date:
        day = row.moment.day or date.max
        return max(day, not_before) if not_before else day

    ordered = sorted(rows, key=lambda row: (day_of(row), not row.moment.is_long))
    return [
        Day(day=None if day == date.max else day, rows=tuple(of_day))
        for day, of_day in groupby(ordered, key=day_of)
    ]
