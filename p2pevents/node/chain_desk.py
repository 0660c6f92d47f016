"""What commands do with the charter chain: who leads, agreed by signatures that travel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from p2pevents.authority import Lacking, succeed
from p2pevents.authority.awaiting import AWAITING_PREFIX, Awaiting, read_awaiting
from p2pevents.authority.changes import Changes, changes_of
from p2pevents.errors import InputError, RecordError, StateError
from p2pevents.keys.secret import Secret
from p2pevents.node.charter_desk import CharterDesk
from p2pevents.node.desk import Desk
from p2pevents.node.pending import Pending
from p2pevents.record.entry import Lead
from p2pevents.record.ids import ChapterId, EntryId, PublicKey, RecordId, short, to_text

__all__ = ["ChainDesk", "Settled", "Stage", "find_pending", "leads_with"]

_PREFIX_MIN: Final = 4
_WISHES: Final = {
    "entry-leads": ("a chapter has 1 to 7 leads", "let one go first: organiser remove KEY"),
    "entry-guardians": ("a chapter has at most 9 guardians", "organiser remove KEY lets one go"),
    "entry-roles": (
        "one of these keys has a role already: a lead's, or a guardian's",
        "p2pevents organiser list shows who has which",
    ),
    "entry-seq": ("the charter has 1,024 entries: it is full", "found a successor chapter"),
}


class Stage(Enum):
    """How far an entry is."""

    AWAITS = "awaits"
    """It lacks signatures."""

    EARLY = "early"
    """What it follows has not come here yet."""

    OVERTAKEN = "overtaken"
    """Another entry follows the one that it follows: to sign it would part the chapter."""

    DONE = "done"
    """It has effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Where an entry stands after something was done to it.

    Attributes:
        awaiting: the entry, with all signatures that are here.
        stage: how far it is.
        lacking: what it lacks; None where what it follows is not here.
        changes: what it changes; None as above.
    """

    awaiting: Awaiting
    stage: Stage
    lacking: Lacking | None
    changes: Changes | None


class ChainDesk(CharterDesk):
    """One chapter's chain, as one home sees it and signs it."""

    def __init__(self, desk: Desk, chapter: ChapterId) -> None:
        super().__init__(desk, chapter)
        self.pending = Pending(desk.log.local)

    # --- wishes --------------------------------------------------------------------------------

    def wish(
        self,
        *,
        leads: Iterable[Lead],
        guardians: Iterable[PublicKey] | None = None,
        keeps: Iterable[RecordId] = (),
        recovery: bool = False,
        after: Sequence[EntryId] = (),
    ) -> Awaiting:
        """Return the next entry, unsigned: whoever is left out of `leads` is removed.

        It follows the entry that this home acts under, or where two branches are joined `after`.
        Guardians who are not named stay, save those whom one of two branches removed.

        Raises:
            InputError: it cannot be an entry, and why.
        """
        chain, prev = self.authority.chain, after or [self.tip]
        removed = self._removed_before(prev)
        if guardians is None:
            guardians = [key for key in chain[prev[0]].snapshot.guardians if key not in removed]
        try:
            snapshot = succeed(
                chain,
                after=prev,
                leads=leads,
                guardians=guardians,
                keeps=keeps,
                recovery=recovery,
            )
        except RecordError as error:
            message, hint = _WISHES.get(error.rule, (f"no such entry: {error.detail}", ""))
            raise InputError(message, hint=hint) from None
        returning = removed & (snapshot.lead_keys | set(snapshot.guardians))
        if returning:
            raise InputError(
                f"key {short(min(returning))} was removed, and a removed key never returns",
                hint="ask its owner for a new one: p2pevents organiser join",
            )
        return Awaiting(snapshot=snapshot)

    def _removed_before(self, prev: Iterable[EntryId]) -> frozenset[PublicKey]:
        """Return the keys that can be named no more after these entries."""
        chain = self.authority.chain
        line = frozenset().union(*(chain.ancestors(each) for each in prev))
        revoked = frozenset(key for each in prev for key in self.authority.view(each).revoked)
        return frozenset(key for each in line for key in chain[each].snapshot.removed) | revoked

    # --- signatures ----------------------------------------------------------------------------

    def wanted(self, awaiting: Awaiting) -> frozenset[PublicKey]:
        """Return the keys whose signature would count and is not there yet."""
        lacking = self._lacking(awaiting)
        return lacking.voters | lacking.joining if lacking else frozenset()

    def my_secrets(self, awaiting: Awaiting) -> list[Secret]:
        """Return what is on this home of the keys that may sign: kept sheets, a guardian's key."""
        wanted = self.wanted(awaiting)
        kept = [each.public for each in self.desk.keyring.sheets() if each.public in wanted]
        daily = [key for key in self.desk.my_keys() if key in wanted]
        return [self.desk.safe.charter_secret(key) for key in kept] + [
            self.desk.safe.secret(key) for key in daily
        ]

    def sign(
        self, awaiting: Awaiting, secrets: Sequence[Secret], *, again: bool = False
    ) -> Settled:
        """Sign an entry with these keys, keep it, and offer it where nothing lacks any more.

        Without a key it is kept as it is, and waits.

        Args:
            awaiting: the entry.
            secrets: charter keys, or guardians' keys.
            again: sign although the same key signed another entry after the same one.

        Raises:
            InputError: a key whose signature counts for nothing.
            StateError: what it follows is not here, it was overtaken, or another was signed.
        """
        awaiting = self._joined(awaiting)
        stage = self._stage(awaiting)
        if secrets:
            self._check_stage(stage)
            wanted = self.wanted(awaiting)
            for secret in secrets:
                self._check_signer(awaiting, secret.public, wanted, again=again)
            for secret in secrets:
                self.pending.remember_signed(awaiting, secret.public)
            awaiting = awaiting.signed([secret.reveal() for secret in secrets])
        return self.settle(awaiting)

    def settle(self, awaiting: Awaiting) -> Settled:
        """Keep an entry as one that waits, or offer it where its signatures suffice."""
        awaiting = self._joined(awaiting)
        stage = self._stage(awaiting)
        lacking = self._lacking(awaiting)
        entry = awaiting.entry
        if stage is Stage.AWAITS and entry is not None and lacking is not None and not lacking:
            changes = changes_of(self.authority.chain, awaiting.snapshot)
            self.desk.offer([(entry.envelope, None)])
            self.pending.drop(awaiting.id)
            return Settled(awaiting=awaiting, stage=Stage.DONE, lacking=lacking, changes=changes)
        if stage is Stage.DONE:
            self.pending.drop(awaiting.id)
        else:
            awaiting = self.pending.take(awaiting)
        return self.look(awaiting)

    def look(self, awaiting: Awaiting) -> Settled:
        """Return where an entry stands, and what it changes; nothing is kept or signed."""
        awaiting = self._joined(awaiting)
        lacking = self._lacking(awaiting)
        return Settled(
            awaiting=awaiting,
            stage=self._stage(awaiting),
            lacking=lacking,
            changes=changes_of(self.authority.chain, awaiting.snapshot) if lacking else None,
        )

    def _joined(self, awaiting: Awaiting) -> Awaiting:
        """Return an entry with the signatures of the copy that waits here."""
        for known in self.pending.all():
            if known.id == awaiting.id:
                return awaiting.joined(known)
        return awaiting

    def _lacking(self, awaiting: Awaiting) -> Lacking | None:
        chain = self.authority.chain
        if not all(parent in chain for parent in awaiting.snapshot.prev):
            return None
        return chain.lacking(awaiting.snapshot, awaiting.signers)

    def _stage(self, awaiting: Awaiting) -> Stage:
        chain = self.authority.chain
        if awaiting.id in chain:
            return Stage.DONE
        prev = awaiting.snapshot.prev
        if not all(parent in chain for parent in prev):
            return Stage.EARLY
        ends = {self.tip, self.desk.shown(self.chapter).tip}
        fits = set(prev) <= set(chain.tips) if len(prev) > 1 else prev[0] in ends
        return Stage.AWAITS if fits else Stage.OVERTAKEN

    def _check_stage(self, stage: Stage) -> None:
        if stage is Stage.EARLY:
            raise StateError(
                "this entry follows one that has not come here yet",
                hint="p2pevents sync fetches it; then sign again",
            )
        if stage is Stage.OVERTAKEN:
            raise StateError(
                "another entry took this one's place in the charter",
                hint="whoever made it makes it anew; p2pevents organiser refuse drops this one",
            )

    def _check_signer(
        self,
        awaiting: Awaiting,
        key: PublicKey,
        wanted: frozenset[PublicKey],
        *,
        again: bool,
    ) -> None:
        if key not in wanted:
            if key in awaiting.signers:
                raise InputError("this key has signed it already")
            raise InputError(
                f"the key {short(key)} has no say in this entry",
                hint="it takes a charter sheet of a lead before, or of one who joins",
            )
        for parent in awaiting.snapshot.prev:
            others = self.pending.signed_after(parent, key) - {awaiting.id}
            if others and not again:
                raise StateError(
                    f"this key signed another entry at the same place: {short(min(others))}",
                    hint="if both gather enough signatures the chapter parts; where the other is "
                    "surely given up, say --again",
                )


def leads_with(
    leads: Iterable[Lead], *, without: Iterable[Lead], new: Iterable[Lead]
) -> list[Lead]:
    """Return leads, some of them left out and others added."""
    gone = set(without)
    return sorted({*(lead for lead in leads if lead not in gone), *new})


def find_pending(desk: Desk, wanted: str) -> Awaiting:
    """Return the entry that a text, or the beginning of the id of one that waits here, means.

    Raises:
        InputError: it is neither.
    """
    if wanted.strip().startswith(AWAITING_PREFIX):
        return read_awaiting(wanted)
    found = [
        awaiting
        for awaiting in Pending(desk.log.local).all()
        if len(wanted) >= _PREFIX_MIN and to_text(awaiting.id).startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"{wanted[:60]!r} is no entry that awaits signatures here",
        hint="p2pevents organiser pending lists them; the whole text, or its file, will do too",
    )
