"""The calendar: records folded into objects, and what they are to each other.

It is made of any records that are at hand: all that a node holds, or those that
touch a window. What it shows depends on the set of records alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, field

from p2pevents.record.envelope import Record
from p2pevents.record.fields import Profile, Series, Venue
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path, to_text
from p2pevents.record.kinds import Kind, Shown
from p2pevents.record.merge import Leave, MergedObject, merge
from p2pevents.record.once import once

__all__ = ["KINDS", "PROFILE_PATH", "Calendar", "Chapter", "Family", "fold", "is_same", "is_shown"]

KINDS: Final = frozenset(
    {
        Kind.PROFILE,
        Kind.SERIES,
        Kind.EVENT,
        Kind.OCCURRENCE,
        Kind.SESSION,
        Kind.VENUE,
        Kind.RECAP,
        Kind.NOTICE,
    }
)
"""The kinds that a calendar is made of; others are passed over."""

PROFILE_PATH: Final[Path] = ("profile",)

NAMED_MAX: Final = 32
"""How many families may be named by one, and by those that it names, for it to be kept."""

_Key = tuple[ChapterId, str]
_CHARACTERS: Final = 8
_DATE_COMPONENTS: Final = 2  # of the path of a date of a series
_NO_NAMES: Final[frozenset[str]] = frozenset()
_LYING_BELOW: Final = frozenset({Kind.SESSION, Kind.RECAP, Kind.NOTICE})
_NONE: Final[Mapping[Path, tuple[MergedObject, ...]]] = {}


class Chapter(Struct, frozen=True, kw_only=True):
    """A community as its profile shows it, or by its id alone before a profile came."""

    id: ChapterId
    profile: Profile = field(default_factory=Profile)

    @property
    def name(self) -> str:
        """The name, or the first characters of the id where there is none."""
        return self.profile.name or to_text(self.id)[:_CHARACTERS]


class Family(Struct, frozen=True, kw_only=True, dict=True):
    """Objects of one chapter whose paths begin alike: an event or series, and all below it.

    Attributes:
        members: by kind and path, those that are retracted too.
    """

    members: Mapping[tuple[str, Path], MergedObject]

    @once
    def sessions(self) -> Mapping[Path, tuple[MergedObject, ...]]:
        """The sessions that are shown, by the path above them, in order of their paths."""
        return self._below.get(Kind.SESSION, _NONE)

    @once
    def recaps(self) -> Mapping[Path, tuple[MergedObject, ...]]:
        """What was written afterwards, by the path above it."""
        return self._below.get(Kind.RECAP, _NONE)

    @once
    def notices(self) -> Mapping[Path, tuple[MergedObject, ...]]:
        """Words to all who follow, by the path above them."""
        return self._below.get(Kind.NOTICE, _NONE)

    @once
    def _below(self) -> Mapping[str, Mapping[Path, tuple[MergedObject, ...]]]:
        """What lies below another object and is shown: by kind, and by the path above it."""
        found: dict[str, dict[Path, tuple[MergedObject, ...]]] = {}
        for kind, path in sorted(key for key in self.members if key[0] in _LYING_BELOW):
            merged = self.members[kind, path]
            if is_shown(merged):
                of_kind = found.setdefault(kind, {})
                of_kind[path[:-1]] = (*of_kind.get(path[:-1], ()), merged)
        return found

    @once
    def lacking(self) -> tuple[ObjectId, ...]:
        """The objects of which the body of a newer version is not here."""
        return tuple(merged.id for merged in self.members.values() if merged.absent)

    @once
    def kept(self) -> dict[tuple[str, Path], Any]:
        """What was made of it, by kind and path, for whoever makes the same again."""
        return {}

    @once
    def gatherings(self) -> tuple[MergedObject, ...]:
        """The events and series that are shown, in order of their paths."""
        wanted = (Kind.EVENT, Kind.SERIES)
        return tuple(m for m in self.members.values() if m.id.kind in wanted and is_shown(m))

    @once
    def is_around(self) -> bool:
        """Whether it is a profile or a venue, and so belongs to every event of the chapter."""
        return any(kind in (Kind.PROFILE, Kind.VENUE) for kind, _ in self.members)

    @once
    def names(self) -> frozenset[str]:
        """The other families that it is shown with, since it names them, by first component.

        Something was moved to them, or a series goes on from them.
        """
        paths = [path for merged in self.members.values() for path in _named_in(merged.shown)]
        if not paths:
            return _NO_NAMES
        own = next((path[0] for _, path in self.members), "")
        return frozenset(each.partition("/")[0] for each in paths) - {own}

    @once
    def days(self) -> tuple[str, ...]:
        """The dates of a series of which anything was said, in order."""
        parents = (path for path in self.sessions if len(path) == _DATE_COMPONENTS)
        dates = (path for kind, path in self.members if kind == Kind.OCCURRENCE)
        return tuple(sorted({path[1] for path in (*parents, *dates)}))


_NOBODY: Final = Family(members={})
_SINCE: Final = "since"  # under which a calendar knows its base's families, and what changed


class Calendar(Struct, frozen=True, kw_only=True, dict=True):
    """Objects by family: by chapter and the first component of their paths, in that order."""

    families: Mapping[tuple[ChapterId, str], Family] = field(default_factory=dict)

    def changed_since(self, before: Mapping[_Key, Family]) -> Collection[_Key]:
        """Return which of its families are other ones than these, or are not among them."""
        base, changed = self.__dict__.get(_SINCE, (None, ()))
        if base is before:
            return changed  # type: ignore[no-any-return]
        return [key for key, family in self.families.items() if before.get(key) is not family]

    @once
    def chapters(self) -> Mapping[ChapterId, Chapter]:
        """Every chapter of which there is an object."""
        return {chapter: self._chapter(chapter) for chapter in {each for each, _ in self.families}}

    @once
    def surroundings(self) -> Mapping[ChapterId, tuple[Family, ...]]:
        """Each chapter's profile and venues: what all its events are shown with."""
        found: dict[ChapterId, list[Family]] = {}
        for chapter, component in self.in_order:
            family = self.families[chapter, component]
            if family.is_around:
                found.setdefault(chapter, []).append(family)
        return {chapter: tuple(families) for chapter, families in found.items()}

    def around(self, key: tuple[ChapterId, str]) -> tuple[Family, ...]:
        """Return all that a family is shown with: its chapter's surroundings, what it names.

        That these and the family itself are the very same says that it is shown as before.
        """
        chapter = key[0]
        surroundings = self.surroundings.get(chapter, ())
        family = self.families.get(key, _NOBODY)
        if not family.names:
            return surroundings
        found: dict[str, Family] = {}
        waiting = sorted(family.names)
        while waiting:
            component = waiting.pop()
            if component in found:
                continue
            if len(found) == NAMED_MAX:
                return (Family(members={}),)  # the same as nothing before: made anew each time
            found[component] = self.families.get((chapter, component), _NOBODY)
            waiting += sorted(found[component].names)
        return (*surroundings, *found.values())

    @once
    def incomplete(self) -> frozenset[_Key]:
        """The families that lack a body."""
        return frozenset(key for key, family in self.families.items() if family.lacking)

    @property
    def lacking(self) -> set[ObjectId]:
        """The objects of which the body of a newer version is not here."""
        return {each for key in self.incomplete for each in self.families[key].lacking}

    @property
    def in_order(self) -> Iterable[tuple[ChapterId, str]]:
        """The families' keys, by chapter and component."""
        return self.families

    def __iter__(self) -> Iterator[MergedObject]:
        """Iterate over all objects, those that are retracted too, in order of chapter and path."""
        for key in self.in_order:
            yield from self.families[key].members.values()

    def only(self, chapters: Collection[ChapterId]) -> Calendar:
        """Return the part of some chapters: the very same families."""
        if set(chapters) >= self.chapters.keys():
            return self
        return Calendar(
            families={key: each for key, each in self.families.items() if key[0] in chapters}
        )

    def of_kind(self, kind: Kind) -> list[MergedObject]:
        """Return the objects of a kind that are shown, in order of chapter and path."""
        return [merged for merged in self if merged.id.kind == kind and is_shown(merged)]

    def family(self, chapter: ChapterId, path: Path) -> Family:
        """Return the family that a path belongs to; an empty one where there is none."""
        return self.families.get((chapter, path[0]), _NOBODY)

    def object_at(self, chapter: ChapterId, kind: Kind, path: Path) -> MergedObject | None:
        """Return an object, retracted or not; None where there is none."""
        return self.family(chapter, path).members.get((kind, path))

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
        base: a calendar whose other objects stay as they are, and whose other families stay
            the same objects, so that what was made from them can be kept.
    """
    versions: dict[ObjectId, list[Record]] = {}
    for record in records:
        if record.header.kind in KINDS:
            versions.setdefault(record.header.object_id, []).append(record)
    changed: dict[tuple[ChapterId, str], dict[tuple[str, Path], MergedObject]] = {}
    for object_id, found in versions.items():
        members = changed.setdefault((object_id.chapter, object_id.path[0]), {})
        members[object_id.kind, object_id.path] = merge(found, leave=leave)
    families = dict(base.families) if base else {}
    held = len(families)
    for key, said in changed.items():
        members, known = said, families.get(key, _NOBODY).members
        if known or len(members) > 1:
            members = dict(sorted({**known, **members}.items(), key=_by_key))
        families[key] = Family(members=members)
    if len(families) != held:
        families = dict(sorted(families.items(), key=_by_first))
    calendar = Calendar(families=families)
    if base is not None:
        _carry_over(base, calendar, changed.keys())
    return calendar


def _carry_over(base: Calendar, calendar: Calendar, changed: Collection[_Key]) -> None:
    """Let a calendar know what was found of its base and is true of it too."""
    calendar.__dict__[_SINCE] = base.families, tuple(changed)
    calendar.__dict__["incomplete"] = base.incomplete.difference(changed).union(
        key for key in changed if calendar.families[key].lacking
    )
    if not any(_touches_all(key, base, calendar) for key in changed):
        calendar.__dict__["chapters"] = base.chapters
        calendar.__dict__["surroundings"] = base.surroundings


def is_same(one: tuple[Family, ...], other: tuple[Family, ...]) -> bool:
    """Return whether two are made of the very same families."""
    return one is other or (
        len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
    )


def is_shown(merged: MergedObject) -> bool:
    """Return whether an object has a version that can be read, and was not retracted."""
    return merged.shown is not None and not merged.retracted


def _touches_all(key: tuple[ChapterId, str], base: Calendar, calendar: Calendar) -> bool:
    """Return whether a family that changed changes what its whole chapter is shown with."""
    before, now = base.families.get(key, _NOBODY), calendar.families[key]
    return before.is_around or now.is_around or key[0] not in base.chapters


def _named_in(shown: Shown | None) -> Iterator[str]:
    """Yield the paths of other objects that what is shown of one is made with."""
    status = getattr(shown, "status", None)
    if status is not None and status.moved_to is not None:
        yield status.moved_to
    if isinstance(shown, Series) and shown.continues is not None:
        yield shown.continues


def _by_first(item: tuple[tuple[ChapterId, str], Family]) -> tuple[ChapterId, str]:
    return item[0]


def _by_key(item: tuple[tuple[str, Path], MergedObject]) -> tuple[Path, str]:
    kind, path = item[0]
    return path, kind
