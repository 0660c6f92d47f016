"""Opens what is offered, and opens the same bytes once: they come by push, gossip and sync.

What was opened or refused is remembered by all its bytes, never by id: else a
stranger's bad signature, sent first, would block the good one.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
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


def open_items(items: Iterable[Item]) -> list[Opened]:
    """Open items, and return what each is.

    Nothing is shared, so that a thread may do it: the signature, the dearest part, is
    checked with the interpreter lock released.
    """
    return [_opened(item, open_item) for item in items]


def take_turns_quickly() -> None:
    """Let a thread that opens items have the interpreter back soon after each signature.

    By Python's own setting it waits 5 ms wherever the loop has work, for 50 us that it was
    away: a bulk sync then takes 1.05 times as long on quiet cores (docs/performance.md).
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
        self._opened: OrderedDict[Item, Verified | Entry] = OrderedDict()
        self._opened_bytes = 0
        # By a digest: whoever sends what is refused shall not have its bytes kept.
        self._refused: OrderedDict[bytes, Refusal] = OrderedDict()

    def open(self, item: Item) -> Opened:
        """Return what an item is."""
        known = self.look(item)
        if known is not None:
            return known
        opened = _opened(item, self._opening)
        self.remember(item, opened)
        return opened

    def look(self, item: Item) -> Opened | None:
        """Return what an item is, if that is known: else `open` has to check it."""
        known = self._opened.get(item)
        if known is None and self._refused:
            return self._refused.get(_digest(item))
        return known

    def remember(self, item: Item, opened: Opened) -> None:
        """Take over what `open_items` found elsewhere."""
        if isinstance(opened, Refusal):
            self._refused[_digest(item)] = opened
            if len(self._refused) > REFUSALS_MAX:
                self._refused.popitem(last=False)
            return
        if item in self._opened:
            return
        self._opened[item] = opened
        self._opened_bytes += _bytes_of(item)
        while self._opened_bytes > OPENED_BYTES_MAX:
            oldest, _ = self._opened.popitem(last=False)
            self._opened_bytes -= _bytes_of(oldest)


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
