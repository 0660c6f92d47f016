"""What is a pure function of bytes, done once for all nodes of one simulation, and remembered."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from p2pevents.errors import RecordError
from p2pevents.node.opener import open_item
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.sync.fingerprint import lanes_of

__all__ = ["REMEMBERED_MAX", "LanesOnce", "OpenOnce"]

REMEMBERED_MAX: Final = 16_384  # items; the one that was opened first is forgotten first
_LANES_MAX: Final = 4_096  # ids, of 2 KiB each


class OpenOnce:
    """`open_item`, which checks everything: what came of the same bytes comes of them again.

    A simulation hands one to its nodes and to its checker, and it ends with the simulation.
    What is refused is remembered too, by all its bytes. Each node's own door stands as it is.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[bytes, bytes | None], Verified | Entry | tuple[str, str]] = (
            OrderedDict()
        )

    def __call__(self, envelope: bytes, body: bytes | None) -> Verified | Entry:
        """Return what is in these bytes.

        Raises:
            RecordError: the rule that was broken.
        """
        key = envelope, body
        found = self._known.get(key)
        if found is None:
            try:
                found = open_item(envelope, body)
            except RecordError as error:
                found = error.rule, error.detail
            self._known[key] = found
            if len(self._known) > REMEMBERED_MAX:
                self._known.popitem(last=False)
        if isinstance(found, tuple):
            raise RecordError(*found)
        return found


class LanesOnce:
    """`lanes_of`, which hashes 2 KiB: every node adds the same ids to its sums."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def __call__(self, identifier: bytes) -> bytes:
        """Return the lanes of an id."""
        found = self._known.get(identifier)
        if found is None:
            found = self._known[identifier] = lanes_of(identifier)
            if len(self._known) > _LANES_MAX:
                self._known.popitem(last=False)
        return found
