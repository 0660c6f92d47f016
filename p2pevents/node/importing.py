"""What an import would change: fields that the calendar does not say already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from p2pevents.record import kinds
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.record.text import normal
from p2pevents.record.values import StatusIs

__all__ = ["changed_only"]

_CONFIRMED: Final = {"is": str(StatusIs.CONFIRMED)}


def changed_only(
    merged: MergedObject | None, kind: Kind, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields, and the entries of map fields, that differ from what is shown.

    Args:
        merged: the object as it stands; None where there is none.
        kind: its kind.
        fields: by name on the wire, as `record.draft.compose` takes them.
    """
    if merged is None or merged.shown is None:
        return dict(fields)
    changed: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "imported" and getattr(merged.shown, "imported", None) is not None:
            continue  # where it first came from: another file that says the same changes nothing
        wanted = _plain(value)
        shown = _plain(getattr(merged.shown, kinds.attribute_of(kind, name)))
        if name == "status" and shown is None and wanted == _CONFIRMED:
            continue  # as it is shown where nobody said otherwise
        if name in kinds.MAPS:
            entries = {key: item for key, item in wanted.items() if shown.get(key) != item}
            if entries:
                changed[name] = entries
        elif wanted != shown:
            changed[name] = value
    return changed


def _plain(value: Any) -> Any:
    """Return a value as it is written: NFC, absent keys left out, lists for tuples."""
    return _without_null(normal(msgspec.to_builtins(value, builtin_types=(bytes,))))


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_null(item) for item in value]
    return value
