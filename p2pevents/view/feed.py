"""A feed of many events as iCalendar: each one's text is made once, and kept while it stands.

The library takes a third of a millisecond for a VEVENT; a feed of ten thousand
of which one changed would take seconds without this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

import icalendar

from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import Calendar, Family
from p2pevents.view.ics import Cancelled, Part, part_of
from p2pevents.view.kept import Kept

__all__ = ["Feed", "calendar_text"]

PRODUCT: Final = "-//p2pevents//p2pevents//EN"
REFRESH: Final = timedelta(hours=1)
ZONES_KEPT_MAX: Final = 256
_END: Final = b"END:VCALENDAR\r\n"


class Feed:
    """The text of a calendar, kept family by family.

    Args:
        name: what calendar programs call the feed.
        public_url: where this node's pages are seen from outside; empty where they are not.
        cancelled: what becomes of what does not take place.
        whole: as `ics.part_of` takes it.
    """

    def __init__(
        self,
        *,
        name: str,
        public_url: str = "",
        cancelled: Cancelled = Cancelled.MARKED,
        whole: bool = False,
    ) -> None:
        self._name = name
        self._public_url = public_url
        self._cancelled = cancelled
        self._whole = whole
        self._kept = Kept(lambda calendar, family: tuple(self._parts(calendar, family)))

    def text(self, calendar: Calendar) -> bytes:
        """Return the whole feed; what did not change since the last time is not made again."""
        self._kept.update(calendar)
        parts = [part for of_family in self._kept.made.values() for part in of_family]
        return calendar_text(parts, name=self._name)

    def _parts(self, calendar: Calendar, family: Family) -> Iterator[Part]:
        for merged in family.members.values():
            if merged.id.kind in (Kind.EVENT, Kind.SERIES):
                yield part_of(
                    calendar,
                    merged,
                    public_url=self._public_url,
                    cancelled=self._cancelled,
                    whole=self._whole,
                )


def calendar_text(parts: Sequence[Part], *, name: str) -> bytes:
    """Return one VCALENDAR of these parts, with the zones that they name.

    Args:
        parts: in the order that they are to stand in.
        name: what calendar programs call it.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    zones = sorted(frozenset().union(*{part.zones for part in parts}))
    head = calendar.to_ical().removesuffix(_END)
    return b"".join(
        [head, *(_zone_text(zone) for zone in zones), *(part.text for part in parts), _END]
    )


@lru_cache(maxsize=ZONES_KEPT_MAX)
def _zone_text(name: str) -> bytes:
    """Return a zone's VTIMEZONE, each of its changes on a line of its own.

    The library writes them as one RDATE of a hundred values, of which ical.js 2.2.1, and with it
    calendar programs that are built on it, reads the first: every summer was an hour off.
    """
    zone = icalendar.Timezone.from_tzid(name)
    for observed in zone.subcomponents:
        if "rdate" in observed:
            changes = [each.dt for each in observed.pop("rdate").dts]
            for change in changes:
                observed.add("rdate", [change])
    text: bytes = zone.to_ical()
    return text
