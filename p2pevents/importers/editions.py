"""The drafts of one city's meetups: a series with its dates, or events one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from p2pevents.errors import InputError
from p2pevents.importers.evenings import (
    Hours,
    Rule,
    dates_of,
    day_of,
    hours_of,
    place_of,
    read_note,
    rule_of,
)
from p2pevents.importers.meetups import Edition, Group, Meetups, Place, Slot, Talk
from p2pevents.importers.moments import duration_between
from p2pevents.importers.plan import Destination, Draft, Plan
from p2pevents.importers.words import languages_of, line_of
from p2pevents.record.draft import read
from p2pevents.record.finding import Finding
from p2pevents.record.ids import Path, path_text
from p2pevents.record.kinds import Kind
from p2pevents.record.text import REASON_CHARACTERS_MAX, is_placeholder
from p2pevents.record.values import SessionType, StatusIs

__all__ = ["plan_group"]


def plan_group(meetups: Meetups, city: str, into: Destination) -> Plan:
    """Return the drafts of one city's meetups.

    With a rule they are one series and its dates: an evening off the rule is a
    date with a time of its own, a date of the rule without one is skipped.
    Without a rule each evening is an event.

    Raises:
        InputError: with file, key and what is wrong there.
    """
    group = meetups.groups.get(city)
    if group is None:
        raise InputError(f"{meetups.name}: no city {city[:60]!r} in it")
    planner = _Planner(meetups=meetups, key=city, group=group, into=into)
    return planner.plan()


@dataclass(slots=True, kw_only=True)
class _Planner:
    """One city on its way to drafts; findings are gathered as they are met."""

    meetups: Meetups
    key: str
    group: Group
    into: Destination
    findings: list[Finding] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f"{self.meetups.name}: {self.key}"

    @property
    def city(self) -> str:
        return self.key if self.key != self.key.lower() else self.key.title()

    def plan(self) -> Plan:
        rule = rule_of(self.group, self.where)
        hours = self._hours(rule)
        drafts = list(self._series(rule, hours) if rule else self._events(hours))
        return Plan(drafts=tuple(drafts), findings=tuple(self.findings))

    def _hours(self, rule: Rule | None) -> Hours | None:
        """Return the hours of the rule, else those of the document's slots, and say so."""
        if rule and rule.hours:
            return rule.hours
        hours = hours_of(self.meetups.slots)
        if hours:
            self._find(
                "hours",
                self.where,
                f"no hours of its own: those of the slots are taken, "
                f"{hours.start:%H:%M} to {hours.end:%H:%M}",
                hint="if they met at other hours, edit the events afterwards",
            )
        return hours

    def _series(self, rule: Rule, hours: Hours | None) -> Iterator[Draft]:
        if hours is None:
            raise InputError(
                f"{self.where}.rule: no hours",
                hint="write one such as: first Wednesday, 18:30 to 23:00",
            )
        series = (self.into.component(self.meetups.name, self.key, "series"),)
        editions = {day_of(each.date, self._where_of(each)): each for each in self.group.editions}
        if len(editions) != len(self.group.editions):
            raise InputError(f"{self.where}.editions: two on one day")
        last = max(editions, default=rule.first)
        rrule = rule.rrule
        if self.into.history and "UNTIL" not in rrule and "COUNT" not in rrule:
            # History ends where it ends: without this, the rule would go on for ever.
            rrule += f";UNTIL={last:%Y%m%d}"
        yield self._draft(
            Kind.SERIES,
            series,
            self.where,
            title=self._name(),
            when={**hours.when(rule.first, self.into.zone), "recurrenceRule": rrule},
            where=place_of(self._venue(), self.city),
        )
        dates = set(dates_of(rule, last, self.where))
        skipped = {
            day_of(each.skipped, f"{self.where}.exceptions") for each in self.group.exceptions
        }
        if skipped & editions.keys():
            day = min(skipped & editions.keys())
            raise InputError(f"{self.where}.exceptions: {day} is skipped, and has an edition")
        for day in sorted(dates - skipped - editions.keys()):
            self._find("edition", self.where, f"the rule has {day}, and no edition is on that day")
        yield from self._skipped(series, dates)
        # The document's slots are this city's own where they make up the hours of its rule.
        slots = self.meetups.slots if hours == hours_of(self.meetups.slots) else ()
        for day, edition in editions.items():
            path = (*series, day.isoformat())
            own = {} if day in dates - skipped else {"when": hours.when(day, self.into.zone)}
            yield self._evening(Kind.OCCURRENCE, path, edition, place=edition.venue, **own)
            yield from self._sessions(path, edition, day, slots)

    def _skipped(self, series: Path, dates: set[date]) -> Iterator[Draft]:
        for index, each in enumerate(self.group.exceptions):
            where = f"{self.where}.exceptions[{index}]"
            if day_of(each.skipped, where) not in dates:
                self._find("edition", where, f"{each.skipped} is no date of the rule")
            status: dict[str, object] = {"is": str(StatusIs.SKIPPED)}
            if each.why:
                status["reason"] = line_of(each.why, characters_max=REASON_CHARACTERS_MAX)
            if each.moved_to:
                day_of(each.moved_to, where)
                status["movedTo"] = path_text((*series, each.moved_to))
            yield self._draft(Kind.OCCURRENCE, (*series, each.skipped), where, status=status)

    def _events(self, hours: Hours | None) -> Iterator[Draft]:
        for edition in self.group.editions:
            path = (self.into.component(self.meetups.name, self.key, str(edition.number)),)
            day = day_of(edition.date, self._where_of(edition))
            when: dict[str, object] = {"day": edition.date, "timeZone": self.into.time_zone}
            if hours:
                when = hours.when(day, self.into.zone)
            place = edition.venue or self._venue()
            yield self._evening(Kind.EVENT, path, edition, place=place, when=when)
            yield from self._sessions(path, edition, day, ())

    def _evening(
        self, kind: Kind, path: Path, edition: Edition, *, place: Place | None, **own: object
    ) -> Draft:
        said: dict[str, object] = {"where": place_of(place, self.city), **own}
        said |= read_note(edition.note) if edition.note else {}
        return self._draft(
            kind,
            path,
            self._where_of(edition),
            title=line_of(edition.title or f"{self._name()} #{edition.number}"),
            edition=edition.number,
            **said,
        )

    def _sessions(
        self, path: Path, edition: Edition, day: date, slots: tuple[Slot, ...]
    ) -> Iterator[Draft]:
        """Yield what the evening is made of: the slots, and its own talks.

        Talks that all say their minutes follow each other in the slot for
        talks, and stand for it; else their hours are to be announced.
        """
        for_talks = next((slot for slot in slots if _type_of(slot) is SessionType.TALK), None)
        timed = bool(edition.talks) and all(talk.minutes for talk in edition.talks)
        begin: datetime | None = None
        if for_talks is not None and timed:
            begin = datetime.combine(day, time.fromisoformat(for_talks.start))
        for index, slot in enumerate(slots):
            if begin is not None and slot is for_talks:
                continue
            span = Hours(start=time.fromisoformat(slot.start), end=time.fromisoformat(slot.end))
            yield self._draft(
                Kind.SESSION,
                (*path, self._component(edition, "slot", index)),
                self._where_of(edition),
                title=line_of(slot.title),
                type=str(_type_of(slot)),
                when=span.when(day, self.into.zone),
            )
        for index, talk in enumerate(edition.talks):
            when: dict[str, object] = {"day": edition.date, "timeZone": self.into.time_zone}
            if begin is not None and talk.minutes:
                end = begin + timedelta(minutes=talk.minutes)
                when = {
                    "start": begin.isoformat(),
                    "timeZone": self.into.time_zone,
                    "duration": duration_between(begin, end, self.into.zone),
                }
                begin = end
            yield self._talk(path, edition, index, talk, when)

    def _talk(
        self, path: Path, edition: Edition, index: int, talk: Talk, when: dict[str, object]
    ) -> Draft:
        where = f"{self._where_of(edition)}.talks[{index}]"
        people = {}
        if talk.speaker:
            name = line_of(talk.speaker)
            people[read.slug_of(name)] = {"name": name, "roles": ["speaker"]}
        links = {}
        if talk.slides:
            try:
                links["slides"] = {"href": read.uri("slides", talk.slides), "rel": "slides"}
            except InputError as error:
                raise InputError(f"{where}.{error.message}", hint=error.hint) from None
        if talk.added:
            self._find("left-out", f"{where}.added", f"added on {talk.added}: no field for it")
        return self._draft(
            Kind.SESSION,
            (*path, self._component(edition, "talk", index)),
            where,
            title=line_of(talk.title),
            type=str(SessionType.TALK),
            when=when,
            status={"is": str(StatusIs.TENTATIVE)} if is_placeholder(talk.title) else None,
            languages=list(languages_of(talk.language or "")[0]),
            participants=people,
            links=links,
        )

    def _component(self, edition: Edition, part: str, index: int) -> str:
        return self.into.component(
            self.meetups.name, self.key, str(edition.number), part, str(index)
        )

    def _name(self) -> str:
        return self.into.chapter_name or f"{self.city} meetup"

    def _venue(self) -> Place | None:
        """Return the document's venue where its address is in this city."""
        venue = self.meetups.venue
        named = venue and venue.address and self.city.casefold() in venue.address.casefold()
        return venue if named else None

    def _where_of(self, edition: Edition) -> str:
        return f"{self.where}: edition {edition.number}"

    def _draft(self, kind: Kind, path: Path, source: str, **fields: object) -> Draft:
        said = {name: value for name, value in fields.items() if value or value == 0}
        return Draft(
            kind=kind,
            path=path,
            fields={**said, "imported": self.into.imported(source)},
            where=source,
        )

    def _find(self, rule: str, where: str, message: str, *, hint: str = "") -> None:
        self.findings.append(Finding(rule=rule, where=where, message=message, hint=hint))


def _type_of(slot: Slot) -> SessionType:
    """Return the type of a slot; a document may speak of it in the plural."""
    word = slot.type.strip().lower()
    for kind in SessionType:
        if word in (kind.value, f"{kind.value}s"):
            return kind
    return SessionType.OTHER
