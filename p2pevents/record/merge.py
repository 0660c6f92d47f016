"""The merge: what an object is, from every author's newest word on it.

Last writer wins, field by field and entry by entry, by (clock, author's key).
Values of a guarded field that have not seen each other are shown as a
conflict. The result depends on the set of versions alone, never on their order
or number. Specified in docs/spec/merge.md.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from p2pevents.errors import RecordError
from p2pevents.record import kinds
from p2pevents.record.body import Body, decode_body, shown_by
from p2pevents.record.envelope import Record
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import PublicKey, RecordId
from p2pevents.record.once import once
from p2pevents.record.values import StatusIs

__all__ = [
    "Leave",
    "MergedField",
    "MergedObject",
    "Version",
    "VoidVersion",
    "Word",
    "merge",
    "newest_versions",
]


class Word(Struct, frozen=True, kw_only=True):
    """One author's value of a field, and the clock at which they wrote it; None removes it."""

    value: Any
    author: PublicKey
    clock: int


class MergedField(Struct, frozen=True, kw_only=True):
    """What is shown of a field, or of an entry of a map.

    Attributes:
        value: typed as the kind's struct types it; None where it was removed.
        author: whose word it is.
        clock: when they wrote it.
        conflict: of a guarded field, the values that have not seen each other, the shown one
            among them, by (clock, author); empty where there is no conflict.
    """

    value: Any
    author: PublicKey
    clock: int
    conflict: tuple[Word, ...] = ()


class VoidVersion(Struct, frozen=True, kw_only=True):
    """A version that cannot be shown, and the rule that it broke (`void-*`)."""

    id: RecordId
    rule: str
    detail: str


class Version(Struct, frozen=True, kw_only=True, dict=True):
    """A version that can be read: the record, and its body typed."""

    record: Record

    @once
    def body(self) -> Body:
        """What its author wrote, as far as they had leave to."""
        return decode_body(self.record.header, self.record.body or b"")


class MergedObject(Struct, frozen=True, kw_only=True, dict=True):
    """An object as it stands, and who said what of it.

    Attributes:
        id: the object.
        shown: its fields as the kind's struct; None where no version can be read.
        versions: each author's newest version that can be read, by author's key.
        void: versions newer than their author's that is shown, but against a rule; by id.
        absent: ids of versions newer than their author's that is shown, whose body is not here:
            erased, or not fetched yet.
        clock: the highest clock of any version, void and absent ones too.
    """

    id: ObjectId
    shown: kinds.Shown | None
    versions: tuple[Version, ...]
    void: tuple[VoidVersion, ...]
    absent: tuple[RecordId, ...]
    clock: int

    @once
    def fields(self) -> Mapping[str, MergedField]:
        """Each plain or guarded field that anyone wrote, by its name on the wire."""
        return _merge_fields(self.versions)

    @once
    def entries(self) -> Mapping[str, Mapping[str, MergedField]]:
        """Each entry of a map field that anyone wrote."""
        return _merge_entries(self.versions)

    @property
    def retracted(self) -> bool:
        """Whether it was taken back: it is not shown, save to who asks for it by its id."""
        return getattr(self.shown, "retracted", None) is True

    @property
    def conflicts(self) -> Mapping[str, tuple[Word, ...]]:
        """The fields that are in conflict, and their competing values."""
        if len(self.versions) < 2:
            return {}
        return {name: merged.conflict for name, merged in self.fields.items() if merged.conflict}


Leave = Callable[[Record], Container[str] | None]
"""The fields that a record's author may write, by its authority: `title`, `localizations`, or one
entry of a map, `localizations/fr`. None for all."""


def merge(versions: Iterable[Record], *, leave: Leave | None = None) -> MergedObject:
    """Merge versions of one object.

    Args:
        versions: at least one, all of one object, in any order; repeating one changes nothing.
        leave: what the author of each version may write; fields beyond it are passed over. None
            where every author may write everything.

    Raises:
        ValueError: when there is none, or they are of several objects.
    """
    records: dict[RecordId, Record] = {}
    for record in versions:
        # The same record may come with its body and without: what is here is shown.
        if record.id not in records or record.body is not None:
            records[record.id] = record
    if len(records) == 1 and (alone := _alone(next(iter(records.values())), leave)):
        return alone
    objects = {record.header.object_id for record in records.values()}
    if len(objects) != 1:
        raise ValueError(f"versions of {len(objects)} objects, where one is merged")
    (object_id,) = objects
    newest, void, absent = newest_versions(records.values())
    allowed = [None if leave is None else leave(version.record) for version in newest]
    newest = tuple(
        version if names is None else _within(version, names)
        for version, names in zip(newest, allowed, strict=True)
    )
    fields, entries = _merge_fields(newest), _merge_entries(newest)
    merged = MergedObject(
        id=object_id,
        shown=_shown(object_id.kind, fields, entries) if newest else None,
        versions=newest,
        void=void,
        absent=absent,
        clock=max(record.header.clock for record in records.values()),
    )
    merged.__dict__.update(fields=fields, entries=entries)  # worked out already
    return merged


def _alone(record: Record, leave: Leave | None) -> MergedObject | None:
    """Return an object of which this is the only word: most are such, by far.

    What it shows is what its body says. None where that cannot be read, or not all of it counts.
    """
    if record.body is None or (leave is not None and leave(record) is not None):
        return None
    header = record.header
    try:
        shown = shown_by(header, record.body)
    except RecordError:
        return None
    return MergedObject(
        id=header.object_id,
        shown=shown,
        versions=(Version(record=record),),
        void=(),
        absent=(),
        clock=header.clock,
    )


def newest_versions(
    records: Iterable[Record],
) -> tuple[tuple[Version, ...], tuple[VoidVersion, ...], tuple[RecordId, ...]]:
    """Return each author's newest version that can be read, and what is newer but cannot.

    An author's newest version holds all that they stand by, so it replaces their older ones
    whole. One that is void or absent replaces nothing: what can be read stays shown.

    Returns:
        The versions, by author's key; those passed over because they are void, and the ids of
        those without a body, both by id.
    """
    by_author: dict[PublicKey, list[Record]] = {}
    for record in records:
        by_author.setdefault(record.header.author, []).append(record)
    newest: list[Version] = []
    void: list[VoidVersion] = []
    absent: list[RecordId] = []
    for author in sorted(by_author):
        for record in sorted(by_author[author], key=_version_rank, reverse=True):
            if record.body is None:
                absent.append(record.id)
                continue
            try:
                body = decode_body(record.header, record.body)
            except RecordError as error:
                void.append(VoidVersion(id=record.id, rule=error.rule, detail=error.detail))
                continue
            newest.append(_version(record, body))
            break
    void.sort(key=lambda version: version.id)
    return tuple(newest), tuple(void), tuple(sorted(absent))


def _version(record: Record, body: Body) -> Version:
    version = Version(record=record)
    version.__dict__["body"] = body
    return version


def _version_rank(record: Record) -> tuple[int, RecordId]:
    """Return what orders the versions of one author: clock, then id."""
    return record.header.clock, record.id


def _within(version: Version, allowed: Container[str]) -> Version:
    """Return a version without the fields that its author had no leave to write."""
    body = version.body
    fields = {name: written for name, written in body.fields.items() if name in allowed}
    entries = {
        name: {
            entry: written
            for entry, written in of_map.items()
            if name in allowed or f"{name}/{entry}" in allowed
        }
        for name, of_map in body.entries.items()
    }
    return _version(version.record, replace(body, fields=fields, entries=entries))


def _merge_fields(newest: Iterable[Version]) -> dict[str, MergedField]:
    claims: dict[str, list[tuple[Word, Mapping[PublicKey, int]]]] = {}
    for version in newest:
        author = version.record.header.author
        for name, written in version.body.fields.items():
            word = Word(value=written.value, author=author, clock=written.clock)
            claims.setdefault(name, []).append((word, written.seen))
    return {name: _merge_field(name, claims[name]) for name in sorted(claims)}


def _merge_field(name: str, claims: list[tuple[Word, Mapping[PublicKey, int]]]) -> MergedField:
    """Return what is shown of one field, of which each author has at most one value."""
    if len(claims) == 1:
        word = claims[0][0]
        return MergedField(value=word.value, author=word.author, clock=word.clock)
    if name not in kinds.GUARDED:
        last = max((word for word, _ in claims), key=_rank)
        return MergedField(value=last.value, author=last.author, clock=last.clock)
    # A value falls when another one saw it. What is seen is before what sees it, so the newest
    # value never falls, and there is always something to show.
    standing = [word for word, _ in claims if not any(_saw(seen, word) for _, seen in claims)]
    standing.sort(key=_rank)
    shown = max(standing, key=lambda word: (_takes_display(word.value), *_rank(word)))
    agree = all(word.value == shown.value for word in standing)
    return MergedField(
        value=shown.value,
        author=shown.author,
        clock=shown.clock,
        conflict=() if agree else tuple(standing),
    )


def _saw(seen: Mapping[PublicKey, int], word: Word) -> bool:
    return seen.get(word.author, -1) >= word.clock


def _rank(word: Word) -> tuple[int, PublicKey]:
    """Return what orders the values of several authors: clock, then author's key."""
    return word.clock, word.author


def _takes_display(value: object) -> bool:
    """Tell whether a value wins the display while a conflict lasts: cancelled, retracted.

    To come to a cancelled meeting is worse than to stay away from one that takes place.
    """
    return value is True or getattr(value, "state", None) is StatusIs.CANCELLED


def _merge_entries(newest: Iterable[Version]) -> dict[str, dict[str, MergedField]]:
    merged: dict[str, dict[str, MergedField]] = {}
    for version in newest:
        author = version.record.header.author
        for name, entries in version.body.entries.items():
            best = merged.setdefault(name, {})
            for entry, written in entries.items():
                held = best.get(entry)
                if held is None or (written.clock, author) > (held.clock, held.author):
                    best[entry] = MergedField(
                        value=written.value, author=author, clock=written.clock
                    )
    return {name: dict(sorted(merged[name].items())) for name in sorted(merged)}


def _shown(
    kind: str,
    fields: Mapping[str, MergedField],
    entries: Mapping[str, Mapping[str, MergedField]],
) -> kinds.Shown:
    """Return the kind's struct, filled with what is shown."""
    values: dict[str, Any] = {name: merged.value for name, merged in fields.items()}
    for name, of_map in entries.items():
        values[name] = {
            entry: merged.value for entry, merged in of_map.items() if merged.value is not None
        }
    attributes = {kinds.attribute_of(kind, name): value for name, value in values.items()}
    return kinds.shown_type(kind)(**attributes)
