"""A series whose rule changes from a day on: the past keeps its rule, an heir has the new one.

A new rule on the same object would lose every past date that it does not give. So the
old series ends the day before, and another one goes on from it (docs/adr/0009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from p2pevents.errors import DraftError, InputError
from p2pevents.node.desk import Change
from p2pevents.record.draft import SeriesDraft
from p2pevents.record.draft.rules import read_rule
from p2pevents.record.fields import Series
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, component_of, hash_of, path_text
from p2pevents.record.kinds import MAPS, Kind
from p2pevents.record.values import Recurring
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import Calendar
from p2pevents.view.recurrence import HORIZON_DAYS, dates_until, first_start, starts_of, until_of
from p2pevents.view.times import Window

__all__ = ["Continued", "continue_series", "said_from"]

_DOMAIN: Final = b"p2pevents/1/continue"
# What an heir takes over as it is shown; `when` is its own.
_TAKEN: Final = (
    "title", "description", "locale", "where", "stream", "languages",
    "localizations", "links", "participants", "keywords",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """What two records are to say: the series until a day, and its heir from that day on.

    Attributes:
        old, heir: the changes, to be written together.
        first: the heir's first date.
    """

    old: Change
    heir: Change
    first: date


def continue_series(
    found: ObjectId, series: Series, *, on: date, words: Mapping[str, Any]
) -> Continued:
    """Return how a series goes on from a day by other words.

    The heir's path follows from the series and the day, so that two organisers who do the
    same at once meet on one object.

    Args:
        found: the series.
        series: as it is shown.
        on: the day from which the new words hold.
        words: what was typed, as `SeriesDraft.from_words` takes it.

    Raises:
        InputError: the series has no date before that day, or none from it on.
        DraftError: the words do not make a series.
    """
    when = series.when
    if when is None or when.start is None or when.recurrence_rule is None:
        raise InputError(f"{path_text(found.path)}: has no rule that could change")
    if not dates_until(when, on - timedelta(days=1)):
        raise InputError(
            f"--from {on}: the series has no date before it",
            hint="leave out --from: the whole series is changed",
        )
    until = until_of(when)
    if until is not None and until.date() < on:
        raise InputError(
            f"--from {on}: the series ends on {until.date()}",
            hint="p2pevents series list shows what goes on from it",
        )
    first = _first(when, on, words)
    kept = dict(_parts(when.recurrence_rule))
    typed = dict(words)
    if "rule" not in words:
        if "COUNT" in kept:
            before = len(dates_until(when, on - timedelta(days=1)))
            kept["COUNT"] = str(int(kept["COUNT"]) - before)
        typed["rule"] = ";".join(f"{name}={value}" for name, value in kept.items())
    hour = str(typed.get("start") or when.start[11:16])
    typed["start"] = hour if len(hour) > len("18:30") else f"{first} {hour}"
    draft = SeriesDraft.from_words(today=on.isoformat(), current=series, **typed)
    fields = msgspec.to_builtins(series)
    taken = {name: fields[name] for name in _TAKEN if fields.get(name)}
    heir = {**taken, **_united(taken, draft.changes), "continues": path_text(found.path)}
    end = on - timedelta(days=1)
    ended = {name: value for name, value in _parts(when.recurrence_rule) if name != "COUNT"}
    rule = ";".join(
        f"{name}={value}" for name, value in {**ended, "UNTIL": f"{end:%Y%m%d}"}.items()
    )
    digest = hash_of(_DOMAIN, found.chapter + f"{path_text(found.path)}/{on}".encode())
    return Continued(
        old=Change(
            kind=Kind.SERIES,
            path=found.path,
            changes={"when": msgspec.structs.replace(when, recurrence_rule=rule)},
        ),
        heir=Change(kind=Kind.SERIES, path=(component_of(digest),), changes=heir),
        first=first,
    )


def said_from(calendar: Calendar, chapter: ChapterId, on: date) -> list[str]:
    """Return the dates of a series from a day on of which anything was said: that stays behind.

    Args:
        calendar: of the series and what is under it.
        chapter: whose.
        on: the day from which another series goes on.
    """
    return [
        each.path[-1]
        for each in agenda(calendar, Query(window=Window(first=on)))
        if calendar.object_at(chapter, Kind.OCCURRENCE, each.path) or each.sessions
    ]


def _first(when: Recurring, on: date, words: Mapping[str, Any]) -> date:
    """Return the heir's first date: of a new rule, else the next one of the rule that stays."""
    if words.get("rule"):
        rule = read_rule(str(words["rule"]))
        try:
            found = first_start(
                Recurring(
                    start=f"{on}T{(when.start or '')[11:]}",
                    time_zone=when.time_zone,
                    recurrence_rule=rule,
                )
            )
        except ValueError as error:
            raise DraftError(f"rule: {error}") from None
    else:
        dates: tuple[datetime, ...] = starts_of(when, on, on + timedelta(days=HORIZON_DAYS))
        found = dates[0] if dates else None
    if found is None:
        raise InputError(f"--from {on}: no date of the rule lies from there on")
    return found.date()


def _parts(rule: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in rule.split(";"))]


def _united(taken: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes, with the entries of maps beside those that are taken over."""
    plain = {name: msgspec.to_builtins(value) for name, value in changes.items()}
    return {
        name: {entry: item for entry, item in {**taken[name], **value}.items() if item is not None}
        if isinstance(taken.get(name), dict) and isinstance(value, dict) and name in MAPS
        else value
        for name, value in plain.items()
    }
