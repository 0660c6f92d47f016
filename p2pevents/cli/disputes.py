"""What organisers disagree on: each one's word, and how to settle it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import click
import msgspec

from p2pevents.record.ids import short
from p2pevents.record.merge import MergedObject

__all__ = ["disputes_of", "print_disputes"]

_OPTIONS: Final = {
    "when": "event move ID --start ...",
    "where": "event edit ID --venue ...",
    "stream": "event edit ID --stream ...",
    "status": "event edit ID --status ...",
    "retracted": "event retract ID",
}


def disputes_of(merged: MergedObject | None) -> list[dict[str, Any]]:
    """Return the fields on which organisers disagree, with every value, by whom and since when."""
    return [
        {
            "field": name,
            "values": [
                {
                    "value": msgspec.to_builtins(word.value),
                    "author": short(word.author),
                    "since": datetime.fromtimestamp(word.clock / 1000, tz=UTC).isoformat(
                        timespec="seconds"
                    ),
                }
                for word in words
            ],
        }
        for name, words in (merged.conflicts.items() if merged else ())
    ]


def print_disputes(disputes: list[dict[str, Any]]) -> None:
    """Print each dispute, and the command that settles it everywhere."""
    for dispute in disputes:
        click.echo(f"\ndisputed: {dispute['field']}")
        for word in dispute["values"]:
            value = word["value"]
            said = ", ".join(map(str, value.values())) if isinstance(value, dict) else str(value)
            click.echo(f"  {word['author']} says {said}  ({word['since']})")
        click.echo(f"  whoever writes it again settles it: p2pevents {_OPTIONS[dispute['field']]}")
