"""Changes as the page tells them: the entry as it is now, and in words what it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from p2pevents.view.changes import Change, ChangeKind
from p2pevents.web.news import News, parts_of
from p2pevents.web.rows import Row, row_of
from p2pevents.web.words import Words

__all__ = ["PARTS_MAX", "Told", "told_of", "was_of"]

PARTS_MAX: Final = 20  # sessions of one event whose changes are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One change.

    Attributes:
        row: what changed, with its mark.
        day: when it is, in words; empty where that is open.
        was: what it was, in words; empty where nothing is to be said.
        is_gone: whether it has no page any more.
        parts: what changed of its sessions.
        more: how many of those are left out.
    """

    row: Row
    day: str
    was: str
    is_gone: bool
    parts: tuple[Told, ...] = ()
    more: int = 0


def told_of(change: Change, t: Words) -> Told:
    """Return a change as it is told to a reader, with those of its sessions."""
    entry = change.entry
    key = (entry.chapter.id, entry.id)
    row = row_of(entry, language=t.tongue, news=News(marks={key: change}))
    parts = parts_of(change)
    return Told(
        row=row,
        day=_day(row, t),
        was=was_of(change, t),
        is_gone=change.kind is ChangeKind.GONE,
        parts=tuple(told_of(each, t) for each in parts[:PARTS_MAX]),
        more=max(0, len(parts) - PARTS_MAX),
    )


def was_of(change: Change, t: Words) -> str:
    """Return what an entry was before it changed: its time, place and title, if they did."""
    before = change.before
    if before is None or change.kind is ChangeKind.GONE:
        return ""
    now, old = row_of(change.entry, language=t.tongue), row_of(before, language=t.tongue)
    said = []
    if change.entry.span != before.span:
        said.append(", ".join(filter(None, (_day(old, t), _hours(old, t)))))
    if now.place != old.place:
        said.append(old.place)
    if now.told.title != old.told.title:
        said.append(old.told.title)
    what = "; ".join(filter(None, said))
    return t("was", what=what) if what else ""


def _day(row: Row, t: Words) -> str:
    moment = row.moment
    if moment.day is None:
        return t.day_open
    if moment.is_long and moment.last is not None:
        return t.dates(moment.day, moment.last)
    return t.date(moment.day, "EEE d MMM")


def _hours(row: Row, t: Words) -> str:
    if row.moment.is_long or row.moment.day is None:
        return ""
    return row.moment.hours or t.hour_open
