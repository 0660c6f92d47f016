"""Days and hours as a person reads them, by babel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from babel.dates import format_date, format_interval, format_timedelta

from p2pevents.view.times import Span

__all__ = ["LOCALES", "NIGHT_HOUR", "Moment", "ago", "day_text", "days_text", "moment_of"]

LOCALES: Final[Mapping[str, str]] = {"en": "en_GB", "fr": "fr_FR"}
_FIRST: Final = re.compile(r"\b1(?= [^\W\d])")
DASH: Final = "\N{EN DASH}"
_SECOND_MS: Final = 1_000
NIGHT_HOUR: Final = 12  # what ends before noon of the next day is a night, not two days


class Moment:
    """A span as it is shown to one reader: its wall times, in the zone that they asked for.

    Attributes:
        day: the day on which it begins; None while that is to be announced.
        last: the last day; a night belongs to the day before.
        start: its hour; None while that is to be announced.
        end: the hour of its end; None where it is not known.
    """

    __slots__ = ("day", "end", "last", "start")

    def __init__(self, span: Span, zone: tzinfo | None) -> None:
        start, end = span.start, span.end
        if zone is not None and span.start_utc is not None:
            start = span.start_utc.astimezone(zone).replace(tzinfo=None)
            end = span.end_utc.astimezone(zone).replace(tzinfo=None) if span.end_utc else None
        self.start: datetime | None = start
        self.end: datetime | None = end
        self.day: date | None = start.date() if start else span.day
        self.last = self.day
        if start is not None and end is not None and end > start:
            last = (end - timedelta(microseconds=1)).date()
            is_night = (last - start.date()).days == 1 and end.hour < NIGHT_HOUR
            self.last = start.date() if is_night else last

    @property
    def is_long(self) -> bool:
        """Whether it takes several days."""
        return self.day != self.last

    @property
    def hours(self) -> str:
        """`18:30`, behind a dash the end where it is known; empty while that is open."""
        if self.start is None:
            return ""
        return f"{self.start:%H:%M}" + (f"{DASH}{self.end:%H:%M}" if self.end else "")

    @property
    def iso(self) -> str:
        """The start for machines: `2020-01-08T18:30`, or the day alone."""
        if self.start is not None:
            return self.start.isoformat(timespec="minutes")
        return self.day.isoformat() if self.day else ""


def moment_of(span: Span, zone: tzinfo | None = None) -> Moment:
    """Return a span as it is shown in a zone; in its own where none is asked for."""
    return Moment(span, zone)


def day_text(day: date, form: str = "EEEE d MMMM y", *, language: str = "en") -> str:
    """Return a day in words, in a form of babel's."""
    return _first(format_date(day, form, locale=LOCALES[language]), language)


def days_text(first: date, last: date, *, language: str = "en") -> str:
    """Return several days in words, from the first to the last."""
    return _first(format_interval(first, last, "yMMMMd", locale=LOCALES[language]), language)


def ago(milliseconds: int, *, language: str = "en") -> str:
    """Return how long ago something was, in words."""
    text: str = format_timedelta(
        -timedelta(milliseconds=max(_SECOND_MS, milliseconds)),  # of 0, babel says "in"
        granularity="second",
        add_direction=True,
        locale=LOCALES[language],
    )
    return text


def _first(text: str, language: str) -> str:
    """Return a French date with its `1er janvier`, which CLDR writes as `1 janvier`."""
    return _FIRST.sub("1er", text) if language == "fr" else text
