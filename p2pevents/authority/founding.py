"""Founding a chapter: the genesis entry, from which its id comes."""

from __future__ import annotations

from collections.abc import Iterable

from p2pevents.authority.succession import majority_of
from p2pevents.record.entry import Entry, Lead, Snapshot, seal_entry
from p2pevents.record.ids import PublicKey
from p2pevents.record.signature import public_key_of

__all__ = ["found"]


def found(
    *,
    charter_seed: bytes,
    daily_seed: bytes,
    salt: bytes,
    guardians: Iterable[PublicKey] = (),
    k: int | None = None,
) -> Entry:
    """Return the genesis entry of a chapter with one lead.

    With fewer than two guardians the entry records that they were refused: the
    caller has said what that means.

    Args:
        charter_seed: 32 bytes of the key that signs the chain, to be put on paper.
        daily_seed: 32 bytes of the key that signs records.
        salt: 16 random bytes, so that one founder may found several chapters.
        guardians: up to 9 keys of people who can together name new leads.
        k: how many of them it takes; without it, more than half.

    Raises:
        RecordError: `entry-*`, the rule that the wish breaks.
    """
    keys = tuple(sorted(set(guardians)))
    snapshot = Snapshot(
        seq=0,
        leads=(Lead(charter=public_key_of(charter_seed), daily=public_key_of(daily_seed)),),
        guardians=keys,
        k=majority_of(len(keys)) if k is None else k,
        salt=salt,
        refused=len(keys) < 2,
    )
    return seal_entry(snapshot, seeds=(charter_seed,))
