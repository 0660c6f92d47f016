"""A month: its weeks, and what is on each day of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Final

from p2pevents.view.entries import Entry
from p2pevents.view.times import Window
from p2pevents.web.dates import moment_of
from p2pevents.web.rows import Row

__all__ = ["MonthDay", "after", "before", "month_of", "window_of"]

DAY_ROWS_MAX: Final = 6  # of a day of a month; the others are on its agenda


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDay:
    """One cell of a month.

    Attributes:
        day: which.
        is_inside: whether it is one of the month.
        is_today: whether it is today.
        rows: what is on, the first of it.
        others: how many more there are.
    """

    day: date
    is_inside: bool
    is_today: bool
    rows: tuple[Row, ...] = ()
    others: int = 0


def before(first: date) -> date:
    """Return the first day of the month before."""
    return (first - timedelta(days=1)).replace(day=1)


def after(first: date) -> date:
    """Return the first day of the month after."""
    return (first + timedelta(days=32)).replace(day=1)


def window_of(first: date) -> Window:
    """Return the days that a month shows: its own, and those that fill its weeks."""
    return Window(first=first - timedelta(days=6), until=after(first) + timedelta(days=6))


def month_of(
    first: date,
    entries: Iterable[Entry],
    *,
    today: date,
    zone: tzinfo | None,
    draw: Callable[[Entry], Row],
) -> list[list[MonthDay]]:
    """Return the weeks of a month, from Monday on, each day with what is on.

    Args:
        first: the first day of the month.
        entries: all that is on, in order of time.
        today: the day that it is.
        zone: in which zone the reader wants to see them.
        draw: makes a row of an entry; of those alone that are shown.
    """
    weeks = list(_weeks(first - timedelta(days=first.weekday()), first))
    begins, ends = weeks[0][0], weeks[-1][-1]
    on: dict[date, list[Entry]] = {}
    for entry in entries:
        moment = moment_of(entry.span, zone)
        if moment.day is None or moment.last is None:
            continue
        day, last = max(moment.day, begins), min(moment.last, ends)
        while day <= last:
            on.setdefault(day, []).append(entry)
            day += timedelta(days=1)
    return [
        [
            MonthDay(
                day=day,
                is_inside=(day.year, day.month) == (first.year, first.month),
                is_today=day == today,
                rows=tuple(draw(entry) for entry in on.get(day, ())[:DAY_ROWS_MAX]),
                others=max(0, len(on.get(day, ())) - DAY_ROWS_MAX),
            )
            for day in week
        ]
        for week in weeks
    ]


def _weeks(begins: date, first: date) -> Iterator[list[date]]:
    while begins <= first or begins.month == first.month:
        yield [begins + timedelta(days=number) for number in range(7)]
        begins += timedelta(days=7)
