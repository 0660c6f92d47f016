"""Which edition each date of a series is: counted from #0, by what the calendar holds.

What is skipped or was retracted is no edition; what was cancelled or postponed was
announced as one and stays one. Where an organiser says a number, it goes on from there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from p2pevents.record.fields import EDITION_MAX, Occurrence, Series
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.record.values import StatusIs
from p2pevents.view.calendar import Calendar
from p2pevents.view.recurrence import dates_until, until_of
from p2pevents.view.times import day_named

__all__ = ["CONTINUED_MAX", "Numbering", "has_time", "line_of", "numbering_of"]

CONTINUED_MAX: Final = 16
"""How many series that go on from each other are followed."""

Numbering = Callable[[date], int | None]
"""From a date of a series to its number; None where it is no edition."""


def has_time(merged: MergedObject) -> bool:
    """Return whether an object says itself when it is."""
    when = getattr(merged.shown, "when", None)
    return when is not None and when.local_day is not None


def line_of(calendar: Calendar, merged: MergedObject) -> Iterator[MergedObject]:
    """Yield a series and those that it goes on from, the newest first."""
    seen = set()
    for _ in range(CONTINUED_MAX):
        seen.add(merged.id.path)
        yield merged
        series = merged.shown
        if not isinstance(series, Series) or series.continues is None:
            return
        before = calendar.shown(merged.id.chapter, Kind.SERIES, tuple(series.continues.split("/")))
        if before is None or before.id.path in seen:
            return
        merged = before


def numbering_of(calendar: Calendar, merged: MergedObject, until: date) -> Numbering:
    """Return what numbers the dates of a series up to a day.

    Args:
        calendar: where it stands; every date of which anything was said is in it.
        merged: the series.
        until: the last day that is asked for.
    """
    line = list(line_of(calendar, merged))[::-1]
    begins = 0
    for before in line[:-1]:
        series = before.shown
        last = until_of(series.when) if isinstance(series, Series) and series.when else None
        if last is None:
            continue  # it goes on beside its heir: what it counts has no end
        begins = _Count(calendar, before, last.date(), begins).after
    return _Count(calendar, merged, until, begins).number


class _Count:
    """One series, counted up to a day.

    Attributes:
        after: the number of the next date behind that day.
    """

    def __init__(self, calendar: Calendar, merged: MergedObject, until: date, begins: int) -> None:
        series = merged.shown
        when = series.when if isinstance(series, Series) else None
        self._given = dates_until(when, until) if when is not None else ()
        # Of each date of which something was said: how many editions more than by the rule
        # there are from it on, and where the count was set anew.
        self._steps: list[tuple[date, int]] = []
        self._none: set[date] = set()
        self._begins = begins
        extra = begins
        by_rule = frozenset(self._given)
        for day in calendar.family(merged.id.chapter, merged.id.path).days:
            on = day_named(day)
            own = calendar.object_at(merged.id.chapter, Kind.OCCURRENCE, (*merged.id.path, day))
            if on is None or on > until or own is None:
                continue
            shown = own.shown if isinstance(own.shown, Occurrence) else None
            status = shown.status.state if shown and shown.status else StatusIs.CONFIRMED
            is_held = not own.retracted and status is not StatusIs.SKIPPED
            counts = is_held and (on in by_rule or has_time(own))
            if not counts:
                self._none.add(on)
                if on in by_rule:
                    extra -= 1
                    self._steps.append((on, extra))
                continue
            if shown is not None and shown.edition is not None:
                extra = shown.edition - bisect_left(self._given, on)
                self._steps.append((on, extra))
            if on not in by_rule:
                # It stands between two dates of the rule, and those behind it count one more.
                self._steps.append((on, extra))
                extra += 1
                self._steps.append((date.fromordinal(on.toordinal() + 1), extra))
        self.after = len(self._given) + extra

    def number(self, day: date) -> int | None:
        """Return the number of a date; None where it is no edition."""
        if day in self._none:
            return None
        extra = next((step for on, step in reversed(self._steps) if on <= day), self._begins)
        number = bisect_left(self._given, day) + extra
        return number if 0 <= number <= EDITION_MAX else None
