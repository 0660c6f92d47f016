"""Whether the key files can be read, by their owner alone."""

from __future__ import annotations

from collections.abc import Iterator

from p2pevents.keys.keyring import Keyring
from p2pevents.keys.node_key import load_node_key
from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["keys_are_sound"]


def keys_are_sound(patient: Patient) -> Iterator[Finding]:
    """Read every key file without a passphrase: whether it is whole, and closed to others."""
    home = patient.home
    if home.node_key.exists():
        load_node_key(home.node_key)
    keyring = Keyring(home.keys)
    keys, sheets = keyring.list(), keyring.sheets()
    locked = sum(stored.locked for stored in keys)
    if not keys:
        yield Finding(grade=Grade.GOOD, message="no organiser's key is here, and none is needed")
        return
    yield Finding(
        grade=Grade.GOOD,
        message=f"{len(keys)} of an organiser, {locked} under a passphrase"
        if locked
        else f"{len(keys)} of an organiser, none under a passphrase",
    )
    if sheets:
        yield Finding(
            grade=Grade.NOTE,
            message=f"{len(sheets)} of a charter on this machine still",
            hint="on paper they are safe from thieves: p2pevents chapter sheet confirm",
        )
