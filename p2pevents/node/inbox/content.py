"""What is inside a letter, for the organisers alone: a proposal, or a word on who comes.

Pure. Specified in docs/spec/inbox.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from p2pevents.errors import RecordError
from p2pevents.node.inbox.letter import CONTENT_BYTES_MAX
from p2pevents.record import cbor
from p2pevents.record.envelope import Verified, open_envelope
from p2pevents.record.ids import ChapterId, Path, PublicKey, check_path, path_text
from p2pevents.record.kinds import Kind
from p2pevents.record.text import forbidden_in

__all__ = [
    "GUESTS_MAX",
    "NAME_CHARACTERS_MAX",
    "Attendance",
    "Coming",
    "Content",
    "Offered",
    "encode_content",
    "read_content",
]

NAME_CHARACTERS_MAX: Final = 200
GUESTS_MAX: Final = 9
_PROPOSAL: Final = "proposal"
_RSVP: Final = "rsvp"
_LINE: Final = re.compile(rf".{{1,{NAME_CHARACTERS_MAX}}}")


class Coming(StrEnum):
    """Whether somebody comes. `NO` takes back what they said before."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A proposal: a record of that kind, signed by its author."""

    record: Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """A word on who comes to an event.

    Attributes:
        path: of the event, or of a date of a series.
        coming: whether they come.
        guests: how many come with them, 0 to 9.
        name: by which the organisers may call them; None where they gave none.
    """

    path: Path
    coming: Coming
    guests: int = 0
    name: str | None = None


Content = Offered | Attendance


def encode_content(content: Content, *, sender: PublicKey) -> bytes:
    """Return a content's bytes, bound to the key that signs its letter's outside.

    Raises:
        RecordError: `cbor-bytes` where it is too long for a letter.
    """
    if isinstance(content, Offered):
        fields: list[Any] = [_PROPOSAL, sender, content.record.envelope, content.record.body]
    else:
        said = (path_text(content.path), content.coming.value, content.guests, content.name)
        fields = [_RSVP, sender, *said]
    return cbor.encode(fields, bytes_max=CONTENT_BYTES_MAX)


def read_content(data: bytes, *, chapter: ChapterId, sender: PublicKey) -> Content:
    """Read what was inside a letter to a chapter.

    Raises:
        RecordError: `content-*`, or what is wrong with the record inside.
    """
    fields = cbor.decode(data, bytes_max=CONTENT_BYTES_MAX)
    if type(fields) is not list or len(fields) < 2:
        raise RecordError("content-form", "not an array that begins with a word and a key")
    word, bound, *rest = fields
    if bound != sender:
        raise RecordError("content-sender", "was taken out of a letter by somebody else")
    if word == _PROPOSAL and len(rest) == 2 and all(type(each) is bytes for each in rest):
        return Offered(record=_proposal(rest[0], rest[1], chapter))
    if word == _RSVP and len(rest) == 4:
        return _attendance(rest)
    raise RecordError("content-form", "neither a proposal nor an rsvp")


def _proposal(envelope: bytes, body: bytes, chapter: ChapterId) -> Verified:
    record = open_envelope(envelope, body)
    if record.header.kind != Kind.PROPOSAL:
        raise RecordError("content-kind", f"a record of kind {record.header.kind}")
    if record.header.chapter != chapter:
        raise RecordError("content-chapter", "was written to another chapter")
    return record


def _attendance(fields: list[Any]) -> Attendance:
    path, coming, guests, name = fields
    if type(path) is not str:
        raise RecordError("content-path", "not a path")
    if type(coming) is not str or coming not in set(Coming):
        raise RecordError("content-coming", "not a word that is known")
    if type(guests) is not int or not 0 <= guests <= GUESTS_MAX:
        raise RecordError("content-guests", f"not a number from 0 to {GUESTS_MAX}")
    if name is not None and (
        type(name) is not str or not _LINE.fullmatch(name) or forbidden_in(name)
    ):
        raise RecordError("content-name", "not a line of text")
    return Attendance(
        path=check_path(path.split("/")), coming=Coming(coming), guests=guests, name=name
    )
