"""What organisers disagree on: each one's word side by side, and how to settle it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from p2pevents.cli.tables import print_table
from p2pevents.node.desk import Desk
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import PublicKey, path_text, short
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import Word
from p2pevents.record.values import Status, Stream, When, Where
from p2pevents.view.times import span_of
from p2pevents.words import _, named

__all__ = ["Dispute", "disputes_of", "facts_of", "print_disputes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One field of an object, and the words on it of which none has seen the others."""

    of: ObjectId
    field: str
    words: Sequence[Word]


def disputes_of(desk: Desk, found: ObjectId) -> list[Dispute]:
    """Return what is disputed of a gathering; of a date, what is so of its series too.

    What somebody said of the date itself stands in the place of the series' word.
    """
    merged = desk.object(found)
    disputes = [
        Dispute(of=found, field=name, words=words)
        for name, words in (merged.conflicts.items() if merged else ())
    ]
    if found.kind != Kind.OCCURRENCE:
        return disputes
    series = ObjectId(chapter=found.chapter, kind=Kind.SERIES.value, path=found.path[:1])
    own = merged.fields if merged else {}
    return disputes + [each for each in disputes_of(desk, series) if each.field not in own]


def facts_of(disputes: Iterable[Dispute]) -> list[dict[str, Any]]:
    """Return disputes as `--json` prints them: every value, by whom and since when."""
    return [
        {
            "field": dispute.field,
            "values": [
                {
                    "value": msgspec.to_builtins(word.value),
                    "author": short(word.author),
                    "since": _at(word).isoformat(timespec="seconds"),
                }
                for word in dispute.words
            ],
        }
        for dispute in disputes
    ]


def print_disputes(disputes: Sequence[Dispute], *, mine: frozenset[PublicKey]) -> None:
    """Print what is disputed, a column an author, and the command that settles it everywhere."""
    for of in dict.fromkeys(dispute.of for dispute in disputes):
        here = [dispute for dispute in disputes if dispute.of == of]
        authors = sorted({word.author for dispute in here for word in dispute.words})
        heads = [_("{key} (you)", key=short(key)) if key in mine else short(key) for key in authors]
        click.echo()
        print_table(
            (_("disputed"), *heads),
            [(dispute.field, *(_cell(dispute, author) for author in authors)) for dispute in here],
        )
        identifier = path_text(of.path)
        click.echo(
            _("an organiser settles it: p2pevents event merge {id} --take KEY", id=identifier)
        )


def _cell(dispute: Dispute, author: PublicKey) -> str:
    word = next((word for word in dispute.words if word.author == author), None)
    return f"{_said(word.value)}\n{_at(word):%Y-%m-%d %H:%M} UTC" if word else ""


def _said(value: object) -> str:
    """Return a guarded field's value as a person says it."""
    match value:
        case When():
            return _said_when(value)
        case Where():
            parts = (value.name, value.room, value.address, value.city, value.country)
            return ", ".join(part for part in parts if part)
        case Status():
            said = named("status", value.state.value)
            return f"{said}: {value.reason}" if value.reason else said
        case Stream():
            return value.uri
        case bool():
            return _("taken back") if value else _("stands")
        case _:
            return _("(removed)")


def _said_when(when: When) -> str:
    span = span_of(when)
    if span.start is None:
        return _("{day}, hour open", day=span.day) if span.day else _("to be announced")
    same_day = span.end is not None and span.end.date() == span.start.date()
    end = f"-{span.end:%H:%M}" if span.end and same_day else ""
    later = f" to {span.end:%Y-%m-%d %H:%M}" if span.end and not same_day else ""
    rule = getattr(when, "recurrence_rule", None)
    return f"{span.start:%Y-%m-%d %H:%M}{end}{later}" + (f", {rule}" if rule else "")


def _at(word: Word) -> datetime:
    return datetime.fromtimestamp(word.clock / 1000, tz=UTC)
