"""What a person types of a gathering, read into the changes that `compose` makes a record of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, Unpack

import msgspec

from p2pevents.errors import DraftError
from p2pevents.record.draft import read, rules, times
from p2pevents.record.draft.plain import Draft, Reader, keywords, people, plain
from p2pevents.record.draft.vocabulary import EventWords, SeriesWords, SessionWords, said
from p2pevents.record.fields import Event, Gathering, Series, Session
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Localization, Recurring, Status, StatusIs, When, Where

__all__ = ["EventDraft", "OccurrenceDraft", "SeriesDraft", "SessionDraft"]


class EventDraft(Draft):
    """One gathering."""

    kind = Kind.EVENT
    words = frozenset(EventWords.__annotations__)

    @classmethod
    def from_words(cls, *, current: Event | None = None, **words: Unpack[EventWords]) -> EventDraft:
        """Read an event, or changes to the one that is shown until now.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        changes = _gathering(typed, current, where=_WHERE)
        if typed.keys() & _WHEN:
            changes["when"] = _read_when(typed, current.when if current else None, day=None)
        return cls(changes=changes)


class OccurrenceDraft(Draft):
    """One date of a series: what differs on it."""

    kind = Kind.OCCURRENCE
    words = frozenset(EventWords.__annotations__) - {"series"}

    @classmethod
    def from_words(
        cls, *, day: str, current: Gathering | None = None, **words: Unpack[EventWords]
    ) -> OccurrenceDraft:
        """Read what differs on one date of a series.

        Args:
            day: the date by the rule, `YYYY-MM-DD`: a start of `19:00` alone is on it.
            current: what is shown until now: the series' own words where nobody changed them.
            **words: what was typed.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        changes = _gathering(typed, current, where=_WHERE)
        if typed.keys() & _WHEN:
            changes["when"] = _read_when(typed, current.when if current else None, day=day)
        return cls(changes=changes)


class SeriesDraft(Draft):
    """Gatherings that come back by a rule."""

    kind = Kind.SERIES
    words = frozenset(SeriesWords.__annotations__)

    @classmethod
    def from_words(
        cls, *, today: str, current: Series | None = None, **words: Unpack[SeriesWords]
    ) -> SeriesDraft:
        """Read a series, or changes to the one that is shown until now.

        Args:
            today: the local day, `YYYY-MM-DD`: a start of `18:30` alone is on the rule's first
                date from here on.
            current: what is shown until now.
            **words: what was typed.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        changes = _gathering(typed, current, where=_WHERE)
        if typed.keys() & {*_WHEN, "rule"}:
            changes["when"] = _read_recurring(typed, current.when if current else None, today)
        return cls(changes=changes)


class SessionDraft(Draft):
    """A part of an event's programme."""

    kind = Kind.SESSION
    words = frozenset(SessionWords.__annotations__)

    @classmethod
    def from_words(
        cls,
        *,
        parent: When | None = None,
        current: Session | None = None,
        **words: Unpack[SessionWords],
    ) -> SessionDraft:
        """Read a session, or changes to the one that is shown until now.

        Args:
            parent: when the event is: a start of `19:00` alone is on its day, and so is a new
                session without a start, whose hour is to be announced.
            current: what is shown until now.
            **words: what was typed.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        changes = _gathering(typed, current, where=_WHERE.keys() - {"room"})
        day = parent.local_day if parent else None
        if typed.keys() & _WHEN or (current is None and day is not None):
            until_now = current.when if current else None
            if (until_now is None or until_now.time_zone is None) and parent is not None:
                typed.setdefault("zone", parent.time_zone)
            changes["when"] = _read_when(typed, until_now, day=day)
        if "room" in typed and current is not None and changes["room"] != current.room:
            changes |= _without_rooms(current)
        return cls(changes=changes)


# --- how each word is read ------------------------------------------------------------------

_WHEN: Final = frozenset({"start", "end", "zone"})

# Words that are a part of `where`: the key there, and how its text is read.
_WHERE: Final[dict[str, tuple[str, Reader]]] = {
    "venue": ("name", read.line),
    "venue_id": ("venue", read.path),
    "address": ("address", read.reason),
    "city": ("city", read.line),
    "country": ("country", read.country),
    "room": ("room", read.line),
}


def _gathering(
    typed: Mapping[str, Any], current: Gathering | None, *, where: Iterable[str]
) -> dict[str, Any]:
    """Return the changes to what all gatherings have, `when` aside.

    Args:
        typed: by word.
        current: what is shown until now.
        where: the words that are a part of `where` in this kind.
    """
    changes = plain(typed, without=(*where, "zone"))
    status = _read_status(typed, current.status if current else None)
    if status is not None:
        changes["status"] = status
    if "tags" in typed:
        changes["keywords"] = keywords(typed["tags"], current.keywords if current else {})
    changed = people(typed, current.participants if current else {})
    if changed:
        changes["participants"] = changed
    if any(word in typed for word in where):
        changes["where"] = _read_where(typed, current.where if current else None, where)
    return changes


def _without_rooms(current: Session) -> dict[str, Any]:
    """Return the change that takes translations of a room back: they are of the last one."""
    stale: dict[str, Localization | None] = {}
    for tag, words in current.localizations.items():
        if words.room:
            kept = msgspec.structs.replace(words, room=None)
            stale[tag] = kept if any(msgspec.structs.astuple(kept)) else None
    return {"localizations": stale} if stale else {}


def _read_when(typed: Mapping[str, Any], current: When | None, *, day: str | None) -> When | None:
    """Return the time that is meant; None where an empty start takes it back."""
    if typed.get("start") == "":
        return None
    return times.read_when(
        start=typed.get("start"),
        end=typed.get("end"),
        zone=typed.get("zone"),
        day=current.local_day if current and current.local_day else day,
        current=current,
    )


def _read_status(typed: Mapping[str, Any], current: Status | None) -> Status | None:
    """Return the status that is meant; None where it does not change.

    What was not typed stays while the state is the same: a reason, and what stands for it.
    """
    if not typed.keys() & {"status", "reason", "moved_to"}:
        return None
    if typed.get("status"):
        state = StatusIs(read.choice("status", typed["status"], StatusIs))
    elif current is not None:
        state = current.state
    else:
        raise DraftError("status: missing", hint="say which: status = cancelled, for example")
    kept = current if current is not None and current.state is state else None
    reason = typed.get("reason", kept.reason if kept else None)
    moved_to = typed.get("moved_to", kept.moved_to if kept else None)
    return Status(
        state=state,
        reason=read.reason("reason", reason) if reason else None,
        moved_to=read.path("moved_to", moved_to) if moved_to else None,
    )


def _read_where(
    typed: Mapping[str, Any], current: Where | None, words: Iterable[str]
) -> Where | None:
    """Return the place that is meant, its parts that were not typed as they are shown until now."""
    parts = msgspec.structs.asdict(current) if current else {}
    if typed.get("venue") and "venue_id" not in typed:
        parts = {}  # another place: its address is not the last one's
    for word in words:
        if word in typed:
            key, reader = _WHERE[word]
            parts[key] = reader(word, typed[word]) if typed[word] else None
    if not parts.get("name"):
        if any(parts.values()):
            raise DraftError("venue: missing", hint="name the place that the rest is about")
        return None
    return Where(**parts)


def _read_recurring(typed: Mapping[str, Any], current: Recurring | None, today: str) -> Recurring:
    """Return the times of a series. A start of `18:30` alone is on the rule's first date."""
    rule = current.recurrence_rule if current else None
    if typed.get("rule"):
        rule = rules.read_rule(typed["rule"])
    if rule is None:
        raise DraftError("rule: missing", hint='write rule = "first Wednesday", for example')
    day = current.local_day if current and not typed.get("rule") else None
    if day is None:
        first = rules.first_date(rule, times.read_day("today", today))
        day = first.isoformat() if first else None
    start = typed.get("start")
    if start is None and current is not None and current.start is not None:
        start = f"{day}T{current.start[11:]}" if day else current.start
    when = times.read_when(
        start=start, end=typed.get("end"), zone=typed.get("zone"), day=day, current=current
    )
    if when.start is None:
        raise DraftError(f"start: {when.day} has no hour", hint="write start = 18:30")
    begins = dt.date.fromisoformat(when.start[:10])
    first = rules.first_date(rule, begins)
    if first is not None and first != begins:
        raise DraftError(
            f"start: {begins} is not a date of the rule {rule}", hint=f"the next one is {first}"
        )
    try:
        return Recurring(
            start=when.start,
            time_zone=when.time_zone,
            duration=when.duration,
            recurrence_rule=rule,
        )
    except ValueError as error:
        raise DraftError(f"rule: {error}") from None
