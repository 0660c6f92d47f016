"""A calendar file that was read: its VEVENTs, each with the line at which it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import icalendar
from icalendar.prop import vBroken

from p2pevents.errors import InputError
from p2pevents.importers.words import line_of
from p2pevents.record.kept_object import STAMP, stamp_of
from p2pevents.record.values import YEAR_MAX, YEAR_MIN

__all__ = ["EVENTS_MAX", "ICS_BYTES_MAX", "CalendarFile", "Vevent", "read_calendar"]

ICS_BYTES_MAX: Final = 16 * 1024 * 1024
EVENTS_MAX: Final = 10_000
NESTED_MAX: Final = 8
_TOLD: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
"""What cannot be passed over where it is broken: without it the event is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vevent:
    """One VEVENT.

    Attributes:
        file: the file's name, for messages.
        line: the line at which it begins, counted from 1.
        component: as the library read it.
    """

    file: str
    line: int
    component: icalendar.Component

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{self.file}: line {self.line}"

    @property
    def uid(self) -> str:
        """What names it for ever; empty where the file gives it no name."""
        return line_of(self.text("UID"))

    @property
    def sequence(self) -> int:
        """Which revision it is."""
        value = self.component.get("SEQUENCE")
        return value if isinstance(value, int) else 0

    @property
    def recurrence(self) -> date | datetime | None:
        """The date of a series that it speaks of; None where it is no such date."""
        return self._moment("RECURRENCE-ID")

    @property
    def start(self) -> date | datetime | None:
        """Its start, a whole day where no hour is given; None where it has none."""
        return self._moment("DTSTART")

    @property
    def end(self) -> date | datetime | None:
        """Its end by DTEND or DURATION; None where neither is given."""
        length = getattr(self.component.get("DURATION"), "dt", None)
        if self.start is not None and isinstance(length, timedelta):
            try:
                return self.start + length
            except OverflowError:
                raise InputError(f"{self.where}: DURATION: too long") from None
        return self._moment("DTEND")

    def text(self, name: str) -> str:
        """Return a property's text; empty where it has none, the first where it has several."""
        values = self._values(name)
        return str(values[0]) if values else ""

    def language(self, name: str) -> str:
        """Return the language that a property says it is in; empty where it says none."""
        values = self._values(name)
        return str(values[0].params.get("LANGUAGE", "")) if values else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a property that may stand several times, or hold a list."""
        return tuple(
            str(text) for value in self._values(name) for text in getattr(value, "cats", (value,))
        )

    def moments(self, name: str) -> tuple[date | datetime, ...]:
        """Return every time of RDATE or EXDATE; of a period, its start."""
        times = (each.dt for value in self._values(name) for each in getattr(value, "dts", ()))
        return tuple(each[0] if isinstance(each, tuple) else each for each in times)

    def rule(self) -> icalendar.vRecur | None:
        """Return its recurrence rule."""
        rules = self._values("RRULE")
        if len(rules) > 1:
            raise InputError(
                f"{self.where}: RRULE: {len(rules)} of them", hint="keep one, and give others a UID"
            )
        return rules[0] if rules else None

    def names_unknown_zone(self, name: str) -> str:
        """Return the zone that a time names and nobody knows; empty where there is none."""
        values = self._values(name)
        if not values or not isinstance(getattr(values[0], "dt", None), datetime):
            return ""
        zone = str(values[0].params.get("TZID", ""))
        return zone if zone and values[0].dt.tzinfo is None else ""

    @property
    def is_untouched(self) -> bool:
        """Whether it stands as this program wrote it, and no other program has saved it since."""
        stamp = self.text(STAMP)
        value = self.component.get("LAST-MODIFIED")
        modified = getattr(value, "dt", None)
        return bool(stamp) and isinstance(modified, datetime) and stamp == stamp_of(modified)

    def _moment(self, name: str) -> date | datetime | None:
        values = self._values(name)
        moment = getattr(values[0], "dt", None) if values else None
        return moment if isinstance(moment, date) else None

    def _values(self, name: str) -> list[Any]:
        value = self.component.get(name)
        if value is None:
            return []
        values = value if isinstance(value, list) else [value]
        return [each for each in values if not isinstance(each, vBroken)]

    def check(self) -> None:
        """Raise InputError where a time or rule cannot be read, for nothing stands in for it."""
        for name in _TOLD:
            value = self.component.get(name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, vBroken):
                    raise InputError(
                        f"{self.where}: {name}: {str(each)[:60]!r} cannot be read",
                        hint="mend it in the file, or export it again",
                    )
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            if isinstance(self.component.get(name), list):
                raise InputError(f"{self.where}: {name}: it stands twice")
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"):
            one = getattr(next(iter(self._values(name)), None), "dt", None)
            for moment in (one, *self.moments(name)):
                # Also what keeps a conversion between zones from running out of the years.
                if isinstance(moment, date) and not YEAR_MIN <= moment.year <= YEAR_MAX:
                    raise InputError(
                        f"{self.where}: {name}: the year is not within {YEAR_MIN} to {YEAR_MAX}"
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFile:
    """A calendar file that is whole: every component in it is ended.

    Attributes:
        name: the file's name, for messages.
        zone: the zone that it names for times without one; empty where it names none.
        events: its VEVENTs, in their order.
    """

    name: str
    zone: str
    events: tuple[Vevent, ...]


def read_calendar(text: str, *, name: str) -> CalendarFile:
    """Read a calendar file.

    Args:
        text: the whole file.
        name: its name, for messages.

    Raises:
        InputError: with file and line, where it is cut off, too large, or no calendar.
    """
    if len(text) > ICS_BYTES_MAX:
        raise InputError(
            f"{name}: larger than {ICS_BYTES_MAX // 2**20} MiB", hint="export it in parts"
        )
    lines = tuple(_starts(text, name))
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise InputError(f"{name}: not a calendar: {_first_line(error)}") from None
    except (OSError, RecursionError):  # it looks for a file of the name that a zone is given
        raise InputError(f"{name}: names a time zone that there is none of") from None
    found = [each for calendar in calendars for each in calendar.walk("VEVENT")]
    if len(found) != len(lines):
        raise InputError(f"{name}: not a calendar that can be read", hint="export it again")
    if not found:
        raise InputError(f"{name}: no event in it")
    events = tuple(
        Vevent(file=name, line=line, component=component)
        for line, component in zip(lines, found, strict=True)
    )
    for event in events:
        event.check()
    zone = next((str(each["X-WR-TIMEZONE"]) for each in calendars if "X-WR-TIMEZONE" in each), "")
    return CalendarFile(name=name, zone=zone, events=events)


def _starts(text: str, name: str) -> Iterator[int]:
    """Yield the line of each VEVENT; raise InputError where something is not ended."""
    open_: list[tuple[str, int]] = []
    count = 0
    begun = False
    for number, line in enumerate(text.splitlines(), 1):
        word, _, what = line.partition(":")
        what = what.strip().upper()
        match word.upper():
            case "BEGIN":
                begun = True
                if len(open_) == NESTED_MAX:
                    raise InputError(f"{name}: line {number}: too many components in each other")
                open_.append((what, number))
                if what == "VEVENT":
                    count += 1
                    if count > EVENTS_MAX:
                        raise InputError(
                            f"{name}: more than {EVENTS_MAX} events", hint="import it in parts"
                        )
                    yield number
            case "END":
                if not open_ or open_.pop()[0] != what:
                    raise InputError(
                        f"{name}: line {number}: END:{what[:40]} ends nothing that was begun"
                    )
            case _ if not begun and line.strip():
                raise InputError(
                    f"{name}: line {number}: not a calendar: it does not begin with BEGIN:VCALENDAR"
                )
    if open_:
        what, number = open_[-1]
        raise InputError(
            f"{name}: line {number}: BEGIN:{what[:40]} is never ended: the file is cut off",
            hint="export or download it again",
        )
    if not begun:
        raise InputError(f"{name}: empty")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["it cannot be read"])[0][:120]
