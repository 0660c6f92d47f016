"""The months that a reader wants: the same for every reader at the same time."""

from __future__ import annotations

import datetime as dt
from typing import Final

__all__ = ["MONTHS", "days_from", "first_month"]

MONTHS: Final = 14
_BEFORE: Final = 2  # of them before this month


def first_month(now_ms: int) -> str:
    """Return the month before last, in UTC, as `YYYY-MM`."""
    today = dt.datetime.fromtimestamp(now_ms / 1000, tz=dt.UTC)
    return _text(12 * today.year + today.month - 1 - _BEFORE)


def days_from(month: str) -> tuple[str, str]:
    """Return the first day and the last day of the months from `month` (`YYYY-MM`) on."""
    number = 12 * int(month[:4]) + int(month[5:]) - 1
    # Every month is given 31 days: days are compared as text.
    return f"{month}-01", f"{_text(number + MONTHS - 1)}-31"


def _text(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"
