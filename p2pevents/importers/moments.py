"""Times as files write them: wall time, perhaps an offset that disagrees with the zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from p2pevents.importers.plan import Trust
from p2pevents.record.draft.times import duration_text
from p2pevents.record.text import is_placeholder
from p2pevents.record.values import YEAR_MAX, YEAR_MIN

__all__ = [
    "Moment",
    "date_of",
    "duration_between",
    "moment_of",
    "offset_text",
    "wall_of",
    "zone_offset",
]

_HOUR = re.compile(r"([01]?[0-9]|2[0-3])[:h]([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time that was written: what the clock on the wall shows, and the offset beside it."""

    wall: datetime
    offset: timedelta | None = None

    def disagrees(self, zone: ZoneInfo) -> bool:
        """Return whether the offset written is not the zone's at that wall time."""
        return self.offset is not None and self.offset != zone_offset(self.wall, zone)

    def by_offset(self, zone: ZoneInfo) -> datetime:
        """Return the wall time in `zone` of the instant that the offset says."""
        if self.offset is None:
            return self.wall
        utc = (self.wall - self.offset).replace(tzinfo=UTC)
        return utc.astimezone(zone).replace(tzinfo=None)


def moment_of(text: str, *, day: date | None = None) -> Moment | None:
    """Read a cell that holds a time.

    Args:
        text: such as `2020-01-08T18:30:00+02:00`, `2020-01-08 18:30`, `18:30` or `TBA`.
        day: the day that an hour alone belongs to.

    Returns:
        None where it is empty or to be announced.

    Raises:
        ValueError: where it is something else, or out of the years that records may name.
    """
    text = text.strip()
    if not text or is_placeholder(text):
        return None
    hour = _HOUR.fullmatch(text)
    if hour and day:
        return Moment(wall=datetime.combine(day, time(int(hour[1]), int(hour[2]))))
    if len(text) <= len("2020-01-08"):
        raise ValueError("not a day and an hour")
    moment = datetime.fromisoformat(text)
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise ValueError(f"the year is not within {YEAR_MIN} to {YEAR_MAX}")
    return Moment(wall=moment.replace(tzinfo=None, microsecond=0), offset=moment.utcoffset())


def date_of(text: str) -> date | None:
    """Return the day that `text` is, `YYYY-MM-DD`; None where it is something else."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if YEAR_MIN <= day.year <= YEAR_MAX else None


def wall_of(moment: Moment, zone: ZoneInfo, trust: Trust) -> datetime:
    """Return the wall time of a moment by the reading that is trusted."""
    return moment.wall if trust is Trust.WALL else moment.by_offset(zone)


def duration_between(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return how long it is from one wall time to a later one, as records write it.

    Whole days by the calendar, then hours by the clock, as records are read.
    """
    days = timedelta(days=(end - start).days)
    rest = _utc(end, zone) - _utc(start + days, zone)
    return duration_text(days + max(rest, timedelta()))


def zone_offset(wall: datetime, zone: ZoneInfo) -> timedelta:
    """Return the zone's offset from UTC at a wall time."""
    return wall.replace(tzinfo=zone).utcoffset() or timedelta(0)


def offset_text(offset: timedelta) -> str:
    """Return an offset as it is written: `+02:00`."""
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
