"""Days as a person types them, and the day that it is where a chapter is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from p2pevents.errors import InputError

__all__ = ["day_of", "today_of"]


def today_of(now_ms: int, zone: str | None) -> str:
    """Return the local day, `YYYY-MM-DD`; in UTC where the zone is not known."""
    try:
        where = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        where = UTC
    return datetime.fromtimestamp(now_ms / 1000, tz=where).date().isoformat()


def day_of(option: str, text: str | None) -> date | None:
    """Read the day of an option.

    Raises:
        InputError: it is no day.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option}: {text!r} is not a day", hint="write 2027-01-06") from None
