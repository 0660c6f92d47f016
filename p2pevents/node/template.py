"""What each edition of a series begins with: its slots, its call; copied to a date.

A template is the sessions and calls right below the series (docs/spec/calendar.md, CAL-19).
Its place and languages need no copy: a date has them from its series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from p2pevents.errors import DraftError, InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft import CallDraft, SeriesDraft, SessionDraft
from p2pevents.record.draft.vocabulary import said
from p2pevents.record.fields import Call, Series, Session
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import Path, component_of, hash_of, path_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.record.values import When

__all__ = ["SLOTS_MAX", "Part", "copies", "parts_of", "template_of_words"]

SLOTS_MAX: Final = 50
DAYS_BEFORE_MAX: Final = 365
_DOMAIN: Final = b"p2pevents/1/template"
_KINDS: Final = (Kind.SESSION, Kind.CALL)
_SERIES_WORDS: Final = (
    "venue", "venue_id", "address", "city", "country", "room", "languages", "stream", "tags",
)  # fmt: skip
_NOT_COPIED: Final = ("retracted", "imported", "status", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A slot or a call, of a template or of a date."""

    kind: Kind
    path: Path
    shown: Session | Call

    @property
    def when(self) -> When | None:
        """When it is, or when it closes."""
        return self.shown.when if isinstance(self.shown, Session) else self.shown.closes


def parts_of(desk: Desk, chapter_object: ObjectId) -> list[Part]:
    """Return the slots and calls right below a series or one of its dates, by time."""
    found = []
    for kind, path, merged in _below(desk, chapter_object):
        shown = merged.shown
        if not merged.retracted and isinstance(shown, Session | Call):
            found.append(Part(kind=kind, path=path, shown=shown))
    return sorted(found, key=lambda part: (part.kind, _start_of(part), part.path))


def template_of_words(
    desk: Desk, series: ObjectId, shown: Series, words: Mapping[str, Any]
) -> list[Change]:
    """Return what makes a template of a TOML document's words, as far as it is not so already.

    A slot is known by its place in the list: the same file a second time changes nothing, and a
    slot that is gone from it is taken back.

    Args:
        desk: where the series is.
        series: which.
        shown: the series.
        words: `slot`, a list of tables with the words of a session; `call`, a table with those
            of a call and `closes_days_before`; and words of the series: venue, languages, ...

    Raises:
        DraftError: with the slot and field, what is wrong, and the way out.
    """
    typed = dict(words)
    slots, call = typed.pop("slot", []), typed.pop("call", None)
    unknown = sorted(typed.keys() - set(_SERIES_WORDS))
    if unknown:
        raise DraftError(
            f"{unknown[0]}: not a word of a template",
            hint=f"words are slot, call, {', '.join(_SERIES_WORDS)}",
        )
    if not isinstance(slots, list) or not all(isinstance(each, dict) for each in slots):
        raise DraftError("slot: not a list of tables", hint="begin each one with [[slot]]")
    if len(slots) > SLOTS_MAX:
        raise DraftError(f"slot: {len(slots)} of them, where {SLOTS_MAX} are allowed")
    if call is not None and not isinstance(call, dict):
        raise DraftError("call: not a table", hint="begin it with [call]")
    if shown.when is None or shown.when.start is None:
        raise InputError(f"{path_text(series.path)}: has no rule: nothing could be copied to it")
    wanted: dict[tuple[Kind, Path], dict[str, Any]] = {}
    for number, slot in enumerate(slots):
        path = _own(series, "slot", number)
        wanted[Kind.SESSION, path] = _slot(number, slot, shown.when)
    if call is not None:
        wanted[Kind.CALL, _own(series, "call", 0)] = _call(call, shown.when)
    changes = list(_series_changes(series, shown, typed))
    held = {(kind, path): merged for kind, path, merged in _below(desk, series)}
    for (kind, path), fields in wanted.items():
        changed = _changed(held.get((kind, path)), fields)
        if changed:
            changes.append(Change(kind=kind, path=path, changes=changed, day=_day(shown.when)))
    changes += [
        Change(kind=kind, path=path, changes={"retracted": True}, day=_day(shown.when))
        for (kind, path), merged in held.items()
        if (kind, path) not in wanted and not merged.retracted
    ]
    return changes


def copies(desk: Desk, series: ObjectId, shown: Series, on: date) -> list[Change]:
    """Return what a date of a series lacks of its template; what is there already stays.

    What was taken back on the date stays so: its organisers did not want it.
    """
    if shown.when is None or shown.when.start is None:
        return []
    ahead = on - date.fromisoformat(shown.when.start[:10])
    dated = (*series.path, on.isoformat())
    at = ObjectId(chapter=series.chapter, kind=Kind.OCCURRENCE.value, path=dated)
    held = {(kind, path) for kind, path, _ in _below(desk, at)}
    changes = []
    for part in parts_of(desk, series):
        path = (*dated, part.path[-1])
        if (part.kind, path) in held:
            continue
        fields = {
            name: value
            for name, value in msgspec.to_builtins(part.shown).items()
            if value not in (None, {}, []) and name not in _NOT_COPIED
        }
        name = "when" if part.kind is Kind.SESSION else "closes"
        if part.when is not None:
            fields[name] = _moved(part.when, ahead)
        changes.append(Change(kind=part.kind, path=path, changes=fields, day=on.isoformat()))
    return changes


def _below(desk: Desk, above: ObjectId) -> Iterator[tuple[Kind, Path, MergedObject]]:
    """Yield the sessions and calls right below a path, those taken back too, by path."""
    kinds = [kind.value for kind in _KINDS]
    records = desk.log.under(above.chapter, above.path, kinds=kinds)
    found = {(record.header.kind, record.header.path) for record in records}
    for kind, path in sorted(found):
        if path[:-1] != above.path:
            continue
        merged = desk.object(ObjectId(chapter=above.chapter, kind=kind, path=path))
        if merged is not None:
            yield Kind(kind), path, merged


def _own(series: ObjectId, part: str, number: int) -> Path:
    data = series.chapter + f"{path_text(series.path)}/{part}/{number}".encode()
    return (*series.path, component_of(hash_of(_DOMAIN, data)))


def _slot(number: int, words: Mapping[str, Any], when: When) -> dict[str, Any]:
    first = when.local_day
    try:
        parent = When(day=first, time_zone=when.time_zone)
        typed = said(SessionDraft.kind, SessionDraft.words, words)
        draft = SessionDraft.from_words(parent=parent, **typed)
    except DraftError as error:
        raise DraftError(f"slot {number + 1}: {error.message}", hint=error.hint) from None
    if not draft.changes.get("title"):
        raise DraftError(f"slot {number + 1}: has no title", hint='write title = "Doors"')
    return dict(draft.changes)


def _call(words: Mapping[str, Any], when: When) -> dict[str, Any]:
    typed = dict(words)
    before = typed.pop("closes_days_before", 0)
    if type(before) is not int or not 0 <= before <= DAYS_BEFORE_MAX:
        raise DraftError(f"call: closes_days_before: not a number from 0 to {DAYS_BEFORE_MAX}")
    if "closes" in typed:
        raise DraftError("call: closes: has no day in a template", hint="write closes_days_before")
    first = date.fromisoformat((when.start or "")[:10])
    typed |= {"closes": (first - timedelta(days=before)).isoformat(), "zone": when.time_zone}
    try:
        draft = CallDraft.from_words(**said(CallDraft.kind, CallDraft.words, typed))
    except DraftError as error:
        raise DraftError(f"call: {error.message}", hint=error.hint) from None
    if not draft.changes.get("title"):
        raise DraftError("call: has no title", hint='write title = "Talks for the next meetup"')
    return dict(draft.changes)


def _series_changes(series: ObjectId, shown: Series, words: Mapping[str, Any]) -> Sequence[Change]:
    if not words:
        return ()
    typed = said(SeriesDraft.kind, SeriesDraft.words, words)
    draft = SeriesDraft.from_words(today="1970-01-01", current=shown, **typed)
    plain = msgspec.to_builtins(shown)
    changes = {
        name: value
        for name, value in draft.changes.items()
        if msgspec.to_builtins(value) != plain.get(name) and value != {}
    }
    if not changes:
        return ()
    return (Change(kind=Kind.SERIES, path=series.path, changes=changes),)


def _changed(held: MergedObject | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not shown so already; what was taken back is shown again."""
    if held is None or held.shown is None:
        return dict(fields)
    plain = msgspec.to_builtins(held.shown)
    changed = {
        name: value
        for name, value in fields.items()
        if msgspec.to_builtins(value) != plain.get(name)
        and not (isinstance(value, dict) and value.items() <= dict(plain.get(name) or {}).items())
    }
    return {**changed, "retracted": None} if held.retracted else changed


def _moved(when: When, ahead: timedelta) -> When:
    """Return a time so many days later, at the same hour of the wall."""
    if when.start is not None:
        start = datetime.fromisoformat(when.start) + ahead
        return msgspec.structs.replace(when, start=start.isoformat())
    if when.day is not None:
        return msgspec.structs.replace(when, day=(date.fromisoformat(when.day) + ahead).isoformat())
    return when


def _day(when: When) -> str | None:
    return when.local_day


def _start_of(part: Part) -> str:
    when = part.when
    return (when.start or when.day or "") if when is not None else ""
