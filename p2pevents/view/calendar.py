"""The calendar: records folded into objects, and what they are to each other.

It is made of any records that are at hand: all that a node holds, or those that
touch a window. What it shows depends on the set of records alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from p2pevents.record.envelope import Record
from p2pevents.record.fields import Profile, Venue
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import Leave, MergedObject, merge

__all__ = ["KINDS", "PROFILE_PATH", "Calendar", "Chapter", "fold"]

KINDS: Final = frozenset(
    {Kind.PROFILE, Kind.SERIES, Kind.EVENT, Kind.OCCURRENCE, Kind.SESSION, Kind.VENUE}
)
"""The kinds that a calendar is made of; others are passed over."""

_IN_FAMILIES: Final = frozenset({Kind.SERIES, Kind.EVENT, Kind.OCCURRENCE, Kind.SESSION})

PROFILE_PATH: Final[Path] = ("profile",)

_CHARACTERS: Final = 8
_DATE_COMPONENTS: Final = 2  # of the path of a date of a series


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A community as its profile shows it, or by its id alone before a profile came."""

    id: ChapterId
    profile: Profile = field(default_factory=Profile)

    @property
    def name(self) -> str:
        """The name, or the first characters of the id where there is none."""
        return self.profile.name or to_text(self.id)[:_CHARACTERS]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Objects by chapter, kind and path, those that are retracted too."""

    objects: Mapping[ObjectId, MergedObject] = field(default_factory=dict)

    @cached_property
    def chapters(self) -> Mapping[ChapterId, Chapter]:
        """Every chapter of which there is an object."""
        ids = sorted({object_id.chapter for object_id in self.objects})
        return {chapter: self._chapter(chapter) for chapter in ids}

    @cached_property
    def by_parent(self) -> Mapping[tuple[ChapterId, str, Path], tuple[MergedObject, ...]]:
        """Sessions and occurrences, by chapter, kind and the path above them."""
        found: dict[tuple[ChapterId, str, Path], list[MergedObject]] = {}
        for object_id, merged in self.objects.items():
            if object_id.kind in (Kind.SESSION, Kind.OCCURRENCE) and merged.shown is not None:
                key = (object_id.chapter, object_id.kind, object_id.path[:-1])
                found.setdefault(key, []).append(merged)
        return {key: tuple(sorted(found[key], key=_path)) for key in found}

    @cached_property
    def families(self) -> Mapping[tuple[ChapterId, str], tuple[MergedObject, ...]]:
        """An event or series with all that is below it, by chapter and first path component."""
        found: dict[tuple[ChapterId, str], list[MergedObject]] = {}
        for object_id, merged in self.objects.items():
            if object_id.kind in _IN_FAMILIES:
                found.setdefault((object_id.chapter, object_id.path[0]), []).append(merged)
        return {key: tuple(merges) for key, merges in found.items()}

    @cached_property
    def surroundings(self) -> Mapping[ChapterId, tuple[MergedObject, ...]]:
        """Each chapter's profile and venues: what all its events are shown with."""
        found: dict[ChapterId, list[MergedObject]] = {}
        for object_id, merged in self.objects.items():
            if object_id.kind not in _IN_FAMILIES:
                found.setdefault(object_id.chapter, []).append(merged)
        return {chapter: tuple(merges) for chapter, merges in found.items()}

    @cached_property
    def days_said(self) -> Mapping[tuple[ChapterId, Path], tuple[str, ...]]:
        """The dates of each series, by its path, of which anything was said: in order."""
        found: dict[tuple[ChapterId, Path], set[str]] = {}
        for chapter, kind, path in self.by_parent:
            if kind == Kind.SESSION and len(path) == _DATE_COMPONENTS:
                found.setdefault((chapter, path[:1]), set()).add(path[1])
            elif kind == Kind.OCCURRENCE:
                days = (each.id.path[1] for each in self.by_parent[chapter, kind, path])
                found.setdefault((chapter, path), set()).update(days)
        return {key: tuple(sorted(days)) for key, days in found.items()}

    def of_kind(self, kind: Kind) -> list[MergedObject]:
        """Return the objects of a kind that are shown, ordered by chapter and path."""
        found = [each for each in self.objects.values() if each.id.kind == kind and is_shown(each)]
        return sorted(found, key=lambda each: (each.id.chapter, each.id.path))

    def object_at(self, chapter: ChapterId, kind: Kind, path: Path) -> MergedObject | None:
        """Return an object, retracted or not; None where there is none."""
        return self.objects.get(ObjectId(chapter=chapter, kind=kind, path=path))

    def shown(self, chapter: ChapterId, kind: Kind, path: Path) -> MergedObject | None:
        """Return an object that is shown; None where there is none, or it was retracted."""
        merged = self.object_at(chapter, kind, path)
        return merged if merged is not None and is_shown(merged) else None

    def venue(self, chapter: ChapterId, path_text: str) -> Venue | None:
        """Return a venue by the text of its path."""
        merged = self.shown(chapter, Kind.VENUE, tuple(path_text.split("/")))
        return merged.shown if merged and isinstance(merged.shown, Venue) else None

    def _chapter(self, chapter: ChapterId) -> Chapter:
        merged = self.shown(chapter, Kind.PROFILE, PROFILE_PATH)
        if merged is None or not isinstance(merged.shown, Profile):
            return Chapter(id=chapter)
        return Chapter(id=chapter, profile=merged.shown)


def fold(
    records: Iterable[Record], *, leave: Leave | None = None, base: Calendar | None = None
) -> Calendar:
    """Fold records into a calendar.

    Args:
        records: those that the chapters' authorities show, in any order. Of an object that is
            named, every version that is at hand: what `base` knew of it is replaced.
        leave: what the author of each may write, as `record.merge` asks it.
        base: a calendar whose other objects stay as they are.
    """
    versions: dict[ObjectId, list[Record]] = {}
    for record in records:
        if record.header.kind in KINDS:
            versions.setdefault(record.header.object_id, []).append(record)
    objects = dict(base.objects) if base else {}
    objects.update((object_id, merge(found, leave=leave)) for object_id, found in versions.items())
    return Calendar(objects=objects)


def is_shown(merged: MergedObject) -> bool:
    """Return whether an object has a version that can be read, and was not retracted."""
    return merged.shown is not None and not merged.retracted


def _path(merged: MergedObject) -> Path:
    return merged.id.path
