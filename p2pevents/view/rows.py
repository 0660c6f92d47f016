"""Entries as JSON: the one shape that commands, page and feed give to other programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from p2pevents.record.fields import Event, Notice, Occurrence, Recap, Session
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.view.entries import Entry
from p2pevents.view.freshness import Freshness, freshness_facts
from p2pevents.view.times import Span, utc_text
from p2pevents.view.tongues import translated

if TYPE_CHECKING:
    from p2pevents.view.tagged import Piece, Tagged

__all__ = ["json_text", "notice_row", "recap_row", "row_of", "rows_text", "url_of"]

CHAPTERS_KEPT_MAX = 256  # as text: most rows are of few


def row_of(entry: Entry, *, public_url: str = "") -> dict[str, Any]:
    """Return an entry as plain data. Every key is always there; null where nothing is known.

    `start` and `end` are local times, `YYYY-MM-DDTHH:MM:SS`; while the hour is to be
    announced, `start` is the day alone and `startUtc` null.

    Args:
        entry: an event, a date of a series, or a session.
        public_url: where this node's pages are seen from outside; empty where they are not, and
            then the chapter's own address is taken if its profile has one.
    """
    shown = entry.shown
    status = shown.status
    return {
        "id": entry.id,
        "kind": str(entry.kind),
        "chapter": _chapter_text(entry.chapter.id),
        "chapterName": entry.chapter.name,
        "title": entry.title,
        **_times(entry.span),
        "status": str(entry.status),
        "reason": status.reason if status else None,
        "movedTo": status.moved_to if status else None,
        "movedToDay": entry.moved_to.isoformat() if entry.moved_to else None,
        "venue": entry.place.name if entry.place else None,
        "address": entry.place.address if entry.place else None,
        "city": entry.city,
        "stream": shown.stream.uri if shown.stream else None,
        "tags": sorted(shown.keywords),
        "languages": list(shown.languages or ()),
        "conflict": bool(entry.conflicts),
        "conflicts": list(entry.conflicts),
        "url": url_of(entry, public_url),
        "description": shown.description,
        "locale": shown.locale,
        "translated": {
            tag: str(state)
            for tag, state in translated(shown, entry.chapter.profile.languages or ()).items()
        },
        "localizations": msgspec.to_builtins(shown.localizations),
        "links": msgspec.to_builtins(shown.links),
        "participants": msgspec.to_builtins([*shown.participants.values()]),
        "history": entry.is_history,
        **_of_kind(entry),
        "recap": recap_row(entry.recaps[0]) if entry.recaps else None,
        "notices": [notice_row(each) for each in entry.notices],
        "sessions": [row_of(each, public_url=public_url) for each in entry.sessions],
    }


@lru_cache(maxsize=CHAPTERS_KEPT_MAX)
def _chapter_text(chapter: ChapterId) -> str:
    return to_text(chapter)


def recap_row(recap: Recap) -> dict[str, Any]:
    """Return what was written of an event afterwards, as plain data."""
    return {
        "title": recap.title,
        "description": recap.description,
        "day": recap.day,
        "cover": recap.cover,
        "expected": recap.expected,
        "attended": recap.attended,
        "lessons": recap.lessons,
        "authors": [each.name for each in recap.participants.values()],
        "tags": sorted(recap.keywords),
        "links": msgspec.to_builtins(recap.links),
    }


def notice_row(notice: Notice) -> dict[str, Any]:
    """Return a word to all who follow, as plain data."""
    return {
        "title": notice.title,
        "description": notice.description,
        "until": notice.until,
        "links": msgspec.to_builtins(notice.links),
    }


def json_text(rows: Iterable[dict[str, Any]]) -> str:
    """Return rows as one JSON document, two spaces deep, every character as it is."""
    return msgspec.json.format(msgspec.json.encode(list(rows)), indent=2).decode("utf-8")


def rows_text(
    entries: Iterable[Entry], fresh: Mapping[ChapterId, Freshness], *, public_url: str = ""
) -> Tagged:
    """Return entries as a JSON document, an entry a line, each with how fresh its chapter is.

    The text of an entry is made once and kept with it.

    Args:
        entries: in the order that they are to stand in.
        fresh: whether what is here of each of their chapters is all of it.
        public_url: as `row_of` takes it.
    """
    from p2pevents.view.tagged import tagged

    ends = {
        chapter: b"," + msgspec.json.encode(freshness_facts(each)).removeprefix(b"{") + b",\n"
        for chapter, each in fresh.items()
    }
    key = ("row", public_url)
    found = [(entry.kept.get(key) or _kept_row(entry, key), entry.chapter.id) for entry in entries]
    if not found:
        return tagged(b"[]\n")
    lines = [part for row, chapter in found for part in (row.text, ends[chapter])]
    lines[-1] = lines[-1].removesuffix(b",\n")
    digests = [row.digest for row, _ in found]
    data = b"".join([b"[\n", *lines, b"\n]\n"])
    return tagged(data, [*digests, *(end for _, end in sorted(ends.items()))])


def _kept_row(entry: Entry, key: tuple[str, str]) -> Piece:
    """Make the text of an entry, without its end, and keep it with the entry."""
    from p2pevents.view.tagged import piece

    row = msgspec.json.encode(row_of(entry, public_url=key[1])).removesuffix(b"}")
    made: Piece = entry.kept.setdefault(key, piece(row))
    return made


def _times(span: Span) -> dict[str, str | None]:
    start = span.start.isoformat() if span.start else None
    return {
        "start": start or (span.day.isoformat() if span.day else None),
        "end": span.end.isoformat() if span.end else None,
        "timeZone": span.time_zone,
        "startUtc": utc_text(span.start_utc) if span.start_utc else None,
        "endUtc": utc_text(span.end_utc) if span.end_utc else None,
    }


def _of_kind(entry: Entry) -> dict[str, Any]:
    """Return what one kind has and the others have not."""
    shown = entry.shown
    if isinstance(shown, Session):
        return {
            "type": shown.type,
            "room": shown.room,
            "level": shown.level,
            "recording": shown.recording,
        }
    if isinstance(shown, Event):
        return {"edition": shown.edition, "series": shown.series}
    if isinstance(shown, Occurrence):
        return {"edition": entry.edition, "series": entry.path[0]}
    return {}


def url_of(entry: Entry, public_url: str) -> str | None:
    """Return the address of an entry's page; None where no page of it is seen from outside."""
    base = public_url or entry.chapter.profile.public_url
    return f"{base.rstrip('/')}/event/{entry.id}" if base else None
