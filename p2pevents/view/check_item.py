"""One object as the rules of the schedule check look at it: its fields, and when it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from p2pevents.record.ids import Path
from p2pevents.record.kinds import Kind
from p2pevents.record.values import StatusIs, When
from p2pevents.view.times import NOWHEN, Span, span_of

__all__ = ["Item"]

_OFF: Final = (StatusIs.CANCELLED, StatusIs.POSTPONED, StatusIs.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One object as the rules look at it."""

    kind: Kind
    path: Path
    fields: Mapping[str, Any]
    where: str
    span: Span
    off: bool

    @classmethod
    def of(cls, kind: Kind, path: Path, fields: Mapping[str, Any], where: str) -> Item:
        """Return an item of an object's fields, as plain data."""
        raw = {**(fields.get("when") or {})}
        raw.pop("recurrenceRule", None)
        try:
            span = span_of(msgspec.convert(raw, When))
        except msgspec.ValidationError:
            span = NOWHEN  # the record itself will be refused, with the reason
        status = (fields.get("status") or {}).get("is")
        return cls(kind=kind, path=path, fields=fields, where=where, span=span, off=status in _OFF)

    @property
    def title(self) -> str:
        """The title, as messages name it."""
        return self.fields.get("title") or ""

    @property
    def words(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """What is said in each language, by its tag; its own language first."""
        yield self.fields.get("locale") or "", self.fields
        yield from (self.fields.get("localizations") or {}).items()
