"""What a VEVENT says of itself, as the fields of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from p2pevents.errors import DraftError
from p2pevents.importers.ics.file import Vevent
from p2pevents.importers.words import languages_of, line_of, prose_of, tag_of
from p2pevents.record.draft import read
from p2pevents.record.finding import Finding
from p2pevents.record.values import StatusIs

__all__ = ["KEYWORDS_MAX", "PRIVATE", "left_out", "words_of"]

KEYWORDS_MAX: Final = 32
_STATUS: Final = {
    "TENTATIVE": StatusIs.TENTATIVE,
    "CANCELLED": StatusIs.CANCELLED,
    "CONFIRMED": StatusIs.CONFIRMED,
}
PRIVATE: Final = {"ATTENDEE": "people who come", "ORGANIZER": "mail addresses of organisers"}
"""What is never taken, and what it holds."""

_HTML: Final = re.compile(r"<(?:br|/p|/div|/li)\s*/?>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,400}>")


def words_of(event: Vevent) -> dict[str, object]:
    """Return the fields of a VEVENT that are not about its time; empty ones are left out."""
    status = _STATUS.get(event.text("STATUS").strip().upper())
    tags = dict.fromkeys(tag for text in event.texts("CATEGORIES") if (tag := tag_of(text)))
    links, stream = _link(event.text("URL")), _link(event.text("CONFERENCE"))
    fields: dict[str, object] = {
        "title": line_of(event.text("SUMMARY")),
        "description": prose_of(_plain(event.text("DESCRIPTION"))),
        "locale": next(iter(languages_of(event.language("SUMMARY"))[0]), ""),
        "where": _place(event),
        "status": {"is": str(status)} if status else None,
        "stream": {"uri": stream} if stream else None,
        "links": {"page": {"href": links}} if links else None,
        "keywords": dict.fromkeys(list(tags)[:KEYWORDS_MAX], True),
    }
    return {name: value for name, value in fields.items() if value}


def left_out(event: Vevent) -> Iterator[Finding]:
    """Yield what a VEVENT says that is not taken, so that nobody thinks it was."""
    for name in ("URL", "CONFERENCE"):
        text = event.text(name)
        if text.strip() and not _link(text):
            yield Finding(
                rule="left-out",
                where=f"{event.where}: {name}",
                message=f"{line_of(text, characters_max=80)!r} is no link to a page: left out",
            )
    status = event.text("STATUS").strip().upper()
    if status and status not in _STATUS:
        yield Finding(
            rule="left-out",
            where=f"{event.where}: STATUS",
            message=f"{line_of(status, characters_max=40)!r} is no status of an event",
        )


def _place(event: Vevent) -> dict[str, str] | None:
    """Return the place: platforms write `Name (street, town)`, or both between commas."""
    text = line_of(event.text("LOCATION"))
    if not text:
        return None
    bracketed = re.fullmatch(r"([^()]+?)\s*\(([^()]+)\)", text)
    if bracketed:
        return {"name": bracketed[1], "address": bracketed[2]}
    name, comma, address = text.partition(", ")
    return {"name": name, "address": address} if comma and name and address else {"name": text}


def _link(text: str) -> str:
    """Return a link that a record may hold; empty where it is none."""
    if not text.strip():
        return ""
    try:
        return read.uri("link", text)
    except DraftError:
        return ""


def _plain(text: str) -> str:
    """Return prose without the markup that some platforms put into it."""
    return _TAG.sub("", _HTML.sub("\n", text)) if _HTML.search(text) else text
