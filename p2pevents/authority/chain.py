"""The charter chain with all its branches: which entry may follow which, signed by whom.

It only grows, and whatever order entries arrive in, the same ones are held.
Specified in docs/spec/charter.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Set as AbstractSet
from typing import Final

from msgspec import Struct

from p2pevents.authority.standing import Answer
from p2pevents.errors import RecordError
from p2pevents.record.entry import Entry, Lead, Snapshot, unite
from p2pevents.record.ids import ChapterId, EntryId, PublicKey

__all__ = ["BRANCHES_MAX", "ENTRIES_MAX", "FORKS_MAX", "LONE_MAX", "Chain", "Lacking"]

FORKS_MAX: Final = 4  # entries at one number
LONE_MAX: Final = 2  # of them, those that one lead alone signed to replace their own keys
BRANCHES_MAX: Final = 16
ENTRIES_MAX: Final = 1024  # on all branches


class Lacking(Struct, frozen=True, kw_only=True):
    """What an entry still lacks to be valid: nothing, where both are empty.

    Attributes:
        votes: how many more of `voters` must sign.
        voters: the charter keys of the leads before, or the guardians, that have not signed.
        joining: the charter keys that come in, or come with a new daily key, and have not signed.
    """

    votes: int
    voters: frozenset[PublicKey]
    joining: frozenset[PublicKey]

    def __bool__(self) -> bool:
        return self.votes > 0 or bool(self.joining)


class Chain:
    """All valid entries of one chapter.

    Attributes:
        chapter: the genesis entry's id.
        genesis: its id as an entry.
        closed: why no more records are taken here, in a few words; empty while open.
    """

    def __init__(self, genesis: Entry) -> None:
        """Begin a chain.

        Raises:
            RecordError: `chain-genesis` where the entry is not a genesis that each lead signed.
        """
        if genesis.snapshot.seq != 0:
            raise RecordError("chain-genesis", "not a genesis")
        counted = genesis.signed_by(genesis.snapshot.charter_keys)
        if counted is None or counted.signers != genesis.snapshot.charter_keys:
            raise RecordError("chain-genesis", "not signed by each of its leads")
        self.chapter: ChapterId = genesis.chapter
        self.genesis: EntryId = genesis.id
        self.closed = ""
        self._entries: dict[EntryId, Entry] = {genesis.id: counted}
        self._at: dict[int, list[EntryId]] = {0: [genesis.id]}
        self._lone: set[EntryId] = set()
        # Where each entry's every path to the genesis passes next: the one before it, or for a
        # healing entry the fork that it heals. It makes a tree of the chain.
        self._trunk: dict[EntryId, EntryId] = {}
        self._tips: set[EntryId] = {genesis.id}
        self._proofs: dict[EntryId, Entry] = {}

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._entries

    def __getitem__(self, entry_id: EntryId) -> Entry:
        return self._entries[entry_id]

    def __iter__(self) -> Iterator[Entry]:
        """Walk all entries, each after those that it follows."""
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def tips(self) -> tuple[EntryId, ...]:
        """Where each branch ends, sorted.

        A recovery by guardians is a branch beside the leads': the entry that it
        follows stays a tip, because only what is shown waits for the fourteen days.
        """
        return tuple(sorted(self._tips))

    def ancestors(self, entry_id: EntryId) -> frozenset[EntryId]:
        """Return the entry and all that it follows."""
        found = {entry_id}
        ahead = [entry_id]
        while ahead:
            for parent in self._entries[ahead.pop()].snapshot.prev:
                if parent not in found:
                    found.add(parent)
                    ahead.append(parent)
        return frozenset(found)

    def fork(self, one: EntryId, other: EntryId) -> EntryId:
        """Return the last entry through which every path to both passes."""
        while one != other:
            if self._entries[one].snapshot.seq < self._entries[other].snapshot.seq:
                one, other = other, one
            one = self._trunk[one]
        return one

    def offer(self, entry: Entry) -> Answer:
        """Take an entry where it follows from what is held.

        Raises:
            RecordError: `chain-*`, the rule that the entry breaks, whatever its signatures.
        """
        snapshot = entry.snapshot
        if entry.chapter != self.chapter:
            return Answer.REFUSED
        if entry.id in self._entries:
            return self._offer_signatures(entry)
        if entry.id in self._proofs:
            return Answer.KNOWN
        if not all(parent in self._entries for parent in snapshot.prev):
            return Answer.UNKNOWN
        self._check(snapshot)
        counted = entry.signed_by(self._may_sign(snapshot))
        if counted is None or self.lacking(snapshot, counted.signers):
            return Answer.UNSIGNED
        return self._take(counted)

    def lacking(self, snapshot: Snapshot, signers: AbstractSet[PublicKey]) -> Lacking:
        """Return which signatures a later entry lacks, of those that count.

        Raises:
            KeyError: where the entry that it follows is not here.
        """
        joining = frozenset(lead.charter for lead in self._joining(snapshot)) - signers
        voters, needed = self._voters(snapshot)
        votes = needed - len(voters & signers)
        if votes > 0 and self._rotates(snapshot, signers):
            votes = 0
        return Lacking(votes=max(votes, 0), voters=voters - signers, joining=joining)

    def _offer_signatures(self, entry: Entry) -> Answer:
        """Unite the signatures of an entry that is held."""
        held = self._entries[entry.id]
        # A genesis and a recovery are complete as they came in; and of a recovery the signatures
        # of nine guardians and seven leads would not fit.
        counted = None
        if held.snapshot.prev and not held.snapshot.recovery:
            counted = entry.signed_by(self._may_sign(entry.snapshot) - held.signers)
        if counted is None:
            return Answer.KNOWN
        self._entries[entry.id] = unite(held, counted)
        if not self._is_lone(self._entries[entry.id]):
            self._lone.discard(entry.id)
        return Answer.MORE

    def _take(self, entry: Entry) -> Answer:
        """Add a valid entry, or close where there is no room for it."""
        snapshot = entry.snapshot
        beside = self._at.setdefault(snapshot.seq, [])
        lone = self._is_lone(entry)
        if lone and sum(other in self._lone for other in beside) >= LONE_MAX:
            return Answer.FULL
        if len(beside) >= FORKS_MAX:
            if lone:
                return Answer.FULL  # one key alone closes no chapter
            self.closed = f"five entries at number {snapshot.seq}"
            if any(proof.snapshot.seq == snapshot.seq for proof in self._proofs.values()):
                return Answer.FULL
            self._proofs[entry.id] = entry
            return Answer.PROOF
        tips = self._tips | {entry.id}
        if not snapshot.recovery:
            tips -= set(snapshot.prev)
        if len(tips) > BRANCHES_MAX:
            self.closed = f"more than {BRANCHES_MAX} branches"
            return Answer.FULL
        if len(self._entries) >= ENTRIES_MAX:
            self.closed = f"more than {ENTRIES_MAX} entries"
            return Answer.FULL
        self._entries[entry.id] = entry
        self._trunk[entry.id] = self._before(snapshot)
        self._tips = tips
        beside.append(entry.id)
        if lone:
            self._lone.add(entry.id)
        return Answer.NEW

    def _before(self, snapshot: Snapshot) -> EntryId:
        """Return the entry whose leads must agree: the one before, or the fork that is healed."""
        first, *others = snapshot.prev
        return self.fork(first, others[0]) if others else first

    def _check(self, snapshot: Snapshot) -> None:
        """Refuse a snapshot that does not follow from its parents, whoever signed it."""
        parents = [self._entries[parent].snapshot for parent in snapshot.prev]
        if snapshot.seq != 1 + max(parent.seq for parent in parents):
            raise RecordError("chain-seq", "not the next number")
        named = snapshot.lead_keys | set(snapshot.guardians)
        dropped = frozenset().union(*(parent.lead_keys for parent in parents)) - snapshot.lead_keys
        if not dropped <= set(snapshot.removed):
            raise RecordError("chain-dropped", "a lead's key is left out and not removed")
        lines = [self.ancestors(parent) for parent in snapshot.prev]
        if len(lines) == 2 and (snapshot.prev[0] in lines[1] or snapshot.prev[1] in lines[0]):
            raise RecordError("chain-heal", "the two entries are on one branch")
        for ancestor in frozenset().union(*lines):
            if not named.isdisjoint(self._entries[ancestor].snapshot.removed):
                raise RecordError("chain-returned", "a key that was removed is named again")

    def _joining(self, snapshot: Snapshot) -> frozenset[Lead]:
        """Return the leads whose pair of keys no parent has: each signs."""
        before = {lead for parent in snapshot.prev for lead in self._entries[parent].snapshot.leads}
        return frozenset(snapshot.leads) - before

    def _voters(self, snapshot: Snapshot) -> tuple[frozenset[PublicKey], int]:
        """Return who must agree to a later entry, and how many of them."""
        before = self._entries[self._before(snapshot)].snapshot
        if snapshot.recovery:
            if not before.guardians:
                raise RecordError("chain-guardians", "no guardians were named")
            return frozenset(before.guardians), before.k
        return before.charter_keys, len(before.leads) // 2 + 1

    def _may_sign(self, snapshot: Snapshot) -> frozenset[PublicKey]:
        """Return the keys whose signatures on a later entry count for something."""
        voters, _ = self._voters(snapshot)
        return voters | {lead.charter for lead in self._joining(snapshot)}

    def _is_lone(self, entry: Entry) -> bool:
        """Tell whether it is valid only because one lead replaces their own keys."""
        voters, needed = self._voters(entry.snapshot)
        return len(voters & entry.signers) < needed

    def _rotates(self, snapshot: Snapshot, signers: AbstractSet[PublicKey]) -> bool:
        """Tell whether one lead does no more than replace their own keys, and signed it."""
        if len(snapshot.prev) != 1 or snapshot.recovery:
            return False
        before = self._entries[snapshot.prev[0]].snapshot
        left = set(before.leads) - set(snapshot.leads)
        return (
            len(left) == 1
            and len(snapshot.leads) == len(before.leads)
            and (snapshot.guardians, snapshot.k) == (before.guardians, before.k)
            and set(snapshot.removed) <= before.lead_keys
            and next(iter(left)).charter in signers
        )
