"""Entries as Markdown: one page of headings and lists, to paste where people read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Final

from p2pevents.record.fields import Session
from p2pevents.record.values import StatusIs
from p2pevents.view.entries import HISTORY, Entry
from p2pevents.view.rows import url_of

__all__ = ["markdown_text"]

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~&])")
_BEGINS: Final = re.compile(r"^([0-9]*)([#+=.)-])")
_NOT_YET: Final = "to be announced"


def markdown_text(entries: Iterable[Entry], *, title: str, public_url: str = "") -> bytes:
    """Return a page of entries, in their order, in UTF-8.

    Args:
        entries: each becomes a heading, what is known of it a list, its sessions a
            list for each day.
        title: the page's own.
        public_url: as `row_of` takes it.
    """
    lines = [f"# {_plain(title)}", ""]
    for entry in entries:
        lines += _entry(entry, public_url)
    return "\n".join(lines).encode("utf-8")


def _entry(entry: Entry, public_url: str) -> Iterator[str]:
    url = url_of(entry, public_url)
    number = f" #{entry.edition}" if entry.edition is not None and "#" not in entry.title else ""
    heading = _plain(f"{entry.title or '(no title yet)'}{number}")
    if entry.status in (StatusIs.CANCELLED, StatusIs.SKIPPED, StatusIs.POSTPONED):
        heading = f"~~{heading}~~ ({entry.status_words})"
    yield f"## [{heading}]({url})" if url else f"## {heading}"
    yield ""
    for name, text in _facts(entry):
        yield f"- **{name}:** {text}"
    yield ""
    if entry.shown.description:
        # Each line by itself: what an organiser wrote makes no heading and no list here.
        yield from (_plain(line) for line in entry.shown.description.splitlines())
        yield ""
    for notice in entry.notices:
        until = f" (until {notice.until})" if notice.until else ""
        yield f"### {_plain(notice.title or 'Notice')}{until}"
        yield ""
        yield from (_plain(line) for line in (notice.description or "").splitlines())
        yield ""
    for day, sessions in groupby(entry.sessions, key=lambda each: each.span.day):
        yield f"### {_day(day)}"
        yield ""
        yield from (_session(each) for each in sessions)
        yield ""
    for recap in entry.recaps:
        yield f"### {_plain(recap.title or 'What came of it')}"
        yield ""
        if recap.attended is not None:
            expected = f", {recap.expected} were expected" if recap.expected is not None else ""
            yield f"- {recap.attended} people came{expected}"
        yield from (
            f"- [{_plain(each.title or each.href)}](<{each.href}>)" for each in recap.links.values()
        )
        yield ""
        yield from (_plain(line) for line in (recap.description or "").splitlines())
        yield ""


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    shown = entry.shown
    yield "When", _when(entry)
    if shown.status and shown.status.reason:
        yield "Why", _plain(shown.status.reason)
    if entry.conflicts:
        yield "Organisers disagree on", _plain(", ".join(entry.conflicts))
    if entry.place:
        known = [entry.place.name, entry.place.address, entry.place.city]
        yield "Where", _plain(", ".join(part for part in known if part))
    if shown.stream:
        yield "Online", f"<{shown.stream.uri}>"
    if shown.keywords:
        yield "Tags", _plain(", ".join(sorted(shown.keywords)))
    if entry.is_history:
        yield "History", _plain(HISTORY)
    for link in shown.links.values():
        yield "Link", f"[{_plain(link.title or link.rel or link.href)}](<{link.href}>)"


def _when(entry: Entry) -> str:
    span = entry.span
    if span.start is None:
        return f"{_day(span.day)}, hour {_NOT_YET}" if span.day else _NOT_YET
    zone = f" ({span.time_zone})" if span.time_zone else ""
    if span.end is None:
        return f"{span.start:%Y-%m-%d %H:%M}{zone}"
    same = span.end.date() == span.start.date()
    end = f"{span.end:%H:%M}" if same else f"{span.end:%Y-%m-%d %H:%M}"
    return f"{span.start:%Y-%m-%d %H:%M} to {end}{zone}"


def _session(entry: Entry) -> str:
    shown, span = entry.shown, entry.span
    hours = f"{span.start:%H:%M}" if span.start else _NOT_YET
    if span.start and span.end:
        hours += f" to {span.end:%H:%M}"
    people = ", ".join(person.name for person in shown.participants.values())
    room = shown.room if isinstance(shown, Session) else None
    behind = [part for part in (people, room, " ".join(shown.languages or ())) if part]
    title = _plain(entry.title or "(no title yet)")
    return f"- {hours} **{title}**" + (f" ({_plain(', '.join(behind))})" if behind else "")


def _day(day: date | None) -> str:
    return day.isoformat() if day else f"Day {_NOT_YET}"


def _plain(text: str) -> str:
    """Return text in which nothing is markup."""
    plain = _SPECIAL.sub(r"\\\1", text.strip())
    # At the beginning of a line these would make a heading, a list or a rule.
    return _BEGINS.sub(r"\1\\\2", plain)
