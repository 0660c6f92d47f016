"""What a person writes by a form: what stands in its fields, and what is to be said by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from p2pevents.errors import InputError
from p2pevents.node.continuing import continue_series, said_from
from p2pevents.node.desk import Change, Desk
from p2pevents.node.wording import change_of, session_of, skips_of
from p2pevents.record.draft import EventDraft, SeriesDraft
from p2pevents.record.draft.times import read_day
from p2pevents.record.fields import Gathering, Series, Session
from p2pevents.record.finding import Finding
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import Path, path_text
from p2pevents.record.kinds import MAPS, Kind
from p2pevents.record.values import Recurring, When
from p2pevents.view.check import check, words_of
from p2pevents.view.recurrence import HORIZON_DAYS, first_start, starts_of
from p2pevents.view.times import night_of, span_of, today_of
from p2pevents.web.acts import NEW_ACTS, Act, Task
from p2pevents.web.rule_words import rule_text, rule_words
from p2pevents.web.shelf import Shelf

__all__ = ["Written", "fields_of", "findings_of", "values_of", "written"]

_EVENT: Final = (
    *("title", "start", "end", "zone", "venue", "address", "city", "stream", "description"),
    *("locale", "tags", "languages", "status", "reason"),
)
_SERIES: Final = (
    *("title", "rule", "first", "start", "end", "zone", "venue", "address", "city", "stream"),
    *("description", "locale", "tags", "languages"),
)
_SESSION: Final = (
    *("title", "start", "end", "room", "type", "speakers", "languages", "level", "recording"),
    *("stream", "description", "locale", "tags", "status", "reason"),
)
_SKIP: Final = ("to", "reason")
_GO_ON: Final = ("nth", "weekday", "start", "end", "venue", "address")
_LISTS: Final = ("tags", "languages", "speakers")
_TIMES: Final = frozenset({"start", "end", "zone"})
_SPEAKER: Final = "speaker"
_DATES_SAID: Final = 3  # of a series, so that whoever typed its rule sees what it means


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a form says.

    Attributes:
        changes: to be written together.
        id: of what is shown afterwards.
        ends: when it ends where that is on the next day, as whoever typed an hour should see.
        said: dates of a series of which something was said that does not hold for its heir.
        dates: the first dates of a series.
    """

    changes: Sequence[Change]
    id: str
    ends: datetime | None = None
    said: Sequence[str] = field(default=())
    dates: Sequence[date] = field(default=())


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as the schedule doctor takes it."""

    kind: Kind
    path: Path
    fields: Mapping[str, Any]
    where: str


def fields_of(task: Task) -> tuple[str, ...]:
    """Return the names of a form's fields."""
    if task.act is Act.SKIP:
        return _SKIP
    if task.act is Act.GO_ON:
        return _GO_ON
    if task.act is Act.SERIES:
        return _SERIES
    return _SESSION if task.kind is Kind.SESSION else _EVENT


def values_of(desk: Desk, task: Task) -> dict[str, str]:
    """Return what stands in a form's fields before anything is typed."""
    values = dict.fromkeys(fields_of(task), "")
    if task.act in NEW_ACTS:
        of_it = desk.profile(task.chapter)
        # Who has but one language writes in it; who has several says in which.
        languages = of_it.languages or ()
        locale = languages[0] if len(languages) == 1 else ""
        asked = {"zone": of_it.time_zone or "", "status": "confirmed", "locale": locale}
        return values | {name: text for name, text in asked.items() if name in values}
    if task.entry is None or task.act is Act.SKIP:
        return values
    if task.act is Act.ADD:
        # Who types no hour says what is true of it: the day, and that the hour is open.
        day = task.entry.span.day
        return values | {
            "start": day.isoformat() if day else "",
            "status": "confirmed",
            "locale": task.entry.shown.locale or "",
        }
    if task.act is Act.GO_ON:
        return values | _of_rule(_series(desk, task), task.entry.shown)
    return values | {name: text for name, text in _of(task.entry.shown).items() if name in values}


def written(desk: Desk, task: Task, typed: Mapping[str, str]) -> Written:
    """Read a form; of what stands, only what was changed is said.

    Nothing else becomes the word of whoever pressed the button.

    Raises:
        InputError: what was typed makes no record.
    """
    given = {name: typed.get(name, "").replace("\r\n", "\n").strip() for name in fields_of(task)}
    before = values_of(desk, task)
    if task.act is Act.SERIES:
        return _new_series(desk, task, given)
    if task.found is None:
        words = _words(given, dict.fromkeys(given, ""))
        draft = EventDraft.from_words(**words)
        change = Change(kind=Kind.EVENT, path=desk.new_path(), changes=draft.changes)
        return _written([change])
    if task.act is Act.SKIP and task.entry is not None:
        on = read_day("to", given["to"]) if given["to"] else None
        changes = skips_of(task.found, task.entry.shown, on=on, reason=given["reason"] or None)
        return Written(changes=changes, id=path_text(task.found.path))
    if task.act is Act.GO_ON:
        return _gone_on(desk, task, given, before)
    if task.act is Act.ADD:
        return _written([session_of(desk, task.found, _words(given, dict.fromkeys(given, "")))])
    words = _words(given, before)
    return _written([change_of(desk, task.found, words)] if words else [], task.id)


def findings_of(shelf: Shelf, task: Task, told: Written) -> list[Finding]:
    """Return what looks odd since this was typed, and did not before."""
    beside = words_of(shelf.calendar([task.chapter]))
    changed = {(change.kind, change.path) for change in told.changes}
    before = [each for each in beside if (each.kind, each.path) not in changed]
    new = [_as_it_will_be(shelf.desk, task, change) for change in told.changes]
    known = set(check(before))
    return [finding for finding in check([*before, *new]) if finding not in known]


def _written(changes: Sequence[Change], id_: str = "") -> Written:
    """Return what changes one object, and when it then ends at night."""
    when = next((each.changes.get("when") for each in changes), None)
    return Written(
        changes=changes,
        id=id_ or path_text(changes[0].path),
        ends=night_of(span_of(when)) if isinstance(when, When) else None,
        dates=_dates(when) if isinstance(when, Recurring) else (),
    )


def _dates(when: Recurring) -> tuple[date, ...]:
    first = first_start(when)
    if first is None:
        return ()
    until = first.date() + timedelta(days=HORIZON_DAYS)
    return tuple(each.date() for each in starts_of(when, first.date(), until)[:_DATES_SAID])


def _words(given: Mapping[str, str], before: Mapping[str, str]) -> dict[str, Any]:
    """Return the words that were changed, as `record.draft` takes them.

    Raises:
        InputError: there is no title.
    """
    changed = {name for name, value in given.items() if value != before[name]}
    if changed & _TIMES:
        changed |= {name for name in _TIMES if given.get(name)}
    if not any(before.values()):  # it is new: nothing is taken back, and it takes place
        changed -= {"status"}
    elif "reason" in changed:
        changed.add("status")
    words: dict[str, Any] = {name: given[name] for name in changed}
    for name in _LISTS:
        if name in words:
            words[name] = [part.strip() for part in given[name].split(",") if part.strip()]
    if not given["title"]:
        raise InputError("title: missing", hint="say what it is called")
    return words


def _new_series(desk: Desk, task: Task, given: Mapping[str, str]) -> Written:
    """Return a series by its rule: from its first date on, today's next where none is typed."""
    typed = {name: text for name, text in given.items() if name != "first"}
    words = _words(typed, dict.fromkeys(typed, "")) | {"rule": given["rule"]}
    if given["first"]:
        words["start"] = f"{read_day('first', given['first'])} {given['start']}".strip()
    zone = given["zone"] or desk.profile(task.chapter).time_zone
    draft = SeriesDraft.from_words(today=today_of(desk.now_ms(), zone), **words)
    change = Change(kind=Kind.SERIES, path=desk.new_path(), changes=draft.changes)
    found = _written([change])
    first = found.dates[0] if found.dates else ""
    return replace(found, id=f"{found.id}/{first}")


def _gone_on(
    desk: Desk, task: Task, given: Mapping[str, str], before: Mapping[str, str]
) -> Written:
    """Return how a series goes on from a date, by what was changed."""
    series, on = _series(desk, task), read_day("from", task.id.rpartition("/")[2])
    changed = {name for name, value in given.items() if value != before[name]}
    words: dict[str, Any] = {name: given[name] for name in changed - {"nth", "weekday"}}
    if changed & {"nth", "weekday"}:
        words["rule"] = rule_text(given["nth"], given["weekday"])
    if "start" in changed and given["end"]:
        words["end"] = given["end"]
    if not words or task.found is None:
        raise InputError("nothing to change", hint="say what is different from this date on")
    found = ObjectId(chapter=task.chapter, kind=Kind.SERIES.value, path=task.found.path[:1])
    going_on = continue_series(found, series, on=on, words=words)
    heir = path_text(going_on.heir.path)
    return Written(
        changes=[going_on.old, going_on.heir],
        id=f"{heir}/{going_on.first}",
        dates=_written([going_on.heir]).dates,
        said=said_from(desk.reader.under(task.chapter, [found.path]), task.chapter, on),
    )


def _series(desk: Desk, task: Task) -> Series:
    if task.found is not None:
        path = task.found.path[:1]
        merged = desk.object(ObjectId(chapter=task.chapter, kind=Kind.SERIES.value, path=path))
        if merged is not None and isinstance(merged.shown, Series):
            return merged.shown
    raise InputError("this series is not shown any more")


def _of(shown: Gathering) -> dict[str, str]:
    """Return what is shown of a gathering, as it stands in fields."""
    where, status = shown.where, shown.status
    values = _of_time(shown) | {
        "title": shown.title or "",
        "venue": where.name if where else "",
        "address": (where.address or "") if where else "",
        "city": (where.city or "") if where else "",
        "stream": shown.stream.uri if shown.stream else "",
        "description": shown.description or "",
        "locale": shown.locale or "",
        "tags": ", ".join(sorted(shown.keywords)),
        "languages": ", ".join(shown.languages or ()),
        "speakers": ", ".join(
            each.name for each in shown.participants.values() if _SPEAKER in each.roles
        ),
        "status": status.state.value if status else "confirmed",
        "reason": (status.reason or "") if status else "",
    }
    if isinstance(shown, Session):
        values |= {name: getattr(shown, name) or "" for name in ("room", "type", "level")}
        values["recording"] = shown.recording or ""
    return values


def _of_time(shown: Gathering) -> dict[str, str]:
    span = span_of(shown.when)
    values = {"start": "", "end": "", "zone": span.time_zone or ""}
    if span.start is not None:
        values["start"] = span.start.strftime("%Y-%m-%d %H:%M")
        # The hour alone, so that another day for the start moves the end along.
        is_near = span.end and (span.end.date() == span.start.date() or night_of(span))
        if span.end:
            values["end"] = span.end.strftime("%H:%M" if is_near else "%Y-%m-%d %H:%M")
    elif span.day is not None:
        values["start"] = span.day.isoformat()
    return values


def _of_rule(series: Series, shown: Gathering) -> dict[str, str]:
    times = _of_time(shown)
    rule = series.when.recurrence_rule if series.when else None
    nth, weekday = rule_words(rule or "")
    return {
        "nth": nth,
        "weekday": weekday,
        "start": times["start"].partition(" ")[2],
        "end": times["end"],
        "venue": series.where.name if series.where else "",
        "address": (series.where.address or "") if series.where else "",
    }


def _as_it_will_be(desk: Desk, task: Task, change: Change) -> _Draft:
    merged = desk.object(ObjectId(chapter=task.chapter, kind=change.kind.value, path=change.path))
    fields: dict[str, Any] = msgspec.to_builtins(merged.shown) if merged and merged.shown else {}
    for name, value in msgspec.to_builtins(dict(change.changes)).items():
        if name in MAPS:
            entries = {**(fields.get(name) or {}), **(value or {})}
            value = {key: each for key, each in entries.items() if each is not None}  # noqa: PLW2901
        fields[name] = value
    return _Draft(
        kind=change.kind,
        path=change.path,
        fields=fields,
        where=fields.get("title") or (task.entry.title if task.entry else ""),
    )
