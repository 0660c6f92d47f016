"""The dates of a series: its rule expanded in local time, by dateutil."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from p2pevents.record.values import YEAR_MAX, Recurring

if TYPE_CHECKING:
    from collections.abc import Iterator, Set as AbstractSet

__all__ = [
    "DATES_MAX",
    "HORIZON_DAYS",
    "OCCURRENCES_MAX",
    "dates_until",
    "first_start",
    "given_of",
    "starts_of",
    "until_of",
]

DATES_MAX: Final = 10_000
"""The most dates of one series that are counted: an edition has at most four digits."""

OCCURRENCES_MAX: Final = 1_000
"""The most dates of one series that one question is answered with."""

HORIZON_DAYS: Final = 366
"""How far a series is followed where a question has no end."""

RULES_KEPT_MAX: Final = 4_096
SKIPPED_MAX: Final = 200_000
"""The most dates before a window that are passed over: every day for five centuries."""

# The calendar repeats after 400 years to the weekday. A rule that never yields, such as the
# 30th of February, is walked by dateutil to the end of the year 9999; begun 19 rounds later it
# is there within five centuries instead of eighty.
_ROUND_YEARS: Final = 400
_LATER_YEARS: Final = 19 * _ROUND_YEARS


def starts_of(when: Recurring, first: date, until: date) -> tuple[datetime, ...]:
    """Return the local starts of a series from day `first` until before day `until`.

    At most 1,000 of them. A series without a rule has its first date alone.
    """
    return _starts(when.start, when.recurrence_rule, first, until)


@lru_cache(maxsize=RULES_KEPT_MAX)
def dates_until(when: Recurring, last: date) -> tuple[date, ...]:
    """Return the dates that a rule gives up to a day, that day too: at most 10,000 of them."""
    if when.start is None:
        return ()
    found: list[date] = []
    for moment in islice(_walk(when.start, when.recurrence_rule), DATES_MAX):
        if moment.date() > last:
            break
        found.append(moment.date())
    return tuple(found)


def first_start(when: Recurring) -> datetime | None:
    """Return the first local start that the rule yields; None where it yields none."""
    return next(_walk(when.start, when.recurrence_rule), None) if when.start else None


def until_of(when: Recurring) -> datetime | None:
    """Return the last local time that a rule may yield; None where it goes on."""
    for part in (when.recurrence_rule or "").split(";"):
        if part.startswith("UNTIL="):
            return _until(part.removeprefix("UNTIL="))
    return None


def given_of(when: Recurring, days: AbstractSet[date]) -> frozenset[date]:
    """Return those of some days that the rule gives."""
    if when.start is None or not days:
        return frozenset()
    last, found = max(days), set()
    for moment in islice(_walk(when.start, when.recurrence_rule), SKIPPED_MAX):
        if moment.date() > last:
            break
        if moment.date() in days:
            found.add(moment.date())
    return frozenset(found)


@lru_cache(maxsize=RULES_KEPT_MAX)
def _starts(start: str | None, rule: str | None, first: date, until: date) -> tuple[datetime, ...]:
    if start is None:
        return ()
    found: list[datetime] = []
    for moment in islice(_walk(start, rule), SKIPPED_MAX):
        if moment.date() >= until or len(found) == OCCURRENCES_MAX:
            break
        if moment.date() >= first:
            found.append(moment)
    return tuple(found)


def _walk(start: str, rule: str | None) -> Iterator[datetime]:
    """Yield the starts of a rule within the years that records hold.

    None where dateutil can make nothing of it.
    """
    begin = datetime.fromisoformat(start)
    if rule is None:
        yield begin
        return
    # Loaded where it is needed: a calendar without series has no use for it.
    from dateutil.rrule import rrulestr  # noqa: PLC0415

    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    until = parts.pop("UNTIL", None)
    try:
        last = _until(until) if until else None
        moments = rrulestr(
            ";".join(f"{name}={value}" for name, value in parts.items()), dtstart=_later(begin)
        )
        for moment in moments:
            each = moment.replace(year=moment.year - _LATER_YEARS)
            if each.year > YEAR_MAX or (last is not None and each > last):
                return
            yield each
    except ValueError:
        return


def _later(moment: datetime) -> datetime:
    return moment.replace(year=moment.year + _LATER_YEARS)


def _until(text: str) -> datetime:
    """Return the last local time that a rule may yield: a day alone is meant whole."""
    day = datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007
    if len(text) == len("20200506"):
        return datetime.combine(day, time(23, 59, 59))
    return datetime.combine(day, time()) + timedelta(
        hours=int(text[9:11]), minutes=int(text[11:13]), seconds=int(text[13:15])
    )
