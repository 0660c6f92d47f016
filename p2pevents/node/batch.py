"""What is offered at once, on its way through the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from p2pevents.log.protocol import Arrival, LogStanding, Outcome
from p2pevents.node.finding import Finding, Why
from p2pevents.node.opener import Opened, Refusal
from p2pevents.node.room import Room
from p2pevents.node.store_cap import CHAPTER_COST_BYTES, ENTRY_COST_BYTES
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind

__all__ = ["Batch", "chapter_of", "cost_of"]

_TAKEN: Final = {
    Outcome.KNOWN: Why.KNOWN,
    Outcome.COMPLETED: Why.COMPLETED,
}


class Batch:
    """What is offered at once, on its way through the door.

    Attributes:
        opened: what each item is.
        items: the records and entries among them.
        authority: those of them by which others are judged: entries, grants, revocations, keeps.
        findings: what was found of each; complete once all are judged.
        arrivals: what is to be kept, in the order in which it is.
        replaced: records that leave the set for one of these.
        held: what the log had before, and what was found to be kept since.
        room: what is left of the caps.
        cost: what is new of it, in bytes of the store.
    """

    room: Room

    def __init__(self, opened: Sequence[Opened]) -> None:
        self.opened = opened
        self.items = [item for item in opened if not isinstance(item, Refusal)]
        self._ranks = [_rank(item) for item in opened]
        self.authority = [
            item
            for item, rank in zip(opened, self._ranks, strict=True)
            if rank <= _ACT and not isinstance(item, Refusal)
        ]
        self.findings = [_UNJUDGED] * len(opened)
        self.arrivals: list[Arrival] = []
        self.replaced: list[RecordId] = []
        self.held: dict[bytes, LogStanding] = {}
        self.cost = 0
        self._indexes: list[int] = []  # of the arrivals, among the opened

    def in_order(self) -> list[int]:
        """Return the indexes in the order of judging: whatever others rest on, first."""
        return sorted(range(len(self.opened)), key=self._ranks.__getitem__)

    def found(self, index: int, why: Why, kept: Verified | Entry | None, *, own: bool) -> None:
        """Note what was found of an item, and what of it is to be kept."""
        item = self.opened[index]
        if isinstance(item, Refusal):
            self.findings[index] = Finding(why=why, rule=item.rule, detail=item.detail)
            return
        self.findings[index] = Finding(why=why, item=item)
        if kept is not None:
            standing = LogStanding.SET_ASIDE if why is Why.STRUCK else LogStanding.IN_SET
            self.arrivals.append(Arrival(item=kept, standing=standing, own=own))
            self._indexes.append(index)
            if item.id not in self.held:
                self.held[item.id] = standing
                self.cost += cost_of(item)

    def kept(self, outcomes: Sequence[Outcome]) -> None:
        """Note what the log said of the arrivals."""
        for index, outcome in zip(self._indexes, outcomes, strict=True):
            if outcome is Outcome.NEW:
                continue
            finding = self.findings[index]
            if finding.why is Why.NEW:
                self.findings[index] = Finding(why=_TAKEN[outcome], item=finding.item)


_UNJUDGED: Final = Finding(why=Why.REFUSED)


def chapter_of(item: Verified | Entry) -> ChapterId:
    """Return the chapter that an item is of."""
    return item.chapter if isinstance(item, Entry) else item.header.chapter


def cost_of(item: Verified | Entry) -> int:
    """Return the bytes that an item is counted as when the store is measured."""
    if isinstance(item, Entry):
        return ENTRY_COST_BYTES if item.snapshot.seq else CHAPTER_COST_BYTES
    return len(item.envelope) + item.header.body_bytes


# In what order items are judged; entries come first, by their numbers.
_ACT, _ERASE, _ELSE, _REFUSED = ((rank, 0) for rank in range(1, 5))
_RANKS: Final[Mapping[str, tuple[int, int]]] = {
    **dict.fromkeys(AUTHORITY_KINDS, _ACT),
    Kind.ERASE: _ERASE,
}


def _rank(item: Opened) -> tuple[int, int]:
    """Entries by number, then grants, revocations and keeps, then erases, then all else."""
    if isinstance(item, Verified):
        return _RANKS.get(item.header.kind, _ELSE)
    return (0, item.snapshot.seq) if isinstance(item, Entry) else _REFUSED
