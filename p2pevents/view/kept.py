"""What is made of a calendar, kept while it grows: family by family, and entries in an order.

A family that is the very same one, with the very same ones around it, is shown
as before: `fold` makes another one where anything in it changed. So what was
made of it stands, and a page or a feed of ten thousand events of which one
changed is made of that one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from p2pevents.record.ids import ChapterId
from p2pevents.view.calendar import Calendar, Family, is_same
from p2pevents.view.entries import Entry

__all__ = ["Kept", "KeptEntries"]

SORTED_ANEW: Final = 8  # where one in so many changed, all are sorted once more

T = TypeVar("T")
Key = tuple[ChapterId, str]
Fact = tuple[str, str]


class Kept(Generic[T]):
    """What is made of each family of a calendar.

    Attributes:
        made: by family, in the calendar's order.

    Args:
        make: makes it, of the family and what is around it alone.
    """

    def __init__(self, make: Callable[[Calendar, Family], T]) -> None:
        self.made: dict[Key, T] = {}
        self._make = make
        self._families: Mapping[Key, Family] = {}
        self._around: Mapping[ChapterId, tuple[Family, ...]] = {}
        self._naming: dict[Key, tuple[Family, ...]] = {}

    def update(self, calendar: Calendar) -> tuple[list[T], list[T]]:
        """Make again what another calendar shows otherwise.

        Returns:
            What fell away, and what came in its place.
        """
        families, before = calendar.families, self._families
        stale = {*calendar.changed_since(before), *self._shown_otherwise(calendar)}
        new = [key for key in stale if key not in before]
        gone = []
        if len(before) + len(new) != len(families):  # each is asked for where one is gone alone
            gone = [key for key in before if key not in families]
        fell = [self.made[key] for key in (*gone, *stale) if key in self.made]
        for key in gone:
            del self.made[key]
        for key in stale:
            self.made[key] = self._make(calendar, families[key])
        if new:
            self.made = {key: self.made[key] for key in families}
        for key in (*gone, *stale):
            self._naming.pop(key, None)
        self._naming |= {key: calendar.around(key) for key in stale if families[key].names}
        self._families, self._around = families, calendar.surroundings
        return fell, [self.made[key] for key in stale]

    def _shown_otherwise(self, calendar: Calendar) -> set[Key]:
        """Return the families around which something changed."""
        around = calendar.surroundings
        if around is self._around:
            chapters = set()
        else:
            chapters = {
                chapter
                for chapter in calendar.chapters
                if not is_same(self._around.get(chapter, ()), around.get(chapter, ()))
            }
        stale = {
            key
            for key, named in self._naming.items()
            if key in calendar.families and not is_same(named, calendar.around(key))
        }
        if chapters:
            stale |= {key for key in calendar.families if key[0] in chapters}
        return stale


class KeptEntries:
    """Entries of a calendar in an order, and how many of them each of some facts is true of.

    Attributes:
        facts: how many entries each is true of.

    Args:
        find: the entries of a family.
        order: what sorts them: no two have the same.
        facts_of: what is true of an entry.
    """

    def __init__(
        self,
        find: Callable[[Calendar, Family], Iterable[Entry]],
        *,
        order: Callable[[Entry], Any],
        facts_of: Callable[[Entry], Iterable[Fact]] = lambda _: (),
    ) -> None:
        self.facts: Counter[Fact] = Counter()
        self._kept = Kept(lambda calendar, family: tuple(find(calendar, family)))
        self._order = order
        self._facts_of = facts_of
        self._entries: list[Entry] = []

    def current(self, calendar: Calendar) -> Sequence[Entry]:
        """Return the entries as the calendar stands; what was returned before changes with it."""
        old, new = self._kept.update(calendar)
        gone = [entry for entries in old for entry in entries]
        come = [entry for entries in new for entry in entries]
        for entry in gone:
            self.facts.subtract(self._facts_of(entry))
        for entry in come:
            self.facts.update(self._facts_of(entry))
        if gone:
            self.facts = +self.facts
        if (len(gone) + len(come)) * SORTED_ANEW > len(self._entries):
            every = (entry for entries in self._kept.made.values() for entry in entries)
            self._entries[:] = sorted(every, key=self._order)
        else:
            for entry in gone:
                place = bisect_left(self._entries, self._order(entry), key=self._order)
                del self._entries[place]
            for entry in come:
                insort(self._entries, entry, key=self._order)
        return self._entries
