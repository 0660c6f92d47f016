"""What every importer takes and gives: where the words go, and the drafts they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from p2pevents.importers.words import line_of
from p2pevents.record.draft.times import check_zone
from p2pevents.record.finding import Finding
from p2pevents.record.ids import ChapterId, Path, component_of, hash_of
from p2pevents.record.kinds import Kind

__all__ = ["Destination", "Draft", "OneGroup", "Plan", "Source", "Trust"]

_IMPORT_DOMAIN: Final = b"p2pevents/1/import"


class Trust(StrEnum):
    """Which reading of a time to go by, where its offset and the zone disagree."""

    WALL = "wall"
    OFFSET = "offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one object is to say: the fields that change, and where the words came from.

    Attributes:
        kind: the object's kind.
        path: the object's path within the chapter.
        fields: by name on the wire, plain values as `record.draft.compose` takes them.
        where: the file and row, for messages.
    """

    kind: Kind
    path: Path
    fields: dict[str, object]
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import of one group would write, and what a person should look at before."""

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where imported words go. To name a zone that does not exist is a DraftError.

    Attributes:
        chapter: whose objects they become.
        chapter_name: as titles name the chapter; empty where it is not known.
        time_zone: the IANA zone that wall times are read in.
        event: the event that a programme belongs to; None makes one of its own.
        event_title: the title of that one; empty for a title from the file's name.
        trust: how to read times whose offset is not the zone's; None refuses them.
        history: whether to mark what is imported as history.
    """

    chapter: ChapterId
    chapter_name: str = ""
    time_zone: str
    event: Path | None = None
    event_title: str = ""
    trust: Trust | None = None
    history: bool = False
    zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", check_zone(self.time_zone))

    def component(self, *origin: str) -> str:
        """Return the path component of the object that `origin` names, the same every time.

        It is a digest of the chapter and the origin, so that a second import
        of a file meets the objects of the first.

        Args:
            origin: the source's name, then what names the thing within it.
        """
        data = self.chapter + b"".join(_framed(part) for part in origin)
        return component_of(hash_of(_IMPORT_DOMAIN, data))

    def imported(self, where: str) -> dict[str, object]:
        """Return the value of the field `imported` for words from `where`."""
        source: dict[str, object] = {"from": line_of(where)}
        return {**source, "history": True} if self.history else source


class Source(Protocol):
    """A file that was read and is sound, before it is known where its words go."""

    @property
    def cities(self) -> tuple[str, ...]:
        """The city of each group in the file; one empty text where it has no groups."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should look at of the file as a whole, wherever its words go."""

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The names of a table's columns, and what each was taken for; empty where it is none."""

    def plan(self, city: str, into: Destination) -> Plan:
        """Return the drafts of one group.

        Raises:
            InputError: where the words cannot be used, with file, row and field.
        """


class OneGroup:
    """A source of one group, whatever cities its events are in, that is no table."""

    __slots__ = ()

    @property
    def cities(self) -> tuple[str, ...]:
        """One group without a city."""
        return ("",)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """None, for it is no table."""
        return ()


def _framed(part: str) -> bytes:
    data = part.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(4, "big") + data
