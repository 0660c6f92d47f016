"""A festival's programme as `schedule.xml`, the format that conference apps read.

Pentabarf's and frab's, as c3voc describes it. Every session stands under its day and
room. One that has no hour yet cannot stand in it, and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from xml.etree import ElementTree as ET

from p2pevents.record.fields import Session
from p2pevents.record.uid import guid_of
from p2pevents.record.values import Recording
from p2pevents.view.entries import Entry
from p2pevents.view.programme import evening_at
from p2pevents.view.rows import url_of
from p2pevents.view.times import zone_of

__all__ = ["schedule_xml"]

PRODUCT: Final = "p2pevents"

_NO_ROOM: Final = "-"
_SLOT: Final = "00:05"
# XML 1.0 has no way to write these, not even escaped.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A session with its hours: what can stand in a programme."""

    entry: Entry
    session: Session
    number: int
    start: datetime
    end: datetime


def schedule_xml(entry: Entry, *, public_url: str = "") -> tuple[bytes, int]:
    """Return the programme of an event, and how many of its sessions stand in it.

    Args:
        entry: an event, or a date of a series, with its sessions.
        public_url: as `row_of` takes it.
    """
    sessions = _held(entry.sessions)
    by_day: dict[date, dict[str, list[_Held]]] = {}
    for each in sessions:
        rooms = by_day.setdefault(evening_at(each.start), {})
        rooms.setdefault(_room_of(each), []).append(each)
    root = ET.Element("schedule")
    ET.SubElement(root, "generator", name=PRODUCT)
    _add(root, "version", str(entry.clock))
    _conference(root, entry, sorted(by_day), public_url)
    for index, day in enumerate(sorted(by_day), 1):
        element = ET.SubElement(root, "day", index=str(index), date=day.isoformat())
        begins, ends = _bounds(each for rooms in by_day[day].values() for each in rooms)
        element.set("start", begins)
        element.set("end", ends)
        for room, held in sorted(by_day[day].items()):
            inside = ET.SubElement(element, "room", name=_clean(room))
            for each in held:
                _event(inside, each, public_url)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n", len(sessions)


def _conference(root: ET.Element, entry: Entry, days: list[date], public_url: str) -> None:
    element = ET.SubElement(root, "conference")
    _add(element, "acronym", entry.path[0])
    _add(element, "title", entry.title)
    first, last = (days[0], days[-1]) if days else (entry.span.day, entry.span.last_day)
    _add(element, "start", first.isoformat() if first else "")
    _add(element, "end", last.isoformat() if last else "")
    _add(element, "days", str(len(days)))
    _add(element, "timeslot_duration", _SLOT)
    if entry.span.time_zone:
        _add(element, "time_zone_name", entry.span.time_zone)
    url = url_of(entry, public_url)
    if url:
        _add(element, "base_url", url)


def _held(sessions: Iterable[Entry]) -> list[_Held]:
    found: list[_Held] = []
    for each in sessions:
        shown, start, end = each.shown, each.span.start, each.span.end
        if isinstance(shown, Session) and start is not None and end is not None:
            number = len(found) + 1
            held = _Held(entry=each, session=shown, number=number, start=start, end=end)
            found.append(held)
    return found


def _event(parent: ET.Element, held: _Held, public_url: str) -> None:
    entry, shown = held.entry, held.session
    guid = guid_of(entry.chapter.id, entry.path)
    element = ET.SubElement(parent, "event", guid=guid, id=str(held.number))
    _add(element, "date", _instant(held.start, entry.span.time_zone))
    _add(element, "start", f"{held.start:%H:%M}")
    _add(element, "duration", _length(held.end - held.start))
    _add(element, "room", _room_of(held))
    _add(element, "slug", "_".join(entry.path))
    url = url_of(entry, public_url)
    if url:
        _add(element, "url", url)
    _add(element, "title", entry.title)
    _add(element, "subtitle", "")
    _add(element, "track", next(iter(sorted(shown.keywords)), ""))
    _add(element, "type", shown.type or "other")
    _add(element, "language", next(iter(shown.languages or ()), ""))
    _add(element, "abstract", "")
    _add(element, "description", shown.description or "")
    recording = ET.SubElement(element, "recording")
    _add(recording, "license", "")
    _add(recording, "optout", "true" if shown.recording == Recording.NO else "false")
    persons = ET.SubElement(element, "persons")
    for person in shown.participants.values():
        _add(persons, "person", person.name)
    links = ET.SubElement(element, "links")
    for link in shown.links.values():
        _add(links, "link", link.title or link.rel or "").set("href", _clean(link.href))


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _room_of(held: _Held) -> str:
    place = held.entry.place
    return held.session.room or (place.name if place else None) or _NO_ROOM


def _bounds(sessions: Iterable[_Held]) -> tuple[str, str]:
    every = [(each.start, each.end, each.entry.span.time_zone) for each in sessions]
    begins = min((start, zone) for start, _, zone in every)
    ends = max((end, zone) for _, end, zone in every)
    return _instant(*begins), _instant(*ends)


def _instant(wall: datetime, time_zone: str | None) -> str:
    zone = zone_of(time_zone) if time_zone else None
    return wall.replace(tzinfo=zone).isoformat()


def _length(length: timedelta) -> str:
    minutes = max(0, int(length.total_seconds() // 60))
    return f"{minutes // 60:02}:{minutes % 60:02}"
