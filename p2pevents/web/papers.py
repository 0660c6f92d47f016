"""What is written around a programme, as a page shows it: notices, open calls, recaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from p2pevents.node.calls import calls_of, is_closed
from p2pevents.record.fields import Call, Notice, Recap
from p2pevents.record.ids import ChapterId, Path
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Link
from p2pevents.view.entries import Entry
from p2pevents.view.times import day_named, span_of
from p2pevents.view.tongues import Told, told_in

if TYPE_CHECKING:  # a page to print is made without what reads a home for pages
    from p2pevents.web.shelf import Shelf

__all__ = ["Paper", "paper_of_recap", "papers_of_chapter", "papers_of_entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One of them.

    Attributes:
        kind: `notice`, `call` or `recap`.
        told: its words for this reader.
        until: the last day of a notice or a call; of a recap, the day that it is about.
        attended, expected: numbers of people; None where nobody counted.
        lessons: for the next time.
        people: its authors, in one line.
        links: what it leads to.
    """

    kind: str
    told: Told
    until: date | None = None
    attended: int | None = None
    expected: int | None = None
    lessons: str = ""
    people: str = ""
    links: tuple[Link, ...] = ()


def papers_of_entry(shelf: Shelf, entry: Entry, language: str) -> list[Paper]:
    """Return what was written of an event: notices that still hold, open calls, recaps."""
    return [
        *_notices(entry.notices, shelf.today(), language),
        *_calls(shelf, entry.chapter.id, entry.path, language),
        *(paper_of_recap(each, language) for each in entry.recaps),
    ]


def papers_of_chapter(shelf: Shelf, chapter: ChapterId, language: str) -> list[Paper]:
    """Return what a chapter says to all: notices that still hold, open calls, its own recaps."""
    calendar = shelf.agendas.said_to_all(chapter)
    own = [
        merged.shown
        for kind in (Kind.NOTICE, Kind.RECAP)
        for merged in calendar.of_kind(kind)
        if merged.id.chapter == chapter and len(merged.id.path) == 1
    ]
    return [
        *_notices((each for each in own if isinstance(each, Notice)), shelf.today(), language),
        *_calls(shelf, chapter, (), language),
        *(paper_of_recap(each, language) for each in own if isinstance(each, Recap)),
    ]


def _notices(found: Iterable[Notice], today: date, language: str) -> list[Paper]:
    papers = []
    for notice in found:
        # By its text, as everywhere else: outside `when` a day may be none of the calendar.
        until = day_named(notice.until) if notice.until else None
        if notice.until is None or notice.until >= today.isoformat():
            papers.append(
                Paper(
                    kind="notice",
                    told=told_in(notice, language),
                    until=until,
                    links=tuple(notice.links.values()),
                )
            )
    return papers


def _calls(shelf: Shelf, chapter: ChapterId, above: Path, language: str) -> list[Paper]:
    """Return the open calls right below a path; all of a chapter's where it is empty."""

    def read() -> list[tuple[Path, Call]]:
        return [(found.path, call) for found, call in calls_of(shelf.desk, chapter)]

    return [
        Paper(
            kind="call",
            told=told_in(call, language),
            until=span_of(call.closes).day,
            links=tuple(call.links.values()),
        )
        for path, call in shelf.kept(("calls", chapter), read)
        if path[:-1] == above or not above
        if not is_closed(call, now_ms=shelf.now_ms())
    ]


def paper_of_recap(recap: Recap, language: str) -> Paper:
    """Return what came of an event, as a reader of a language is shown it."""
    return Paper(
        kind="recap",
        told=told_in(recap, language),
        until=day_named(recap.day) if recap.day else None,
        attended=recap.attended,
        expected=recap.expected,
        lessons=recap.lessons or "",
        people=", ".join(each.name for each in recap.participants.values()),
        links=tuple(recap.links.values()),
    )
