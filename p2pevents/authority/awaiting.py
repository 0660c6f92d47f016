"""An entry that awaits signatures: what leads and guardians send each other until it is whole.

It travels as one text, in a letter or a file; signatures are detached, and
whoever holds two copies joins them. Specified in docs/spec/awaiting.md.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from p2pevents.errors import InputError, RecordError
from p2pevents.record import cbor
from p2pevents.record.entry import (
    ENTRY_BYTES_MAX,
    Entry,
    entry_id,
    open_entry,
    seal_entry,
    unite,
)
from p2pevents.record.ids import ChapterId, EntryId, PublicKey
from p2pevents.record.snapshot import Snapshot

__all__ = [
    "AWAITING_CHARACTERS_MAX",
    "AWAITING_PREFIX",
    "Awaiting",
    "decode_awaiting",
    "read_awaiting",
]

AWAITING_PREFIX: Final = "p2pevents-entry:"
AWAITING_CHARACTERS_MAX: Final = 16 * 1024  # with the line ends that a letter puts in

_TEXT = re.compile(r"u[A-Za-z0-9_-]+", re.ASCII)
_SPACE = re.compile(r"\s+")
_HINT: Final = "ask whoever sent it for the whole text, or for its file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """A snapshot on its way to becoming an entry.

    Attributes:
        snapshot: what is to be signed; never a genesis.
        entry: the same with the signatures so far, each of them checked; None before the first.
    """

    snapshot: Snapshot
    entry: Entry | None = None

    @property
    def id(self) -> EntryId:
        """The id of the entry that this becomes: signatures have no part in it."""
        return entry_id(self.snapshot.encode())

    @property
    def chapter(self) -> ChapterId:
        """The chapter that it belongs to."""
        return self.snapshot.chapter or ChapterId(self.id)

    @property
    def signers(self) -> frozenset[PublicKey]:
        """The keys that signed so far."""
        return self.entry.signers if self.entry else frozenset()

    @property
    def encoded(self) -> bytes:
        """The bytes that travel: an entry's, whose signatures may be none."""
        if self.entry is not None:
            return self.entry.envelope
        return cbor.encode([self.snapshot.encode(), []], bytes_max=ENTRY_BYTES_MAX)

    @property
    def text(self) -> str:
        """The text that travels: the prefix, the letter `u` and unpadded base64url."""
        return AWAITING_PREFIX + "u" + urlsafe_b64encode(self.encoded).decode("ascii").rstrip("=")

    def signed(self, seeds: Iterable[bytes]) -> Awaiting:
        """Return it with the signatures of the keys that these 32-byte seeds make.

        Raises:
            RecordError: `entry-signatures` where more than fourteen keys signed, or none.
        """
        mine = seal_entry(self.snapshot, seeds=seeds)
        return Awaiting(
            snapshot=self.snapshot, entry=unite(self.entry, mine) if self.entry else mine
        )

    def joined(self, other: Awaiting) -> Awaiting:
        """Return it with the signatures of both.

        Raises:
            RecordError: `entry-id` where they are not one entry, `entry-signatures` where more
                than fourteen keys signed.
        """
        if self.snapshot != other.snapshot:
            raise RecordError("entry-id", "two different entries have no signatures to share")
        if self.entry is None or other.entry is None:
            return Awaiting(snapshot=self.snapshot, entry=self.entry or other.entry)
        return Awaiting(snapshot=self.snapshot, entry=unite(self.entry, other.entry))


def read_awaiting(text: str) -> Awaiting:
    """Read an entry that awaits signatures from its text; spaces and line ends mean nothing.

    Raises:
        InputError: it is no such text, or is not whole.
    """
    if len(text) > AWAITING_CHARACTERS_MAX:
        raise InputError(f"more than {AWAITING_CHARACTERS_MAX} characters: no entry", hint=_HINT)
    compact = _SPACE.sub("", text)
    said = compact.removeprefix(AWAITING_PREFIX)
    if said == compact or not _TEXT.fullmatch(said):
        raise InputError(
            f"{compact[:40]!r} is not an entry that awaits signatures",
            hint=f"it begins with {AWAITING_PREFIX}u",
        )
    try:
        data = urlsafe_b64decode(said[1:] + "=" * (-len(said[1:]) % 4))
        return decode_awaiting(data)
    except (binascii.Error, RecordError) as error:
        detail = error.detail if isinstance(error, RecordError) else "letters are missing"
        raise InputError(f"the entry cannot be read: {detail}", hint=_HINT) from None


def decode_awaiting(data: bytes) -> Awaiting:
    """Read the bytes that travel, and check every signature.

    Raises:
        RecordError: `cbor-*` or `entry-*`, the rule that was broken.
    """
    value = cbor.decode(data, bytes_max=ENTRY_BYTES_MAX)
    if isinstance(value, list) and len(value) == 2 and value[1] == []:
        if type(value[0]) is not bytes:
            raise RecordError("entry-shape", "not a snapshot and its signatures")
        found = Awaiting(snapshot=Snapshot.decode(value[0]))
    else:
        entry = open_entry(data)
        found = Awaiting(snapshot=entry.snapshot, entry=entry)
    if found.snapshot.seq == 0:
        raise RecordError("entry-seq", "a genesis awaits no signatures")
    return found
