"""When a VEVENT is, as records say it: wall time and an IANA zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import icalendar

from p2pevents.errors import DraftError, InputError
from p2pevents.importers.ics.file import Vevent
from p2pevents.importers.moments import duration_between
from p2pevents.record.draft.times import check_zone
from p2pevents.record.values import DURATION_DAYS_MAX, YEAR_MAX, YEAR_MIN, duration_of

__all__ = ["named_zone", "rrule_of", "wall_in", "when_of"]

_UTC_NAMES: Final = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu"})


def named_zone(name: str) -> ZoneInfo | None:
    """Return the zone that a file names; None where it is UTC, or no zone that is known."""
    if not name or name in _UTC_NAMES:
        return None
    try:
        return check_zone(name)
    except DraftError:
        return None


def when_of(event: Vevent, zone: ZoneInfo) -> dict[str, object]:
    """Return the value of the field `when`.

    A whole day is a day whose hour is to be announced; several whole days are
    a time from midnight on, for a record has no other word for them.

    Args:
        event: the VEVENT.
        zone: for times that name none, and for those in UTC.

    Raises:
        InputError: it ends before it starts, takes too long, or is out of the years.
    """
    start, end = event.start or date.min, event.end  # a source has no event without a start
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        if end is None or end - start <= timedelta(days=1):
            return {"day": start.isoformat(), "timeZone": zone.key}
        end = datetime.combine(end, time())
    begins, own = wall_in(start, zone)
    when: dict[str, object] = {"start": begins.isoformat(), "timeZone": own.key}
    if end is None:
        return when
    ends, _ = wall_in(end, own)
    if isinstance(end, datetime) and end.tzinfo is not None:
        ends = end.astimezone(own).replace(tzinfo=None, microsecond=0)
    if ends < begins:
        raise InputError(
            f"{event.where}: DTEND: {ends:%Y-%m-%d %H:%M} is before the start, "
            f"{begins:%Y-%m-%d %H:%M}",
            hint="mend it in the file",
        )
    if ends - begins >= timedelta(days=DURATION_DAYS_MAX):
        raise InputError(
            f"{event.where}: DTEND: more than {DURATION_DAYS_MAX - 1} days after the start"
        )
    length = duration_between(begins, ends, own)
    if duration_of(length):
        when["duration"] = length
    return when


def wall_in(moment: date | datetime, zone: ZoneInfo) -> tuple[datetime, ZoneInfo]:
    """Return a moment's wall time, and the zone it is in: its own where that has an IANA name."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time()), zone
    if moment.tzinfo is None:
        return moment.replace(microsecond=0), zone
    own = named_zone(str(moment.tzinfo))
    if own is not None:
        return moment.replace(tzinfo=None, microsecond=0), own
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0), zone


def rrule_of(rule: icalendar.vRecur, zone: ZoneInfo) -> str:
    """Return a rule as records write it: FREQ first, UNTIL by the wall."""
    parts: dict[str, str] = {}
    text: bytes = rule.to_ical()  # type: ignore[no-untyped-call]
    for part in text.decode("utf-8", "replace").upper().split(";"):
        name, _, value = part.partition("=")
        parts[name] = value
    until = next(iter(rule.get("UNTIL", [])), None)
    if isinstance(until, date) and not YEAR_MIN < until.year < YEAR_MAX:
        # Some programs write the last day of the year 9999 for a rule without an end.
        until = None
        del parts["UNTIL"]
    if isinstance(until, datetime):
        if until.tzinfo is not None:
            until = until.astimezone(UTC).astimezone(zone)
        parts["UNTIL"] = f"{until:%Y%m%dT%H%M%S}"
    elif isinstance(until, date):
        parts["UNTIL"] = f"{until:%Y%m%d}"
    if parts.get("WKST") == "MO":
        del parts["WKST"]
    if parts.get("INTERVAL") == "1":
        del parts["INTERVAL"]
    order = ["FREQ", *sorted(name for name in parts if name != "FREQ")]
    return ";".join(f"{name}={parts[name]}" for name in order if name in parts)
