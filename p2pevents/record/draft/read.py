"""Single words as a person types them: a title, a tag, a link, a language.

Each reader returns what a record holds, or raises a DraftError that names the
field. Text is trimmed and in NFC.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from p2pevents.errors import DraftError, InputError
from p2pevents.record.ids import ChapterId, RecordId, from_text
from p2pevents.record.link import parse_link
from p2pevents.record.text import (
    LINE_CHARACTERS_MAX,
    PROSE_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    TAG_CHARACTERS_MAX,
    URI_CHARACTERS_MAX,
    Country,
    Language,
    PathText,
    Uri,
    forbidden_in,
)

__all__ = [
    "chapter",
    "choice",
    "country",
    "language",
    "languages",
    "line",
    "path",
    "prose",
    "reason",
    "record_id",
    "slug_of",
    "tags",
    "uri",
]

_SLUG_CHARACTERS_MAX: Final = 32
_SAFE: Final = "/?#!$&'()*+,;=:@%~[]"


def line(field: str, text: str, *, most: int = LINE_CHARACTERS_MAX) -> str:
    """Return text on one line, its runs of white space made one space.

    Raises:
        DraftError: when it is empty, longer than `most` characters, or holds a character that
            no record may hold.
    """
    return _checked(field, " ".join(text.split()), most, prose=False)


def prose(field: str, text: str) -> str:
    """Return paragraphs: line feeds are kept, tabs become spaces.

    Raises:
        DraftError: as `line`.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").strip()
    return _checked(field, plain, PROSE_CHARACTERS_MAX, prose=True)


def _checked(field: str, text: str, most: int, *, prose: bool) -> str:
    text = unicodedata.normalize("NFC", text)
    if not text:
        raise DraftError(f"{field}: empty")
    if found := forbidden_in(text, prose=prose):
        raise DraftError(
            f"{field}: holds the character {found}, which no record may hold",
            hint="type that part again by hand: it came along when it was copied",
        )
    if len(text) > most:
        raise DraftError(
            f"{field}: {len(text)} characters, where {most} are allowed",
            hint=f"it is cut after {text[most - 20 : most]!r}",
        )
    return text


def reason(field: str, text: str) -> str:
    """Return one longer line: an address, or why something changed.

    Raises:
        DraftError: as `line`.
    """
    return line(field, text, most=REASON_CHARACTERS_MAX)


def tags(field: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return keywords, without the `#` that some put before them.

    Raises:
        DraftError: as `line`.
    """
    return tuple(line(field, text.lstrip("# "), most=TAG_CHARACTERS_MAX) for text in texts)


def language(field: str, text: str) -> str:
    """Return a language tag: `fr`, `EN` and `pt_BR` are read.

    Raises:
        DraftError: when it is not one.
    """
    first, *rest = text.strip().replace("_", "-").split("-")
    tag = "-".join([first.lower(), *rest])
    try:
        return msgspec.convert(tag, Language)
    except msgspec.ValidationError:
        raise DraftError(
            f"{field}: {text[:40]!r} is not a language", hint="write a tag such as fr or pt-BR"
        ) from None


def languages(field: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return language tags, each once, in the order given.

    Raises:
        DraftError: as `language`.
    """
    return tuple(dict.fromkeys(language(field, text) for text in texts))


def country(field: str, text: str) -> str:
    """Return a country's two letters.

    Raises:
        DraftError: when they are not two letters.
    """
    try:
        return msgspec.convert(text.strip().upper(), Country)
    except msgspec.ValidationError:
        raise DraftError(
            f"{field}: {text[:40]!r} is not a country", hint="write two letters, such as FR"
        ) from None


def path(field: str, text: str) -> str:
    """Return an object's path, whole.

    Raises:
        DraftError: when it is not one.
    """
    try:
        return msgspec.convert(text.strip(), PathText)
    except msgspec.ValidationError:
        raise DraftError(f"{field}: {text[:80]!r} is not the id of an object") from None


def record_id(field: str, text: str) -> RecordId:
    """Return a record's id, typed whole.

    Raises:
        DraftError: when it is not one.
    """
    try:
        return RecordId(from_text(text.strip()))
    except InputError as error:
        raise DraftError(f"{field}: {error.message}", hint=error.hint) from None


def chapter(field: str, text: str) -> ChapterId:
    """Return a chapter's id, typed whole or in a link to the chapter.

    Raises:
        DraftError: when it is neither.
    """
    text = text.strip()
    try:
        return parse_link(text).chapter if "://" in text else ChapterId(from_text(text))
    except InputError as error:
        raise DraftError(f"{field}: {error.message}", hint=error.hint) from None


def uri(field: str, text: str) -> str:
    """Return a link in ASCII: the host by IDNA, the rest percent-encoded where needed.

    Raises:
        DraftError: when it is not http or https, names no host, or hides one behind a user's name.
    """
    text = unicodedata.normalize("NFC", text.strip())
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port is not None else ""
        path, query, fragment = (
            quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment)
        )
    except ValueError:  # UnicodeError is one
        raise DraftError(f"{field}: {text[:80]!r} is not a link") from None
    if parts.scheme not in ("http", "https") or not host:
        raise DraftError(
            f"{field}: {text[:80]!r} is not a link to a page",
            hint="a link begins with https:// or http://",
        )
    if "@" in parts.netloc:
        raise DraftError(
            f"{field}: {text[:80]!r} has a user's name before its host", hint="leave it out"
        )
    netloc = (f"[{host}]" if ":" in host else host) + port
    whole = urlunsplit((parts.scheme, netloc, path, query, fragment))
    if len(whole) > URI_CHARACTERS_MAX:
        raise DraftError(
            f"{field}: {len(whole)} characters, where {URI_CHARACTERS_MAX} are allowed"
        )
    try:
        return msgspec.convert(whole, Uri)
    except msgspec.ValidationError:
        raise DraftError(f"{field}: {text[:80]!r} is not a link") from None


def choice(field: str, text: str, choices: Iterable[str]) -> str:
    """Return one of several words, typed in any case, with spaces or underlines for hyphens.

    Raises:
        DraftError: when it is none of them.
    """
    word = "-".join(text.lower().replace("_", " ").split())
    allowed = list(choices)
    if word not in allowed:
        raise DraftError(
            f"{field}: {text[:40]!r} is not a choice", hint=f"choose from {', '.join(allowed)}"
        )
    return word


def slug_of(name: str) -> str:
    """Return the name of a map's entry that stands for a person's or thing's name.

    The same name makes the same slug everywhere, so that two organisers who add one speaker
    meet. A name without Latin letters gets the first digits of its hash.
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not slug or len(slug) > _SLUG_CHARACTERS_MAX:
        digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:8]
        slug = f"{slug[: _SLUG_CHARACTERS_MAX - 9].strip('-') or 'x'}-{digest}"
    return slug
