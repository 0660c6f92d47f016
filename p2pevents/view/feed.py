"""A feed of many events as iCalendar: each one's text is made once, and kept while it stands.

The library takes a third of a millisecond for a VEVENT; a feed of ten thousand
of which one changed would take seconds without this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

import icalendar

from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import Calendar, Family
from p2pevents.view.cancelled import Cancelled
from p2pevents.view.ics import Part, part_of
from p2pevents.view.kept import Kept
from p2pevents.view.tagged import Piece, Tagged, piece, tagged

__all__ = ["Feed", "calendar_text"]

PRODUCT: Final = "-//p2pevents//p2pevents//EN"
REFRESH: Final = timedelta(hours=1)
ZONES_KEPT_MAX: Final = 256
_END: Final = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What a feed holds of one family, and the zones that are named in it."""

    piece: Piece
    zones: frozenset[str]


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
        self._kept = Kept(self._written)
        self._zones: Counter[str] = Counter()

    def text(self, calendar: Calendar) -> bytes:
        """Return the whole feed; what did not change since the last time is not made again."""
        return self.tagged(calendar).data

    def tagged(self, calendar: Calendar) -> Tagged:
        """Return the same with its tag."""
        fell, new = self._kept.update(calendar)
        for written in fell:
            self._zones.subtract(written.zones)
        for written in new:
            self._zones.update(written.zones)
        zones = [zone for zone, times in self._zones.items() if times > 0]
        head, made = _head(self._name, zones), self._kept.made.values()
        data = b"".join([head, *[each.piece.text for each in made], _END])
        return tagged(data, [head, *[each.piece.digest for each in made]])

    def _written(self, calendar: Calendar, family: Family) -> _Written:
        parts = tuple(self._parts(calendar, family))
        zones = frozenset(zone for part in parts for zone in part.zones)
        return _Written(piece=piece(b"".join(part.text for part in parts)), zones=zones)

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
    head = _head(name, {zone for part in parts for zone in part.zones})
    return b"".join([head, *(part.text for part in parts), _END])


def _head(name: str, zones: Iterable[str]) -> bytes:
    """Return how a VCALENDAR begins, with the zones that are named in it."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    said: bytes = calendar.to_ical().removesuffix(_END)
    return said + b"".join(map(_zone_text, sorted(zones)))


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
