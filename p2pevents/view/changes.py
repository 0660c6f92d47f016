"""What changed between two looks at an agenda: what is new, moved, cancelled, or gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from p2pevents.record.fields import Session
from p2pevents.record.ids import ChapterId
from p2pevents.record.values import StatusIs
from p2pevents.view.entries import Entry

__all__ = ["Change", "ChangeKind", "changes_between"]


class ChangeKind(StrEnum):
    """What happened to an entry; of several things, what matters most to who wanted to come."""

    NEW = "new"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    SKIPPED = "skipped"
    BACK = "back on"
    MOVED = "moved"
    PLACE = "new place"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry that is not as it was.

    Attributes:
        kind: in one word.
        entry: as it stands now; of what is gone, as it stood.
        before: as it stood; None of what is new.
    """

    kind: ChangeKind
    entry: Entry
    before: Entry | None


_OFF: Final = {
    StatusIs.CANCELLED: ChangeKind.CANCELLED,
    StatusIs.POSTPONED: ChangeKind.POSTPONED,
    StatusIs.SKIPPED: ChangeKind.SKIPPED,
}


def changes_between(before: Iterable[Entry], after: Iterable[Entry]) -> list[Change]:
    """Return what changed between two agendas, in order of time; what nobody sees is left out."""
    old, new = _by_name(before), _by_name(after)
    changes = [
        Change(kind=kind, entry=entry, before=old.get(name))
        for name, entry in new.items()
        if (kind := _kind_of(old.get(name), entry)) is not None
    ]
    changes += [
        Change(kind=ChangeKind.GONE, entry=entry, before=entry)
        for name, entry in old.items()
        if name not in new
    ]
    return sorted(changes, key=lambda change: change.entry.order)


def _by_name(entries: Iterable[Entry]) -> dict[tuple[ChapterId, str], Entry]:
    return {(entry.chapter.id, entry.id): entry for entry in entries}


def _kind_of(old: Entry | None, new: Entry) -> ChangeKind | None:
    off = _OFF.get(new.status)
    if old is None:
        return off or ChangeKind.NEW
    if new.status is not old.status and (off or old.status in _OFF):
        return off or ChangeKind.BACK
    if new.span != old.span:
        return ChangeKind.MOVED
    if _place_of(new) != _place_of(old):
        return ChangeKind.PLACE
    return ChangeKind.CHANGED if _seen_of(new) != _seen_of(old) else None


def _place_of(entry: Entry) -> tuple[object, ...]:
    room = entry.shown.room if isinstance(entry.shown, Session) else None
    return (entry.place, entry.shown.stream, room)


def _seen_of(entry: Entry) -> tuple[object, ...]:
    """Return what a person who comes would want to know again, time and place aside."""
    return (
        entry.title,
        entry.status,
        entry.conflicts,
        [(each.id, each.title, each.span, each.status, _place_of(each)) for each in entry.sessions],
    )
