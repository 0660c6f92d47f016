"""The rules of docs/spec/charter.md once more, slow and word by word, for the fold to agree with.

Nothing is remembered and nothing is clever: every question is answered from
the bare sets of what was offered. Limits on numbers of entries are left out.
"""

from collections.abc import Iterable
from itertools import combinations

from p2pevents.authority import Standing
from p2pevents.errors import RecordError
from p2pevents.record.authority_kinds import Grant, Keep, Revoke, decode_authority
from p2pevents.record.entry import Entry, Snapshot
from p2pevents.record.header import Header
from p2pevents.record.ids import PublicKey
from tests.authority.people import Said


class Model:
    """What a set of entries and records says, whatever their order."""

    def __init__(self, genesis: Entry, entries: Iterable[Entry], records: Iterable[Said]) -> None:
        self.genesis = genesis
        self.chapter = genesis.chapter
        self.entries: dict[bytes, Entry] = {genesis.id: genesis}
        candidates = list(entries)
        grown = True
        while grown:
            grown = False
            for entry in candidates:
                if entry.id not in self.entries and self.follows(entry):
                    self.entries[entry.id] = entry
                    grown = True
        self.acts: dict[bytes, tuple[Header, Grant | Revoke | Keep]] = {}
        for record in records:
            body = self.act_of(record)
            if body is not None:
                self.acts[record.id] = (record.header, body)

    # --- the chain

    def follows(self, entry: Entry) -> bool:
        snapshot = entry.snapshot
        if snapshot.chapter != self.chapter or not set(snapshot.prev) <= set(self.entries):
            return False
        parents = [self.entries[parent].snapshot for parent in snapshot.prev]
        before = set().union(*(self.line(parent) for parent in snapshot.prev))
        if snapshot.seq != max(parent.seq for parent in parents) + 1:
            return False
        for one, other in combinations(snapshot.prev, 2):
            if one in self.line(other) or other in self.line(one):
                return False
        for parent in parents:
            if (parent.lead_keys - snapshot.lead_keys) - set(snapshot.removed):
                return False
        gone = {key for each in before for key in self.entries[each].snapshot.removed}
        if gone & (set(snapshot.lead_keys) | set(snapshot.guardians)):
            return False
        return self.is_signed(entry, parents)

    def is_signed(self, entry: Entry, parents: list[Snapshot]) -> bool:
        snapshot = entry.snapshot
        had = {lead for parent in parents for lead in parent.leads}
        for lead in snapshot.leads:
            if lead not in had and lead.charter not in entry.signers:
                return False
        if snapshot.recovery:
            (parent,) = parents
            count = sum(guardian in entry.signers for guardian in parent.guardians)
            return parent.k > 0 and count >= parent.k
        (*_, fork) = self.always_passed(snapshot.prev)
        leads = self.entries[fork].snapshot.leads
        if sum(lead.charter in entry.signers for lead in leads) > len(leads) / 2:
            return True
        return len(parents) == 1 and self.is_rotation(entry, parents[0])

    def is_rotation(self, entry: Entry, parent: Snapshot) -> bool:
        snapshot = entry.snapshot
        for gone in parent.leads:
            for come in snapshot.leads:
                swapped = {*parent.leads} - {gone} | {come}
                if (
                    come not in parent.leads
                    and swapped == {*snapshot.leads}
                    and snapshot.guardians == parent.guardians
                    and snapshot.k == parent.k
                    and {*snapshot.removed} <= parent.lead_keys
                    and gone.charter in entry.signers
                ):
                    return True
        return False

    def line(self, entry_id: bytes) -> set[bytes]:
        """The entry and all that it follows."""
        return {entry_id}.union(
            *(self.line(parent) for parent in self.entries[entry_id].snapshot.prev)
        )

    def paths(self, entry_id: bytes) -> list[list[bytes]]:
        """Every path from the genesis to the entry."""
        if entry_id == self.genesis.id:
            return [[entry_id]]
        return [
            [*path, entry_id]
            for parent in self.entries[entry_id].snapshot.prev
            for path in self.paths(parent)
        ]

    def always_passed(self, ends: Iterable[bytes]) -> list[bytes]:
        """The entries that every path to these passes, in order."""
        every = [path for end in ends for path in self.paths(end)]
        return [entry for entry in every[0] if all(entry in path for path in every)]

    def tips(self) -> set[bytes]:
        spoken = {
            parent
            for entry in self.entries.values()
            if not entry.snapshot.recovery
            for parent in entry.snapshot.prev
        }
        return set(self.entries) - spoken

    # --- acts

    def act_of(self, record: Said) -> Grant | Revoke | Keep | None:
        header = record.header
        if header.kind not in {"grant", "revoke", "keep"} or record.body is None:
            return None
        entry = self.entries.get(header.authority)
        if entry is None or header.author not in {lead.daily for lead in entry.snapshot.leads}:
            return None
        try:
            return decode_authority(header.kind, record.body)
        except RecordError:
            return None

    def are_keeps(self, ids: Iterable[bytes]) -> bool:
        return all(each in self.acts and isinstance(self.acts[each][1], Keep) for each in ids)

    def acting(self, tip: bytes) -> list[Snapshot]:
        """The entries of a branch whose removal has effect."""
        snapshots = [self.entries[each].snapshot for each in self.line(tip)]
        return [snapshot for snapshot in snapshots if self.are_keeps(snapshot.keeps)]

    def removed(self, tip: bytes) -> set[PublicKey]:
        return {key for snapshot in self.acting(tip) for key in snapshot.removed}

    def in_effect(self, tip: bytes) -> set[bytes]:
        """The acts that hold on a branch: again and again until nothing changes."""
        line, removed = self.line(tip), self.removed(tip)
        effect: set[bytes] = set()
        while True:
            kept = self.kept(effect)
            listed = {each for snapshot in self.acting(tip) for each in snapshot.keeps}
            for revoke in self.revokes(effect):
                listed |= set(revoke.keeps)
            after = {
                act_id
                for act_id, (header, _) in self.acts.items()
                if act_id in listed
                or (header.authority in line and (header.author not in removed or act_id in kept))
            }
            if after == effect:
                return effect
            effect = after

    def kept(self, effect: set[bytes]) -> set[bytes]:
        bodies = [self.acts[each][1] for each in effect]
        return {kept for body in bodies if isinstance(body, Keep) for kept in body.ids}

    def revokes(self, effect: set[bytes]) -> list[Revoke]:
        bodies = [self.acts[each][1] for each in effect]
        return [body for body in bodies if isinstance(body, Revoke) and self.are_keeps(body.keeps)]

    # --- records

    def standing(self, record: Said) -> Standing:
        header = record.header
        if header.chapter != self.chapter:
            return Standing.REFUSED
        if header.authority in self.entries:
            snapshot = self.entries[header.authority].snapshot
            if header.author not in {lead.daily for lead in snapshot.leads}:
                return Standing.REFUSED
            if header.kind in {"grant", "revoke", "keep"}:
                return Standing.BELONGS
        elif header.authority in self.acts:
            _, grant = self.acts[header.authority]
            if not isinstance(grant, Grant) or not self.within(header, grant):
                return Standing.REFUSED
        else:
            return Standing.UNKNOWN
        if any(self.admits(record, tip) for tip in self.tips()):
            return Standing.BELONGS
        return Standing.STRUCK

    def within(self, header: Header, grant: Grant) -> bool:
        kinds = set(grant.kinds)
        if kinds == {"*"}:
            allowed = header.kind not in {"grant", "revoke", "keep"}
        else:
            allowed = header.kind in kinds
        in_time = grant.until is None or header.clock <= grant.until
        beneath = list(header.path[: len(grant.path)]) == list(grant.path)
        return header.author == grant.key and allowed and in_time and beneath

    def admits(self, record: Said, tip: bytes) -> bool:
        """Whether one branch admits a record that its entry or grant gave its author."""
        header = record.header
        effect = self.in_effect(tip)
        line, removed, kept = self.line(tip), self.removed(tip), self.kept(effect)
        if header.authority in self.entries:
            return header.authority in line and (header.author not in removed or record.id in kept)
        granted, _ = self.acts[header.authority]
        if granted.authority not in line:
            return False
        if record.id in kept:
            return True
        revoked = {revoke.key for revoke in self.revokes(effect)}
        return header.authority in effect and header.author not in revoked | removed
