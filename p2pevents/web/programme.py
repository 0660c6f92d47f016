"""The programme of an event: its days, and where each session stands in a grid of rooms and hours.

The grid's lines are the times at which anything begins or ends, so that a row is
as high as its words need. Sessions that share a room at the same time stand
beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Final

from p2pevents.view.entries import Entry
from p2pevents.web.news import NOTHING, News
from p2pevents.web.rows import Row, row_of
from p2pevents.words import DEFAULT

__all__ = [
    "COLUMNS_MAX",
    "LINES_MAX",
    "Placed",
    "ProgrammeDay",
    "Room",
    "grid_style",
    "programme_of",
]

COLUMNS_MAX: Final = 24
LINES_MAX: Final = 120
_NO_END: Final = timedelta(minutes=30)  # how long a session without an end is drawn
_NEVER: Final = datetime(1900, 1, 1)  # noqa: DTZ001 - wall time; only what has a start is placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A session in its place: column from 2, first and last line from 1."""

    row: Row
    column: int = 0
    begins: int = 0
    ends: int = 0

    @property
    def classes(self) -> str:
        """The classes that put it there."""
        return f"c{self.column} r{self.begins} e{self.ends}" if self.column else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The head of a room: its name, its first column, and the one after its last."""

    name: str
    column: int
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeDay:
    """One day of a programme.

    Attributes:
        day: which.
        anchor: its name within the page.
        rooms: heads of the columns; none where it is only a list.
        hours: the times at which anything begins, each with its line.
        sessions: in order of time.
    """

    day: date
    anchor: str
    rooms: tuple[Room, ...]
    hours: tuple[tuple[str, int], ...]
    sessions: tuple[Placed, ...]


def programme_of(
    entry: Entry, *, zone: tzinfo | None = None, language: str = DEFAULT, news: News = NOTHING
) -> tuple[list[ProgrammeDay], list[Row]]:
    """Return the days of a programme, and the sessions whose day or hour is to be announced."""
    rows = [row_of(session, zone=zone, language=language, news=news) for session in entry.sessions]
    known = sorted(
        (row for row in rows if row.moment.start is not None),
        key=lambda row: (_ends(row)[0], row.entry.path),
    )
    days = []
    for day, found in groupby(known, key=lambda row: row.moment.day):
        of_day = list(found)
        if day is None:
            continue
        rooms, hours, placed = _grid(of_day)
        days.append(
            ProgrammeDay(
                day=day,
                anchor=f"day-{day.isoformat()}",
                rooms=rooms,
                hours=hours,
                sessions=placed,
            )
        )
    return days, [row for row in rows if row.moment.start is None]


def _grid(
    rows: Sequence[Row],
) -> tuple[tuple[Room, ...], tuple[tuple[str, int], ...], tuple[Placed, ...]]:
    """Place a day's sessions; without places where they are too many, or all in one room."""
    times = sorted({each for row in rows for each in _ends(row)})
    line_of = {each: number + 1 for number, each in enumerate(times)}
    rooms: list[Room] = []
    columns: dict[int, int] = {}
    column = 2
    for name in sorted({_room(row) for row in rows}, key=lambda name: (not name, name.casefold())):
        lanes: list[datetime] = []
        first = column
        for index, row in enumerate(rows):
            if _room(row) != name:
                continue
            begins, ends = _ends(row)
            lane = next((n for n, free in enumerate(lanes) if free <= begins), len(lanes))
            lanes[lane : lane + 1] = [ends]
            columns[index] = first + lane
        column = first + len(lanes)
        rooms.append(Room(name=name, column=first, ends=column))
    if column > COLUMNS_MAX or len(times) > LINES_MAX or len(rooms) == 1:
        return (), (), tuple(Placed(row=row) for row in rows)
    begun = sorted({_ends(row)[0] for row in rows})
    hours = tuple((f"{each:%H:%M}", line_of[each]) for each in begun)
    placed = tuple(
        Placed(
            row=row,
            column=columns[index],
            begins=line_of[_ends(row)[0]],
            ends=line_of[_ends(row)[1]],
        )
        for index, row in enumerate(rows)
    )
    return tuple(rooms), hours, placed


def _ends(row: Row) -> tuple[datetime, datetime]:
    start = row.moment.start or _NEVER
    end = row.moment.end
    return start, end if end is not None and end > start else start + _NO_END


def _room(row: Row) -> str:
    return row.told.room


def grid_style() -> str:
    """Return the style sheet's part that puts sessions into their places.

    As classes, since a page that may run no style of its own has no style attributes either.
    """
    columns = [
        f".c{n}{{grid-column-start:{n}}}.d{n}{{grid-column-end:{n}}}"
        for n in range(2, COLUMNS_MAX + 2)
    ]
    lines = [
        f".r{n}{{grid-row-start:{n}}}.e{n}{{grid-row-end:{n}}}" for n in range(1, LINES_MAX + 2)
    ]
    return "@media (min-width:62rem){" + "".join(columns + lines) + "}\n"
