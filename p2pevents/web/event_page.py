"""What the page of one event, date of a series or session says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec
from babel.dates import LOCALTZ

from p2pevents.node.wording import above
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import path_text, short
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.view.entries import Entry
from p2pevents.view.online import is_online
from p2pevents.view.times import night_of
from p2pevents.web.acts import Act, acts_of
from p2pevents.web.dates import Moment, moment_of
from p2pevents.web.face import Face
from p2pevents.web.news import News
from p2pevents.web.papers import papers_of_entry
from p2pevents.web.programme import programme_of
from p2pevents.web.rows import row_of
from p2pevents.web.shelf import Shelf
from p2pevents.web.told import was_of
from p2pevents.web.words import Words

__all__ = ["days_words", "event_facts", "night_words"]


def event_facts(
    shelf: Shelf,
    face: Face,
    found: tuple[ObjectId, Entry],
    *,
    zone: tzinfo | None,
    news: News,
) -> dict[str, Any]:
    """Return what the template `event.html` wants.

    Args:
        shelf: where it stands.
        face: to whom it is shown.
        found: which it is.
        zone: in which the reader asked for it; None for its own.
        news: what changed since its reader last looked.
    """
    object_id, entry = found
    t = face.words
    row = row_of(entry, language=t.tongue, news=news)
    days, awaited = programme_of(entry, zone=zone, language=t.tongue, news=news)
    change = news.of(entry)
    is_session = entry.kind == Kind.SESSION
    parts_of = above(object_id) if is_session else object_id
    moment = row.moment
    return {
        "entry": entry,
        "row": row,
        "was": was_of(change, t) if change else "",
        "days_text": days_words(moment, t) if moment.is_long else "",
        "day_text": t.heading(moment.day) if moment.day else "",
        "mine": _mine(entry, t) if face.is_local else "",
        "programme": days,
        "awaited": [each for each in awaited if each.told.title],
        "city": "" if is_online(entry) else entry.city,
        "disputes": _disputes(shelf.desk.object(object_id)),
        "edition": entry.edition,
        "updated": t.day_of(entry.clock),
        "is_session": is_session,
        "papers": papers_of_entry(shelf, entry, t.tongue),
        "parent": "event/" + "/".join(entry.path[:-1]),
        "acts": acts_of(shelf, object_id) if face.may_write else (),
        "may_add": face.may_write and Act.ADD in acts_of(shelf, parts_of),
        "parts_of": path_text(parts_of.path),
        "ends": night_words(night_of(entry.span), t),
        "is_history": bool(entry.shown.imported and entry.shown.imported.history),
    }


def _mine(entry: Entry, t: Words) -> str:
    """Say when it is by this machine's clock; nothing where that is the same, or its hour open."""
    theirs, mine = moment_of(entry.span), moment_of(entry.span, LOCALTZ)
    if mine.iso == theirs.iso or mine.is_long or not mine.hours or not mine.day:
        return ""
    return f"{t.date(mine.day, 'EEE d MMM')}, {mine.hours}"


def _disputes(merged: MergedObject | None) -> list[Mapping[str, Any]]:
    """Return the fields on which organisers disagree, each with every value and whose it is."""
    return [
        {"field": name, "values": [(short(word.author), _said(word.value)) for word in words]}
        for name, words in (merged.conflicts.items() if merged else ())
    ]


def days_words(moment: Moment, t: Words) -> str:
    """Return the day or the days of something; empty while they are open."""
    if moment.is_long and moment.day and moment.last:
        return t.dates(moment.day, moment.last)
    return t.date(moment.day) if moment.day else ""


def night_words(ends: datetime | None, t: Words) -> str:
    """Say when something ends that passes midnight; nothing of anything else."""
    return (
        t("ends_at", day=t.date(ends.date(), "EEEE d MMMM"), hour=f"{ends:%H:%M}") if ends else ""
    )


def _said(value: Any) -> str:
    raw = msgspec.to_builtins(value)
    return ", ".join(map(str, raw.values())) if isinstance(raw, dict) else str(raw)
