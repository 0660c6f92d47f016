"""Feeds of what is on the shelf: iCalendar, Atom, JSON.

The library that writes iCalendar is loaded when a calendar is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

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

if TYPE_CHECKING:
    from p2pevents.view.feed import Feed

__all__ = [
    "Subscribed",
    "atom_feed",
    "entry_ics",
    "freshness_of",
    "ics_feed",
    "ics_feed_behind",
    "json_feed",
    "mode_of",
]


def mode_of(text: str) -> Cancelled:
    """Return what a subscriber wants of what is cancelled; marked where they said nothing."""
    try:
        return Cancelled(text)
    except ValueError:
        return Cancelled.MARKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """What one calendar program is given.

    Attributes:
        chapters: whose events, past ones too.
        mode: what becomes of what does not take place.
        public_url: where the pages are seen from outside; empty where they are not.
    """

    chapters: tuple[ChapterId, ...]
    mode: Cancelled
    public_url: str


def ics_feed(shelf: Shelf, face: Face, chapters: tuple[ChapterId, ...], mode: Cancelled) -> Tagged:
    """Return these chapters' events, past ones too, as a calendar."""
    wanted = Subscribed(chapters=chapters, mode=mode, public_url=face.public_url)
    feed = _feed(shelf, wanted)
    return shelf.feed_text(wanted, lambda: feed.tagged(shelf.agendas.for_subscribers(chapters)))


async def ics_feed_behind(shelf: Shelf, find: Callable[[Shelf], Subscribed]) -> Tagged:
    """Return the same, made beside the pages: the first text of ten thousand events takes seconds.

    Args:
        shelf: what is read.
        find: says what is wanted, within the shelf's worker thread.
    """
    await shelf.use(find)  # what is nobody's ends here
    await shelf.wait_for_all()
    async with shelf.feeding:
        made, position = await shelf.use(lambda each: (_prepared(each, find(each)), each.refresh()))
        if isinstance(made, Tagged):
            return made
        wanted, feed, calendar = made
        text = await trio.to_thread.run_sync(feed.tagged, calendar)
        await shelf.use(
            lambda each: each.refresh() == position and each.feed_text(wanted, lambda: text)
        )
        return text


def _prepared(shelf: Shelf, wanted: Subscribed) -> Tagged | tuple[Subscribed, Feed, Calendar]:
    """Return a feed's text where nothing was said since it was made, else what it is made of."""
    known = shelf.known_text(wanted)
    if known is not None:
        return known
    return wanted, _feed(shelf, wanted), shelf.agendas.for_subscribers(wanted.chapters)


def _feed(shelf: Shelf, wanted: Subscribed) -> Feed:
    from p2pevents.view.feed import Feed

    name = shelf.name(wanted.chapters[0]) if len(wanted.chapters) == 1 else "p2pevents"
    return shelf.feed(
        (wanted, name),
        lambda: Feed(name=name, public_url=wanted.public_url, cancelled=wanted.mode),
    )


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
