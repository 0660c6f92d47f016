"""Which branch of a charter is shown: from what this node accepted on, as far as the leads agree.

Membership never asks a clock; this page does, for recoveries by guardians
alone, and it decides nothing but the display. Specified in docs/spec/charter.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from p2pevents.authority.chain import Chain
from p2pevents.record.ids import EntryId

__all__ = ["RECOVERY_WAIT_MS", "Shown", "Times", "follow"]

RECOVERY_WAIT_MS: Final = 14 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What the display asks a clock about.

    Attributes:
        now_ms: this moment, in milliseconds since 1970.
        seen_ms: when this node first saw each entry.
    """

    now_ms: int = 0
    seen_ms: Mapping[EntryId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a node shows of a chapter's charter.

    Attributes:
        tip: the entry by which records are shown; it is the next pin.
        disputed: the ends of the branches that part after the tip, sorted; empty where the
            leads agree. The person is asked which one to follow.
        rivals: the ends of branches that this pin does not follow, sorted.
        recoveries: the guardians' entries after the tip or beside it that wait, each with the
            time (milliseconds since 1970) from which it is shown if the leads stay silent.
    """

    tip: EntryId
    disputed: tuple[EntryId, ...] = ()
    rivals: tuple[EntryId, ...] = ()
    recoveries: tuple[tuple[EntryId, int], ...] = ()


_NEVER: Final = Times()


def follow(chain: Chain, pin: EntryId, times: Times = _NEVER) -> Shown:
    """Return what is shown from a pin on; without times, no recovery is.

    Raises:
        KeyError: where the pinned entry is not in the chain.
    """
    silent = _recoveries_due(chain, times)
    up: dict[EntryId, EntryId] = {}  # the entry through which every path from the pin passes next
    ends = {pin}
    for entry in chain:
        parents = [
            parent
            for parent in entry.snapshot.prev
            if (parent == pin or parent in up)
            and (entry.id in silent if entry.snapshot.recovery else parent not in silent.values())
        ]
        if parents and entry.id != pin:
            up[entry.id] = _meet(chain, up, parents)
            ends.difference_update(parents)
            ends.add(entry.id)
    tip = _meet(chain, up, ends)
    line = chain.ancestors(tip)  # a pin that is not here ends here
    waiting = [
        (entry.id, times.seen_ms.get(entry.id, times.now_ms) + RECOVERY_WAIT_MS)
        for entry in chain
        if entry.snapshot.recovery and entry.snapshot.prev[0] == tip and entry.id not in up
    ]
    return Shown(
        tip=tip,
        disputed=tuple(sorted(ends)) if len(ends) > 1 else (),
        rivals=tuple(end for end in chain.tips if end not in ends and end not in line),
        recoveries=tuple(sorted(waiting)),
    )


def _recoveries_due(chain: Chain, times: Times) -> dict[EntryId, EntryId]:
    """Return the recoveries that nobody stopped in fourteen days, each with what it follows."""
    stopped: dict[EntryId, int] = {}  # when the leads' first word after an entry was seen
    for entry in chain:
        if not entry.snapshot.recovery and entry.id in times.seen_ms:
            seen_ms = times.seen_ms[entry.id]
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


def _meet(chain: Chain, up: Mapping[EntryId, EntryId], entries: Iterable[EntryId]) -> EntryId:
    """Return the last entry through which every path from the pin to these passes."""
    meeting, *others = entries
    for other in others:
        one, two = meeting, other
        while one != two:
            if chain[one].snapshot.seq < chain[two].snapshot.seq:
                one, two = two, one
            one = up[one]
        meeting = one
    return meeting
