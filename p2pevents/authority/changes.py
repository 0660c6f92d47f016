"""What an entry changes, told from the entries that it follows: what a person reads and signs."""

from __future__ import annotations

from dataclasses import dataclass

from p2pevents.authority.chain import Chain
from p2pevents.record.entry import Lead, Snapshot
from p2pevents.record.ids import PublicKey

__all__ = ["Changes", "changes_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one entry changes.

    Attributes:
        joining: leads who come, sorted by charter key.
        leaving: leads who go.
        renewed: pairs of what a lead was and is, where one of the two keys stays.
        guardians_joining, guardians_leaving: keys, sorted.
        k: how many guardians it takes, before and from now on.
        removed: the keys that it removes for good.
        keeps: how many keep records belong to the removal.
        recovery: whether guardians sign it in the leads' place.
        heals: whether it joins two branches.
    """

    joining: tuple[Lead, ...]
    leaving: tuple[Lead, ...]
    renewed: tuple[tuple[Lead, Lead], ...]
    guardians_joining: tuple[PublicKey, ...]
    guardians_leaving: tuple[PublicKey, ...]
    k: tuple[int, int]
    removed: tuple[PublicKey, ...]
    keeps: int
    recovery: bool
    heals: bool


def changes_of(chain: Chain, snapshot: Snapshot) -> Changes:
    """Return what an entry changes.

    Raises:
        KeyError: where an entry that it follows is not here.
    """
    parents = [chain[parent].snapshot for parent in snapshot.prev]
    before = {lead for parent in parents for lead in parent.leads}
    joining, leaving = set(snapshot.leads) - before, before - set(snapshot.leads)
    renewed = [
        (old, new)
        for old in sorted(leaving)
        for new in sorted(joining)
        if old.charter == new.charter or old.daily == new.daily
    ]
    joining -= {new for _, new in renewed}
    leaving -= {old for old, _ in renewed}
    guardians = {key for parent in parents for key in parent.guardians}
    return Changes(
        joining=tuple(sorted(joining)),
        leaving=tuple(sorted(leaving)),
        renewed=tuple(renewed),
        guardians_joining=tuple(sorted(set(snapshot.guardians) - guardians)),
        guardians_leaving=tuple(sorted(guardians - set(snapshot.guardians))),
        k=(max(parent.k for parent in parents), snapshot.k),
        removed=snapshot.removed,
        keeps=len(snapshot.keeps),
        recovery=snapshot.recovery,
        heals=len(snapshot.prev) > 1,
    )
