"""Opens what is offered, and opens the same bytes once: they come by push, gossip and sync.

What was opened or refused is remembered by a digest of all its bytes, never by
id: else a stranger's bad signature, sent first, would block the good one.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from p2pevents.errors import RecordError
from p2pevents.record.entry import Entry, open_entry
from p2pevents.record.envelope import Verified, open_envelope

__all__ = [
    "OPENED_BYTES_MAX",
    "REFUSALS_MAX",
    "Item",
    "Opened",
    "Opener",
    "Opening",
    "Refusal",
    "Unopened",
    "open_item",
    "open_items",
    "take_turns_quickly",
]

REFUSALS_MAX: Final = 16_384  # remembered, some 200 bytes each
OPENED_BYTES_MAX: Final = 4 * 1024 * 1024  # of envelopes and bodies that are remembered
SWITCH_S: Final = 0.0005
_ENTRY_HEAD: Final = 0x82  # a charter entry is an array of two, a record's envelope one of four

Item = tuple[bytes, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why bytes are nothing that an honest peer sends: the rule that they broke, and in words."""

    rule: str
    detail: str


Opened = Verified | Entry | Refusal


Opening = Callable[[bytes, bytes | None], Verified | Entry]


def open_item(envelope: bytes, body: bytes | None) -> Verified | Entry:
    """Check the bytes of a record or of a charter entry, and return what is in them.

    Raises:
        RecordError: the rule that was broken.
    """
    if envelope[:1] != bytes((_ENTRY_HEAD,)):
        return open_envelope(envelope, body)
    if body is not None:
        raise RecordError("entry-body", "an entry has no body")
    return open_entry(envelope)


@dataclass(frozen=True, slots=True)
class Unopened:
    """An item that was not opened yet, and the digest by which it will be known."""

    digest: bytes
    item: Item


def open_items(items: Iterable[Unopened]) -> list[tuple[Unopened, Opened]]:
    """Open items, each beside what came of it.

    Nothing is shared, so that a thread may do it: the signature, the dearest part, is
    checked with the interpreter lock released.
    """
    return [(each, _opened(each.item, open_item)) for each in items]


def take_turns_quickly() -> None:
    """Let a thread that opens items have the interpreter back soon after each signature.

    By Python's own setting it waits 5 ms wherever the loop has work, for 50 us that it was
    away: beside a busy loop two threads then took 1.5 times as long, and the loop was no faster.
    """
    sys.setswitchinterval(SWITCH_S)


class Opener:
    """Opens items, and remembers what came of the last of them."""

    def __init__(self, opening: Opening = open_item) -> None:
        """Begin with nothing remembered.

        Args:
            opening: how bytes are checked and opened, as `open_item` does it.
        """
        self._opening = opening
        self._opened: OrderedDict[bytes, Verified | Entry] = OrderedDict()
        self._opened_bytes = 0
        self._refused: OrderedDict[bytes, Refusal] = OrderedDict()

    def open(self, item: Item) -> Opened:
        """Return what an item is."""
        digest = _digest(item)
        known = self._refused.get(digest) or self._opened.get(digest)
        if known is not None:
            return known
        opened = _opened(item, self._opening)
        self._remember(digest, item, opened)
        return opened

    def look(self, items: Sequence[Item]) -> list[Opened | Unopened]:
        """Return what each item is, as far as that is known: the others `open` has to check."""
        looked: list[Opened | Unopened] = []
        for item in items:
            digest = _digest(item)
            known = self._opened.get(digest) or self._refused.get(digest)
            looked.append(known or Unopened(digest, item))
        return looked

    def remember(self, opened: Iterable[tuple[Unopened, Opened]]) -> None:
        """Take over what `open_items` found elsewhere."""
        for each, found in opened:
            self._remember(each.digest, each.item, found)

    def _remember(self, digest: bytes, item: Item, opened: Opened) -> None:
        if isinstance(opened, Refusal):
            self._refused[digest] = opened
            if len(self._refused) > REFUSALS_MAX:
                self._refused.popitem(last=False)
            return
        if digest in self._opened:
            return
        self._opened[digest] = opened
        self._opened_bytes += _bytes_of(item)
        while self._opened_bytes > OPENED_BYTES_MAX:
            _, oldest = self._opened.popitem(last=False)
            self._opened_bytes -= _bytes_of(
                (oldest.envelope, None if isinstance(oldest, Entry) else oldest.body)
            )


def _opened(item: Item, opening: Opening) -> Opened:
    try:
        return opening(*item)
    except RecordError as error:
        return Refusal(rule=error.rule, detail=error.detail)


def _digest(item: Item) -> bytes:
    envelope, body = item
    digest = hashlib.sha256(len(envelope).to_bytes(4, "big") + envelope)
    digest.update(b"" if body is None else b"\1" + body)
    return digest.digest()


def _bytes_of(item: Item) -> int:
    envelope, body = item
    return len(envelope) + len(body or b"")
