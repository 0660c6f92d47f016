"""Own records on their way out: bundled and paced, or left to sync."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from p2pevents.node.core.backoff import Backoff
from p2pevents.node.core.effects import MarkAnnounced, Publish
from p2pevents.node.core.inputs import OwnRecord, Written
from p2pevents.sync.bundle import BUNDLE_ITEMS_MAX, Item, bundles_of, encode_bundle

if TYPE_CHECKING:
    from random import Random

__all__ = [
    "BURST_RECORDS_MAX",
    "GOSSIP_AGE_MS_MAX",
    "OWN_RECORDS_MAX",
    "PUBLISH_PAUSE_MS",
    "Outbox",
]

PUBLISH_PAUSE_MS: Final = 250  # gossip drops what comes faster than it is sent on
BURST_RECORDS_MAX: Final = 128  # more at once are an import: sync brings them
GOSSIP_AGE_MS_MAX: Final = 24 * 3600 * 1000  # what is older is history
OWN_RECORDS_MAX: Final = 100_000  # watched until a peer has them; the log keeps all


class Outbox:
    """What waits for gossip, what waits for sync alone, and what is under way.

    `written` counts own records: a comparison that began at a count covers all
    up to it.
    """

    def __init__(self, *, waits_for_comparison: bool = False) -> None:
        """Begin with nothing written.

        Args:
            waits_for_comparison: what was gossiped or pushed does not yet count as announced.
        """
        self._waits_for_comparison = waits_for_comparison
        self.written = 0
        self._to_gossip: OrderedDict[bytes, OwnRecord] = OrderedDict()
        self._by_sync: OrderedDict[bytes, int] = OrderedDict()
        self._under_way: tuple[bytes, ...] = ()
        self._silence = Backoff()
        self._due_ms = 0

    @property
    def due_ms(self) -> int | None:
        """When the next bundle may go; None while nothing waits or one is under way."""
        if self._under_way or not self._to_gossip:
            return None
        return max(self._due_ms, self._silence.due_ms)

    def add(self, given: Written, *, now_ms: int) -> tuple[Item, ...]:
        """Take in own records and return those to push at once: none of them is history."""
        self.written += len(given.records)
        fresh = [each for each in given.records if each.clock > now_ms - GOSSIP_AGE_MS_MAX]
        if given.is_history or len(self._to_gossip) + len(fresh) > BURST_RECORDS_MAX:
            fresh = []
        for record in given.records:
            self._by_sync[record.id] = self.written
        for record in fresh:
            self._to_gossip[record.id] = record
        while len(self._by_sync) > OWN_RECORDS_MAX:
            self._by_sync.popitem(last=False)
        return tuple(each.item for each in fresh)

    def heard(self) -> None:
        """Somebody new may be listening: try at once."""
        self._silence = Backoff()

    def next_bundle(self, *, now_ms: int) -> Publish | None:
        """Return the next bundle where one is due."""
        due_ms = self.due_ms
        if due_ms is None or due_ms > now_ms:
            return None
        for identifier, record in list(self._to_gossip.items()):
            if record.clock <= now_ms - GOSSIP_AGE_MS_MAX:
                del self._to_gossip[identifier]
        records = list(self._to_gossip.values())[:BUNDLE_ITEMS_MAX]
        if not records:
            return None
        bundle = bundles_of(tuple(each.item for each in records))[0]
        self._under_way = tuple(each.id for each in records[: len(bundle)])
        return Publish(data=encode_bundle(bundle), ids=self._under_way)

    def published(self, peers: int, *, now_ms: int, rng: Random) -> MarkAnnounced | None:
        """Take in how many peers the bundle under way was handed to."""
        ids, self._under_way = self._under_way, ()
        self._due_ms = now_ms + PUBLISH_PAUSE_MS
        if peers == 0:
            self._silence = self._silence.failed(now_ms=now_ms, rng=rng)
            return None
        self._silence = Backoff()
        for identifier in ids:
            self._to_gossip.pop(identifier, None)
        if not ids or self._waits_for_comparison:
            return None
        return MarkAnnounced(ids=ids, peers=peers)

    def compared(self, *, covered: int) -> MarkAnnounced | None:
        """A peer now holds all that was written up to `covered`."""
        ids = tuple(each for each, count in self._by_sync.items() if count <= covered)
        for identifier in ids:
            del self._by_sync[identifier]
        return MarkAnnounced(ids=ids, peers=1) if ids else None

    def announced(self, ids: tuple[bytes, ...]) -> MarkAnnounced | None:
        """A peer has committed a push of these; gossip still takes them to others."""
        return None if self._waits_for_comparison else MarkAnnounced(ids=ids, peers=1)
