"""When something is, as it is shown: wall time and zone made into a span that can be compared."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from p2pevents.record.values import NIGHT_HOURS_MAX, YEAR_MAX, YEAR_MIN, When, duration_of

__all__ = [
    "EVER",
    "NOWHEN",
    "Span",
    "Window",
    "day_named",
    "night_of",
    "span_of",
    "today_of",
    "utc_of",
    "utc_text",
    "zone_of",
]

ZONES_KEPT_MAX: Final = 256
DURATIONS_KEPT_MAX: Final = 256


class Span(Struct, frozen=True, kw_only=True):
    """A start and an end, as far as they are known.

    Attributes:
        time_zone: IANA name; None where nothing is known.
        day: the local day on which it starts; None where nothing is known.
        start: local time; None while the hour is to be announced.
        end: local time; None where it is not known how long it takes.
        start_utc: the instant; None where the zone is not one that this machine knows.
        end_utc: the instant.
    """

    time_zone: str | None = None
    day: date | None = None
    start: datetime | None = None
    end: datetime | None = None
    start_utc: datetime | None = None
    end_utc: datetime | None = None

    @property
    def last_day(self) -> date | None:
        """The local day on which it ends; one that ends at midnight is over with the day before."""
        if self.end is None or self.start is None or self.end <= self.start:
            return self.day
        return (self.end - timedelta(microseconds=1)).date()

    @property
    def order(self) -> tuple[datetime, bool]:
        """What sorts spans: by instant, a whole day before its hours, the unknown last."""
        if self.start is not None:
            return (self.start_utc or self.start.replace(tzinfo=UTC), True)
        if self.day is not None:
            return (utc_of(datetime.combine(self.day, time()), self.time_zone), False)
        return (_LAST, True)


NOWHEN: Final = Span()
"""The span of what nobody said a day of."""

_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Window(Struct, frozen=True, kw_only=True):
    """The local days that are looked at: from the first until before the last.

    Attributes:
        first: the first day; None for no beginning.
        until: the day after the last one; None for no end.
    """

    first: date | None = None
    until: date | None = None

    def holds(self, span: Span) -> bool:
        """Return whether any of the span lies within; the unknown only where there is no end."""
        first, until, day = self.first, self.until, span.day
        if day is None:
            return until is None
        if until is not None and day >= until:
            return False
        if first is None or day >= first:
            return True
        # Only what began before is asked when it ends.
        last_day = span.last_day
        return last_day is not None and last_day >= first


EVER: Final = Window()
"""The window without beginning and end."""


@lru_cache(maxsize=ZONES_KEPT_MAX)
def zone_of(name: str) -> ZoneInfo | None:
    """Return the zone of that name; None where this machine knows none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def night_of(span: Span) -> datetime | None:
    """Return the end of what passes midnight and is over by morning; None of anything else.

    Where the hour alone was typed, this is what whoever typed it should see.
    """
    if span.start is None or span.end is None:
        return None
    is_night = span.end - span.start <= timedelta(hours=NIGHT_HOURS_MAX)
    return span.end if is_night and span.end.date() != span.start.date() else None


def today_of(now_ms: int, zone: str | None) -> str:
    """Return the local day, `YYYY-MM-DD`; in UTC where the zone is not known."""
    where = (zone_of(zone) if zone else None) or UTC
    return datetime.fromtimestamp(now_ms / 1000, tz=where).date().isoformat()


def utc_of(wall: datetime, time_zone: str | None) -> datetime:
    """Return the instant of a wall time; in a zone that is not known it is taken for UTC."""
    zone = zone_of(time_zone) if time_zone else None
    return wall.replace(tzinfo=zone or UTC).astimezone(UTC)


def utc_text(instant: datetime) -> str:
    """Return an instant as text: `2020-01-08T17:30:00Z`."""
    return instant.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def day_named(text: str) -> date | None:
    """Return the day that a path names; None where it is none, or one that no record may hold.

    Paths are bounded in form alone: the calendar may have no such day, or the years.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if YEAR_MIN <= day.year <= YEAR_MAX else None


def span_of(when: When | None) -> Span:
    """Return the span of a `when`.

    Whole days of a duration are counted by the calendar, hours by the clock.
    """
    if when is None or when.time_zone is None:
        return NOWHEN
    if when.start is None:
        day = date.fromisoformat(when.day) if when.day else None
        return Span(time_zone=when.time_zone, day=day)
    start = datetime.fromisoformat(when.start)
    zone = zone_of(when.time_zone)
    start_utc = start.replace(tzinfo=zone).astimezone(UTC) if zone else None
    end = end_utc = None
    if when.duration is not None:
        days, hours = _parts(when.duration)
        end = start + days + hours
        if zone is not None:
            late_utc = (start + days).replace(tzinfo=zone).astimezone(UTC) if days else start_utc
            end_utc = late_utc + hours if late_utc else None
            end = end_utc.astimezone(zone).replace(tzinfo=None) if end_utc else end
    return Span(
        time_zone=when.time_zone,
        day=start.date(),
        start=start,
        end=end,
        start_utc=start_utc,
        end_utc=end_utc,
    )


@lru_cache(maxsize=DURATIONS_KEPT_MAX)
def _parts(duration: str) -> tuple[timedelta, timedelta]:
    """Return the days of a duration, and the rest of it."""
    days, _, rest = duration.partition("T")
    return (
        duration_of(days) if len(days) > 1 else timedelta(),
        duration_of("PT" + rest) if rest else timedelta(),
    )
