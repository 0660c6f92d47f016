"""Who may speak for one chapter: the fold of its charter entries, grants, revocations and keeps.

Three layers, judged in order: the chain, the leads' acts, everybody's records.
No rule asks a clock, and none looks at how things arrived. Specified in
docs/spec/charter.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from p2pevents.authority.acts import Act, Acts
from p2pevents.authority.chain import Chain
from p2pevents.authority.pins import follow
from p2pevents.authority.standing import Answer, Standing
from p2pevents.authority.view import View
from p2pevents.record.authority_kinds import AUTHORITY_KINDS, Grant, Revoke, decode_authority
from p2pevents.record.cbor import INTEGER_MAX
from p2pevents.record.entry import Entry, Lead
from p2pevents.record.envelope import Record
from p2pevents.record.header import Header, record_id as id_of
from p2pevents.record.ids import EntryId, Path, PublicKey, RecordId

__all__ = ["Authority"]


class _Leave(Struct, frozen=True):
    """By what leave one key acts under one entry or grant, and on which branches."""

    grant: Grant | None  # None for a lead, who acts under an entry
    act: RecordId | None
    views: tuple[View, ...]
    is_free: bool  # on a branch at least, nothing struck the key or the grant


class Authority:
    """All that is known of who may speak for one chapter; it only grows.

    Attributes:
        chain: the charter entries of every branch.
        chapter: the chapter's id.
        epoch: rises whenever a record that was judged may have to be judged again.
    """

    def __init__(self, genesis: Entry) -> None:
        """Begin with the genesis entry.

        Raises:
            RecordError: `chain-genesis` where it is none, or not signed by each of its leads.
        """
        self.chain = Chain(genesis)
        self.chapter = self.chain.chapter
        self.epoch = 0
        self._acts = Acts()
        self._views: dict[EntryId, View] = {}
        self._leaves: dict[tuple[PublicKey, bytes], _Leave] = {}
        self._listed: set[RecordId] = set()  # the keep records that entries list

    @property
    def genesis(self) -> Entry:
        """The entry that founded the chapter."""
        return self.chain[self.chain.genesis]

    @property
    def closed(self) -> str:
        """Why no more of this chapter's records are taken here; empty while they are."""
        return self.chain.closed

    @property
    def acts(self) -> Iterator[Act]:
        """All grants, revocations and keeps, whether or not they have effect anywhere."""
        return iter(self._acts.values())

    @property
    def weight(self) -> int:
        """How many entries and acts are held: what it costs to keep, and to read again."""
        return len(self.chain) + len(self._acts)

    @property
    def awaited(self) -> frozenset[RecordId]:
        """The keep records that are not here, and without which a removal has no effect."""
        listed = set(self._listed)
        for act in self._acts.values():
            if isinstance(act.body, Revoke):
                listed.update(act.body.keeps)
        return frozenset(listed - self._acts.keys())

    # --- what comes in ------------------------------------------------------------------------

    def offer_entry(self, entry: Entry) -> Answer:
        """Take a charter entry of any branch.

        Raises:
            RecordError: `chain-*` where it breaks a rule whatever its signatures.
        """
        answer = self.chain.offer(entry)
        if answer is Answer.NEW:
            self._listed.update(entry.snapshot.keeps)
            self._forget()
        return answer

    def offer_record(self, record: Record) -> Answer:
        """Take a grant, a revocation or a keep.

        It stays although its lead is removed later: the collection only grows,
        and what is struck merely has no effect. Its header alone says that it
        `BELONGS`; whether it is well made and finds room is told here.

        Raises:
            RecordError: `grant-*`, `revoke-*`, `keep-*` or `cbor-*` where its body breaks a rule.
        """
        header = record.header
        if header.chapter != self.chapter or header.kind not in AUTHORITY_KINDS:
            return Answer.REFUSED
        if record.id in self._acts:
            return Answer.KNOWN
        if record.body is None:
            return Answer.UNKNOWN
        body = decode_authority(header.kind, record.body)
        entry_id = EntryId(header.authority)
        if entry_id not in self.chain:
            # A grant gives no leave to grant, so one that is known is no entry to wait for.
            return Answer.REFUSED if header.authority in self._acts else Answer.UNKNOWN
        if header.author not in self.chain[entry_id].snapshot.daily_keys:
            return Answer.REFUSED
        act = Act(id=record.id, author=header.author, entry=entry_id, clock=header.clock, body=body)
        # What an entry lists is always taken, or a thief could fill the room of a removal's keeps.
        if act.id not in self._listed and not self._acts.has_room(act):
            return Answer.FULL
        self._add(act)
        return Answer.NEW

    def _add(self, act: Act) -> None:
        self._acts.add(act)
        self._leaves.clear()
        if isinstance(act.body, Grant):
            for view in self._views.values():
                view.add(act)
            return  # nothing could be judged by it before it was here
        self.epoch += 1
        if act.id in self._listed:
            self._forget()  # an entry's removal may have waited for it
            return
        for view in self._views.values():
            view.add(act)

    def _forget(self) -> None:
        """Drop what was worked out from the chain; it is worked out again when asked for."""
        self.epoch += 1
        self._views.clear()
        self._leaves.clear()

    # --- what is judged -----------------------------------------------------------------------

    def judge(self, header: Header, record_id: RecordId | None = None) -> Standing:
        """Tell whether a record belongs to the set: whether any branch admits it.

        Args:
            header: the record's.
            record_id: its id, where the caller has it: working it out costs more than judging.
        """
        leave = self._leave(header)
        if isinstance(leave, Standing):
            return leave
        if leave.is_free or (leave.grant is None and header.kind in AUTHORITY_KINDS):
            return Standing.BELONGS
        kept_id = record_id or id_of(header.encoded)
        for view in leave.views:
            if view.keeps(kept_id):
                return Standing.BELONGS
        return Standing.STRUCK

    def shows(self, header: Header, tip: EntryId, record_id: RecordId | None = None) -> bool:
        """Tell whether the branch that ends in `tip` admits a record: what a pin shows."""
        leave = self._leave(header)
        if isinstance(leave, Standing):
            return False
        view = self._view(tip)
        if self._entry_of(leave, header) not in view.line:
            return False
        if _is_free(view, leave.act, header.author):
            return True
        return view.keeps(record_id or id_of(header.encoded))

    def fields_of(self, authority: RecordId) -> tuple[str, ...] | None:
        """Return the fields that a grant is limited to; None for all, and for an entry.

        Membership does not ask: a field beyond the limit is left out when versions are merged.
        """
        act = self._acts.get(authority)
        return act.body.fields if act is not None and isinstance(act.body, Grant) else None

    def _entry_of(self, leave: _Leave, header: Header) -> EntryId:
        return EntryId(header.authority) if leave.act is None else self._acts[leave.act].entry

    def _leave(self, header: Header) -> _Leave | Standing:
        """Return by what leave a record was written, or why it has none."""
        if header.chapter != self.chapter:
            return Standing.REFUSED
        asked = (header.author, header.authority)
        leave = self._leaves.get(asked)
        if leave is None:
            found = self._find_leave(header)
            if isinstance(found, Standing):
                return found
            leave = self._leaves[asked] = found
        if leave.grant is not None and not leave.grant.allows(
            kind=header.kind, path=header.path, clock=header.clock
        ):
            return Standing.REFUSED
        return leave

    def _find_leave(self, header: Header) -> _Leave | Standing:
        entry_id = EntryId(header.authority)
        if entry_id in self.chain:
            if header.author not in self.chain[entry_id].snapshot.daily_keys:
                return Standing.REFUSED
            return self._leave_of(header.author, entry_id)
        act = self._acts.get(header.authority)
        if act is None:
            return Standing.UNKNOWN
        if not isinstance(act.body, Grant) or act.body.key != header.author:
            return Standing.REFUSED
        return self._leave_of(header.author, act.entry, act.body, act.id)

    def _leave_of(
        self,
        author: PublicKey,
        entry_id: EntryId,
        grant: Grant | None = None,
        act: RecordId | None = None,
    ) -> _Leave:
        """Return what is remembered of a leave, until anything comes in that may change it."""
        views = self._views_over(entry_id)
        is_free = any(_is_free(view, act, author) for view in views)
        return _Leave(grant, act, views, is_free)

    def _views_over(self, entry_id: EntryId) -> tuple[View, ...]:
        """Return the views of all branches that an entry lies on."""
        views = (self._view(tip) for tip in self.chain.tips)
        return tuple(view for view in views if entry_id in view.line)

    def _view(self, tip: EntryId) -> View:
        """Return what the branch that ends in an entry says."""
        view = self._views.get(tip)
        if view is None:
            line = self.chain.ancestors(tip)
            snapshots = [self.chain[entry_id].snapshot for entry_id in line]
            acting = [snap for snap in snapshots if self._acts.are_keeps(snap.keeps)]
            view = View(
                tip=tip,
                line=line,
                removed=frozenset(key for snapshot in acting for key in snapshot.removed),
                listed=frozenset(keep_id for snapshot in acting for keep_id in snapshot.keeps),
                known=self._acts,
            )
            self._views[tip] = view
        return view

    # --- who may speak ------------------------------------------------------------------------

    def view(self, tip: EntryId) -> View:
        """Return what the branch that ends in an entry says; it is not for changing.

        Raises:
            KeyError: where the entry is not here.
        """
        return self._view(tip)

    def tip(self, pin: EntryId | None = None) -> EntryId:
        """Return the entry that is shown: from the pin on, as far as the leads agree."""
        return follow(self.chain, self.chain.genesis if pin is None else pin).tip

    def leads(self, tip: EntryId | None = None) -> tuple[Lead, ...]:
        """Return the leads by an entry; by the one that is shown without a pin where none is given.

        Raises:
            KeyError: where the entry is not here.
        """
        return self.chain[self.tip() if tip is None else tip].snapshot.leads

    def as_author(
        self, key: PublicKey, *, kind: str, path: Path, clock: int, tip: EntryId | None = None
    ) -> RecordId | None:
        """Return the entry or grant that a key acts under to write this, None where it may not.

        A lead acts under the entry that is shown. Of several grants, one without a
        limit of fields comes first, then the one that holds longest.

        Args:
            key: the daily key of a lead, or a delegate's key.
            kind: the kind of the record.
            path: the object's path.
            clock: the record's clock, in milliseconds since 1970.
            tip: the entry that is shown; without it, the one that is shown without a pin.
        """
        view = self._view(self.tip() if tip is None else tip)
        if key in view.removed:
            return None
        if key in self.chain[view.tip].snapshot.daily_keys:
            return RecordId(view.tip)
        if key in view.revoked:
            return None
        grants = (self._acts[act_id] for act_id in view.acts)
        found = [
            (act.body.fields is not None, -_end_of(act.body), act.id)
            for act in grants
            if isinstance(act.body, Grant)
            and act.body.key == key
            and act.body.allows(kind=kind, path=path, clock=clock)
        ]
        return min(found)[-1] if found else None


def _end_of(grant: Grant) -> int:
    return INTEGER_MAX if grant.until is None else grant.until


def _is_free(view: View, act: RecordId | None, author: PublicKey) -> bool:
    """Tell whether nothing struck the key on this branch, nor the grant that it acts under."""
    if author in view.removed:
        return False
    return act is None or (act in view.acts and author not in view.revoked)
