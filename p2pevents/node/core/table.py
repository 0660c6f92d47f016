"""A state machine as a table, and the table as a diagram."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

__all__ = ["Table", "mermaid"]

S = TypeVar("S", bound=Enum)

Table = Mapping[S, Mapping[str, S]]
"""For each state, where each word leads; a word that a state does not list changes nothing."""


def mermaid(table: Table[S], *, start: S) -> str:
    """Return the table as a Mermaid state diagram, lines in the table's order."""
    lines = ["stateDiagram-v2", f"    [*] --> {start.value}"]
    lines += [
        f"    {state.value} --> {after.value}: {word}"
        for state, words in table.items()
        for word, after in words.items()
    ]
    return "\n".join(lines) + "\n"
