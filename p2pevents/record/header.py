"""The header: what is signed, and all that decides whether a record belongs.

ASCII only, so that no Unicode table of any Python can split the set. The body
travels beside it and is bound by its hash. Specified in docs/spec/record.md.
"""

from __future__ import annotations

import re
from typing import Any, Final

import cbor2
from msgspec import Struct

from p2pevents.errors import RecordError
from p2pevents.record import cbor, header_form
from p2pevents.record.ids import ID_BYTES, ChapterId, Path, PublicKey, RecordId, check_path, hash_of
from p2pevents.record.once import once

__all__ = [
    "BODY_BYTES_MAX",
    "HEADER_BYTES_MAX",
    "RECORD_ID_DOMAIN",
    "VERSION",
    "Header",
    "ObjectId",
    "record_id",
]

VERSION: Final = 1
HEADER_BYTES_MAX: Final = 1024
BODY_BYTES_MAX: Final = 16 * 1024
RECORD_ID_DOMAIN: Final = b"p2pevents/1/record"

_KIND = r"[a-z][a-z-]{0,15}"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_REQUIRED = frozenset(
    {"v", "body", "kind", "path", "size", "clock", "author", "chapter", "authority"}
)
_OPTIONAL = frozenset({"start"})


class ObjectId(Struct, frozen=True, kw_only=True, order=True):
    """The thing that versions are of: one chapter's object of one kind at one path."""

    chapter: ChapterId
    kind: str
    path: Path


class Header(Struct, frozen=True, kw_only=True, dict=True):
    """What one author says they said, about which object, when, and by whose leave.

    A Struct: headers are read by the ten thousand, as they come in and before the first line of a
    calendar can be shown, and a frozen dataclass takes five times as long to make.

    Attributes:
        kind: what the body is about, 1 to 16 of a-z and `-`; one that this program
            does not know is carried and not shown.
        chapter: the chapter it belongs to.
        path: the object's path within the chapter.
        author: the Ed25519 key that signs.
        authority: the charter entry or the grant that the author acts under.
        clock: milliseconds since 1970, at least one more than any version of the
            object that the author had in view.
        body_hash: SHA-256 of the body's bytes.
        body_bytes: the body's length.
        start: the local day on which the object starts, `YYYY-MM-DD`, where one is known.
    """

    kind: str
    chapter: ChapterId
    path: Path
    author: PublicKey
    authority: RecordId
    clock: int
    body_hash: bytes
    body_bytes: int
    start: str | None = None

    @once
    def object_id(self) -> ObjectId:
        """The object that this is a version of."""
        return ObjectId(chapter=self.chapter, kind=self.kind, path=self.path)

    @once
    def encoded(self) -> bytes:
        """The header's bytes, exactly as they are signed."""
        value: dict[str, object] = {
            "v": VERSION,
            "kind": self.kind,
            "path": list(self.path),
            "body": self.body_hash,
            "size": self.body_bytes,
            "clock": self.clock,
            "author": self.author,
            "chapter": self.chapter,
            "authority": self.authority,
        }
        if self.start is not None:
            value["start"] = self.start
        return cbor.encode(value, bytes_max=HEADER_BYTES_MAX)

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Read a header.

        Raises:
            RecordError: `cbor-*` where it is not deterministic CBOR of at most 1 KiB,
                `header-*` where a field is missing, unknown or of the wrong shape.
        """
        found = header_form.match(data)
        if found is not None and found["body_bytes"] <= BODY_BYTES_MAX:
            return cls(**found)
        return cls._checked(data)

    @classmethod
    def _checked(cls, data: bytes) -> Header:
        """Read a header value by value, or name the rule that it breaks."""
        value = cbor.decode(data, bytes_max=HEADER_BYTES_MAX)
        if not isinstance(value, dict):
            raise RecordError("header-shape", "not a map")
        fields = value.keys()
        if not fields >= _REQUIRED or not fields <= _REQUIRED | _OPTIONAL:
            odd = sorted(_REQUIRED - fields) or sorted(fields - _REQUIRED - _OPTIONAL)
            raise RecordError("header-fields", f"field {odd[0]!r} is missing or unknown")
        if not _is_integer(value["v"]) or value["v"] != VERSION:
            raise RecordError("header-version", f"not version {VERSION}")
        return cls(
            kind=_text(value, "kind", _KIND),
            chapter=ChapterId(_bytes32(value, "chapter")),
            path=check_path(value["path"]),
            author=PublicKey(_bytes32(value, "author")),
            authority=RecordId(_bytes32(value, "authority")),
            clock=_integer(value, "clock", cbor.INTEGER_MAX),
            body_hash=_bytes32(value, "body"),
            body_bytes=_integer(value, "size", BODY_BYTES_MAX),
            start=_text(value, "start", _DAY) if "start" in value else None,
        )

    @classmethod
    def reread(cls, data: bytes) -> Header:
        """Read a header that `decode` passed before, in a fifth of the time.

        The caller has compared the hash of `data` with an id that it computed then.
        """
        value = cbor2.loads(data)
        header = cls(
            kind=value["kind"],
            chapter=value["chapter"],
            path=tuple(value["path"]),
            author=value["author"],
            authority=value["authority"],
            clock=value["clock"],
            body_hash=value["body"],
            body_bytes=value["size"],
            start=value.get("start"),
        )
        header.__dict__["encoded"] = data
        return header


def record_id(header: bytes) -> RecordId:
    """Return the id of the record with this header: the signature has no part in it."""
    return RecordId(hash_of(RECORD_ID_DOMAIN, header))


def _is_integer(value: object) -> bool:
    return type(value) is int  # True is not 1


def _integer(value: dict[str, Any], field: str, limit: int) -> int:
    number = value[field]
    if type(number) is not int or not 0 <= number <= limit:
        raise RecordError(f"header-{field}", f"not an integer from 0 to {limit}")
    return number


def _bytes32(value: dict[str, Any], field: str) -> bytes:
    data = value[field]
    if type(data) is not bytes or len(data) != ID_BYTES:
        raise RecordError(f"header-{field}", f"not {ID_BYTES} bytes")
    return data


def _text(value: dict[str, Any], field: str, pattern: str) -> str:
    text = value[field]
    if type(text) is not str or not re.fullmatch(pattern, text, re.ASCII):
        raise RecordError(f"header-{field}", f"does not match {pattern}")
    return text
