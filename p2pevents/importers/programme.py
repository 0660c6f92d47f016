"""A festival's programme in a table: every row a session of one event."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from p2pevents.errors import InputError
from p2pevents.importers.moments import duration_between
from p2pevents.importers.plan import Destination, Draft, OneGroup, Plan, Trust
from p2pevents.importers.slots import Slot, Times, slots_of, times_of
from p2pevents.importers.table import Role, Row, Table, read_table
from p2pevents.importers.words import (
    languages_of,
    line_of,
    people_of,
    prose_of,
    tag_of,
)
from p2pevents.importers.zones import check_offsets
from p2pevents.record.draft.read import slug_of
from p2pevents.record.finding import Finding
from p2pevents.record.ids import Path
from p2pevents.record.kinds import Kind
from p2pevents.record.text import is_placeholder
from p2pevents.record.values import SessionType

__all__ = ["Programme", "read_programme"]

_TYPES: Final = {"meet-up": SessionType.MEETUP, "talks": SessionType.TALK}
_ONE_LINE: Final = (Role.LANGUAGE, Role.PEOPLE, Role.TYPE, Role.LABEL, Role.TITLE, Role.ROOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(OneGroup):
    """A programme that was read: the table, and the times of each of its rows."""

    table: Table
    slots: tuple[Slot, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Columns that say nothing a session has."""
        return tuple(
            Finding(
                rule="left-out",
                where=f"{self.table.name}: {column.name[:60]}",
                message="a column that says nothing a session has; it is left out",
            )
            for column in self.table.columns
            if column.role is None
        )

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Each column's name, and what it was taken for by that name."""
        return tuple(
            (each.name, f"{each.role} ({each.language})" if each.language else str(each.role))
            for each in self.table.columns
            if each.role is not None
        )

    def plan(self, city: str, into: Destination) -> Plan:  # noqa: ARG002
        """Return the drafts of the event, where none is named, and of its sessions.

        Args:
            city: passed over, for there is one group.
            into: the chapter, its zone, and the reading of times to trust.

        Raises:
            InputError: where offsets and zone disagree and no reading is trusted.
        """
        findings = check_offsets(
            ((slot.where(self.table), slot.start) for slot in self.slots if slot.start), into
        )
        event = into.event or (into.component(self.table.name, "event"),)
        drafts: list[Draft] = []
        spans: list[Times] = []
        for slot in self.slots:
            times = times_of(slot, self.table, into.zone, into.trust or Trust.WALL)
            findings += times.findings
            findings += _row_findings(self.table, slot.row)
            spans.append(times)
            drafts.append(_session(self.table, slot.row, times, event, into))
        if into.event is None:
            drafts.insert(0, _event(self.table, drafts, spans, event, into))
        return Plan(drafts=tuple(drafts), findings=tuple(findings))


def read_programme(
    text: str, *, name: str, columns: Mapping[str, str] = MappingProxyType({})
) -> Programme:
    """Read a programme in CSV.

    Args:
        text: the file's text.
        name: the file's name, for messages, and for the identity of what is imported.
        columns: what a person said that columns are, as `read_table` takes it.

    Raises:
        InputError: with file, row and column, where it is no programme.
    """
    table = read_table(text, name=name, said=columns)
    if not table.rows:
        raise InputError(f"{name}: no rows below the line of column names")
    return Programme(table=table, slots=slots_of(table))


def _session(table: Table, row: Row, times: Times, event: Path, into: Destination) -> Draft:
    where = f"{table.name}: row {row.id}"
    main, others = _main_language(table, row)
    spoken, notes = languages_of(row.cell(Role.LANGUAGE))
    kind = tag_of(row.cell(Role.TYPE))
    labels = [tag_of(label) for label in row.cell(Role.LABEL).split("/")]
    tags = [tag for tag in (*labels, *notes) if tag and tag != kind]
    people, _ = people_of(row.cell(Role.PEOPLE))
    fields: dict[str, object] = {
        "title": line_of(row.cell(Role.TITLE, main)),
        "description": prose_of(row.cell(Role.DESCRIPTION, main)),
        "locale": main,
        "localizations": {
            language: words for language in others if (words := _localized(row, language))
        },
        "when": times.when(into.time_zone),
        "type": _type_of(kind),
        "room": _room(row, main),
        "languages": list(spoken),
        "participants": {
            slug_of(person): {"name": person, "roles": ["speaker"]} for person in people
        },
        "keywords": dict.fromkeys(tags, True),
        "imported": into.imported(where),
    }
    return Draft(
        kind=Kind.SESSION,
        path=(*event[:2], into.component(table.name, "row", row.id)),
        fields={name: value for name, value in fields.items() if value},
        where=where,
    )


def _event(
    table: Table, sessions: list[Draft], spans: list[Times], event: Path, into: Destination
) -> Draft:
    """Return the event that a programme makes: from its first start, or day, to its last end."""
    languages: dict[str, None] = {}
    for session in sessions:
        found = session.fields.get("languages")
        languages.update(dict.fromkeys(found if isinstance(found, list) else ()))
    fields: dict[str, object] = {
        "title": line_of(into.event_title) or _title_of(table.name),
        "when": _span(spans, into),
        "languages": list(languages)[:16],
        "imported": into.imported(table.name),
    }
    return Draft(
        kind=Kind.EVENT,
        path=event,
        fields={name: value for name, value in fields.items() if value},
        where=table.name,
    )


def _span(spans: list[Times], into: Destination) -> dict[str, object]:
    starts = [times.start for times in spans if times.start]
    days = [times.day for times in spans if times.day]
    if not starts:
        return {"day": min(days).isoformat(), "timeZone": into.time_zone} if days else {}
    start = min(starts)
    ends: list[datetime] = [times.end or times.start for times in spans if times.start]
    when: dict[str, object] = {"start": start.isoformat(), "timeZone": into.time_zone}
    if max(ends) > start:
        when["duration"] = duration_between(start, max(ends), into.zone)
    return when


def _title_of(name: str) -> str:
    """Return a title for a file's name: `festival-0.csv` is the programme of `Festival`."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    words = re.sub(r"[-_ ]+", " ", re.sub(r"[-_ ][0-9]{1,2}$", "", stem))
    return line_of(words.capitalize()) or "Programme"


def _main_language(table: Table, row: Row) -> tuple[str, tuple[str, ...]]:
    """Return the first language with a title, and the others; empty where columns have none."""
    languages = table.languages
    titled = [each for each in languages if line_of(row.cell(Role.TITLE, each))]
    if not titled:
        return (languages[0] if languages and not row.cell(Role.TITLE) else ""), languages[1:]
    return titled[0], tuple(each for each in languages if each != titled[0])


def _localized(row: Row, language: str) -> dict[str, str]:
    words = {
        "title": line_of(row.cell(Role.TITLE, language)),
        "description": prose_of(row.cell(Role.DESCRIPTION, language)),
        "room": _room(row, language),
    }
    return {name: text for name, text in words.items() if text}


def _room(row: Row, language: str) -> str:
    room = line_of(row.cell(Role.ROOM, language) or row.cell(Role.ROOM))
    return "" if is_placeholder(room) else room


def _type_of(kind: str) -> str:
    if not kind:
        return SessionType.OTHER
    return _TYPES.get(kind, slug_of(kind))


def _row_findings(table: Table, row: Row) -> Iterator[Finding]:
    """Yield what is wrong with a row's words and mended in its draft, so that no check sees it."""
    for (role, language), cell in row.cells.items():
        if role in _ONE_LINE and cell != cell.strip():
            yield Finding(
                rule="space",
                where=f"{table.name}: row {row.id}: {table.column_of(role, language)}",
                message=f"{cell[:60]!r} has space around it; it is taken without",
            )
        if role is Role.ROOM and is_placeholder(cell):
            yield Finding(
                rule="tba",
                where=f"{table.name}: row {row.id}: {table.column_of(role, language)}",
                message="the room is to be announced",
            )
    if people_of(row.cell(Role.PEOPLE))[1]:
        yield Finding(
            rule="speaker",
            where=f"{table.name}: row {row.id}: {table.column_of(Role.PEOPLE)}",
            message=f"someone in {line_of(row.cell(Role.PEOPLE))[:60]!r} is to be announced",
        )
