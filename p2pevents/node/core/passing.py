"""Which gossip is passed on: reject, ignore or accept, for a whole bundle."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from p2pevents.record.verdict import Verdict

__all__ = ["FRESH_MS_MAX", "PASSED_MAX", "Judged", "Passing"]

FRESH_MS_MAX: Final = 600_000  # a known record may still be on its way for so long
PASSED_MAX: Final = 16_384  # ids remembered as passed on


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What ingest said of one item of a bundle.

    Attributes:
        id: the record's; empty where it could not be read.
        verdict: of ingest.
        is_new: it was not known before.
        clock: the record's, in ms; 0 for a charter entry.
    """

    id: bytes
    verdict: Verdict
    is_new: bool
    clock: int


class Passing:
    """Remembers what was passed on, and judges each bundle by that.

    A record often comes by push before its gossip does. Were its gossip then
    ignored as known, it would stop one step from its author: so what is known
    but fresh is passed on, once.
    """

    def __init__(self) -> None:
        self._passed: OrderedDict[bytes, None] = OrderedDict()

    def verdict(self, items: Sequence[Judged], *, now_ms: int) -> Verdict:
        """Return what gossip is to do with a bundle whose items were judged so."""
        if any(item.verdict is Verdict.REJECT for item in items):
            return Verdict.REJECT
        worth = [
            item.id
            for item in items
            if item.verdict is Verdict.ACCEPT
            and item.id not in self._passed
            and (item.is_new or item.clock >= now_ms - FRESH_MS_MAX)
        ]
        for identifier in worth:
            self._passed[identifier] = None
        while len(self._passed) > PASSED_MAX:
            self._passed.popitem(last=False)
        return Verdict.ACCEPT if worth else Verdict.IGNORE
