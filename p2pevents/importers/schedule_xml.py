"""A conference's `schedule.xml` (the format of frab and pretalx): its sessions, of one event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from p2pevents.errors import DraftError, InputError
from p2pevents.importers.moments import Moment, duration_between, moment_of, wall_of
from p2pevents.importers.plan import Destination, Draft, OneGroup, Plan, Trust
from p2pevents.importers.words import languages_of, line_of, prose_of, tag_of
from p2pevents.importers.zones import check_offsets
from p2pevents.record.draft import read
from p2pevents.record.finding import Finding
from p2pevents.record.ids import Path
from p2pevents.record.kinds import Kind
from p2pevents.record.text import is_placeholder
from p2pevents.record.uid import guid_of
from p2pevents.record.values import Recording, SessionType

__all__ = ["SCHEDULE_BYTES_MAX", "SESSIONS_MAX", "Schedule", "read_schedule"]

SCHEDULE_BYTES_MAX: Final = 32 * 1024 * 1024
SESSIONS_MAX: Final = 10_000
PEOPLE_MAX: Final = 50
LINKS_MAX: Final = 16
_NO_ROOM: Final = "-"  # as this program writes it, for the format has no session without one
_HOURS_MAX: Final = 24 * 30
_TYPES: Final = {"lecture": SessionType.TALK, "talks": SessionType.TALK, "film": "projection"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """One event of the file: where it stands, and its element."""

    where: str
    guid: str
    room: str
    start: Moment | None
    length: timedelta
    element: Element

    def text(self, name: str) -> str:
        return _text(self.element, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(OneGroup):
    """A schedule that was read: the conference's own words, and its events.

    Attributes:
        name: the file's name, for messages.
        title: of the conference.
        zone: the IANA zone that it names; empty where it names none.
        events: in their order.
    """

    name: str
    title: str
    zone: str
    events: tuple[_Event, ...]
    findings: tuple[Finding, ...] = ()

    def plan(self, city: str, into: Destination) -> Plan:  # noqa: ARG002
        """Return the drafts of the event, where none is named, and of its sessions.

        Raises:
            InputError: where offsets and zone disagree and no reading is trusted.
        """
        planner = _Planner(schedule=self, into=into)
        drafts = tuple(planner.drafts())
        return Plan(drafts=drafts, findings=tuple(planner.findings))


def read_schedule(text: str, *, name: str) -> Schedule:
    """Read a schedule.xml.

    Raises:
        InputError: with file, line and element, where it is not one, or names entities.
    """
    if len(text) > SCHEDULE_BYTES_MAX:
        raise InputError(f"{name}: larger than {SCHEDULE_BYTES_MAX // 2**20} MiB")
    try:
        root = defusedxml.ElementTree.fromstring(text.encode("utf-8"), forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        raise InputError(
            f"{name}: line {line}: not XML (column {column})",
            hint="the file may be cut off: export or download it again",
        ) from None
    except (DefusedXmlException, ValueError, LookupError):
        raise InputError(f"{name}: it defines entities or a document type: not read") from None
    if root.tag != "schedule":
        raise InputError(f"{name}: begins with <{root.tag[:40]}>, where <schedule> is expected")
    conference = root.find("conference")
    if conference is None:
        raise InputError(f"{name}: no <conference> in it")
    events = tuple(_events(root, name))
    if not events:
        raise InputError(f"{name}: no event in it")
    seen: dict[str, str] = {}
    for event in events:
        if event.guid in seen:
            raise InputError(f"{event.where}: the same guid or id as {seen[event.guid]}")
        seen[event.guid] = event.where
    return Schedule(
        name=name,
        title=line_of(_text(conference, "title")),
        zone=_text(conference, "time_zone_name").strip(),
        events=events,
    )


def _events(root: Element, name: str) -> Iterator[_Event]:
    count = 0
    for day in root.iter("day"):
        for room in day.iter("room"):
            for element in room.findall("event"):
                count += 1
                if count > SESSIONS_MAX:
                    raise InputError(f"{name}: more than {SESSIONS_MAX} events")
                key = element.get("guid") or element.get("id") or ""
                where = f"{name}: event {line_of(element.get('id') or key or str(count))[:40]}"
                if not key:
                    raise InputError(f"{where}: neither guid nor id")
                yield _Event(
                    where=where,
                    guid=key,
                    room=line_of(_text(element, "room") or room.get("name", "")),
                    start=_start(element, day.get("date", ""), where),
                    length=_length(_text(element, "duration"), where),
                    element=element,
                )


def _start(element: Element, day: str, where: str) -> Moment | None:
    text = _text(element, "date").strip() or f"{day}T{_text(element, 'start').strip()}"
    try:
        return moment_of(text.replace("Z", "+00:00"))
    except (ValueError, OverflowError):
        raise InputError(
            f"{where}: date: {text[:40]!r} is not a time", hint="write 2020-01-08T19:00:00+01:00"
        ) from None


def _length(text: str, where: str) -> timedelta:
    parts = text.strip().split(":")
    try:
        hours, minutes = int(parts[0] or 0), int(parts[1]) if len(parts) > 1 else 0
    except ValueError:
        raise InputError(f"{where}: duration: {text[:40]!r} is not HH:MM") from None
    if not (0 <= hours <= _HOURS_MAX and 0 <= minutes < 60):
        raise InputError(f"{where}: duration: {text[:40]!r} is not HH:MM")
    return timedelta(hours=hours, minutes=minutes)


@dataclass(slots=True, kw_only=True)
class _Planner:
    """One schedule on its way to drafts; findings are gathered as they are met."""

    schedule: Schedule
    into: Destination
    findings: list[Finding] = field(default_factory=list)

    def drafts(self) -> Iterator[Draft]:
        into = self.into
        self.findings += check_offsets(
            ((f"{each.where}: date", each.start) for each in self.schedule.events if each.start),
            into,
        )
        own = self._own_event()
        event = into.event or own or (into.component(self.schedule.name, "event"),)
        sessions = [self._session(each, event) for each in self.schedule.events]
        if into.event is None and not own:
            yield self._event(event, sessions)
        yield from sessions

    def _own_event(self) -> Path:
        """Return the event that this program exported the file from; empty for other files."""
        for each in self.schedule.events:
            path = self._own_path(each)
            if path:
                return path[:-1]
        return ()

    def _own_path(self, event: _Event) -> Path:
        path = tuple(event.text("slug").strip().split("_"))
        return path if guid_of(self.into.chapter, path) == event.guid else ()

    def _session(self, event: _Event, parent: Path) -> Draft:
        own = self._own_path(event)
        path = own or (*parent, self.into.component("schedule", event.guid))
        subtitle = line_of(event.text("subtitle"))
        prose = [subtitle, event.text("abstract"), event.text("description")]
        kind = tag_of(event.text("type"))
        fields: dict[str, object] = {
            "title": line_of(event.text("title")),
            "description": prose_of("\n\n".join(text for text in prose if text.strip())),
            "when": self._when(event),
            "type": str(_TYPES.get(kind, read.slug_of(kind) if kind else SessionType.OTHER)),
            "room": "" if is_placeholder(event.room) or event.room == _NO_ROOM else event.room,
            "languages": list(languages_of(event.text("language"))[0]),
            "participants": self._people(event),
            "keywords": {tag: True} if (tag := tag_of(event.text("track"))) else {},
            "links": dict(self._links(event)),
        }
        if _text(event.element, "recording/optout").strip().lower() == "true":
            fields["recording"] = str(Recording.NO)
        if not own:
            fields["imported"] = self.into.imported(self.schedule.name)
        said = {name: value for name, value in fields.items() if value}
        return Draft(kind=Kind.SESSION, path=path, fields=said, where=event.where)

    def _when(self, event: _Event) -> dict[str, object]:
        if event.start is None:
            return {}
        start = wall_of(event.start, self.into.zone, self.into.trust or Trust.WALL)
        when: dict[str, object] = {"start": start.isoformat(), "timeZone": self.into.time_zone}
        if event.length:
            when["duration"] = duration_between(start, start + event.length, self.into.zone)
        return when

    def _people(self, event: _Event) -> dict[str, object]:
        names = [line_of(each.text or "") for each in event.element.iterfind("persons/person")]
        return {
            read.slug_of(name): {"name": name, "roles": ["speaker"]}
            for name in names[:PEOPLE_MAX]
            if name and not is_placeholder(name)
        }

    def _links(self, event: _Event) -> Iterator[tuple[str, dict[str, str]]]:
        found = [*event.element.iterfind("links/link"), *event.element.iterfind("attachments/*")]
        for number, each in enumerate(found[:LINKS_MAX]):
            href, title = each.get("href", ""), line_of(each.text or "")
            try:
                link = {"href": read.uri("link", href)}
            except DraftError:
                self.findings.append(
                    Finding(
                        rule="left-out",
                        where=f"{event.where}: link",
                        message=f"{line_of(href)[:60]!r} is no link to a page: left out",
                    )
                )
                continue
            key = read.slug_of(title) if title else f"link-{number + 1}"
            yield key, {**link, "title": title} if title else link

    def _event(self, path: Path, sessions: list[Draft]) -> Draft:
        fields: dict[str, object] = {
            "title": line_of(self.into.event_title) or self.schedule.title or "Programme",
            "when": self._span(),
            "languages": list(dict.fromkeys(_languages(sessions)))[:16],
            "imported": self.into.imported(self.schedule.name),
        }
        said = {name: value for name, value in fields.items() if value}
        return Draft(kind=Kind.EVENT, path=path, fields=said, where=self.schedule.name)

    def _span(self) -> dict[str, object]:
        trust = self.into.trust or Trust.WALL
        spans: list[tuple[datetime, datetime]] = []
        for each in self.schedule.events:
            if each.start is not None:
                start = wall_of(each.start, self.into.zone, trust)
                spans.append((start, start + each.length))
        if not spans:
            return {}
        first, last = min(start for start, _ in spans), max(end for _, end in spans)
        when: dict[str, object] = {"start": first.isoformat(), "timeZone": self.into.time_zone}
        if last > first:
            when["duration"] = duration_between(first, last, self.into.zone)
        return when


def _languages(sessions: list[Draft]) -> Iterator[str]:
    for session in sessions:
        found = session.fields.get("languages")
        yield from found if isinstance(found, list) else ()


def _text(element: Element, name: str) -> str:
    found = element.find(name)
    return (found.text or "") if found is not None else ""
