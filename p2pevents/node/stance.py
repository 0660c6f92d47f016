"""What a chapter's authority holds against whom, before and after it grew: pure.

A record has to be judged again only where somebody's stance changed: a revoke
of one key must not have all of a chapter read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from p2pevents.authority import Authority
from p2pevents.authority.acts import Act
from p2pevents.authority.view import View
from p2pevents.record.authority_kinds import Grant, Keep
from p2pevents.record.ids import EntryId, PublicKey, RecordId

__all__ = ["Affected", "Stance", "affected", "stance_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    """What one branch holds: the keys that it struck, and the acts that have effect on it."""

    struck: frozenset[PublicKey]
    acts: frozenset[RecordId]


Stance = Mapping[EntryId, _Branch]
"""By the entry that each branch ends in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Whose records may stand elsewhere now.

    Attributes:
        authors: keys of which every record is to be judged again.
        records: ids of records that a keep names, or named.
    """

    authors: frozenset[PublicKey] = field(default_factory=frozenset)
    records: frozenset[RecordId] = field(default_factory=frozenset)

    def __or__(self, other: Affected) -> Affected:
        return Affected(authors=self.authors | other.authors, records=self.records | other.records)


def stance_of(authority: Authority | None) -> Stance:
    """Return what an authority holds now; nothing where there is none."""
    if authority is None:
        return {}
    return {tip: _branch(authority.view(tip)) for tip in authority.chain.tips}


def affected(authority: Authority, before: Stance) -> Affected:
    """Return whose records may stand elsewhere than by an earlier stance of the same authority."""
    acts = {act.id: act for act in authority.acts}
    after = stance_of(authority)
    found = Affected()
    if before.keys() == after.keys():
        for tip, branch in after.items():
            found |= _between(before[tip], branch, acts)
        return found
    # Any branch may admit now what another strikes.
    for branch in (*before.values(), *after.values()):
        found |= _alone(branch, acts)
    return found


def _branch(view: View) -> _Branch:
    return _Branch(struck=view.removed | view.revoked, acts=frozenset(view.acts))


def _between(one: _Branch, other: _Branch, acts: Mapping[RecordId, Act]) -> Affected:
    changed = [acts[each] for each in one.acts ^ other.acts if each in acts]
    return _of(one.struck ^ other.struck, changed)


def _alone(branch: _Branch, acts: Mapping[RecordId, Act]) -> Affected:
    """Return whom a branch holds anything against: what is free on every branch stays so."""
    void = [act for act in acts.values() if act.id not in branch.acts]
    kept = [acts[each] for each in branch.acts if each in acts]
    return _of(branch.struck, [*void, *(act for act in kept if isinstance(act.body, Keep))])


def _of(keys: frozenset[PublicKey], acts: list[Act]) -> Affected:
    grantees = {act.body.key for act in acts if isinstance(act.body, Grant)}
    named = {each for act in acts if isinstance(act.body, Keep) for each in act.body.ids}
    return Affected(authors=keys | grantees, records=frozenset(named))
