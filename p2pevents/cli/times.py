"""Days as a person types them, and the day that it is where a chapter is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["day_of", "today_of"]


def today_of(now_ms: int, zone: str | None) -> str:
    """Return the local day, `YYYY-MM-DD`; in UTC where the zone is not known."""
    try:
        where = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        where = UTC
    return datetime.fromtimestamp(now_ms / 1000, tz=where).date().isoformat()


def day_of(option: str, text: str | None) -> date | None:
    """Read the day of an option; None where it is left out.

    Raises:
        DraftError: it is no day, or not within the years that records hold.
    """
    if text is None:
        return None
    # The drafts load what signs, and an agenda without a day asks for none of it.
    from p2pevents.record.draft.times import read_day

    return read_day(option, text)
