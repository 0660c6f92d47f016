"""The entries that await signatures on this home, and which entries each key here signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from p2pevents.authority.awaiting import Awaiting, decode_awaiting
from p2pevents.errors import RecordError, StateError
from p2pevents.log.local import LocalState
from p2pevents.log.notes import read_note
from p2pevents.record import cbor
from p2pevents.record.ids import EntryId, PublicKey

__all__ = ["PENDING_MAX", "SIGNED_MAX", "Pending"]

PENDING_MAX: Final = 64
SIGNED_MAX: Final = 1024  # signatures that are remembered; the oldest go first
_PENDING_NOTE: Final = "pending-entries"
_SIGNED_NOTE: Final = "signed-entries"
_NOTE_BYTES_MAX: Final = 512 * 1024
_NOTE_ITEMS_MAX: Final = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """That a key signed an entry after another."""

    after: EntryId
    key: PublicKey
    entry: EntryId


class Pending:
    """What waits, in the home's local state.

    Args:
        local: where it is kept.
    """

    def __init__(self, local: LocalState) -> None:
        self._local = local

    def all(self) -> list[Awaiting]:
        """Return what waits, the oldest first."""
        return read_note(self._local, _PENDING_NOTE, _read_waiting) or []

    def take(self, awaiting: Awaiting) -> Awaiting:
        """Keep an entry, joined with the copy that is here, and return it.

        Raises:
            StateError: too many wait.
        """
        waiting = self.all()
        for place, known in enumerate(waiting):
            if known.id == awaiting.id:
                waiting[place] = joined = known.joined(awaiting)
                self._keep(waiting)
                return joined
        if len(waiting) >= PENDING_MAX:
            raise StateError(
                f"{PENDING_MAX} entries await signatures here already",
                hint="p2pevents organiser pending lists them; refuse makes room",
            )
        self._keep([*waiting, awaiting])
        return awaiting

    def drop(self, entry: EntryId) -> bool:
        """Keep an entry no longer; tells whether it was here."""
        waiting = self.all()
        kept = [awaiting for awaiting in waiting if awaiting.id != entry]
        self._keep(kept)
        return len(kept) < len(waiting)

    def signed_after(self, after: EntryId, key: PublicKey) -> frozenset[EntryId]:
        """Return the entries after `after` that a key signed on this home."""
        return frozenset(
            each.entry for each in self._signed() if (each.after, each.key) == (after, key)
        )

    def remember_signed(self, awaiting: Awaiting, key: PublicKey) -> None:
        """Remember that a key signs an entry: a second one after the same entry could part all."""
        known = self._signed()
        news = [
            _Signed(after=after, key=key, entry=awaiting.id) for after in awaiting.snapshot.prev
        ]
        rows = [*known, *(each for each in news if each not in known)][-SIGNED_MAX:]
        _write(self._local, _SIGNED_NOTE, [[each.after, each.key, each.entry] for each in rows])

    def _signed(self) -> list[_Signed]:
        return read_note(self._local, _SIGNED_NOTE, _read_signed) or []

    def _keep(self, waiting: list[Awaiting]) -> None:
        _write(self._local, _PENDING_NOTE, [awaiting.encoded for awaiting in waiting])


def _read_waiting(note: bytes) -> list[Awaiting]:
    found = []
    for data in _rows(note):
        try:
            found.append(decode_awaiting(data))
        except RecordError:  # written by another version: nothing that anyone could sign
            continue
    return found


def _read_signed(note: bytes) -> list[_Signed]:
    return [
        _Signed(after=EntryId(after), key=PublicKey(key), entry=EntryId(entry))
        for after, key, entry in _rows(note)
    ]


def _rows(note: bytes) -> list[Any]:
    return list(cbor.decode(note, bytes_max=_NOTE_BYTES_MAX, items_max=_NOTE_ITEMS_MAX))


def _write(local: LocalState, note: str, rows: list[Any]) -> None:
    data = cbor.encode(rows, bytes_max=_NOTE_BYTES_MAX, items_max=_NOTE_ITEMS_MAX)
    local.set_note(note, data if rows else None)
