"""The drafts of a calendar file: events, series with their dates, sessions of an event.

What a UID names is the same object at every import, whatever the file is
called. A UID that this program wrote for this chapter names the very object
it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from p2pevents.errors import InputError, RecordError
from p2pevents.importers.ics.file import CalendarFile, Vevent, read_calendar
from p2pevents.importers.ics.times import named_zone, rrule_of, wall_in, when_of
from p2pevents.importers.ics.words import PRIVATE, left_out, words_of
from p2pevents.importers.plan import Destination, Draft, OneGroup, Plan
from p2pevents.record.finding import Finding
from p2pevents.record.ids import ChapterId, Path
from p2pevents.record.kept_object import PROPERTY, read_kept
from p2pevents.record.kinds import Kind
from p2pevents.record.uid import read_uid, uid_of
from p2pevents.record.values import Recurring, SessionType, StatusIs

__all__ = ["CalendarSource", "read_calendar_source"]

DATES_MAX: Final = 1_000
"""The most dates of one series that a file may speak of one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSource(OneGroup):
    """A calendar file that was read: one group, whatever cities its events are in."""

    file: CalendarFile
    families: Mapping[str, tuple[Vevent, ...]]
    findings: tuple[Finding, ...]

    def plan(self, city: str, into: Destination) -> Plan:  # noqa: ARG002
        """Return the drafts of every event in the file.

        Args:
            city: passed over, for there is one group.
            into: the chapter, and the zone of times that name none. With an event
                named, what the file holds are its sessions.

        Raises:
            InputError: with file, line and property, where something cannot be used.
        """
        planner = _Planner(source=self, into=into)
        drafts = tuple(planner.drafts())
        return Plan(drafts=drafts, findings=tuple(planner.findings))


def read_calendar_source(text: str, *, name: str) -> CalendarSource:
    """Read a calendar file, and put the VEVENTs of one UID together.

    Raises:
        InputError: with file and line, where it is no calendar.
    """
    file = read_calendar(text, name=name)
    families: dict[str, dict[str, Vevent]] = {}
    findings: list[Finding] = []
    for event in file.events:
        uid = event.uid or f"{event.text('DTSTART')} {event.text('SUMMARY')}"
        if event.start is None:
            raise InputError(
                f"{event.where}: DTSTART: an event without a start",
                hint="give it one in the file, or take the event out",
            )
        if not event.text("SUMMARY").strip() and event.recurrence is None:
            findings.append(
                Finding(rule="title", where=f"{event.where}: SUMMARY", message="it has no title")
            )
        family = families.setdefault(uid, {})
        key = _key(event)
        held = family.get(key)
        if held is not None:
            older = min(held, event, key=lambda each: each.sequence)
            findings.append(
                Finding(
                    rule="twice",
                    where=older.where,
                    message=f"{uid[:60]!r} stands twice in the file; the later revision is taken",
                )
            )
        if held is None or event.sequence >= held.sequence:
            family[key] = event
    return CalendarSource(
        file=file,
        families={uid: tuple(family.values()) for uid, family in families.items()},
        findings=tuple(findings),
    )


def _key(event: Vevent) -> str:
    return event.recurrence.isoformat() if event.recurrence is not None else ""


@dataclass(slots=True, kw_only=True)
class _Planner:
    """One file on its way to drafts; findings are gathered as they are met."""

    source: CalendarSource
    into: Destination
    findings: list[Finding] = field(default_factory=list)
    own: set[Path] = field(default_factory=set)

    @property
    def zone(self) -> ZoneInfo:
        return named_zone(self.source.file.zone) or self.into.zone

    def drafts(self) -> Iterator[Draft]:
        self._note_private()
        kept = {draft.path: draft for draft in self._kept()}
        yield from kept.values()
        whole = {path[:1] for path in kept}
        for uid, family in self.source.families.items():
            is_whole = self._path(uid)[:1] in whole
            events = tuple(each for each in family if not (is_whole and each.is_untouched))
            if not events:
                continue
            self._note(events)
            master = next((each for each in events if each.recurrence is None), None)
            dates = [(each.recurrence, each) for each in events if each.recurrence is not None]
            parent = self._parent(master)
            if parent:
                yield self._session(parent, uid, master)
            elif master is not None and not dates and not _comes_back(master):
                yield self._draft(Kind.EVENT, self._path(uid), master)
            else:
                yield from self._series(uid, master, dates)

    def _kept(self) -> Iterator[Draft]:
        """Yield the objects that this program wrote whole into the file, and nobody changed."""
        for event in self.source.file.events:
            named = read_uid(event.uid)
            if named is None or self.into.event is not None:
                continue
            chapter, path = named
            for text in event.texts(PROPERTY):
                try:
                    kept = read_kept(text)
                except RecordError as error:
                    raise InputError(f"{event.where}: {PROPERTY}: {error.detail}") from None
                its_own = kept.path == self._path_of(event)
                if kept.path[:1] == path[:1] and (event.is_untouched or not its_own):
                    moved = self._moved(chapter, kept.path)
                    yield self._made(Kind(kept.kind), moved, event.where, kept.fields)

    def _path_of(self, event: Vevent) -> Path:
        """Return the path that a VEVENT of this program's stands for, in the chapter it is of."""
        named = read_uid(event.uid)
        if named is None or event.recurrence is None:
            return named[1] if named else ()
        return (*named[1], f"{wall_in(event.recurrence, self.zone)[0]:%Y-%m-%d}")

    def _note_private(self) -> None:
        for name, what in PRIVATE.items():
            count = sum(len(event.texts(name)) for event in self.source.file.events)
            if count:
                self.findings.append(
                    Finding(
                        rule="left-out",
                        where=f"{self.source.file.name}: {name}",
                        message=f"{count} of them, {what}: private, and left out",
                    )
                )

    def _note(self, events: tuple[Vevent, ...]) -> None:
        for event in events:
            self.findings += left_out(event)
            unknown = event.names_unknown_zone("DTSTART")
            if unknown:
                self.findings.append(
                    Finding(
                        rule="zone",
                        where=f"{event.where}: DTSTART",
                        message=f"{unknown[:60]!r} is no zone that is known; "
                        f"the hour is read in {self.zone.key}",
                    )
                )

    def _parent(self, master: Vevent | None) -> Path:
        """Return the event that a VEVENT is a session of; empty where it stands alone."""
        if self.into.event is not None:
            return self.into.event
        related = master.text("RELATED-TO") if master is not None else ""
        own = self._named(related)
        if own:
            return own
        # Only what the same file holds can be its event: a session alone would not be shown.
        held = related and related in self.source.families
        return self._path(related) if held else ()

    def _session(self, parent: Path, uid: str, event: Vevent | None) -> Draft:
        if event is None or _comes_back(event):
            where = event.where if event is not None else self.source.file.name
            raise InputError(
                f"{where}: it comes back, and a session of an event cannot",
                hint="import it without --event",
            )
        own = self._named(uid)
        path = own or (*parent[:2], self.into.component("ics", uid))
        fields = self._fields(event)
        place = fields.pop("where", None)
        if isinstance(place, dict) and place.get("name"):
            fields["room"] = place["name"]
        return self._made(
            Kind.SESSION, path, event.where, {"type": str(SessionType.OTHER), **fields}
        )

    def _series(
        self, uid: str, master: Vevent | None, dates: list[tuple[date, Vevent]]
    ) -> Iterator[Draft]:
        path = self._path(uid)
        if len(path) != 1:
            raise InputError(f"{self.source.file.name}: {uid[:60]!r} names no series")
        if master is None:
            # A file of changes alone: they stand on dates of a series that is here already.
            for given, event in dates:
                yield self._date(path, given, event, None, {})
            return
        begins, zone = wall_in(master.start or date.min, self.zone)
        series = self._master(path, master, zone)
        yield series
        said = {wall_in(given, zone)[0].date(): (given, event) for given, event in dates}
        added = {wall_in(each, zone)[0] for each in master.moments("RDATE")}
        gone = {wall_in(each, zone)[0].date() for each in master.moments("EXDATE")}
        if len(said) + len(added) + len(gone) > DATES_MAX:
            raise InputError(
                f"{master.where}: more than {DATES_MAX} dates that are said one by one"
            )
        for given, event in said.values():
            yield self._date(path, given, event, begins, series.fields)
        for start in sorted(added):
            if start.date() not in said and start.date() != begins.date():
                when = {**when_of(master, self.zone), "start": start.isoformat()}
                yield self._made(
                    Kind.OCCURRENCE, (*path, f"{start:%Y-%m-%d}"), master.where, {"when": when}
                )
        for day in sorted(gone - said.keys()):
            skipped: dict[str, object] = {"status": {"is": str(StatusIs.SKIPPED)}}
            yield self._made(Kind.OCCURRENCE, (*path, day.isoformat()), master.where, skipped)

    def _master(self, path: Path, master: Vevent, zone: ZoneInfo) -> Draft:
        rule = master.rule()
        fields = self._fields(master)
        when = dict(when_of(master, self.zone))
        if "day" in when:
            raise InputError(
                f"{master.where}: DTSTART: it comes back, and has no hour",
                hint="give it an hour in the file",
            )
        if rule is not None:
            when["recurrenceRule"] = rrule_of(rule, zone)
            try:
                msgspec.convert(when, Recurring)
            except msgspec.ValidationError as error:
                raise InputError(
                    f"{master.where}: RRULE: {str(error).partition(' - ')[0]}",
                    hint="import the dates one by one: most calendar programs can export them so",
                ) from None
        return self._made(Kind.SERIES, path, master.where, {**fields, "when": when})

    def _date(
        self,
        path: Path,
        given: date,
        event: Vevent,
        begins: datetime | None,
        series: Mapping[str, object],
    ) -> Draft:
        """Return what a file says of one date, where that is not what the series says."""
        wall, zone = wall_in(given, self.zone)
        own = self._fields(event)
        fields = {name: value for name, value in own.items() if series.get(name) != value}
        moved = wall_in(event.start, zone)[0] != wall if event.start is not None else False
        if not moved and begins is not None and wall.time() == begins.time():
            fields.pop("when", None)
        return self._made(Kind.OCCURRENCE, (*path, f"{wall:%Y-%m-%d}"), event.where, fields)

    def _draft(self, kind: Kind, path: Path, event: Vevent) -> Draft:
        return self._made(kind, path, event.where, self._fields(event))

    def _fields(self, event: Vevent) -> dict[str, object]:
        return {**words_of(event), "when": when_of(event, self.zone)}

    def _made(self, kind: Kind, path: Path, where: str, fields: dict[str, object]) -> Draft:
        said = {name: value for name, value in fields.items() if value or value == 0}
        if path[:1] not in self.own:
            # The file alone: a line would differ in every export, and nothing has changed.
            said.setdefault("imported", self.into.imported(self.source.file.name))
        return Draft(kind=kind, path=path, fields=said, where=where)

    def _path(self, uid: str) -> Path:
        return self._named(uid) or (self.into.component("ics", uid),)

    def _named(self, uid: str) -> Path:
        """Return the path that a UID of this program's names here; empty for any other UID."""
        named = read_uid(uid)
        return self._moved(*named) if named else ()

    def _moved(self, chapter: ChapterId, path: Path) -> Path:
        """Return where an object of a chapter stands in the one that is imported into."""
        if chapter == self.into.chapter:
            self.own.add(path[:1])
            return path
        return (self.into.component("ics", uid_of(chapter, path[:1])), *path[1:])


def _comes_back(event: Vevent) -> bool:
    return event.rule() is not None or bool(event.moments("RDATE"))
