"""What one branch of the charter says of the leads' grants, revocations and keeps.

Within a branch all of this only adds up: a keep puts back what a removal
struck, and what it puts back may be a keep or a revocation in its turn. Ids
are hashes, so nothing can rest on itself, and the order of arrival leaves no
trace. Specified in docs/spec/charter.md.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from p2pevents.authority.acts import Act, Acts
from p2pevents.record.authority_kinds import Keep, Revoke
from p2pevents.record.ids import EntryId, PublicKey, RecordId

__all__ = ["View"]


class View:
    """What the branch that ends in one entry holds for good.

    Attributes:
        tip: the entry.
        line: the entry and all that it follows.
        removed: the keys that the branch removed, where the keeps of the removal are here.
        revoked: the keys that a revocation in effect names.
        acts: the ids of grants, revocations and keeps that are in effect.
    """

    def __init__(
        self,
        *,
        tip: EntryId,
        line: frozenset[EntryId],
        removed: frozenset[PublicKey],
        listed: frozenset[RecordId],
        known: Acts,
    ) -> None:
        """Begin a view, and read all acts into it.

        Args:
            tip: the entry that the branch ends in.
            line: the entry and all that it follows.
            removed: the keys removed on this line by entries whose keeps are known.
            listed: the keep records that those entries list.
            known: every act of the chapter by id; the caller adds to it.
        """
        self.tip: Final = tip
        self.line: Final = line
        self.removed: Final = removed
        self.revoked: set[PublicKey] = set()
        self.acts: set[RecordId] = set()
        self._known: Final = known
        self._listed = set(listed)
        self._waiting: defaultdict[RecordId, list[RecordId]] = defaultdict(list)
        self._weigh(list(known))

    def keeps(self, record_id: RecordId) -> bool:
        """Tell whether a keep in effect names a record."""
        return not self.acts.isdisjoint(self._known.keepers(record_id))

    def add(self, act: Act) -> None:
        """Read one more act, which `known` holds by now."""
        self._weigh([act.id, *self._waiting.pop(act.id, ())])

    def _weigh(self, ahead: list[RecordId]) -> None:
        """Put into effect those of these acts that hold here, and what follows from them."""
        while ahead:
            act = self._known.get(ahead.pop())
            if act is None or (act.id in self.acts and not isinstance(act.body, Revoke)):
                continue
            if act.id not in self.acts and not self._holds(act):
                continue
            self.acts.add(act.id)
            if isinstance(act.body, Keep):
                ahead += self._known.named(act.id)
            elif isinstance(act.body, Revoke):
                ahead += self._revoke(act.id, act.body)

    def _holds(self, act: Act) -> bool:
        """Tell whether an act has effect here: no removal struck it, or something kept it."""
        if act.id in self._listed:
            return True
        return act.entry in self.line and (act.author not in self.removed or self.keeps(act.id))

    def _revoke(self, revoke_id: RecordId, revoke: Revoke) -> list[RecordId]:
        """Strike a key where the keeps that belong to it are here; return these keeps."""
        if not self._known.are_keeps(revoke.keeps):
            for keep_id in revoke.keeps:
                self._waiting[keep_id].append(revoke_id)
            return []
        self.revoked.add(revoke.key)
        self._listed.update(revoke.keeps)
        return list(revoke.keeps)
