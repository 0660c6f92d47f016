"""One object of the calendar as iCalendar (RFC 5545): its VEVENTs, as a feed keeps them.

The library writes every line. What iCalendar has no word for is said in plain
text: an hour that is to be announced, a gathering that was postponed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final

import icalendar
import msgspec

from p2pevents.record.fields import Series, Session
from p2pevents.record.ids import Path
from p2pevents.record.kept_object import PROPERTY, STAMP, keep_text, stamp_of
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.record.uid import uid_of
from p2pevents.record.values import Recurring, StatusIs
from p2pevents.view.calendar import Calendar, is_shown
from p2pevents.view.cancelled import Cancelled
from p2pevents.view.editions import has_time
from p2pevents.view.entries import HISTORY, Entry, Place, entry_of, entry_of_date
from p2pevents.view.ics_text import IcsText, categories_of
from p2pevents.view.recurrence import first_start, given_of, until_of
from p2pevents.view.rows import url_of
from p2pevents.view.times import day_named, span_of, zone_of

__all__ = ["OVERRIDES_MAX", "Part", "part_of"]

OVERRIDES_MAX: Final = 1_000
"""The most dates of one series that are written out beside its rule."""

SEQUENCE_BEGINS_MS: Final = 1_577_836_800_000  # 1 January 2020: SEQUENCE counts seconds from here
SEQUENCE_MAX: Final = 2**31 - 1
INSTANT_MS_MAX: Final = 253_402_300_799_000  # the end of the year 9999

_STATUS: Final = {
    StatusIs.CONFIRMED: "CONFIRMED",
    StatusIs.TENTATIVE: "TENTATIVE",
    StatusIs.CANCELLED: "CANCELLED",
    StatusIs.POSTPONED: "CANCELLED",
    StatusIs.SKIPPED: "CANCELLED",
}
_SAID_IN_TITLE: Final = (StatusIs.POSTPONED, StatusIs.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a feed holds of one event or series: its VEVENTs as text, and the zones they name."""

    text: bytes
    zones: frozenset[str]


def part_of(
    calendar: Calendar,
    merged: MergedObject,
    *,
    public_url: str = "",
    cancelled: Cancelled = Cancelled.MARKED,
    whole: bool = False,
) -> Part:
    """Return an event or a series, with its dates and sessions, as VEVENTs; or a session alone.

    Nothing is in it where it is not shown, or has no day yet.

    Args:
        calendar: where it stands.
        merged: the event, series or session.
        public_url: as `row_of` takes it.
        cancelled: what becomes of what does not take place.
        whole: whether every object stands in it a second time as `record.kept_object` writes
            it, so that an import finds all that iCalendar has no word for.
    """
    writer = _Writer(calendar=calendar, public_url=public_url, cancelled=cancelled, whole=whole)
    if merged.id.kind == Kind.SERIES:
        events = writer.series(merged)
    elif merged.id.kind == Kind.SESSION:
        events = writer.session(merged)
    else:
        entry = entry_of(calendar, merged)
        events = writer.gathering(entry, uid_of(merged.id.chapter, merged.id.path))
    written = list(events)
    if whole and written:
        writer.keep_the_rest(written[0], merged)
    text = b"".join(event.to_ical() for event in written)
    return Part(text=text, zones=frozenset(writer.zones))


class _Writer:
    """Makes the VEVENTs of one part, and notes the zones that they name."""

    def __init__(
        self, *, calendar: Calendar, public_url: str, cancelled: Cancelled, whole: bool
    ) -> None:
        self._calendar = calendar
        self._whole = whole
        self._kept: set[tuple[str, Path]] = set()
        self._public_url = public_url
        self._cancelled = cancelled
        self.zones: set[str] = set()

    def gathering(
        self, entry: Entry | None, uid: str, recurrence: datetime | None = None
    ) -> Iterator[icalendar.Event]:
        """Yield an event or a date of a series, and those of its sessions that have an hour.

        The others are a line each in its description. Where it does not take place, none of
        its sessions does.
        """
        if entry is None or entry.span.day is None or self._is_left_out(entry):
            return
        yield self._vevent(entry, uid, recurrence=recurrence)
        if _is_off(entry):
            return
        for session in entry.sessions:
            if session.span.start is not None:
                placed = (
                    session
                    if session.place
                    else msgspec.structs.replace(session, place=entry.place)
                )
                own = uid_of(session.chapter.id, session.path)
                yield self._vevent(placed, own, parent=uid)

    def session(self, merged: MergedObject) -> Iterator[icalendar.Event]:
        """Yield a session by itself, at its event's place where it names none."""
        chapter, path = merged.id.chapter, merged.id.path
        entry = entry_of(self._calendar, merged)
        above = self._calendar.shown(chapter, Kind.EVENT, path[:-1])
        parent = entry_of(self._calendar, above) if above is not None else None
        if entry is not None and entry.place is None and parent is not None:
            entry = msgspec.structs.replace(entry, place=parent.place)
        yield from self.gathering(entry, uid_of(chapter, path))

    def series(self, merged: MergedObject) -> Iterator[icalendar.Event]:
        """Yield a series with its rule, and each date of which anything was said."""
        series, entry = merged.shown, entry_of(self._calendar, merged)
        if entry is None or not isinstance(series, Series) or series.when is None:
            return
        if self._is_left_out(entry):
            return
        begins = first_start(series.when)
        if begins is None:
            return
        retracted, added, overrides = self._dates(merged, series.when, begins.time())
        uid = uid_of(merged.id.chapter, merged.id.path)
        first = msgspec.structs.replace(series.when, start=begins.isoformat())
        master = self._vevent(msgspec.structs.replace(entry, span=span_of(first), sessions=()), uid)
        if series.when.recurrence_rule:
            master.add("rrule", _rrule(series.when))
        if retracted:
            master.add("exdate", [_local(each, series.when.time_zone) for each in retracted])
        if added:
            master.add("rdate", [_local(each, series.when.time_zone) for each in added])
        yield master
        for start, each in overrides:
            yield from self.gathering(each, uid, _local(start, series.when.time_zone))

    def _dates(
        self, merged: MergedObject, when: Recurring, hour: time
    ) -> tuple[list[datetime], list[datetime], list[tuple[datetime, Entry]]]:
        """Return starts that were retracted, starts that the rule does not give, and all dates.

        Each date stands beside the start that the rule gives or would give it.
        """
        key = (merged.id.chapter, merged.id.path)
        said = self._calendar.family(*key).days[:OVERRIDES_MAX]
        days = {day: on for day in said if (on := day_named(day))}
        given = given_of(when, frozenset(days.values()))
        retracted: list[datetime] = []
        added: list[datetime] = []
        overrides: list[tuple[datetime, Entry]] = []
        for day, on in days.items():
            own = self._calendar.object_at(key[0], Kind.OCCURRENCE, (*key[1], day))
            entry = entry_of_date(self._calendar, merged, day)
            start = datetime.combine(on, hour)
            if entry is None or self._is_left_out(entry):
                retracted += [start] if on in given else []
            elif on in given or (own is not None and has_time(own)):
                overrides.append((start, entry))
                added += [] if on in given else [start]
        return retracted, added, overrides

    def _vevent(
        self,
        entry: Entry,
        uid: str,
        *,
        recurrence: datetime | None = None,
        parent: str = "",
    ) -> icalendar.Event:
        event = icalendar.Event()
        event.add("uid", IcsText(uid))
        stamp = _instant(entry.clock)
        event.add("dtstamp", stamp)
        event.add("last-modified", stamp)
        event.add("sequence", _sequence(entry.clock))
        event.add("summary", IcsText(self._summary(entry)))
        self._times(event, entry)
        if recurrence is not None:
            event.add("recurrence-id", recurrence)
        titled = self._cancelled is Cancelled.TITLED
        event.add("status", "CONFIRMED" if titled and _is_off(entry) else _STATUS[entry.status])
        for name, value in (
            ("location", _location(entry)),
            ("description", _description(entry)),
            ("related-to", parent),
        ):
            if value:
                event.add(name, IcsText(value))
        if entry.shown.keywords:
            event.add("categories", categories_of(sorted(entry.shown.keywords)))
        if url := url_of(entry, self._public_url):
            event.add("url", url)
        if self._whole:
            event.add(STAMP, stamp_of(stamp))
            own = self._calendar.object_at(entry.chapter.id, entry.kind, entry.path)
            if own is not None:
                self._keep(event, own)
        return event

    def keep_the_rest(self, event: icalendar.Event, merged: MergedObject) -> None:
        """Keep with a VEVENT what belongs to it and has none of its own."""
        members = self._calendar.family(merged.id.chapter, merged.id.path).members
        for key in sorted(members.keys() - self._kept):
            self._keep(event, members[key])

    def _keep(self, event: icalendar.Event, merged: MergedObject) -> None:
        self._kept.add((merged.id.kind, merged.id.path))
        if merged.shown is not None and is_shown(merged):
            event.add(PROPERTY, keep_text(merged.id.kind, merged.id.path, merged.shown))

    def _times(self, event: icalendar.Event, entry: Entry) -> None:
        span = entry.span
        if span.start is None:
            event.add("dtstart", span.day)
            event.add("transp", "TRANSPARENT")
            return
        if span.time_zone and zone_of(span.time_zone):
            self.zones.add(span.time_zone)
        event.add("dtstart", _local(span.start, span.time_zone))
        if span.end is not None and span.end > span.start:
            event.add("dtend", _local(span.end, span.time_zone))

    def _summary(self, entry: Entry) -> str:
        """Return the title, and behind it what iCalendar has no word for."""
        title = entry.title or "(no title yet)"
        if entry.span.start is None:
            title += " (time to be announced)"
        titled = self._cancelled is Cancelled.TITLED and _is_off(entry)
        if entry.status in _SAID_IN_TITLE or titled:
            reason = entry.shown.status.reason if entry.shown.status else None
            words = entry.status_words
            title += f" ({words}: {reason})" if reason else f" ({words})"
        return title

    def _is_left_out(self, entry: Entry) -> bool:
        return self._cancelled is Cancelled.REMOVED and _is_off(entry)


def _is_off(entry: Entry) -> bool:
    """Tell whether it does not take place."""
    return _STATUS[entry.status] == "CANCELLED"


def _location(entry: Entry) -> str:
    place: Place | None = entry.place
    room = entry.shown.room if isinstance(entry.shown, Session) else None
    parts = [room or (place.room if place else None)]
    if place is not None:
        known = f"{place.name} {place.address or ''}"
        city = place.city if place.city and place.city not in known else None
        parts = [place.name, *parts, place.address, city]
    return ", ".join(part for part in parts if part)


def _description(entry: Entry) -> str:
    shown = entry.shown
    people = ", ".join(person.name for person in shown.participants.values())
    awaited = [each for each in entry.sessions if each.span.start is None]
    paragraphs = [
        f"Organisers disagree on: {', '.join(entry.conflicts)}." if entry.conflicts else "",
        f"{shown.status.reason}." if shown.status and shown.status.reason else "",
        people,
        shown.description or "",
        f"Online: {shown.stream.uri}" if shown.stream else "",
        "\n".join(f"{each.title} (time to be announced)" for each in awaited if each.title),
        "\n".join(link.href for link in shown.links.values()),
        HISTORY if entry.is_history else "",
    ]
    return "\n\n".join(text for text in paragraphs if text)


def _rrule(when: Recurring) -> icalendar.vRecur:
    """Return a series' rule; RFC 5545 wants UNTIL in UTC beside a start with a zone."""
    parts: dict[str, Any] = {
        name: value.split(",")
        for name, _, value in (
            part.partition("=") for part in (when.recurrence_rule or "").split(";")
        )
    }
    until = until_of(when)
    if until is not None:
        local = _local(until, when.time_zone)
        parts["UNTIL"] = [local.astimezone(UTC) if local.tzinfo else local]
    return icalendar.vRecur(parts)


def _local(wall: datetime, time_zone: str | None) -> datetime:
    """Return a wall time in its zone; floating where this machine does not know the zone."""
    return wall.replace(tzinfo=zone_of(time_zone) if time_zone else None)


def _instant(clock_ms: int) -> datetime:
    return datetime.fromtimestamp(min(clock_ms, INSTANT_MS_MAX) // 1000, tz=UTC)


def _sequence(clock_ms: int) -> int:
    return min(max(0, (clock_ms - SEQUENCE_BEGINS_MS) // 1000), SEQUENCE_MAX)
