"""What a lead's commands do with leaves: who may speak, given and taken back, and what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain as chained
from typing import Final

from p2pevents.authority import Authority, View
from p2pevents.errors import InputError, StateError
from p2pevents.keys.words import fingerprint
from p2pevents.log.protocol import LogStanding, Stored
from p2pevents.node.desk import Desk
from p2pevents.node.meant import way_in
from p2pevents.record.authority_kinds import GRANT, KEEP, REVOKE, Grant, Keep, Revoke, keeps_of
from p2pevents.record.entry import Lead
from p2pevents.record.envelope import Verified, body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, EntryId, PublicKey, RecordId, to_text
from p2pevents.record.snapshot import KEEPS_MAX, Snapshot

__all__ = ["GUARDIAN", "LEAD", "REMOVED", "CharterDesk", "Speaker"]

LEAD: Final = "lead"
GUARDIAN: Final = "guardian"
REMOVED: Final = "removed"
SET_ASIDE_MAX: Final = 10_000  # records of one chapter that are looked through
_NAMES: Final = {Grant: GRANT, Revoke: REVOKE, Keep: KEEP}
_KEY_CHARACTERS_MIN: Final = 4  # of a shortened key


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Somebody whom the charter names: a lead, a delegate by one grant, a guardian, one removed.

    Attributes:
        key: the key that they sign with.
        role: `lead`, `guardian`, `removed`, or what the grant says of itself.
        charter: a lead's charter key.
        grant: a delegate's grant.
        by: the lead who gave it.
    """

    key: PublicKey
    role: str
    charter: PublicKey | None = None
    grant: Grant | None = None
    by: PublicKey | None = None


class CharterDesk:
    """One chapter's charter, as one home sees it and writes on it.

    Attributes:
        desk: the home.
        chapter: the chapter.
    """

    def __init__(self, desk: Desk, chapter: ChapterId) -> None:
        self.desk = desk
        self.chapter = chapter

    @property
    def authority(self) -> Authority:
        """All that is known of who may speak."""
        return self.desk.authority(self.chapter)

    @property
    def tip(self) -> EntryId:
        """The entry that this home acts under: the one shown, or a recovery that waits for it."""
        shown = self.desk.shown(self.chapter)
        mine = set(self.desk.my_keys())
        for tip in (shown.tip, *(entry for entry, _ in shown.recoveries)):
            if mine & self.authority.chain[tip].snapshot.daily_keys:
                return tip
        return shown.tip

    @property
    def snapshot(self) -> Snapshot:
        """What that entry says."""
        return self.authority.chain[self.tip].snapshot

    @property
    def view(self) -> View:
        """What its branch says."""
        return self.authority.view(self.tip)

    # --- who may speak -------------------------------------------------------------------------

    def speakers(self) -> list[Speaker]:
        """Return leads, delegates grant by grant, guardians, and the keys that were removed."""
        view, snapshot = self.view, self.snapshot
        leads = [Speaker(key=x.daily, role=LEAD, charter=x.charter) for x in snapshot.leads]
        delegates = [
            Speaker(
                key=act.body.key, role=act.body.role or "delegate", grant=act.body, by=act.author
            )
            for act in sorted(self.authority.acts, key=lambda act: (act.clock, act.id))
            if isinstance(act.body, Grant)
            and act.id in view.acts
            and act.body.key not in view.revoked | view.removed
        ]
        guardians = [Speaker(key=key, role=GUARDIAN) for key in snapshot.guardians]
        # A charter key speaks in no record: of a lead who went, the daily key is told.
        removed = sorted(self.removed_keys() - self._charter_keys())
        return leads + delegates + guardians + [Speaker(key=x, role=REMOVED) for x in removed]

    def removed_keys(self) -> frozenset[PublicKey]:
        """Return the keys that a charter entry or a revocation removed: they never return."""
        snapshots = (self.authority.chain[each].snapshot for each in self.view.line)
        removed = chained.from_iterable(snapshot.removed for snapshot in snapshots)
        return frozenset(removed) | self.view.revoked

    def _charter_keys(self) -> frozenset[PublicKey]:
        """Return the charter keys of all leads there ever were."""
        snapshots = (self.authority.chain[each].snapshot for each in self.view.line)
        return frozenset(chained.from_iterable(each.charter_keys for each in snapshots))

    def my_lead(self) -> Lead | None:
        """Return my two keys where I am a lead."""
        mine = set(self.desk.my_keys())
        return next((lead for lead in self.snapshot.leads if lead.daily in mine), None)

    def find_speaker(self, wanted: str) -> Speaker:
        """Return whom a key, a unique beginning of one, or four words mean.

        Args:
            wanted: as `organiser list` prints it.

        Raises:
            InputError: nobody is meant, or several are.
        """
        found: dict[PublicKey, Speaker] = {}
        for speaker in self.speakers():
            texts = [to_text(key) for key in (speaker.key, speaker.charter) if key is not None]
            is_begun = len(wanted) >= _KEY_CHARACTERS_MIN and any(
                text.startswith(wanted) for text in texts
            )
            if is_begun or ("-" in wanted and fingerprint(speaker.key) == wanted.lower()):
                found.setdefault(speaker.key, speaker)
        if len(found) == 1:
            return next(iter(found.values()))
        name = self.desk.chapter_name(self.chapter)
        if found:
            raise InputError(f"{wanted!r} fits {len(found)} keys", hint="type more of the key")
        raise InputError(
            f"no key of {name} begins with {wanted[:60]!r}",
            hint="p2pevents organiser list shows them; four words mean a key too",
        )

    # --- leaves --------------------------------------------------------------------------------

    def check_new(self, key: PublicKey) -> None:
        """Refuse a key that was removed, is a lead's, or is a guardian's: it has no second role.

        Raises:
            InputError: it is.
        """
        snapshot = self.snapshot
        if key in self.removed_keys():
            raise InputError(
                "this key was removed from the chapter, and a removed key never returns",
                hint="ask your colleague for a new one: p2pevents me --new",
            )
        if key in snapshot.lead_keys:
            raise InputError("this key is a lead's already", hint="p2pevents organiser list")
        if key in snapshot.guardians:
            raise InputError(
                "this key is a guardian's: a guardian is no organiser",
                hint="ask your colleague for another one: p2pevents me --new",
            )

    def grant(self, grant: Grant) -> Verified:
        """Give a leave.

        Raises:
            InputError: its key cannot be given one.
            StateError: I am not a lead.
        """
        self.check_new(grant.key)
        return self._write([grant])[0]

    def revoke(self, key: PublicKey, *, keep: Sequence[RecordId]) -> Verified:
        """Take every leave of a delegate's key back, and strike all that it signed but `keep`.

        Raises:
            InputError: more is to be kept than keep records hold.
            StateError: I am not a lead.
        """
        keeps = self.keep(keep)
        return self._write([Revoke(key=key, keeps=tuple(sorted(keeps)))])[0]

    def keep(self, ids: Iterable[RecordId]) -> list[RecordId]:
        """Write the keep records that name these ids, and return their own ids.

        Raises:
            InputError: they are more than keep records of one removal hold.
            StateError: I am not a lead.
        """
        keeps = keeps_of(ids)
        if len(keeps) > KEEPS_MAX:
            raise InputError(
                f"{len(keeps)} keep records, where {KEEPS_MAX} belong to one removal",
                hint="keep part of them now, and the rest by a second `remove KEY --keep`",
            )
        return [record.id for record in self._write(keeps)] if keeps else []

    def signed_by(self, key: PublicKey) -> list[Stored]:
        """Return what a key signed for this chapter and is here, set aside or not, oldest first."""
        inside = [
            RecordId(item.id)
            for item in self.desk.log.in_set(chapter=self.chapter)
            if item.author == key
        ]
        aside = self.desk.log.standing(
            LogStanding.SET_ASIDE, limit=SET_ASIDE_MAX, chapter=self.chapter
        )
        records = self.desk.log.records(inside)
        records += [x for x in aside if isinstance(x, Stored) and x.header.author == key]
        return sorted(records, key=lambda stored: (stored.header.clock, stored.id))

    def before_recoveries(self) -> list[Stored]:
        """Return what the leads before recoveries by guardians signed, and is not shown since."""
        authority, view = self.authority, self.view
        snapshots = [authority.chain[each].snapshot for each in view.line]
        gone = {key for each in snapshots if each.recovery for key in each.removed}
        return [
            record
            for key in sorted(gone - self._charter_keys())
            for record in self.signed_by(key)
            if not view.keeps(record.id)
        ]

    def _write(self, bodies: Sequence[Grant | Revoke | Keep]) -> list[Verified]:
        sealed = self.sealed(bodies)
        self.desk.offer([(record.envelope, record.body) for record in sealed])
        return sealed

    def sealed(self, bodies: Sequence[Grant | Revoke | Keep]) -> list[Verified]:
        """Return a lead's acts, signed by my daily key and not yet offered.

        Raises:
            StateError: I am not a lead.
        """
        lead = self.my_lead()
        if lead is None:
            raise StateError(
                f"only a lead of {self.desk.chapter_name(self.chapter)} can do this",
                hint=way_in(
                    self.desk,
                    "p2pevents organiser list tells who leads it",
                    chapter=self.chapter,
                ),
            )
        secret = self.desk.safe.secret(lead.daily)
        return [
            _seal(self, body, author=lead.daily, tip=self.tip, seed=secret.reveal())
            for body in bodies
        ]


def _seal(
    charter: CharterDesk,
    body: Grant | Revoke | Keep,
    *,
    author: PublicKey,
    tip: EntryId,
    seed: bytes,
) -> Verified:
    encoded = body.encode()
    header = Header(
        kind=_NAMES[type(body)],
        chapter=charter.chapter,
        path=charter.desk.new_path(),
        author=author,
        authority=RecordId(tip),
        clock=charter.desk.now_ms(),
        body_hash=body_hash(encoded),
        body_bytes=len(encoded),
    )
    return seal(header, encoded, seed=seed)
