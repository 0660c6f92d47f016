"""Which reminders are due. Pure: entries, the time and what was said before go in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import Enum
from typing import Any, Final

import msgspec

from p2pevents.record.ids import to_text
from p2pevents.record.values import StatusIs
from p2pevents.view.entries import Entry
from p2pevents.view.rows import row_of
from p2pevents.view.times import utc_of

__all__ = ["KEPT_MAX", "Kind", "Memory", "Reminder", "look", "read_memory", "span_ms"]

KEPT_MAX: Final = 4_000  # gatherings, and reminders that were given; those that end first stay
_KEPT_AFTER_MS: Final = 2 * 86_400_000
_SPAN: Final = re.compile(r"([1-9][0-9]{0,2})([mhd])", re.ASCII)
_UNITS_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DAY_BEGINS: Final = time(8)  # of what has a day and no hour yet
_OFF: Final = (StatusIs.CANCELLED, StatusIs.POSTPONED, StatusIs.SKIPPED)


class Kind(Enum):
    """What a reminder is about."""

    BEFORE = "before"
    MOVED = "moved"
    OFF = "off"
    ON_AGAIN = "on-again"
    NUDGE = "nudge"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One thing to tell a person.

    Attributes:
        key: the same for the same reminder, so that it is given once.
        kind: what it is about.
        title: one line.
        text: one line more.
        event: the entry as plain data; None where it is about none.
    """

    key: str
    kind: Kind
    title: str
    text: str
    event: Mapping[str, Any] | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The reminder as plain data, for other programs."""
        return {
            "kind": self.kind.value,
            "title": self.title,
            "text": self.text,
            "event": self.event,
        }


class _Seen(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How a gathering was when it was last looked at."""

    start: str
    status: str
    until_ms: int


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What is known from before: gatherings as they were, and reminders with their ends."""

    seen: dict[str, _Seen] = msgspec.field(default_factory=dict)
    given: dict[str, int] = msgspec.field(default_factory=dict)


def read_memory(data: bytes) -> Memory:
    """Return what was kept.

    Raises:
        ValueError: it cannot be read.
    """
    return msgspec.json.decode(data, type=Memory)


def span_ms(text: str) -> int:
    """Return the milliseconds of `30m`, `2h` or `1d`.

    Raises:
        ValueError: it is none.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no span")
    return int(match[1]) * _UNITS_MS[match[2]]


def look(
    entries: Iterable[Entry],
    memory: Memory,
    *,
    now_ms: int,
    before: Sequence[str],
    changes: bool,
) -> tuple[list[Reminder], Memory, int | None]:
    """Return what is due, what to keep, and when the next reminder falls due.

    What is seen for the first time is remembered, and not told as a change.
    A node that was off tells the shortest reminder alone of those that it missed,
    and nothing of what has begun.

    Args:
        entries: what is followed, as far as it matters.
        memory: what was kept.
        now_ms: the time, in ms since 1970.
        before: how long before a start to tell, each as `span_ms` reads it.
        changes: whether to tell what moved, was called off, or is on again.
    """
    seen = dict(memory.seen)
    given = dict(memory.given)
    due: list[Reminder] = []
    nexts: list[int] = []
    spans = sorted((span_ms(text), text) for text in set(before))
    for entry in entries:
        start_ms = _start_ms(entry)
        if start_ms is None or start_ms + _KEPT_AFTER_MS < now_ms:
            continue
        key = f"{to_text(entry.chapter.id)}/{entry.kind}/{entry.id}"
        now = _Seen(
            start=_start_text(entry), status=str(entry.status), until_ms=start_ms + _KEPT_AFTER_MS
        )
        was = seen.get(key)
        seen[key] = now
        if changes and was is not None and was != now and max(start_ms, was.until_ms) > now_ms:
            due += _changed(entry, was, now, key)
        if entry.status in _OFF or start_ms <= now_ms:
            continue
        told = [(length, f"{key} {now.start} {text}") for length, text in spans]
        missed = [name for length, name in told if start_ms - length <= now_ms]
        nexts += [start_ms - length for length, _ in told if start_ms - length > now_ms]
        if missed and not any(name in given for name in missed[:1]):
            due.append(_soon(entry, missed[0]))
        given.update(dict.fromkeys(missed, now.until_ms))
    kept = Memory(
        seen=_latest(seen, lambda each: each.until_ms, now_ms=now_ms),
        given=_latest(given, lambda end: end, now_ms=now_ms),
    )
    return due, kept, min(nexts, default=None)


def _changed(entry: Entry, was: _Seen, now: _Seen, key: str) -> Iterable[Reminder]:
    """Yield the one reminder of a change; of two at once, that it is off says more."""
    title, where = _title(entry), _line(entry)
    name = f"{key} {was.start} {was.status} {now.start} {now.status}"
    if now.status != was.status and entry.status in _OFF:
        status = entry.shown.status
        reason = f": {status.reason}" if status and status.reason else ""
        yield _reminder(entry, name, Kind.OFF, f"{entry.status}: {title}", f"{where}{reason}")
    elif entry.status in _OFF:
        return
    elif now.start != was.start:
        text = f"now {where}; it was {was.start.replace('T', ' ')[:16]}"
        yield _reminder(entry, name, Kind.MOVED, f"moved: {title}", text)
    elif was.status in {str(each) for each in _OFF}:
        yield _reminder(entry, name, Kind.ON_AGAIN, f"takes place after all: {title}", where)


def _soon(entry: Entry, name: str) -> Reminder:
    return _reminder(entry, name, Kind.BEFORE, _title(entry), _line(entry))


def _reminder(entry: Entry, key: str, kind: Kind, title: str, text: str) -> Reminder:
    return Reminder(key=key, kind=kind, title=title, text=text, event=row_of(entry))


def _title(entry: Entry) -> str:
    return entry.title or entry.chapter.name


def _line(entry: Entry) -> str:
    """Return day, hour and place in one line, in the gathering's own time."""
    span = entry.span
    when = f"{span.start:%Y-%m-%d %H:%M}" if span.start else f"{span.day}, time to be announced"
    stream = entry.shown.stream.uri if entry.shown.stream else ""
    parts = (when, entry.place.name if entry.place else "", stream, entry.chapter.name)
    return ", ".join(part for part in parts if part)


def _start_text(entry: Entry) -> str:
    span = entry.span
    return span.start.isoformat() if span.start else str(span.day)


def _start_ms(entry: Entry) -> int | None:
    """Return the instant of the start; the morning of the day while the hour is open."""
    span = entry.span
    if span.day is None:
        return None
    moment = span.start_utc
    if moment is None:
        start = span.start or datetime.combine(span.day, _DAY_BEGINS)
        moment = utc_of(start, span.time_zone)
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _latest(values: dict[str, Any], end: Any, *, now_ms: int) -> dict[str, Any]:
    """Return what has not ended, and of too many those that end first: they matter first."""
    kept = [(key, value) for key, value in values.items() if end(value) > now_ms]
    kept.sort(key=lambda pair: end(pair[1]))
    return dict(kept[:KEPT_MAX])
