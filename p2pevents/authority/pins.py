"""Which branch of a charter is shown: from what this node accepted on, as far as the leads agree.

Membership never asks a clock; this page does, for recoveries by guardians
alone, and it decides nothing but the display. Specified in docs/spec/charter.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from msgspec import Struct, field

from p2pevents.authority.chain import Chain
from p2pevents.record.ids import EntryId

__all__ = ["RECOVERY_WAIT_MS", "Floor", "Shown", "Times", "follow", "lift"]

RECOVERY_WAIT_MS: Final = 14 * 24 * 3600 * 1000


class Times(Struct, frozen=True, kw_only=True):
    """What the display asks a clock about.

    Attributes:
        now_ms: this moment, in milliseconds since 1970.
        seen_ms: when this node first saw each entry.
    """

    now_ms: int = 0
    seen_ms: Mapping[EntryId, int] = field(default_factory=dict)


class Shown(Struct, frozen=True, kw_only=True):
    """What a node shows of a chapter's charter.

    Attributes:
        tip: the entry by which records are shown; it is the next pin.
        disputed: the ends of the branches that part after the tip, sorted; empty where the
            leads agree. The person is asked which one to follow.
        rivals: the ends of branches that this pin does not follow, sorted.
        recoveries: the guardians' entries that wait, each with the time (milliseconds since
            1970) from which it is shown if the leads stay silent. A person is warned at once.
    """

    tip: EntryId
    disputed: tuple[EntryId, ...] = ()
    rivals: tuple[EntryId, ...] = ()
    recoveries: tuple[tuple[EntryId, int], ...] = ()


class Floor(Enum):
    """How a chain stands to the entry that a link asks for."""

    MET = "met"
    """The entry is on the branch that is shown, or on one that the pin may still choose."""

    MISSING = "missing"
    """The entry is not here: the charter that is here is too old to be shown."""

    ELSEWHERE = "elsewhere"
    """The link follows another branch than this node: a person decides."""


def follow(chain: Chain, pin: EntryId, times: Times | None = None) -> Shown:
    """Return what is shown from a pin on; without times, no recovery is.

    Raises:
        KeyError: where the pinned entry is not in the chain.
    """
    times = times or Times()
    walk = _Walk(chain, pin, times)
    tip = walk.meet(walk.ends)
    line = chain.ancestors(tip)
    waiting = tuple(
        (entry.id, times.seen_ms.get(entry.id, times.now_ms) + RECOVERY_WAIT_MS)
        for entry in sorted(chain, key=lambda entry: entry.id)
        if entry.snapshot.recovery
        and entry.id not in line
        and entry.id not in walk.up
        and not walk.answered(entry.snapshot.prev[0])
    )
    apart = line | walk.ends | {entry_id for entry_id, _ in waiting}
    return Shown(
        tip=tip,
        disputed=tuple(sorted(walk.ends)) if len(walk.ends) > 1 else (),
        rivals=tuple(end for end in chain.tips if end not in apart),
        recoveries=waiting,
    )


def lift(
    chain: Chain, pin: EntryId | None, check: tuple[int, EntryId], times: Times | None = None
) -> tuple[Floor, EntryId]:
    """Return how the chain stands to a link's check, and the pin to follow from.

    The check can ask for more of the chain and choose among branches that the
    pin leaves open; it never takes a node off the branch that it accepted, nor
    shortens the wait for a recovery.

    Args:
        chain: checked from the genesis, as ever.
        pin: the newest entry that this node accepted; None where it accepted none.
        check: number and id of the entry that the link names.
        times: as for `follow`.
    """
    seq, entry_id = check
    start = chain.genesis if pin is None else pin
    if entry_id not in chain or chain[entry_id].snapshot.seq != seq:
        return Floor.MISSING, start
    if pin is None:
        return Floor.MET, entry_id
    if entry_id in chain.ancestors(pin):
        return Floor.MET, pin
    if entry_id in _Walk(chain, pin, times or Times()).up:
        return Floor.MET, entry_id
    return Floor.ELSEWHERE, pin


class _Walk:
    """All that may be shown from a pin on.

    Attributes:
        up: for each entry after the pin, the one through which every path from the pin
            to it passes next: a tree.
        ends: the entries after which nothing comes.
    """

    def __init__(self, chain: Chain, pin: EntryId, times: Times) -> None:
        self._chain = chain
        self._answered = {
            parent
            for entry in chain
            if not entry.snapshot.recovery
            for parent in entry.snapshot.prev
        }
        self.up: dict[EntryId, EntryId] = {}
        self.ends = {pin}
        due = _recoveries_due(chain, times)
        silent = set(due.values())
        for entry in chain:
            parents = [
                parent
                for parent in entry.snapshot.prev
                if (parent == pin or parent in self.up)
                and (entry.id in due if entry.snapshot.recovery else parent not in silent)
            ]
            if parents:
                self.up[entry.id] = self.meet(parents)
                self.ends.difference_update(parents)
                self.ends.add(entry.id)

    def answered(self, entry_id: EntryId) -> bool:
        """Tell whether leads spoke after an entry."""
        return entry_id in self._answered

    def meet(self, entries: Iterable[EntryId]) -> EntryId:
        """Return the last entry through which every path from the pin to these passes."""
        meeting, *others = entries
        for other in others:
            one, two = meeting, other
            while one != two:
                if self._chain[one].snapshot.seq < self._chain[two].snapshot.seq:
                    one, two = two, one
                one = self.up[one]
            meeting = one
        return meeting


def _recoveries_due(chain: Chain, times: Times) -> dict[EntryId, EntryId]:
    """Return the recoveries that nobody stopped in fourteen days, each with what it follows."""
    stopped: dict[EntryId, int] = {}  # when the leads' first word after an entry was seen
    for entry in chain:
        if not entry.snapshot.recovery:
            seen_ms = times.seen_ms.get(entry.id, 0)
            for parent in entry.snapshot.prev:
                stopped[parent] = min(seen_ms, stopped.get(parent, seen_ms))
    due: dict[EntryId, EntryId] = {}
    for entry in chain:
        if entry.snapshot.recovery and entry.id in times.seen_ms:
            (parent,) = entry.snapshot.prev
            due_ms = times.seen_ms[entry.id] + RECOVERY_WAIT_MS
            if due_ms <= times.now_ms and stopped.get(parent, due_ms + 1) > due_ms:
                due[entry.id] = parent
    return due
