"""One object as the text that an exported calendar carries beside its own words.

iCalendar has no word for much of what a record says. This one property has
them all, so that an export that is imported again gives the same objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from p2pevents.errors import RecordError
from p2pevents.record import kinds
from p2pevents.record.fields import Shown
from p2pevents.record.ids import Path, check_path

__all__ = [
    "KEPT_CHARACTERS_MAX",
    "PROPERTY",
    "STAMP",
    "KeptObject",
    "keep_text",
    "read_kept",
    "stamp_of",
]

PROPERTY: Final = "X-P2PEVENTS-OBJECT"
STAMP: Final = "X-P2PEVENTS-STAMP"
"""Says again when it was last changed: where another program changed that, the words count."""

KEPT_CHARACTERS_MAX: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptObject:
    """What such a text holds: kind and path of the object, and its fields by name on the wire."""

    kind: str
    path: Path
    fields: dict[str, Any]


class _Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: str
    path: list[str]
    fields: dict[str, Any]


def keep_text(kind: str, path: Path, shown: Shown) -> str:
    """Return the text of an object that is shown."""
    fields = {
        name: value
        for name, value in msgspec.to_builtins(shown).items()
        if value is not None and value != {}
    }
    return msgspec.json.encode(_Text(kind=kind, path=list(path), fields=fields)).decode()


def stamp_of(modified: datetime) -> str:
    """Return the text of the second property for what was changed last at this instant."""
    return modified.astimezone(UTC).isoformat()


def read_kept(text: str) -> KeptObject:
    """Read such a text, by the rules that a body of that kind must keep.

    Raises:
        RecordError: it is not one, or says what no record may say.
    """
    if len(text) > KEPT_CHARACTERS_MAX:
        raise RecordError("kept-size", f"more than {KEPT_CHARACTERS_MAX} characters")
    try:
        kept = msgspec.json.decode(text, type=_Text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise RecordError("kept-form", "not an object's text") from None
    path = check_path(kept.path)
    unknown = kept.fields.keys() - kinds.fields_of(kept.kind)
    if unknown:
        raise RecordError("kept-field", f"{min(unknown)[:40]!r} is not a field of {kept.kind}")
    kinds.typed(kept.kind, kept.fields)
    return KeptObject(kind=kept.kind, path=path, fields=kept.fields)
