"""What a person writes by the page: an event's form, read and shown, checked and announced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from p2pevents.errors import InputError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft import EventDraft
from p2pevents.record.fields import Event
from p2pevents.record.finding import Finding
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path, path_text
from p2pevents.record.kinds import Kind
from p2pevents.view.check import check, words_of
from p2pevents.view.times import span_of

__all__ = ["FIELDS", "announce", "findings_of", "values_of"]

FIELDS: Final = (
    "title",
    "start",
    "end",
    "zone",
    "venue",
    "address",
    "city",
    "stream",
    "description",
    "tags",
    "languages",
    "status",
    "reason",
)
_LISTS: Final = ("tags", "languages")
_TIMES: Final = frozenset({"start", "end", "zone"})


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as the schedule doctor takes it."""

    kind: Kind
    path: Path
    fields: Mapping[str, Any]
    where: str


def values_of(shown: Event | None, *, zone: str | None) -> dict[str, str]:
    """Return what stands in the form's fields: of an event, or of one that is yet to be."""
    values = dict.fromkeys(FIELDS, "")
    values["zone"] = zone or ""
    values["status"] = "confirmed"
    if shown is None:
        return values
    span, where, status = span_of(shown.when), shown.where, shown.status
    if span.start is not None:
        values["start"] = span.start.strftime("%Y-%m-%d %H:%M")
        same = span.end is not None and span.end.date() == span.start.date()
        values["end"] = span.end.strftime("%H:%M" if same else "%Y-%m-%d %H:%M") if span.end else ""
    elif span.day is not None:
        values["start"] = span.day.isoformat()
    return values | {
        "title": shown.title or "",
        "zone": span.time_zone or zone or "",
        "venue": where.name if where else "",
        "address": (where.address or "") if where else "",
        "city": (where.city or "") if where else "",
        "stream": shown.stream.uri if shown.stream else "",
        "description": shown.description or "",
        "tags": ", ".join(sorted(shown.keywords)),
        "languages": ", ".join(shown.languages or ()),
        "status": status.state.value if status else "confirmed",
        "reason": (status.reason or "") if status else "",
    }


def findings_of(
    desk: Desk, chapter: ChapterId, typed: Mapping[str, str], object_id: ObjectId | None
) -> list[Finding]:
    """Return what looks odd since this was typed, and did not before.

    Raises:
        InputError: what was typed makes no event.
    """
    draft, current = _draft(desk, typed, object_id)
    path = object_id.path if object_id else ("draft",)
    beside = words_of(desk.reader.calendar([chapter]))
    before = [each for each in beside if each.path != path]
    fields = (msgspec.to_builtins(current) if current else {}) | msgspec.to_builtins(
        dict(draft.changes)
    )
    new = _Draft(kind=Kind.EVENT, path=path, fields=fields, where=typed.get("title", ""))
    known = set(check(before))
    return [finding for finding in check([*before, new]) if finding not in known]


def announce(
    desk: Desk, chapter: ChapterId, typed: Mapping[str, str], object_id: ObjectId | None
) -> str:
    """Write an event, or what was changed of one; return its id.

    Raises:
        InputError: what was typed makes no event.
        StateError: no key of mine may write it.
    """
    draft, _ = _draft(desk, typed, object_id)
    path = object_id.path if object_id else desk.new_path()
    if draft.changes:
        desk.write(chapter, [Change(kind=Kind.EVENT, path=path, changes=draft.changes)])
    return path_text(path)


def _draft(
    desk: Desk, typed: Mapping[str, str], object_id: ObjectId | None
) -> tuple[EventDraft, Event | None]:
    """Read the form into a draft, and return it with what is shown until now.

    Of an event that stands only what was changed is said: nothing else of it becomes the word
    of whoever pressed the button.
    """
    current: Event | None = None
    if object_id is not None:
        merged = desk.object(object_id)
        current = merged.shown if merged and isinstance(merged.shown, Event) else None
        if current is None:
            raise InputError("this event is not shown any more")
    before = values_of(current, zone="")
    given = {name: typed.get(name, "").replace("\r\n", "\n").strip() for name in FIELDS}
    changed = {name for name, value in given.items() if value != before[name]}
    if changed & _TIMES:
        changed |= {name for name in _TIMES if given[name]}
    if current is None:
        changed = {name for name in changed if given[name]} - {"status"}
    elif "reason" in changed:
        changed.add("status")
    words: dict[str, Any] = {name: given[name] for name in changed}
    for name in _LISTS:
        if name in words:
            words[name] = [part.strip() for part in given[name].split(",") if part.strip()]
    if not given["title"]:
        raise InputError("title: missing", hint="say what it is called")
    return EventDraft.from_words(current=current, **words), current
