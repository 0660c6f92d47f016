"""The schedule doctor: what to look at in a programme, whether it was announced yet or not.

The same rules look at drafts of a file and at what is in the log. They take
words as they stand; what an importer mended on the way, it says itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Protocol

import msgspec

from p2pevents.record.fields import Gathering
from p2pevents.record.finding import Finding
from p2pevents.record.ids import Path, path_text
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import Calendar, is_shown
from p2pevents.view.check_item import Item
from p2pevents.view.check_rules import rules

__all__ = ["FINDINGS_MAX", "Words", "check", "words_of"]

FINDINGS_MAX: Final = 1_000
"""The most findings of one rule; a programme with more has one fault, said often."""


class Words(Protocol):
    """What is looked at: the fields of one object, and where its words stand."""

    @property
    def kind(self) -> Kind:
        """The object's kind."""

    @property
    def path(self) -> Path:
        """The object's path."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """Values by name on the wire, as plain data."""

    @property
    def where(self) -> str:
        """File and row, or the object, for messages."""


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Words that are in a calendar already."""

    kind: Kind
    path: Path
    fields: Mapping[str, Any]
    where: str


def words_of(calendar: Calendar) -> list[Words]:
    """Return the events, dates and sessions of a calendar, as `check` takes them."""
    return [
        _Shown(
            kind=Kind(merged.id.kind),
            path=merged.id.path,
            fields=msgspec.to_builtins(merged.shown),
            where=_named(merged.id.path, merged.shown),
        )
        for merged in calendar
        if is_shown(merged) and isinstance(merged.shown, Gathering)
    ]


def check(
    words: Iterable[Words], *, today: date | None = None, languages: Sequence[str] = ()
) -> list[Finding]:
    """Return what a person should look at, rule by rule.

    Args:
        words: of one chapter; sessions beside the event that they belong to, where it is known.
        today: the local day, by which what is to be announced may be late; None to leave that.
        languages: of the chapter, into which what is to come is to be translated.
    """
    items = [
        Item.of(each.kind, each.path, each.fields, each.where)
        for each in words
        if each.kind in (Kind.SERIES, Kind.EVENT, Kind.OCCURRENCE, Kind.SESSION)
    ]
    return [finding for rule in rules(today, languages) for finding in _first(rule(items))]


def _first(findings: Iterator[Finding]) -> Sequence[Finding]:
    return [finding for finding, _ in zip(findings, range(FINDINGS_MAX), strict=False)]


def _named(path: Path, shown: Gathering) -> str:
    return f"{path_text(path)} ({shown.title})" if shown.title else path_text(path)
