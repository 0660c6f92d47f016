"""UTF-8 that was once misread as something else and saved so: undone, line by line, and said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ftfy

from p2pevents.importers.plan import Destination, Plan, Source
from p2pevents.record.finding import Finding

__all__ = ["Repaired", "repaired"]

LINE_CHARACTERS_MAX: Final = 20_000
"""Longer lines are left as they are: no person wrote them, and to try costs time."""

_OLD_APPLE: Final = "mac_roman"
_APPLE: Final = "\uf8ff"
"""The apple that the byte F0 is there: the library does not know it for the face or flag it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A source of which some lines were mended before it was read."""

    source: Source
    mended: tuple[Finding, ...]

    @property
    def cities(self) -> tuple[str, ...]:
        """The groups of the source."""
        return self.source.cities

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was mended, and what the source says itself."""
        return (*self.mended, *self.source.findings)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The columns of the source."""
        return self.source.columns

    def plan(self, city: str, into: Destination) -> Plan:
        """Return the drafts of one group, as the source makes them."""
        return self.source.plan(city, into)


def repaired(text: str, *, name: str) -> tuple[str, tuple[Finding, ...]]:
    """Return a text with every line mended that was misread, and a finding where there are any.

    A line is mended where its characters, put back into bytes by the encoding it was
    misread in, are UTF-8: by chance they hardly ever are.
    """
    if text.isascii():
        return text, ()
    mended: list[int] = []
    lines = text.split("\n")
    for index, line in enumerate(lines):
        better = _mended(line)
        if better != line:
            lines[index] = better
            mended.append(index + 1)
    if not mended:
        return text, ()
    where = f"{name}: line {mended[0]}"
    count = f"{len(mended)} lines hold" if len(mended) > 1 else "it holds"
    finding = Finding(
        rule="encoding",
        where=where,
        message=f"{count} UTF-8 that was misread as something else; it is put right",
    )
    return "\n".join(lines), (finding,)


def _mended(line: str) -> str:
    if line.isascii() or len(line) > LINE_CHARACTERS_MAX:
        return line
    if _APPLE not in line:
        return ftfy.fix_encoding(line)
    try:
        return line.encode(_OLD_APPLE).decode("utf-8")
    except UnicodeError:
        return line
