"""Entries as a table (CSV), for people who plan in spreadsheets, and to import again.

Its columns are those that an import knows by name. A cell that a spreadsheet
would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from p2pevents.record.fields import Session
from p2pevents.record.ids import to_text
from p2pevents.view.entries import Entry

__all__ = ["COLUMNS", "csv_text"]

COLUMNS: Final = (
    "id", "chapter", "day", "start", "end", "zone", "status", "title", "type", "room", "venue",
    "city", "language", "speaker", "tag", "link", "description",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_text(entries: Iterable[Entry]) -> bytes:
    """Return one row an entry, each followed by those of its sessions, in UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow(_cell(text) for text in _row(entry))
        writer.writerows([_cell(text) for text in _row(each)] for each in entry.sessions)
    return out.getvalue().encode("utf-8")


def _row(entry: Entry) -> Iterator[str]:
    shown, span = entry.shown, entry.span
    yield entry.id
    yield to_text(entry.chapter.id)
    yield span.day.isoformat() if span.day else ""
    yield span.start.isoformat() if span.start else ""
    yield span.end.isoformat() if span.end else ""
    yield span.time_zone or ""
    yield entry.status_words or str(entry.status)
    yield entry.title
    yield (shown.type or "") if isinstance(shown, Session) else ""
    yield (shown.room or "") if isinstance(shown, Session) else ""
    yield entry.place.name if entry.place else ""
    yield entry.city or ""
    yield " ".join(shown.languages or ())
    yield " / ".join(person.name for person in shown.participants.values())
    yield " / ".join(sorted(shown.keywords))
    yield " ".join(link.href for link in shown.links.values())
    yield shown.description or ""


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
