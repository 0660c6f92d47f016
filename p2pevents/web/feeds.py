"""Feeds of what is on the shelf: iCalendar, Atom, JSON.

The library that writes iCalendar is loaded when a calendar is first asked for.
"""

from __future__ import annotations

from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import ROWS_MAX
from p2pevents.view.atom import atom_text
from p2pevents.view.calendar import Calendar
from p2pevents.view.cancelled import Cancelled
from p2pevents.view.entries import Entry
from p2pevents.view.freshness import Freshness
from p2pevents.view.rows import rows_text
from p2pevents.view.tagged import Tagged, tagged
from p2pevents.web.asked import Asked
from p2pevents.web.face import Face
from p2pevents.web.shelf import Shelf

__all__ = ["atom_feed", "entry_ics", "freshness_of", "ics_feed", "json_feed", "mode_of"]


def mode_of(text: str) -> Cancelled:
    """Return what a subscriber wants of what is cancelled; marked where they said nothing."""
    try:
        return Cancelled(text)
    except ValueError:
        return Cancelled.MARKED


def ics_feed(shelf: Shelf, face: Face, chapters: tuple[ChapterId, ...], mode: Cancelled) -> Tagged:
    """Return these chapters' events, past ones too, as a calendar."""
    from p2pevents.view.feed import Feed

    name = shelf.name(chapters[0]) if len(chapters) == 1 else "p2pevents"
    key = ("ics", chapters, mode, face.public_url, name)
    feed = shelf.feed(key, lambda: Feed(name=name, public_url=face.public_url, cancelled=mode))
    return shelf.feed_text(key, lambda: feed.tagged(shelf.agendas.for_subscribers(chapters)))


def entry_ics(calendar: Calendar, entry: Entry, *, public_url: str) -> bytes:
    """Return one event with its sessions, one session, or of a date its whole series."""
    from p2pevents.view.feed import calendar_text
    from p2pevents.view.ics import part_of

    is_date = entry.kind is Kind.OCCURRENCE
    kind, path = (Kind.SERIES, entry.path[:1]) if is_date else (entry.kind, entry.path)
    merged = calendar.object_at(entry.chapter.id, kind, path)
    parts = [part_of(calendar, merged, public_url=public_url)] if merged is not None else []
    return calendar_text(parts, name=entry.title)


def atom_feed(shelf: Shelf, face: Face, chapters: tuple[ChapterId, ...]) -> Tagged:
    """Return these chapters' latest words as an Atom feed."""
    name = shelf.name(chapters[0]) if len(chapters) == 1 else "p2pevents"

    def make() -> Tagged:
        calendar, latest = shelf.agendas.latest(chapters)
        public_url = face.public_url
        return tagged(
            atom_text(calendar, chapters=chapters, name=name, public_url=public_url, latest=latest)
        )

    return shelf.feed_text(("atom", chapters, face.public_url), make)


def json_feed(shelf: Shelf, face: Face, asked: Asked) -> Tagged:
    """Return what an agenda with these filters holds, as commands give it."""
    window = asked.window(shelf.today())
    known = {to_text(each): each for each in shelf.chapters()}
    query, rows_max = asked.query(window, known), min(asked.limit or ROWS_MAX, ROWS_MAX)

    def make() -> Tagged:
        entries, _ = shelf.agendas.found(query, rows_max=rows_max)
        return rows_text(entries, freshness_of(shelf), public_url=face.public_url)

    return shelf.feed_text(("json", query, rows_max, face.public_url, shelf.today()), make)


def freshness_of(shelf: Shelf) -> dict[ChapterId, Freshness]:
    """Return whether what is shown of each chapter is all of it."""
    return {each: shelf.freshness(each) for each in shelf.chapters()}
