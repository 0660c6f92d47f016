r"""Text as icalendar is given it, so that what is read again is what was written.

icalendar 7.3 takes the two characters `\N` of a text for a line end and writes it as one. So the
text is handed to it in the parts between them, and what they are when escaped stands in between.
"""

from __future__ import annotations

from collections.abc import Iterable

import icalendar

__all__ = ["IcsText", "categories_of"]


class IcsText(icalendar.vText):
    """One value of type TEXT (RFC 5545, 3.3.11)."""

    def to_ical(self) -> bytes:
        """Return it escaped."""
        if r"\N" not in self:
            return super().to_ical()
        parts = (icalendar.vText(part).to_ical() for part in self.split(r"\N"))
        return rb"\\N".join(parts)


def categories_of(tags: Iterable[str]) -> icalendar.vCategory:
    """Return tags as the one value that holds them."""
    categories = icalendar.vCategory([])
    categories.cats = [IcsText(tag) for tag in tags]
    return categories
