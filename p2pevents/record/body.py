"""The body: one author's word on an object, each field with the clock at which it was said.

A body that breaks its kind's rules is *void*: carried as bytes, never shown.
The rules are asked here, by whoever folds records, and never at the door, for
a rule on bodies would split the set. Specified in docs/spec/record.md and
docs/spec/kinds.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from p2pevents.errors import RecordError
from p2pevents.record import cbor, kinds
from p2pevents.record.header import BODY_BYTES_MAX, Header
from p2pevents.record.ids import ID_BYTES, PublicKey

__all__ = [
    "SALT_BYTES",
    "SEEN_AUTHORS_MAX",
    "Body",
    "Written",
    "decode_body",
    "encode_body",
    "shown_by",
]

SALT_BYTES: Final = 16
SEEN_AUTHORS_MAX: Final = 64


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What an author wrote in one field, or in one entry of a map.

    Attributes:
        clock: the clock of the version in which they wrote it.
        value: typed as the kind's struct types it; None where they removed it.
        seen: of a guarded field, the clock of each other author's value in view.
    """

    clock: int
    value: Any
    seen: Mapping[PublicKey, int] = {}


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """All that one author ever wrote on one object.

    Attributes:
        salt: 16 random bytes, so that an erased short text cannot be guessed from its hash.
        fields: what they wrote in plain and guarded fields.
        entries: what they wrote in the entries of map fields.
        unknown: fields of which this program knows nothing: carried, ignored.
        shown: their values as the kind's struct.
    """

    salt: bytes
    fields: Mapping[str, Written]
    entries: Mapping[str, Mapping[str, Written]]
    unknown: Mapping[str, Any] = {}
    shown: kinds.Shown | None = None


def encode_body(body: Body) -> bytes:
    """Return the one encoding of a body; its rules are for `decode_body` to ask.

    Raises:
        RecordError: `cbor-*` where it passes a limit (16 KiB, 512 items).
    """
    fields: dict[str, object] = dict(body.unknown)
    for name, written in body.fields.items():
        fields[name] = _encoded(written)
        if name in kinds.GUARDED:
            seen = [[key, clock] for key, clock in sorted(written.seen.items())]
            fields[name] = [*_encoded(written), seen]
    for name, entries in body.entries.items():
        fields[name] = {entry: _encoded(written) for entry, written in entries.items()}
    return cbor.encode({"salt": body.salt, "fields": fields}, bytes_max=BODY_BYTES_MAX)


def decode_body(header: Header, data: bytes) -> Body:
    """Read a body by the rules of its header's kind.

    Raises:
        RecordError: `void-*` with the rule that was broken, `void-cbor` for its encoding.
    """
    salt, clocks, entry_clocks, unknown, shown = _read(header, data)
    return Body(
        salt=salt,
        fields=_written_fields(header.kind, shown, clocks),
        entries=_written_entries(header.kind, shown, entry_clocks),
        unknown=unknown,
        shown=shown,
    )


def shown_by(header: Header, data: bytes) -> kinds.Shown:
    """Return what a body shows where no other says anything: `decode_body(...).shown`.

    Raises:
        RecordError: as `decode_body`.
    """
    return _read(header, data)[-1]


def _read(
    header: Header, data: bytes
) -> tuple[bytes, _Clocks, dict[str, dict[str, int]], dict[str, Any], kinds.Shown]:
    """Return salt, clocks of fields and of entries, unknown fields, and the struct of the rest."""
    known = kinds.fields_of(header.kind)
    try:
        value = cbor.decode(data, bytes_max=BODY_BYTES_MAX)
    except RecordError as error:
        raise RecordError("void-cbor", str(error)) from None
    if type(value) is not dict or value.keys() != {"salt", "fields"}:
        raise RecordError("void-shape", "not a map of salt and fields")
    salt, raw = value["salt"], value["fields"]
    if type(salt) is not bytes or len(salt) != SALT_BYTES:
        raise RecordError("void-salt", f"not {SALT_BYTES} bytes")
    if type(raw) is not dict:
        raise RecordError("void-shape", "fields are not a map")

    clocks: _Clocks = {}
    entry_clocks: dict[str, dict[str, int]] = {}
    values: dict[str, object] = {}
    unknown: dict[str, Any] = {}
    for name, item in raw.items():
        if name not in known:
            unknown[name] = item
        elif name in kinds.MAPS:
            entry_clocks[name], values[name] = _read_map(header, name, item)
        else:
            clock, said, seen = _read_field(header, name, item)
            clocks[name] = (clock, seen)
            values[name] = said
    shown = kinds.typed(header.kind, values)
    kinds.check_header(header, shown)
    return salt, clocks, entry_clocks, unknown, shown


_Clocks = dict[str, tuple[int, Mapping[PublicKey, int]]]
"""By plain or guarded field: its clock, and what was seen."""


def _written_fields(kind: str, shown: kinds.Shown, clocks: _Clocks) -> dict[str, Written]:
    return {
        name: Written(clock=clock, value=getattr(shown, kinds.attribute_of(kind, name)), seen=seen)
        for name, (clock, seen) in clocks.items()
    }


def _written_entries(
    kind: str, shown: kinds.Shown, clocks: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, Written]]:
    written: dict[str, dict[str, Written]] = {}
    for name, of_map in clocks.items():
        values = getattr(shown, kinds.attribute_of(kind, name))
        written[name] = {
            entry: Written(clock=clock, value=values.get(entry)) for entry, clock in of_map.items()
        }
    return written


def _encoded(written: Written) -> list[object]:
    value = msgspec.to_builtins(written.value, builtin_types=(bytes,))
    return [written.clock, value]


def _read_field(
    header: Header, name: str, item: object
) -> tuple[int, object, Mapping[PublicKey, int]]:
    """Return clock, value and what was seen of a plain or guarded field."""
    guarded = name in kinds.GUARDED
    if type(item) is not list or len(item) != (3 if guarded else 2):
        shape = "[clock, value, seen]" if guarded else "[clock, value]"
        raise RecordError("void-field", f"{name} is not {shape}")
    clock = _clock(header, name, item[0])
    return clock, item[1], _read_seen(name, clock, item[2]) if guarded else {}


def _read_map(header: Header, name: str, item: object) -> tuple[dict[str, int], dict[str, object]]:
    """Return clocks and values of a map field, by entry; removed entries have a clock alone."""
    if type(item) is not dict:
        raise RecordError("void-field", f"{name} is not a map of entries")
    clocks: dict[str, int] = {}
    values: dict[str, object] = {}
    for entry, pair in sorted(item.items()):  # as a merge has them, and not the shortest first
        if type(pair) is not list or len(pair) != 2:
            raise RecordError("void-field", f"{name}.{entry} is not [clock, value]")
        clocks[entry] = _clock(header, name, pair[0])
        if pair[1] is not None:
            values[entry] = pair[1]
    return clocks, values


def _read_seen(name: str, clock: int, item: object) -> Mapping[PublicKey, int]:
    """Return what a guarded value saw.

    Each clock seen is before the value's own, as an honest author's always is: so no two values
    can have seen each other, and nobody can claim to have seen what is not yet written.
    """
    if type(item) is not list or len(item) > SEEN_AUTHORS_MAX:
        raise RecordError("void-seen", f"{name}: not a list of at most {SEEN_AUTHORS_MAX}")
    seen: dict[PublicKey, int] = {}
    last = b""
    for pair in item:
        if (
            type(pair) is not list
            or len(pair) != 2
            or type(pair[0]) is not bytes
            or len(pair[0]) != ID_BYTES
            or type(pair[1]) is not int
        ):
            raise RecordError("void-seen", f"{name}: not a key and a clock")
        key, seen_clock = pair
        if key <= last:
            raise RecordError("void-seen", f"{name}: keys out of order or repeated")
        if not 0 <= seen_clock < clock:
            raise RecordError("void-seen", f"{name}: a clock that is not before the value's own")
        last = key
        seen[PublicKey(key)] = seen_clock
    return seen


def _clock(header: Header, name: str, clock: object) -> int:
    if type(clock) is not int or not 0 <= clock <= header.clock:
        raise RecordError("void-clock", f"{name}: not a clock from 0 to the header's")
    return clock
