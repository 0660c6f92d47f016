"""The snapshot in an entry of the charter chain: who leads a chapter from here on.

What can be told from the snapshot alone is told here; whether it follows from
the one before is the chain's to judge (`authority/chain.py`). Specified in
docs/spec/charter.md.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.ids import ID_BYTES, ChapterId, EntryId, PublicKey, RecordId
from p2pevents.record.signature import KEY_BYTES, is_valid_key

__all__ = [
    "GUARDIANS_MAX",
    "KEEPS_MAX",
    "LEADS_MAX",
    "QUORUM_MAX",
    "REMOVED_MAX",
    "SALT_BYTES",
    "SEQ_MAX",
    "SNAPSHOT_BYTES_MAX",
    "Lead",
    "Snapshot",
]

VERSION: Final = 1
SNAPSHOT_BYTES_MAX: Final = 2677  # leaves room for fourteen signatures within an entry
SEQ_MAX: Final = 1023
LEADS_MAX: Final = 7
GUARDIANS_MAX: Final = 9
QUORUM_MAX: Final = 7  # of guardians: with seven new leads their signatures still fit
REMOVED_MAX: Final = 28  # both keys of seven leads on each of two branches
KEEPS_MAX: Final = 20
PREV_MAX: Final = 2
SALT_BYTES: Final = 16

_REQUIRED: Final = frozenset({"v", "seq", "prev", "leads", "guardians", "k", "removed", "keeps"})
_OPTIONAL: Final = frozenset({"salt", "chapter", "refused", "recovery"})


class Lead(Struct, frozen=True, kw_only=True, order=True):
    """One lead's two keys: the charter key signs the chain, the daily key signs records."""

    charter: PublicKey
    daily: PublicKey


class Snapshot(Struct, frozen=True, kw_only=True):
    """Who leads a chapter from this entry on, and what it follows.

    Attributes:
        seq: the entry's number, 0 for the genesis.
        chapter: the id of the genesis; None in the genesis itself.
        prev: the entries it follows, sorted: none at the genesis, one as a rule, two
            where a fork is healed.
        leads: 1 to 7, sorted by charter key.
        guardians: up to 9 keys, sorted, that can together name new leads.
        k: how many guardians it takes, 1 to 7; 0 where there are none.
        removed: up to 28 keys, sorted, that this entry removes for good.
        keeps: up to 20 ids of keep records, sorted, that belong to the removal.
        salt: 16 random bytes in the genesis, so that the same leads may found two chapters.
        refused: in a genesis with one lead and fewer than two guardians: the founder was
            told what that means.
        recovery: signed by guardians instead of leads.
    """

    seq: int
    leads: tuple[Lead, ...]
    chapter: ChapterId | None = None
    prev: tuple[EntryId, ...] = ()
    guardians: tuple[PublicKey, ...] = ()
    k: int = 0
    removed: tuple[PublicKey, ...] = ()
    keeps: tuple[RecordId, ...] = ()
    salt: bytes | None = None
    refused: bool = False
    recovery: bool = False

    def encode(self) -> bytes:
        """Return the snapshot's bytes, exactly as they are signed.

        Raises:
            RecordError: where the snapshot breaks a rule and would be refused when read.
        """
        value: dict[str, object] = {
            "v": VERSION,
            "seq": self.seq,
            "prev": list(self.prev),
            "leads": [[lead.charter, lead.daily] for lead in self.leads],
            "guardians": list(self.guardians),
            "k": self.k,
            "removed": list(self.removed),
            "keeps": list(self.keeps),
        }
        if self.salt is not None:
            value["salt"] = self.salt
        if self.chapter is not None:
            value["chapter"] = self.chapter
        if self.refused:
            value["refused"] = True
        if self.recovery:
            value["recovery"] = True
        encoded = cbor.encode(value, bytes_max=SNAPSHOT_BYTES_MAX)
        Snapshot.decode(encoded)
        return encoded

    @classmethod
    def decode(cls, data: bytes, *, keys_are_known: bool = False) -> Snapshot:
        """Read a snapshot, and check all that can be told from it alone.

        Args:
            data: its bytes.
            keys_are_known: that these very bytes were read before, and each key found to be a
                valid point then.

        Raises:
            RecordError: `cbor-*` where it is not deterministic CBOR within its limit,
                `entry-*` where a rule of docs/spec/charter.md is broken.
        """
        value = cbor.decode(data, bytes_max=SNAPSHOT_BYTES_MAX)
        if not isinstance(value, dict):
            raise RecordError("entry-shape", "the snapshot is not a map")
        fields = value.keys()
        if not fields >= _REQUIRED or not fields <= _REQUIRED | _OPTIONAL:
            odd = sorted(_REQUIRED - fields) or sorted(fields - _REQUIRED - _OPTIONAL)
            raise RecordError("entry-fields", f"field {odd[0]!r} is missing or unknown")
        if type(value["v"]) is not int or value["v"] != VERSION:
            raise RecordError("entry-version", f"not version {VERSION}")
        for flag in ("refused", "recovery"):
            if flag in fields and value[flag] is not True:
                raise RecordError(f"entry-{flag}", "present, and not true")
        for name, size in (("salt", SALT_BYTES), ("chapter", ID_BYTES)):
            if name in fields and not _is_bytes(value[name], size):
                raise RecordError(f"entry-{name}", f"not {size} bytes")
        snapshot = cls(
            seq=_integer(value, "seq", SEQ_MAX),
            chapter=value.get("chapter"),
            prev=tuple(EntryId(x) for x in _sorted_bytes32(value, "prev", PREV_MAX)),
            leads=_leads(value["leads"]),
            guardians=tuple(
                PublicKey(x) for x in _sorted_bytes32(value, "guardians", GUARDIANS_MAX)
            ),
            k=_integer(value, "k", QUORUM_MAX),
            removed=tuple(PublicKey(x) for x in _sorted_bytes32(value, "removed", REMOVED_MAX)),
            keeps=tuple(RecordId(x) for x in _sorted_bytes32(value, "keeps", KEEPS_MAX)),
            salt=value.get("salt"),
            refused="refused" in fields,
            recovery="recovery" in fields,
        )
        snapshot._check_keys(are_known=keys_are_known)
        if snapshot.seq == 0:
            snapshot._check_genesis()
        else:
            snapshot._check_later()
        return snapshot

    @property
    def lead_keys(self) -> frozenset[PublicKey]:
        """Both keys of all leads."""
        return frozenset(key for lead in self.leads for key in (lead.charter, lead.daily))

    @property
    def charter_keys(self) -> frozenset[PublicKey]:
        """The leads' charter keys: they sign the chain."""
        return frozenset(lead.charter for lead in self.leads)

    @property
    def daily_keys(self) -> frozenset[PublicKey]:
        """The leads' daily keys: they sign records."""
        return frozenset(lead.daily for lead in self.leads)

    def _check_keys(self, *, are_known: bool) -> None:
        """Refuse a key in two roles, a key that nobody can hold, and a quorum out of range."""
        named = [*(key for lead in self.leads for key in (lead.charter, lead.daily))]
        named += self.guardians
        if len(set(named)) != len(named):
            raise RecordError("entry-roles", "one key in two roles")
        if not are_known and not all(is_valid_key(key) for key in named):
            raise RecordError("entry-key", "not a valid key")
        if not set(self.removed).isdisjoint(named):
            raise RecordError("entry-removed", "a key is named and removed at once")
        if not (1 <= self.k <= len(self.guardians) if self.guardians else self.k == 0):
            raise RecordError("entry-k", "k is not within the number of guardians")

    def _check_genesis(self) -> None:
        """Refuse in a genesis what belongs to later entries."""
        if self.prev:
            raise RecordError("entry-prev", "a genesis follows nothing")
        if self.chapter is not None:
            raise RecordError("entry-chapter", "a genesis cannot name the chapter that it makes")
        if self.salt is None:
            raise RecordError("entry-salt", "a genesis has a salt")
        if self.removed or self.keeps:
            raise RecordError("entry-removed", "a genesis removes nothing")
        if self.recovery:
            raise RecordError("entry-recovery", "a genesis recovers nothing")
        if self.refused != (len(self.leads) == 1 and len(self.guardians) < 2):
            raise RecordError(
                "entry-refused", "one lead names two guardians or records that it refused"
            )

    def _check_later(self) -> None:
        """Refuse in a later entry what belongs to a genesis."""
        if not self.prev:
            raise RecordError("entry-prev", "follows nothing, and is not a genesis")
        if self.chapter is None:
            raise RecordError("entry-chapter", "names no chapter, and is not a genesis")
        if self.salt is not None:
            raise RecordError("entry-salt", "a salt outside a genesis")
        if self.refused:
            raise RecordError("entry-refused", "guardians refused outside a genesis")
        if self.recovery and len(self.prev) != 1:
            raise RecordError("entry-recovery", "a recovery follows one entry")


def _integer(value: dict[str, Any], name: str, limit: int) -> int:
    number = value[name]
    if type(number) is not int or not 0 <= number <= limit:
        raise RecordError(f"entry-{name}", f"not an integer from 0 to {limit}")
    return number


def _sorted_bytes32(value: dict[str, Any], name: str, limit: int) -> list[bytes]:
    items = value[name]
    if not isinstance(items, list) or len(items) > limit:
        raise RecordError(f"entry-{name}", f"not a list of at most {limit}")
    if not all(_is_bytes(item, ID_BYTES) for item in items):
        raise RecordError(f"entry-{name}", f"an item is not {ID_BYTES} bytes")
    if not _ascends(items):
        raise RecordError(f"entry-{name}", "items out of order or repeated")
    return items


def _leads(value: object) -> tuple[Lead, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= LEADS_MAX:
        raise RecordError("entry-leads", f"not 1 to {LEADS_MAX} leads")
    leads = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise RecordError("entry-leads", "a lead is not two keys")
        if not all(_is_bytes(key, KEY_BYTES) for key in pair):
            raise RecordError("entry-leads", f"a key is not {KEY_BYTES} bytes")
        leads.append(Lead(charter=PublicKey(pair[0]), daily=PublicKey(pair[1])))
    if not _ascends([lead.charter for lead in leads]):
        raise RecordError("entry-leads", "leads out of order or repeated")
    return tuple(leads)


def _ascends(values: list[Any]) -> bool:
    """Tell whether each value is greater than the one before."""
    return all(a < b for a, b in pairwise(values))


def _is_bytes(value: object, size: int) -> bool:
    return type(value) is bytes and len(value) == size
