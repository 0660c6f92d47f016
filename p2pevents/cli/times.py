"""Days as a person types them, and the day that it is where a chapter is."""

from __future__ import annotations

from datetime import date

from p2pevents.view.times import today_of

__all__ = ["day_of", "today_of"]


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
