"""Which objects touch some months, and which of their versions a reader of those months wants.

A version that was moved out of the months says so to whoever still shows the
old one: an object counts as long as any of its versions, or the day in its path,
lies within. What no version dates, a venue or a profile, counts always.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from p2pevents.record.ids import Path

__all__ = ["Change", "Version", "Window", "is_day", "newest_versions", "root_of"]

_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class Window(Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        first: the first day, `YYYY-MM-DD`.
        last: the last day, within the window.
        always: kinds of which every object counts, whatever its days: series.
        never: kinds of which none does: those of authority.
    """

    first: str
    last: str
    always: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def touches(self, kind: str, path: str, starts: Iterable[str]) -> bool:
        """Tell whether an object counts.

        Args:
            kind: its kind.
            path: its path as text.
            starts: the start hints of its versions.
        """
        if kind in self.never:
            return False
        days = [*starts, *(day for day in path.split("/")[1:2] if is_day(day))]
        return kind in self.always or not days or any(self.first <= d <= self.last for d in days)


class Version(Struct, frozen=True, kw_only=True):
    """One version of the set, as columns tell of it. Chapter and author are any names of theirs."""

    id: bytes
    chapter: bytes | int
    kind: str
    path: str
    author: bytes | int
    clock: int
    start: str | None
    position: int


class Change(Struct, frozen=True, kw_only=True):
    """The newest version by one author of an object that touches a window.

    Attributes:
        id: the record's id.
        position: when the last version of its object, by whomever, entered the set.
    """

    id: bytes
    position: int


def is_day(text: str) -> bool:
    """Tell whether a text has the form of a day."""
    return re.fullmatch(_DAY, text, re.ASCII) is not None


def root_of(path: Path) -> Path:
    """Return the root of all that belongs together: of an event, or of one date of a series."""
    return path[:2] if len(path) > 1 and is_day(path[1]) else path[:1]


def newest_versions(versions: Iterable[Version], window: Window, *, after: int) -> list[Change]:
    """Return each author's newest version of the objects that touch a window.

    Args:
        versions: of the set; of each object all or none.
        window: what is asked for.
        after: objects of which nothing entered the set after this position are left out.

    Returns:
        By position, then by id: one object's together.
    """
    objects: dict[tuple[bytes | int, str, str], list[Version]] = {}
    for one in versions:
        objects.setdefault((one.chapter, one.kind, one.path), []).append(one)
    changes: list[Change] = []
    for (_, kind, path), all_of_it in objects.items():
        position = max(one.position for one in all_of_it)
        starts = (one.start for one in all_of_it if one.start is not None)
        if position <= after or not window.touches(kind, path, starts):
            continue
        newest: dict[bytes | int, Version] = {}
        for one in sorted(all_of_it, key=lambda each: (each.clock, each.id)):
            newest[one.author] = one
        changes += [Change(id=one.id, position=position) for one in newest.values()]
    return sorted(changes, key=lambda change: (change.position, change.id))
