"""What a subscriber wants of what does not take place."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Cancelled"]


class Cancelled(StrEnum):
    """Calendar programs differ.

    Some strike a cancelled event out, some show it as if nothing had happened, some hide it.
    """

    MARKED = "cancelled"  # STATUS says it
    REMOVED = "remove"  # it is not in the feed
    TITLED = "keep-with-title"  # it stays as it was, and its title says it
