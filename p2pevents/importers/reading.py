"""The door of this room: a file's name and bytes in, a source of drafts out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from p2pevents.errors import InputError
from p2pevents.importers.editions import plan_group
from p2pevents.importers.ics.source import read_calendar_source
from p2pevents.importers.meetups import Meetups, read_meetups
from p2pevents.importers.plan import Destination, Plan, Source
from p2pevents.importers.post import read_post
from p2pevents.importers.programme import read_programme
from p2pevents.importers.repair import Repaired, repaired
from p2pevents.importers.schedule_xml import read_schedule
from p2pevents.importers.text import text_of
from p2pevents.record.finding import Finding

__all__ = ["MeetupsSource", "read_source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetupsSource:
    """The meetups of several cities: one group a city."""

    meetups: Meetups

    @property
    def cities(self) -> tuple[str, ...]:
        """The city of each group, as the document has it; compare them casefolded."""
        return tuple(self.meetups.groups)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Keys of the document that hold no meetups."""
        return tuple(
            Finding(
                rule="left-out",
                where=f"{self.meetups.name}: {key[:60]}",
                message="holds no meetups; it is left out",
            )
            for key in self.meetups.passed_over
        )

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """None, for it is no table."""
        return ()

    def plan(self, city: str, into: Destination) -> Plan:
        """Return the drafts of one city's meetups.

        Raises:
            InputError: with file, key and what is wrong there.
        """
        return plan_group(self.meetups, city, into)


def read_source(
    data: bytes,
    *,
    name: str,
    columns: Mapping[str, str] = MappingProxyType({}),
    encoding: str = "",
) -> Source:
    """Read a file that holds events.

    Args:
        data: the whole file, at most `IMPORT_BYTES_MAX`; ask its size before reading it.
        name: the file's name without its folder: its ending says what it holds, and what
            is imported is known by it, so that a second import meets the first.
        columns: of a table, what a person said that columns are; empty for what is no table.
        encoding: what the file is in, as `text_of` takes it.

    Raises:
        InputError: with file and field, where it cannot be used.
    """
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    reader = _READERS.get(ending)
    if reader is None:
        raise InputError(
            f"{name}: not a kind of file that can be imported",
            hint="it is told by .ics, .csv, .md, .json or schedule.xml",
        )
    if columns:
        if reader is not read_programme:
            raise InputError(f"{name}: has no columns", hint="--column is for tables: .csv")
        reader = partial(read_programme, columns=columns)
    text, mended = repaired(text_of(data, name=name, encoding=encoding), name=name)
    source = reader(text, name=name)
    return Repaired(source=source, mended=mended) if mended else source


def _meetups(text: str, *, name: str) -> Source:
    return MeetupsSource(meetups=read_meetups(text, name=name))


class _Reader(Protocol):
    def __call__(self, text: str, *, name: str) -> Source:
        """Return the source that a text is."""


_READERS: Final[dict[str, _Reader]] = {
    "csv": read_programme,
    "ical": read_calendar_source,
    "ics": read_calendar_source,
    "json": _meetups,
    "markdown": read_post,
    "md": read_post,
    "xml": read_schedule,
}
