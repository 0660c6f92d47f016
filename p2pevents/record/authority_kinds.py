"""Bodies of the records that give and take authority: grant, revoke, keep.

They are judged whole at the door, and nothing else is: they hold no free text,
so that no Unicode table can split the set, and they cannot be erased.
Specified in docs/spec/charter.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.header import BODY_BYTES_MAX
from p2pevents.record.ids import (
    ID_BYTES,
    PATH_COMPONENTS_MAX,
    Path,
    PublicKey,
    RecordId,
    check_path,
)
from p2pevents.record.signature import is_valid_key
from p2pevents.record.snapshot import KEEPS_MAX

__all__ = [
    "ANY_KIND",
    "AUTHORITY_KINDS",
    "FIELDS_MAX",
    "GRANT",
    "KEEP",
    "KEEP_IDS_MAX",
    "KINDS_MAX",
    "REVOKE",
    "Grant",
    "Keep",
    "Revoke",
    "decode_authority",
    "keeps_of",
]

GRANT: Final = "grant"
REVOKE: Final = "revoke"
KEEP: Final = "keep"
AUTHORITY_KINDS: Final = frozenset({GRANT, REVOKE, KEEP})
ANY_KIND: Final = "*"

KINDS_MAX: Final = 16
FIELDS_MAX: Final = 32
KEEP_IDS_MAX: Final = 400

_KIND = r"[a-z][a-z-]{0,15}"
_FIELD = r"[A-Za-z]{1,32}(/[A-Za-z0-9-]{1,35})?"
_ROLE = _KIND


class Grant(Struct, frozen=True, kw_only=True):
    """A lead's leave to one key.

    Attributes:
        key: whom it is given to.
        path: the prefix of every path it holds for; empty for the whole chapter.
        kinds: the kinds it holds for, sorted; `("*",)` for all but grant, revoke and keep.
        fields: the fields it holds for, sorted, a map's entry after a slash
            (`localizations/fr`); None for all. Judged when versions are merged, never at the door.
        until: the last clock (milliseconds since 1970) it holds for; None for no end.
        role: the template it was made from, for people to read; it decides nothing.
    """

    key: PublicKey
    kinds: tuple[str, ...]
    path: Path = ()
    fields: tuple[str, ...] | None = None
    until: int | None = None
    role: str | None = None

    def allows(self, *, kind: str, path: Path, clock: int) -> bool:
        """Tell whether a record of this kind, path and clock is within the grant."""
        if self.until is not None and clock > self.until:
            return False
        if path[: len(self.path)] != self.path:
            return False
        return kind in self.kinds or (self.kinds == (ANY_KIND,) and kind not in AUTHORITY_KINDS)

    def encode(self) -> bytes:
        """Return the body's bytes.

        Raises:
            RecordError: where they would be refused when read.
        """
        value: dict[str, object] = {
            "key": self.key,
            "path": list(self.path),
            "kinds": list(self.kinds),
        }
        if self.fields is not None:
            value["fields"] = list(self.fields)
        if self.until is not None:
            value["until"] = self.until
        if self.role is not None:
            value["role"] = self.role
        return _encoded(GRANT, value)


class Revoke(Struct, frozen=True, kw_only=True):
    """A lead's word that strikes all that a delegate's key signed, save what is kept.

    Attributes:
        key: the delegate's.
        keeps: ids of the keep records that belong to it, sorted: without them it has no effect.
    """

    key: PublicKey
    keeps: tuple[RecordId, ...] = ()

    def encode(self) -> bytes:
        """Return the body's bytes. Raises RecordError where they would be refused when read."""
        return _encoded(REVOKE, {"key": self.key, "keeps": list(self.keeps)})


class Keep(Struct, frozen=True, kw_only=True):
    """A lead's word that these records stay, whoever signed them.

    Attributes:
        ids: 1 to 400 record ids, sorted.
    """

    ids: tuple[RecordId, ...]

    def encode(self) -> bytes:
        """Return the body's bytes. Raises RecordError where they would be refused when read."""
        return _encoded(KEEP, {"ids": list(self.ids)})


def keeps_of(ids: Iterable[RecordId]) -> tuple[Keep, ...]:
    """Return the keeps that name all these ids: as few as hold them."""
    ordered = sorted(set(ids))
    return tuple(
        Keep(ids=tuple(ordered[start : start + KEEP_IDS_MAX]))
        for start in range(0, len(ordered), KEEP_IDS_MAX)
    )


def decode_authority(kind: str, body: bytes) -> Grant | Revoke | Keep:
    """Read the body of a grant, revoke or keep.

    Raises:
        RecordError: `cbor-*`, `grant-*`, `revoke-*` or `keep-*`, the rule that was broken.
    """
    value = cbor.decode(body, bytes_max=BODY_BYTES_MAX)
    if not isinstance(value, dict):
        raise RecordError(f"{kind}-shape", "not a map")
    if kind == GRANT:
        return _grant(value)
    if kind == REVOKE:
        _check_fields(value, REVOKE, required={"key", "keeps"})
        return Revoke(
            key=_key(value, REVOKE), keeps=_ids(value, REVOKE, "keeps", least=0, most=KEEPS_MAX)
        )
    _check_fields(value, KEEP, required={"ids"})
    return Keep(ids=_ids(value, KEEP, "ids", least=1, most=KEEP_IDS_MAX))


def _encoded(kind: str, value: dict[str, object]) -> bytes:
    body = cbor.encode(value, bytes_max=BODY_BYTES_MAX)
    decode_authority(kind, body)
    return body


def _grant(value: dict[str, Any]) -> Grant:
    _check_fields(
        value, GRANT, required={"key", "path", "kinds"}, optional={"fields", "until", "role"}
    )
    kinds = _words(value, "kinds", KINDS_MAX)
    if kinds != (ANY_KIND,):
        if not all(re.fullmatch(_KIND, kind, re.ASCII) for kind in kinds):
            raise RecordError("grant-kinds", "a kind is not 1 to 16 of a-z and '-'")
        if not AUTHORITY_KINDS.isdisjoint(kinds):
            raise RecordError("grant-kinds", "only a lead gives and takes authority")
    fields = None
    if "fields" in value:
        fields = _words(value, "fields", FIELDS_MAX)
        if not all(re.fullmatch(_FIELD, field, re.ASCII) for field in fields):
            raise RecordError("grant-fields", "not the name of a field")
    until = value.get("until")
    if "until" in value and (type(until) is not int or not 0 <= until <= cbor.INTEGER_MAX):
        raise RecordError("grant-until", "not milliseconds since 1970")
    role = value.get("role")
    if "role" in value and (type(role) is not str or not re.fullmatch(_ROLE, role, re.ASCII)):
        raise RecordError("grant-role", "not 1 to 16 of a-z and '-'")
    return Grant(
        key=_key(value, GRANT),
        path=_prefix(value["path"]),
        kinds=kinds,
        fields=fields,
        until=until,
        role=role,
    )


def _check_fields(
    value: dict[str, Any],
    kind: str,
    *,
    required: set[str],
    optional: frozenset[str] | set[str] = frozenset(),
) -> None:
    fields = value.keys()
    if not fields >= required or not fields <= required | optional:
        odd = sorted(required - fields) or sorted(fields - required - optional)
        raise RecordError(f"{kind}-shape", f"field {odd[0]!r} is missing or unknown")


def _key(value: dict[str, Any], kind: str) -> PublicKey:
    key = value["key"]
    if type(key) is not bytes or not is_valid_key(key):
        raise RecordError(f"{kind}-key", "not a valid key")
    return PublicKey(key)


def _prefix(value: object) -> Path:
    if not isinstance(value, list) or len(value) > PATH_COMPONENTS_MAX:
        raise RecordError("grant-path", f"not at most {PATH_COMPONENTS_MAX} components")
    try:
        return check_path(value) if value else ()
    except RecordError as error:
        raise RecordError("grant-path", error.detail) from None


def _words(value: dict[str, Any], name: str, most: int) -> tuple[str, ...]:
    words = value[name]
    if not isinstance(words, list) or not 1 <= len(words) <= most:
        raise RecordError(f"grant-{name}", f"not 1 to {most} words")
    if not all(type(word) is str for word in words):
        raise RecordError(f"grant-{name}", "not words")
    if words != sorted(set(words)):
        raise RecordError(f"grant-{name}", "words out of order or repeated")
    return tuple(words)


def _ids(
    value: dict[str, Any], kind: str, name: str, *, least: int, most: int
) -> tuple[RecordId, ...]:
    ids = value[name]
    if not isinstance(ids, list) or not least <= len(ids) <= most:
        raise RecordError(f"{kind}-{name}", f"not {least} to {most} ids")
    if not all(type(x) is bytes and len(x) == ID_BYTES for x in ids):
        raise RecordError(f"{kind}-{name}", f"an id is not {ID_BYTES} bytes")
    if ids != sorted(set(ids)):
        raise RecordError(f"{kind}-{name}", "ids out of order or repeated")
    return tuple(ids)
