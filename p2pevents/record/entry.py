"""An entry of the charter chain: a snapshot of who leads a chapter, and the signatures on it.

The id is the hash of the snapshot alone; signatures travel beside it and are
united. Whether an entry follows from the one before is the chain's to judge
(`authority/chain.py`); what can be told from the entry alone is told here.
Specified in docs/spec/charter.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Final

from msgspec import Struct

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.ids import ChapterId, EntryId, PublicKey, hash_of
from p2pevents.record.signature import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    is_signed,
    public_key_of,
    sign,
)
from p2pevents.record.snapshot import Lead, Snapshot

__all__ = [
    "ENTRY_BYTES_MAX",
    "ENTRY_DOMAIN",
    "SIGNATURES_MAX",
    "Entry",
    "Lead",
    "Signatures",
    "Snapshot",
    "entry_id",
    "open_entry",
    "reopen_entry",
    "seal_entry",
    "sign_entry",
    "unite",
]

ENTRY_DOMAIN: Final = b"p2pevents/1/entry"
ENTRY_BYTES_MAX: Final = 4096
SIGNATURES_MAX: Final = 14  # seven leads before and seven after

_PROOF: Final = object()

Signatures = tuple[tuple[PublicKey, bytes], ...]
"""Pairs of key and 64-byte signature, sorted by key, one a key."""


class Entry(Struct, frozen=True, kw_only=True):
    """An entry each of whose signatures was checked: holding one is the proof.

    Made by `seal_entry`, `sign_entry`, `open_entry`, `reopen_entry` and `unite` alone. Whether the
    signatures suffice depends on the entry before: the chain tells.

    Attributes:
        id: the hash of the snapshot.
        snapshot: what was signed, typed.
        encoded: the snapshot's bytes as they were signed.
        signatures: 1 to 14 pairs of key and signature, sorted by key.
    """

    id: EntryId
    snapshot: Snapshot
    encoded: bytes
    signatures: Signatures
    proof: object

    def __post_init__(self) -> None:
        if self.proof is not _PROOF:
            raise TypeError("an Entry is made by seal_entry, open_entry and unite alone")

    @property
    def chapter(self) -> ChapterId:
        """The chapter that it belongs to: a genesis makes its own."""
        return self.snapshot.chapter or ChapterId(self.id)

    @property
    def signers(self) -> frozenset[PublicKey]:
        """The keys that signed."""
        return frozenset(key for key, _ in self.signatures)

    @property
    def envelope(self) -> bytes:
        """The entry's bytes, as they are stored and relayed."""
        return cbor.encode(
            [self.encoded, [[key, signature] for key, signature in self.signatures]],
            bytes_max=ENTRY_BYTES_MAX,
        )

    def signed_by(self, keys: Collection[PublicKey]) -> Entry | None:
        """Return the entry with the signatures of these keys alone; None where none is left.

        Anyone may hang a signature of their own on a snapshot. What no rule
        counts is left out, so that it cannot fill the room of one that counts.
        """
        kept = tuple((key, signature) for key, signature in self.signatures if key in keys)
        return _entry(self.encoded, self.snapshot, kept) if kept else None


def entry_id(encoded: bytes) -> EntryId:
    """Return the id of the entry with this snapshot: signatures have no part in it."""
    return EntryId(hash_of(ENTRY_DOMAIN, encoded))


def seal_entry(snapshot: Snapshot, *, seeds: Iterable[bytes]) -> Entry:
    """Sign a snapshot with each of the keys that these 32-byte seeds make.

    Raises:
        RecordError: where the snapshot breaks a rule, or has no signature or more than 14.
    """
    encoded = snapshot.encode()
    message = _to_be_signed(encoded)
    signatures = {public_key_of(seed): sign(seed=seed, message=message) for seed in seeds}
    return _entry(encoded, snapshot, tuple(sorted(signatures.items())))


def sign_entry(snapshot: Snapshot, *, seed: bytes) -> Entry:
    """Return the entry with one signature, by the key that a 32-byte seed makes."""
    return seal_entry(snapshot, seeds=(seed,))


def open_entry(data: bytes) -> Entry:
    """Check an entry's bytes, its snapshot and every signature, and return what is in it.

    Raises:
        RecordError: `cbor-*` or `entry-*`, the rule that was broken.
    """
    encoded, signatures = _parts(data)
    snapshot = Snapshot.decode(encoded)
    message = _to_be_signed(encoded)
    for key, signature in signatures:
        if not is_signed(key=key, message=message, signature=signature):
            raise RecordError("entry-signature", "a signature that is not its key's")
    return _entry(encoded, snapshot, signatures)


def reopen_entry(data: bytes) -> Entry:
    """Return the entry of bytes that `open_entry` passed before, and that are still the same.

    Neither signatures nor keys are checked again: who calls this has seen that no byte is
    another, by a checksum that was kept beside them since, and compares the entry's id.

    Raises:
        RecordError: as `open_entry`, of the form.
    """
    encoded, signatures = _parts(data)
    return _entry(encoded, Snapshot.decode(encoded, keys_are_known=True), signatures)


def _parts(data: bytes) -> tuple[bytes, Signatures]:
    """Return the snapshot's bytes and the signatures, by their form alone."""
    value = cbor.decode(data, bytes_max=ENTRY_BYTES_MAX)
    if not isinstance(value, list) or len(value) != 2:
        raise RecordError("entry-shape", "not a snapshot and its signatures")
    encoded, pairs = value
    if type(encoded) is not bytes or not isinstance(pairs, list):
        raise RecordError("entry-shape", "not a snapshot and its signatures")
    if not 1 <= len(pairs) <= SIGNATURES_MAX:
        raise RecordError("entry-signatures", f"not 1 to {SIGNATURES_MAX} signatures")
    signatures = tuple(_signature(pair) for pair in pairs)
    if not all(one < other for (one, _), (other, _) in pairwise(signatures)):
        raise RecordError("entry-signatures", "signatures out of order, or two of one key")
    return encoded, signatures


def unite(one: Entry, other: Entry) -> Entry:
    """Return the entry with the signatures of both.

    Raises:
        RecordError: `entry-id` where they are not one entry, `entry-signatures` where more
            than 14 keys signed.
    """
    if one.id != other.id:
        raise RecordError("entry-id", "two different entries have no signatures to share")
    # A key has one signature here: the smaller, so that the order of uniting does not matter.
    pairs: dict[PublicKey, bytes] = {}
    for key, signature in one.signatures + other.signatures:
        pairs[key] = min(signature, pairs.get(key, signature))
    return _entry(one.encoded, one.snapshot, tuple(sorted(pairs.items())))


def _entry(encoded: bytes, snapshot: Snapshot, signatures: Signatures) -> Entry:
    if not 1 <= len(signatures) <= SIGNATURES_MAX:
        raise RecordError("entry-signatures", f"not 1 to {SIGNATURES_MAX} signatures")
    return Entry(
        id=entry_id(encoded),
        snapshot=snapshot,
        encoded=encoded,
        signatures=signatures,
        proof=_PROOF,
    )


def _to_be_signed(encoded: bytes) -> bytes:
    return ENTRY_DOMAIN + b"\0" + encoded


def _signature(pair: object) -> tuple[PublicKey, bytes]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise RecordError("entry-signatures", "a signature is not a key and its bytes")
    key, signature = pair
    if type(key) is not bytes or type(signature) is not bytes:
        raise RecordError("entry-signatures", "a signature is not a key and its bytes")
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        raise RecordError("entry-signatures", "a signature is not a key and its bytes")
    return PublicKey(key), signature
