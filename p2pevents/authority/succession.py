"""What comes after: the next snapshot of a chain, made from what its leads wish."""

from __future__ import annotations

from collections.abc import Iterable

from p2pevents.authority.chain import Chain
from p2pevents.record.entry import Lead, Snapshot
from p2pevents.record.ids import EntryId, PublicKey, RecordId

__all__ = ["majority_of", "succeed"]


def succeed(
    chain: Chain,
    *,
    after: Iterable[EntryId],
    leads: Iterable[Lead],
    guardians: Iterable[PublicKey] | None = None,
    k: int | None = None,
    removed: Iterable[PublicKey] = (),
    keeps: Iterable[RecordId] = (),
    recovery: bool = False,
) -> Snapshot:
    """Return the snapshot of the entry that follows: whoever is left out is removed.

    Adding a lead, removing one, a lead's new keys, handing over, naming
    guardians, healing and recovering differ in the arguments alone. Who must
    sign it is told by `Chain.lacking`.

    Args:
        chain: the chapter's.
        after: the entry that is shown; to heal a fork, the ends of its two branches.
        leads: all leads from now on.
        guardians: all guardians from now on; without it, those before.
        k: how many guardians it takes from now on; without it, as many as before, or more
            than half where the guardians are new.
        removed: keys to remove beside those of the leads who are left out.
        keeps: the keep records that belong to the removal, signed before it.
        recovery: signed by the guardians, since the leads lost their charter keys.

    Raises:
        RecordError: `entry-*` where the wish breaks a rule of one snapshot.
        KeyError: where an entry to follow is not here.
    """
    prev = tuple(sorted(set(after)))
    parents = [chain[parent].snapshot for parent in prev]
    chosen = tuple(sorted(set(leads)))
    before = parents[0]
    keys = before.guardians if guardians is None else tuple(sorted(set(guardians)))
    if k is None:
        k = before.k if keys == before.guardians else majority_of(len(keys))
    kept_on = {key for lead in chosen for key in (lead.charter, lead.daily)}
    dropped = frozenset().union(*(parent.lead_keys for parent in parents)) - kept_on
    snapshot = Snapshot(
        seq=1 + max(parent.seq for parent in parents),
        chapter=chain.chapter,
        prev=prev,
        leads=chosen,
        guardians=keys,
        k=k,
        removed=tuple(sorted(dropped | set(removed))),
        keeps=tuple(sorted(set(keeps))),
        recovery=recovery,
    )
    snapshot.encode()
    return snapshot


def majority_of(guardians: int) -> int:
    """Return how many guardians it takes unless someone says otherwise: more than half."""
    return guardians // 2 + 1 if guardians else 0
