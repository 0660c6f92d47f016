"""What a person's words change of a gathering: read as its kind reads them, by what is shown now.

The same for a command and for a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

import msgspec

from p2pevents.errors import InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft import Draft, EventDraft, OccurrenceDraft, SeriesDraft, SessionDraft
from p2pevents.record.fields import Event, Gathering, Series, Session
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import path_text
from p2pevents.record.kinds import Kind
from p2pevents.record.values import When
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.entries import Entry, entry_of
from p2pevents.view.times import Window, today_of

__all__ = ["above", "change_of", "entry_at", "session_of", "skips_of", "when_of"]

_Kind = TypeVar("_Kind", Event, Series, Session)


def entry_at(desk: Desk, found: ObjectId) -> Entry:
    """Return what is shown of a gathering.

    Raises:
        InputError: it was retracted or erased, or no rule gives this date.
    """
    calendar = desk.reader.under(found.chapter, [found.path[:1]])
    if found.kind == Kind.OCCURRENCE:
        dates = agenda(calendar, Query(window=Window()))
        entry = next((each for each in dates if each.path == found.path), None)
    else:
        merged = calendar.shown(found.chapter, Kind(found.kind), found.path)
        entry = entry_of(calendar, merged) if merged else None
    if entry is None:
        raise InputError(
            f"{path_text(found.path)}: not shown: retracted, erased, or no date of its series",
            hint="p2pevents agenda --ids shows what there is",
        )
    return entry


def when_of(desk: Desk, found: ObjectId) -> When | None:
    """Return when an event, or a date of a series, is; None where nobody said."""
    return entry_at(desk, found).shown.when


def above(session: ObjectId) -> ObjectId:
    """Return the event, or the date of a series, that a session belongs to."""
    path = session.path[:-1]
    kind = Kind.EVENT if len(path) == 1 else Kind.OCCURRENCE
    return ObjectId(chapter=session.chapter, kind=kind.value, path=path)


def change_of(desk: Desk, found: ObjectId, words: Mapping[str, Any]) -> Change:
    """Return what words change of a gathering that is shown.

    Raises:
        InputError: it is not shown.
        DraftError: the words do not make a record.
    """
    draft = _draft(desk, found, words)
    return Change(kind=Kind(found.kind), path=found.path, changes=draft.changes)


def session_of(desk: Desk, event: ObjectId, words: Mapping[str, Any]) -> Change:
    """Return a session that is new to an event, or to a date of a series.

    Raises:
        InputError: the event is not shown.
        DraftError: the words do not make a record.
    """
    draft = SessionDraft.from_words(parent=when_of(desk, event), **words)
    path = (*event.path, *desk.new_path())
    return Change(kind=Kind.SESSION, path=path, changes=draft.changes)


def skips_of(
    found: ObjectId, shown: Gathering, *, on: date | None, reason: str | None
) -> list[Change]:
    """Return what skips a date of a series, and puts another day in its place.

    Args:
        found: the date.
        shown: what is shown of it.
        on: the day that stands for it, at the same hour; None where none does.
        reason: why, for all who wanted to come.

    Raises:
        InputError: the other day is none, or the date has no hour yet.
    """
    status: dict[str, Any] = {"status": "skipped", "reason": reason}
    changes: list[Change] = []
    if on is not None:
        instead = (found.path[0], on.isoformat())
        if instead == found.path or shown.when is None or shown.when.start is None:
            raise InputError(f"--to {on}: is no other day", hint="name the day instead of it")
        status["moved_to"] = path_text(instead)
        start = f"{on} {shown.when.start[11:16]}"
        zone = shown.when.time_zone or ""
        draft = OccurrenceDraft.from_words(day=on.isoformat(), start=start, zone=zone)
        moved = draft.changes["when"]
        when = msgspec.structs.replace(moved, duration=shown.when.duration)
        changes.append(Change(kind=Kind.OCCURRENCE, path=instead, changes={"when": when}))
    draft = OccurrenceDraft.from_words(day=found.path[-1], current=shown, **status)
    skipped = Change(kind=Kind.OCCURRENCE, path=found.path, changes=draft.changes)
    return [skipped, *changes]


def _draft(desk: Desk, found: ObjectId, words: Mapping[str, Any]) -> Draft:
    shown = entry_at(desk, found).shown
    match Kind(found.kind):
        case Kind.OCCURRENCE:
            return OccurrenceDraft.from_words(day=found.path[-1], current=shown, **words)
        case Kind.SERIES:
            today = today_of(desk.now_ms(), desk.profile(found.chapter).time_zone)
            return SeriesDraft.from_words(today=today, current=_as(Series, shown), **words)
        case Kind.SESSION:
            parent = when_of(desk, above(found))
            return SessionDraft.from_words(parent=parent, current=_as(Session, shown), **words)
        case _:
            return EventDraft.from_words(current=_as(Event, shown), **words)


def _as(kind: type[_Kind], shown: Gathering) -> _Kind | None:
    return shown if isinstance(shown, kind) else None
