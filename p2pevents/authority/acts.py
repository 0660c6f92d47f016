"""The leads' grants, revocations and keeps of one chapter, in so far as there is room for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from p2pevents.record.authority_kinds import Grant, Keep, Revoke
from p2pevents.record.ids import EntryId, PublicKey, RecordId

__all__ = ["GIVES_A_KEY_MAX", "GIVES_MAX", "KEEPS_A_KEY_MAX", "KEEPS_MAX", "Act", "Acts"]

# They are all in memory, so a stolen key, or a chapter made for it, must not fill it. A removed
# key fills eleven keeps at most (4,096 records of one key in a chapter, docs/spec/sync.md).
KEEPS_A_KEY_MAX: Final = 64
KEEPS_MAX: Final = 512
GIVES_A_KEY_MAX: Final = 1024  # grants and revocations
GIVES_MAX: Final = 8192


class Act(Struct, frozen=True, kw_only=True):
    """A lead's grant, revocation or keep, as the fold reads it.

    Attributes:
        id: the record's id.
        author: the lead's daily key.
        entry: the charter entry that the lead acted under.
        clock: the record's clock, in milliseconds since 1970.
        body: what it says.
    """

    id: RecordId
    author: PublicKey
    entry: EntryId
    clock: int
    body: Grant | Revoke | Keep


class Acts(Mapping[RecordId, Act]):
    """All acts that are held, by id; they only grow."""

    def __init__(self) -> None:
        self._held: dict[RecordId, Act] = {}
        self._keeps: Counter[PublicKey] = Counter()
        self._gives: Counter[PublicKey] = Counter()
        # Both ways between keeps and what they name, so that each branch need not list it all.
        self._keepers: dict[RecordId, tuple[RecordId, ...]] = {}
        self._named: dict[RecordId, list[RecordId]] = {}

    def __getitem__(self, act_id: RecordId) -> Act:
        return self._held[act_id]

    def __iter__(self) -> Iterator[RecordId]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def has_room(self, act: Act) -> bool:
        """Tell whether its key and its chapter have not said too much of its kind yet."""
        if isinstance(act.body, Keep):
            counts, a_key, in_all = self._keeps, KEEPS_A_KEY_MAX, KEEPS_MAX
        else:
            counts, a_key, in_all = self._gives, GIVES_A_KEY_MAX, GIVES_MAX
        return counts[act.author] < a_key and counts.total() < in_all

    def add(self, act: Act) -> None:
        """Hold one more act."""
        for keep_id in self.keepers(act.id):
            self._named[keep_id].append(act.id)
        if isinstance(act.body, Keep):
            self._keeps[act.author] += 1
            self._named[act.id] = [each for each in act.body.ids if each in self._held]
            for each in act.body.ids:
                self._keepers[each] = (*self.keepers(each), act.id)
        else:
            self._gives[act.author] += 1
        self._held[act.id] = act

    def keepers(self, record_id: RecordId) -> tuple[RecordId, ...]:
        """Return the keeps that name a record."""
        return self._keepers.get(record_id, ())

    def named(self, keep_id: RecordId) -> list[RecordId]:
        """Return the acts that a keep names, of those that are held."""
        return self._named[keep_id]

    def are_keeps(self, ids: tuple[RecordId, ...]) -> bool:
        """Tell whether all of these records are held, and are keeps."""
        return all(each in self._held and isinstance(self._held[each].body, Keep) for each in ids)
