"""When it is, as a person types it: `2020-01-08 18:30`, `23:00`, a day, a zone.

Wall time is kept as it was typed. A time that the clocks of its zone skip is
refused here, while someone is there to mend it.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Final

from p2pevents.errors import DraftError
from p2pevents.record.values import (
    DURATION_DAYS_MAX,
    NIGHT_HOURS_MAX,
    YEAR_MAX,
    YEAR_MIN,
    When,
    duration_of,
)

__all__ = [
    "check_zone",
    "duration_text",
    "night_end",
    "read_day",
    "read_length",
    "read_moment",
    "read_when",
]

_MOMENT: Final = re.compile(
    r"(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:$|[ T]+(?=[0-9])))?"
    r"(?P<time>[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?)?(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_LENGTH: Final = re.compile(
    r"(?P<hours>[0-9]{1,3}) ?(?:h|hours?)(?: ?(?P<rest>[0-5]?[0-9]) ?(?:m|min|minutes?)?)?"
    r"|(?P<minutes>[0-9]{1,4}) ?(?:m|min|minutes?)",
    re.ASCII,
)
_MORNING_ENDS: Final = dt.time(12)
_AFTER_MIDNIGHT: Final = dt.time(0, 30)


def read_when(
    *,
    start: str | None = None,
    end: str | None = None,
    zone: str | None = None,
    day: str | None = None,
    current: When | None = None,
) -> When:
    """Return when something is, from what a person typed.

    Args:
        start: `YYYY-MM-DD HH:MM`; a day alone while the hour is not known; or `HH:MM` where the
            day is known from `day` or `current`.
        end: as `start`, or empty to take it back; `HH:MM` is on the day of the start, or in the
            night after it as `night_end` takes it.
        zone: IANA name of the zone; that of `current` where left out.
        day: the day that a bare `HH:MM` is on, `YYYY-MM-DD`.
        current: what is said until now, of which the parts not given are kept. A new start
            without an end keeps the duration.

    Raises:
        DraftError: with the field, what is wrong with it, and the way out.
    """
    tz = _zone(zone, current)
    zone = tz.key
    day = day or (current.local_day if current else None)
    if start is None:
        start = (current.start or current.day) if current else day
    if start is None:
        raise DraftError("start: missing", hint="write start = 2020-01-08 18:30, or a day alone")
    start_day, start_time = _read_moment("start", start, day)
    if start_time is None:
        if end:
            raise DraftError(
                f"end: {end} is given, but start is a day alone",
                hint=f"write start = {start_day} 18:30, or leave out end",
            )
        return When(day=start_day.isoformat(), time_zone=zone)
    begins = dt.datetime.combine(start_day, start_time)
    _exists("start", begins, tz)
    duration = current.duration if current and current.start else None
    if end is not None:
        duration = _duration(begins, end, tz) if end else None
    return When(start=begins.isoformat(), time_zone=zone, duration=duration)


def read_moment(
    field: str, text: str | None, *, zone: str | None = None, current: When | None = None
) -> When:
    """Return a single time, or a day alone.

    Args:
        field: the word, for messages.
        text: `YYYY-MM-DD HH:MM`; a day alone; `HH:MM` on the day of `current`; None keeps what
            `current` says, in another zone.
        zone: as in `read_when`.
        current: what is said until now.

    Raises:
        DraftError: with the field, what is wrong with it, and the way out.
    """
    tz = _zone(zone, current)
    text = text or ((current.start or current.day) if current else None)
    if text is None:
        raise DraftError(
            f"{field}: missing", hint=f"write {field} = 2020-01-08 18:30, or a day alone"
        )
    day, time = _read_moment(field, text, current.local_day if current else None)
    if time is None:
        return When(day=day.isoformat(), time_zone=tz.key)
    wall = dt.datetime.combine(day, time)
    _exists(field, wall, tz)
    return When(start=wall.isoformat(), time_zone=tz.key)


def read_length(field: str, text: str) -> str:
    """Return a length of time, typed as `30 min`, `1h30`, `2 hours` or `PT1H30M`.

    Raises:
        DraftError: when it is not one, is zero, or is longer than 366 days.
    """
    plain = " ".join(text.lower().split())
    hint = "write 30 min, or 1h30"
    if found := _LENGTH.fullmatch(plain):
        hours, minutes = int(found["hours"] or 0), int(found["rest"] or found["minutes"] or 0)
        length = dt.timedelta(hours=hours, minutes=minutes)
    else:
        try:
            length = duration_of(plain.upper())
        except ValueError as error:
            raise DraftError(f"{field}: {error}", hint=hint) from None
    if not length:
        raise DraftError(f"{field}: {text[:30]!r} is no time at all", hint=hint)
    return duration_text(length)


def read_day(field: str, text: str) -> dt.date:
    """Return a day typed as `YYYY-MM-DD`.

    Raises:
        DraftError: when it is not one, or not within the years that records hold.
    """
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        raise DraftError(f"{field}: {text[:40]!r} is not a day", hint="write 2020-01-08") from None
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise DraftError(f"{field}: {day} is not within the years {YEAR_MIN} to {YEAR_MAX}")
    return day


def check_zone(zone: str) -> zoneinfo.ZoneInfo:
    """Return the zone of that name.

    Raises:
        DraftError: when the IANA database of this machine has none.
    """
    try:
        return zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise DraftError(
            f"zone: {zone[:64]!r} is not a time zone", hint="write one such as Europe/Paris"
        ) from None


def duration_text(length: dt.timedelta) -> str:
    """Return a length of whole seconds, not below zero, as `PT4H30M` or `P1DT2H`."""
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    time = "".join(
        f"{number}{unit}"
        for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if number
    )
    days = f"{length.days}D" if length.days else ""
    if not days and not time:
        return "PT0S"
    return f"P{days}T{time}" if time else f"P{days}"


def night_end(begins: dt.datetime, ends: dt.datetime) -> dt.datetime | None:
    """Return the end that is meant by an hour that lies before the start: that of the next day.

    None where it would last longer than a night: then it is more likely a slip.

    Args:
        begins: the start.
        ends: the hour of the end, on the day of the start.
    """
    next_day = ends + dt.timedelta(days=1)
    is_night = begins < next_day <= begins + dt.timedelta(hours=NIGHT_HOURS_MAX)
    return next_day if is_night and ends.date() == begins.date() else None


def _names_day(text: str) -> bool:
    found = _MOMENT.match(text.strip())
    return found is not None and found["day"] is not None


def _zone(zone: str | None, current: When | None) -> zoneinfo.ZoneInfo:
    """Return the zone that was typed, or else that of `current`."""
    zone = zone or (current.time_zone if current else None)
    if zone is None:
        raise DraftError("zone: missing", hint="write --zone Europe/Paris, or zone = in a file")
    return check_zone(zone)


def _read_moment(field: str, text: str, day: str | None) -> tuple[dt.date, dt.time | None]:
    """Return the day, and the time where there is one."""
    found = _MOMENT.match(text.strip())
    date_text, time_text, rest = found.group("day", "time", "rest") if found else (None, None, text)
    if rest:
        if date_text and time_text and re.fullmatch(r"(Z|[+-][0-9:]{2,6})", rest):
            raise DraftError(
                f"{field}: {text[:40]!r} has an offset from UTC",
                hint="write the local time without it, and name the zone",
            )
        raise DraftError(
            f"{field}: {text[:40]!r} is not a time", hint="write 2020-01-08 18:30, or 18:30"
        )
    if date_text is None and day is None:
        raise DraftError(f"{field}: {text[:40]!r} has no day", hint=f"write 2020-01-08 {text[:5]}")
    date = read_day(field, date_text or day or "")
    if time_text is None:
        return date, None
    hour, minute, second = (*(int(part) for part in re.split("[:h]", time_text)), 0)[:3]
    try:
        return date, dt.time(hour, minute, second)
    except ValueError:
        hint = "midnight at the end of a day is 00:00 of the next" if hour == 24 else ""
        raise DraftError(f"{field}: {time_text} is not a time of day", hint=hint) from None


def _duration(begins: dt.datetime, end: str, tz: zoneinfo.ZoneInfo) -> str:
    """Return how long it takes until `end`: whole days by the calendar, then hours by the clock."""
    end_day, end_time = _read_moment("end", end, begins.date().isoformat())
    if end_time is None:
        raise DraftError(
            f"end: {end} is a day alone", hint=f"write end = {end_day} 23:00, or leave it out"
        )
    ends = dt.datetime.combine(end_day, end_time)
    if ends <= begins and not _names_day(end):
        ends = night_end(begins, ends) or ends
    _exists("end", ends, tz)
    if ends <= begins:
        late = end_time if end_time < _MORNING_ENDS else _AFTER_MIDNIGHT
        night = dt.datetime.combine(begins.date() + dt.timedelta(days=1), late)
        raise DraftError(
            f"end {ends:%Y-%m-%d %H:%M} is before start {begins:%Y-%m-%d %H:%M}"
            if ends < begins
            else f"end {ends:%Y-%m-%d %H:%M} is the same as start {begins:%Y-%m-%d %H:%M}",
            hint=f"for a talk past midnight write end = {night:%Y-%m-%dT%H:%M}",
        )
    days = (ends - begins).days
    rest = _utc(ends, tz) - _utc(begins + dt.timedelta(days=days), tz)
    if days > DURATION_DAYS_MAX - 1:
        raise DraftError(f"end: {days} days after start, where {DURATION_DAYS_MAX} are allowed")
    return duration_text(dt.timedelta(days=days) + max(rest, dt.timedelta()))


def _exists(field: str, wall: dt.datetime, tz: zoneinfo.ZoneInfo) -> None:
    """Raise DraftError where the clocks of the zone skip this time in spring."""
    back = _utc(wall, tz).astimezone(tz).replace(tzinfo=None)
    if back != wall:
        raise DraftError(
            f"{field}: {wall:%Y-%m-%d %H:%M} does not exist in {tz.key}: the clocks go forward",
            hint=f"did you mean {back:%H:%M}",
        )


def _utc(wall: dt.datetime, tz: zoneinfo.ZoneInfo) -> dt.datetime:
    return wall.replace(tzinfo=tz).astimezone(dt.UTC)
