"""What an organiser may erase of an object and of all that lies below it, and by which key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from p2pevents.log.protocol import Stored
from p2pevents.node.charter_desk import CharterDesk
from p2pevents.node.desk import Change, Desk
from p2pevents.node.erasures import NEVER_ERASED, Erasures
from p2pevents.record.draft import EraseDraft
from p2pevents.record.envelope import Verified
from p2pevents.record.fields import ERASE_IDS_MAX
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import PATH_COMPONENTS_MAX, PublicKey, RecordId, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import newest_versions

__all__ = ["Erasable", "erasable", "erase"]

_KINDS: Final = tuple(kind.value for kind in Kind if kind not in NEVER_ERASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasable:
    """What would go.

    Attributes:
        of: the object, of which all that lies below goes too.
        by_key: the records that each key of mine may erase, the oldest first.
        others: how many more there are, which only their authors or a lead may erase.
        day: the day that it is about, for the erase to lie on; None where nobody said one.
    """

    of: ObjectId
    by_key: Mapping[PublicKey, tuple[Stored, ...]]
    others: int
    day: str | None

    @property
    def records(self) -> list[Stored]:
        """All of them, by key."""
        return [record for records in self.by_key.values() for record in records]


def erasable(desk: Desk, found: ObjectId, *, only_old: bool) -> Erasable:
    """Return what I may erase: as a lead all of it, else what my own keys signed.

    Args:
        desk: the home.
        found: the object.
        only_old: leave each author's word that stands, and take what it replaced.
    """
    erasures = Erasures(desk.log, desk.ingest.charters)
    here = [
        record
        for record in desk.log.under(found.chapter, found.path, kinds=_KINDS)
        if record.body is not None and not erasures.hides(record.header, record.id)
    ]
    days = [record.header.start for record in here if record.header.start]
    if only_old:
        standing = _standing(here)
        here = [record for record in here if record.id not in standing]
    here.sort(key=lambda record: (record.header.clock, record.id))
    by_key = _by_key(desk, found, here)
    mine = {record.id for records in by_key.values() for record in records}
    return Erasable(
        of=found, by_key=by_key, others=len(here) - len(mine), day=days[-1] if days else None
    )


def erase(desk: Desk, wish: Erasable) -> list[Verified]:
    """Write the erases that name it, all of them or none.

    Raises:
        StateError: they were not taken.
        LogError: nothing was written.
    """
    return desk.write(
        wish.of.chapter,
        [
            Change(
                kind=Kind.ERASE,
                path=(*_room_below(wish.of), *desk.new_path()),
                changes=EraseDraft.from_words(ids=some).changes,
                author=key,
                day=wish.day,
            )
            for key, records in wish.by_key.items()
            for some in _lists(records)
        ],
    )


def _lists(records: Sequence[Stored]) -> Iterator[list[str]]:
    """Yield the ids of records as text, as many at a time as one erase names."""
    for first in range(0, len(records), ERASE_IDS_MAX):
        yield [to_text(each.id) for each in records[first : first + ERASE_IDS_MAX]]


def _by_key(
    desk: Desk, found: ObjectId, records: Sequence[Stored]
) -> dict[PublicKey, tuple[Stored, ...]]:
    lead = CharterDesk(desk, found.chapter).my_lead()
    if lead is not None:
        return {lead.daily: tuple(records)} if records else {}
    path = (*_room_below(found), *desk.new_path())
    said = {
        key: tuple(record for record in records if record.header.author == key)
        for key in desk.my_keys()
        if desk.leave(key, found.chapter, Kind.ERASE, path) is not None
    }
    return {key: own for key, own in said.items() if own}


def _room_below(found: ObjectId) -> tuple[str, ...]:
    """Return the path below which an erase lies: a leave for the object holds for it too."""
    return found.path[: PATH_COMPONENTS_MAX - 1]


def _standing(records: Iterable[Stored]) -> set[RecordId]:
    """Return the ids of the versions that are shown: each author's newest of each object."""
    objects: dict[ObjectId, list[Stored]] = {}
    for record in records:
        objects.setdefault(record.header.object_id, []).append(record)
    return {
        version.record.id
        for versions in objects.values()
        for version in newest_versions(versions)[0]
    }
