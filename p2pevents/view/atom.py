"""A calendar as an Atom feed (RFC 4287): what was announced or changed last, newest first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import Calendar, Family
from p2pevents.view.entries import HISTORY, Entry, entry_of_date, kept_entry
from p2pevents.view.kept import KeptEntries
from p2pevents.view.rows import url_of
from p2pevents.view.times import utc_text

__all__ = ["ENTRIES_MAX", "atom_text", "kept_latest"]

ENTRIES_MAX: Final = 100
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_UNFIT: Final = re.compile("[\x00-\x08\x0b-\x1f]")
_MS_MAX: Final = 253_402_300_799_000  # the end of the year 9999


def atom_text(
    calendar: Calendar,
    *,
    chapters: Collection[ChapterId],
    name: str,
    public_url: str = "",
    latest: KeptEntries | None = None,
) -> bytes:
    """Return a feed of events, series, and dates of which anything was said; last changed first.

    Args:
        calendar: what is at hand.
        chapters: whose feed it is: its id is made of theirs.
        name: what readers call it.
        public_url: as `view.rows.row_of` takes it.
        latest: what keeps its entries while the calendar grows; None to find all of them.
    """
    newest = (latest or kept_latest()).current(calendar)[:ENTRIES_MAX]
    feed = ET.Element("feed", xmlns=_NAMESPACE)
    _add(feed, "id", "urn:p2pevents:" + "+".join(sorted(map(to_text, chapters))))
    _add(feed, "title", name)
    _add(feed, "updated", _time(newest[0].clock if newest else 0))
    if public_url:
        base = public_url.rstrip("/")
        ET.SubElement(feed, "link", rel="self", href=f"{base}/feed.atom")
        ET.SubElement(feed, "link", rel="alternate", href=f"{base}/")
    for entry in newest:
        _entry(feed, entry, public_url)
    text: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def kept_latest() -> KeptEntries:
    """Return what keeps the entries of a feed, the last changed first."""
    return KeptEntries(
        _entries, order=lambda each: (-each.clock, each.chapter.id, each.path, each.kind)
    )


def _entries(calendar: Calendar, family: Family) -> Iterator[Entry]:
    for merged in family.gatherings:
        found = [kept_entry(calendar, family, merged)]
        if merged.id.kind == Kind.SERIES:
            days = calendar.family(merged.id.chapter, merged.id.path).days
            found += [entry_of_date(calendar, merged, day) for day in days]
        yield from (entry for entry in found if entry is not None)


def _entry(feed: ET.Element, entry: Entry, public_url: str) -> None:
    element = ET.SubElement(feed, "entry")
    _add(element, "id", f"urn:p2pevents:{to_text(entry.chapter.id)}:{':'.join(entry.path)}")
    status = f" ({entry.status_words})" if entry.status_words else ""
    _add(element, "title", f"{entry.title or '(no title yet)'}{status}")
    _add(element, "updated", _time(entry.clock))
    author = ET.SubElement(element, "author")
    _add(author, "name", entry.chapter.name)
    if url := url_of(entry, public_url):
        ET.SubElement(element, "link", rel="alternate", href=url)
    for tag in sorted(entry.shown.keywords):
        ET.SubElement(element, "category", term=_clean(tag))
    _add(element, "content", _content(entry), type="text")


def _content(entry: Entry) -> str:
    """Return when, where and what, a paragraph each."""
    span, shown = entry.span, entry.shown
    when = span.start.strftime("%Y-%m-%d %H:%M") if span.start else str(span.day or "")
    if span.end and when:
        same = span.start is not None and span.end.date() == span.start.date()
        when += f" - {span.end:%H:%M}" if same else f" - {span.end:%Y-%m-%d %H:%M}"
    where = ", ".join(
        part for part in (entry.place.name if entry.place else "", entry.city) if part
    )
    paragraphs = [
        f"Organisers disagree on: {', '.join(entry.conflicts)}." if entry.conflicts else "",
        (shown.status.reason or "") if shown.status else "",
        f"{when} ({span.time_zone})" if when else "",
        where,
        f"Online: {shown.stream.uri}" if shown.stream else "",
        shown.description or "",
        HISTORY if entry.is_history else "",
    ]
    return "\n\n".join(text for text in paragraphs if text)


def _add(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = _clean(text)


def _clean(text: str) -> str:
    """Return text without what XML cannot hold, which no record may hold either."""
    return text if text.isprintable() else _UNFIT.sub("", text)


def _time(clock_ms: int) -> str:
    return utc_text(datetime.fromtimestamp(min(clock_ms, _MS_MAX) // 1000, tz=UTC))
