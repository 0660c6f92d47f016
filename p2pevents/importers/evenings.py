"""What makes a city's evenings: its rule, its hours, its place, what a note says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from p2pevents.errors import InputError
from p2pevents.importers.meetups import Group, Place, Slot
from p2pevents.importers.moments import date_of, duration_between
from p2pevents.importers.words import line_of
from p2pevents.record.draft.rules import read_rule
from p2pevents.record.text import REASON_CHARACTERS_MAX
from p2pevents.record.values import StatusIs

__all__ = ["Hours", "Rule", "dates_of", "day_of", "hours_of", "place_of", "read_note", "rule_of"]

DATES_MAX: Final = 5_000
"""The most dates that a rule may have between a city's first and last edition."""

_RULE = re.compile(
    r"(?P<words>[^,]+)(?:,\s*(?P<start>[0-9]{1,2}:[0-9]{2})\s*(?:to|-)\s*(?P<end>[0-9]{1,2}:[0-9]{2}))?"
    r"(?:,\s*from\s+(?P<first>[0-9]{4}-[0-9]{2}-[0-9]{2}))?",
    re.ASCII,
)
_NOTES: Final = {"cancelled": StatusIs.CANCELLED, "postponed": StatusIs.POSTPONED}
_NOTE_WORD = re.compile("|".join(_NOTES))
_ONLINE = re.compile(r"\bonline\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From when to when an evening is, in local time; an end that is not later is the next day."""

    start: time
    end: time

    def when(self, day: date, zone: ZoneInfo) -> dict[str, object]:
        """Return the value of the field `when` for an evening of these hours."""
        start, end = datetime.combine(day, self.start), datetime.combine(day, self.end)
        if end <= start:
            end += timedelta(days=1)
        return {
            "start": start.isoformat(),
            "timeZone": zone.key,
            "duration": duration_between(start, end, zone),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How often a city meets: RFC 5545's rule, its first date, its hours where it says them."""

    rrule: str
    first: date
    hours: Hours | None


def rule_of(group: Group, where: str) -> Rule | None:
    """Read a city's rule, such as `every first Wednesday, 18:30 to 23:00, from 2019-08-07`.

    Raises:
        InputError: where its words are not understood.
    """
    if group.rule is None:
        return None
    found = _RULE.fullmatch(" ".join(group.rule.split()))
    if not found:
        raise InputError(
            f"{where}.rule: {group.rule[:60]!r} is not understood",
            hint="write one such as: first Wednesday, 18:30 to 23:00, from 2019-08-07",
        )
    try:
        rrule = read_rule(found["words"])
    except InputError as error:
        raise InputError(f"{where}.{error.message}", hint=error.hint) from None
    dates = [day_of(edition.date, f"{where}.editions") for edition in group.editions]
    first = day_of(found["first"], f"{where}.rule") if found["first"] else min(dates, default=None)
    if first is None:
        raise InputError(f"{where}.rule: no first date", hint="end it with: from 2019-08-07")
    hours = None
    if found["start"]:
        hours = Hours(start=_hour(found["start"], where), end=_hour(found["end"], where))
    return Rule(rrule=rrule, first=first, hours=hours)


def dates_of(rule: Rule, last: date, where: str) -> list[date]:
    """Return the dates of a rule from its first until `last`.

    Raises:
        InputError: where they are too many, or the rule is none that dates can be made of.
    """
    # Loaded where it is needed: a programme of one event has no use for it.
    from dateutil.rrule import rrulestr  # noqa: PLC0415

    start = datetime.combine(rule.first, time())
    until = datetime.combine(last, time())
    try:
        rule_dates = rrulestr(rule.rrule, dtstart=start)
        found: list[date] = []
        for moment in rule_dates.xafter(start, inc=True, count=DATES_MAX + 1):
            if moment > until:
                return found
            found.append(moment.date())
    except ValueError:
        raise InputError(f"{where}.rule: {rule.rrule[:60]!r} is not a rule") from None
    if len(found) > DATES_MAX:
        raise InputError(f"{where}.rule: more than {DATES_MAX} dates until {last}")
    return found


def day_of(text: str, where: str) -> date:
    """Return a day of the calendar.

    Raises:
        InputError: where there is no such day, or not in the years that records may name.
    """
    day = date_of(text)
    if day is None:
        raise InputError(f"{where}: {text[:40]!r} is not a day", hint="write 2020-01-08")
    return day


def hours_of(slots: tuple[Slot, ...]) -> Hours | None:
    """Return the hours of an evening of these parts, from the first start to the last end."""
    if not slots:
        return None
    return Hours(
        start=time.fromisoformat(slots[0].start),
        end=time.fromisoformat(slots[-1].end),
    )


def place_of(place: Place | None, city: str) -> dict[str, object] | None:
    """Return the value of the field `where`; the city stands in it where the address names it."""
    if place is None:
        return None
    where: dict[str, object] = {"name": line_of(place.name)}
    if place.address:
        where["address"] = line_of(place.address, characters_max=REASON_CHARACTERS_MAX)
        if city.casefold() in place.address.casefold():
            where["city"] = line_of(city)
    return where


def read_note(note: str) -> dict[str, object]:
    """Return the fields that a note about an evening means.

    Its last word on the status counts: *cancelled the same day, then marked
    postponed* is postponed. What is neither stays as the description.
    """
    reason = line_of(note, characters_max=REASON_CHARACTERS_MAX)
    states = _NOTE_WORD.findall(note.lower())
    if states:
        return {"status": {"is": str(_NOTES[states[-1]]), "reason": reason}}
    fields: dict[str, object] = {"description": reason}
    if _ONLINE.search(note.lower()):
        fields["where"] = {"name": "Online"}
    return fields


def _hour(text: str, where: str) -> time:
    hour, minute = text.split(":")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise InputError(f"{where}.rule: {text} is not a time of day") from None
