"""Feeds of what is on the shelf: iCalendar, Atom, JSON."""

from __future__ import annotations

from itertools import islice

from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import ROWS_MAX
from p2pevents.view.atom import atom_text
from p2pevents.view.calendar import Calendar
from p2pevents.view.entries import Entry
from p2pevents.view.feed import Feed, calendar_text
from p2pevents.view.ics import Cancelled, part_of
from p2pevents.view.rows import json_text, row_of
from p2pevents.web.asked import Asked
from p2pevents.web.face import Face
from p2pevents.web.shelf import Shelf

__all__ = ["atom_feed", "entry_ics", "ics_feed", "json_feed", "mode_of"]


def mode_of(text: str) -> Cancelled:
    """Return what a subscriber wants of what is cancelled; marked where they said nothing."""
    try:
        return Cancelled(text)
    except ValueError:
        return Cancelled.MARKED


def ics_feed(shelf: Shelf, face: Face, chapters: tuple[ChapterId, ...], mode: Cancelled) -> bytes:
    """Return these chapters' events, past ones too, as a calendar."""
    name = shelf.name(chapters[0]) if len(chapters) == 1 else "p2pevents"
    key = ("ics", chapters, mode, face.public_url, name)
    feed = shelf.feed(key, lambda: Feed(name=name, public_url=face.public_url, cancelled=mode))
    return shelf.kept(key, lambda: feed.text(shelf.calendar(chapters)))


def entry_ics(calendar: Calendar, entry: Entry, *, public_url: str) -> bytes:
    """Return one event with its sessions, one session, or of a date its whole series."""
    is_date = entry.kind is Kind.OCCURRENCE
    kind, path = (Kind.SERIES, entry.path[:1]) if is_date else (entry.kind, entry.path)
    merged = calendar.object_at(entry.chapter.id, kind, path)
    parts = [part_of(calendar, merged, public_url=public_url)] if merged is not None else []
    return calendar_text(parts, name=entry.title)


def atom_feed(shelf: Shelf, face: Face, chapters: tuple[ChapterId, ...]) -> bytes:
    """Return these chapters' latest words as an Atom feed."""
    name = shelf.name(chapters[0]) if len(chapters) == 1 else "p2pevents"
    return shelf.kept(
        ("atom", chapters, face.public_url),
        lambda: atom_text(
            shelf.calendar(chapters), chapters=chapters, name=name, public_url=face.public_url
        ),
    )


def json_feed(shelf: Shelf, face: Face, asked: Asked) -> bytes:
    """Return what an agenda with these filters holds, as commands give it."""
    window = asked.window(shelf.today())
    known = {to_text(each): each for each in shelf.chapters()}
    query = asked.query(window, known)
    entries = islice(query.asked_of(shelf.entries(window)), ROWS_MAX)
    rows = (row_of(each, public_url=face.public_url) for each in entries)
    return json_text(rows).encode("utf-8") + b"\n"
