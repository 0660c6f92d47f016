"""Opening the same bytes once for all nodes of one simulation: a pure function, remembered."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from p2pevents.errors import RecordError
from p2pevents.node.opener import open_item
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified

__all__ = ["REMEMBERED_MAX", "OpenOnce"]

REMEMBERED_MAX: Final = 16_384  # items; the one that was opened first is forgotten first


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
