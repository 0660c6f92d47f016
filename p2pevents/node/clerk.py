"""What a node does for its core and needs no network for: what is read, written, judged.

Synchronous, and free of trio: the daemon and a simulated node have a clerk each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from p2pevents.errors import RecordError
from p2pevents.log.local import Delivery, KnownPeer
from p2pevents.log.notes import read_note
from p2pevents.log.protocol import Log
from p2pevents.node.core.effects import KeepAnchors, MarkAnnounced
from p2pevents.node.core.inputs import OwnRecord, PeersKnown, Trust, Written
from p2pevents.node.core.passing import Judged, Passing
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.opener import Refusal
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import EntryId, RecordId
from p2pevents.record.places import peer_of
from p2pevents.record.verdict import Verdict
from p2pevents.sync.bundle import Item, decode_bundle

__all__ = ["Clerk", "Heard"]

_ANCHORS_NOTE = "anchors"
_ADDRESSES_MAX = 8  # kept of a peer that was reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of one gossip message: whether to pass it on, and whether it brought news."""

    verdict: Verdict
    is_news: bool


class Clerk:
    """The log's side of a node: what its core is told of it, and what it has kept there."""

    def __init__(
        self, *, log: Log, ingest: Ingest, passing: Passing, now_ms: Callable[[], int]
    ) -> None:
        """Begin a life of a node.

        Args:
            log: its log.
            ingest: the door to it.
            passing: its core's memory of what was passed on.
            now_ms: the clock, in ms since 1970.
        """
        self._log = log
        self._ingest = ingest
        self._passing = passing
        self._now_ms = now_ms
        self._handed_over: set[bytes] = set()
        self._reached: dict[bytes, int] = {}

    def written(self, *, steady_ms: int) -> Written | None:
        """Return the own records that wait to be announced and were not handed over before.

        Args:
            steady_ms: the core's time. A record's clock is told in it: how long ago counts,
                and the clock on the wall may have been set meanwhile.
        """
        waiting = {each.item for each in self._log.local.outbox()}
        self._handed_over &= waiting
        fresh = waiting - self._handed_over
        if not fresh:
            return None
        self._handed_over |= fresh
        return Written(records=_own(self._log, fresh, ahead_ms=steady_ms - self._now_ms()))

    def read_on(self) -> None:
        """Take in what other processes wrote."""
        self._ingest.read_on(now_ms=self._now_ms())

    def mark_announced(self, effect: MarkAnnounced) -> None:
        """Note how many peers own items reached, until `keep_marks` writes it.

        Whoever has something to send does not wait for the disk because of it. What is
        lost with a crash is announced once more.
        """
        for each in effect.ids:
            self._reached[each] = max(self._reached.get(each, 0), effect.peers)

    def keep_marks(self) -> None:
        """Keep with own items how many peers they reached, in one commit."""
        if not self._reached:
            return
        with self._log.together():
            for each in self._log.local.deliveries(self._reached).values():
                self._log.local.set_delivery(
                    Delivery(
                        item=each.item,
                        announced_ms=each.announced_ms or self._now_ms(),
                        peers=max(each.peers, self._reached[each.item]),
                    )
                )
        self._reached.clear()

    def reached(self, peer: str, address: str) -> None:
        """Keep that a peer answered at an address."""
        local = self._log.local
        known = local.peer(peer)
        others = tuple(each for each in (known.addresses if known else ()) if each != address)
        local.set_peer(
            KnownPeer(
                peer=peer,
                addresses=(address, *others)[:_ADDRESSES_MAX],
                seen_ms=self._now_ms(),
                cursor=known.cursor if known else None,
            )
        )

    def keep_anchors(self, effect: KeepAnchors) -> None:
        """Keep whom to dial first at the next start."""
        said = "\n".join(address for _, address in effect.peers)
        self._log.local.set_note(_ANCHORS_NOTE, said.encode("utf-8"))

    def anchors(self) -> PeersKnown | None:
        """Return whom to dial first: those that were kept before this start."""
        said = read_note(self._log.local, _ANCHORS_NOTE, lambda note: note.decode("utf-8"))
        if not said:
            return None
        known = tuple((peer_of(each), (each,)) for each in said.split("\n"))
        return PeersKnown(addresses=known, trust=Trust.ANCHOR)

    def known_peers(self) -> PeersKnown | None:
        """Return the peers that the log knows an address of."""
        known = tuple(
            (peer.peer, peer.addresses) for peer in self._log.local.peers() if peer.addresses
        )
        return PeersKnown(addresses=known, trust=Trust.MET) if known else None

    def ids_of(self, items: Sequence[Item]) -> tuple[bytes, ...]:
        """Return the ids of own items that a peer has committed."""
        opened = self._ingest.open(items)
        return tuple(each.id for each in opened if not isinstance(each, Refusal))

    def hear(self, data: bytes) -> Heard:
        """Take in one gossip message, and judge whether it is passed on."""
        try:
            items = decode_bundle(data)
        except RecordError:
            return Heard(verdict=Verdict.REJECT, is_news=False)
        findings = self._ingest.offer(items, now_ms=self._now_ms())
        judged = [
            Judged(
                id=finding.item.id if finding.item else b"",
                verdict=finding.verdict,
                is_new=finding.why is Why.NEW,
                clock=_clock_of(finding.item),
            )
            for finding in findings
        ]
        return Heard(
            verdict=self._passing.verdict(judged, now_ms=self._now_ms()),
            is_news=any(finding.why in {Why.NEW, Why.COMPLETED} for finding in findings),
        )


def _clock_of(item: Verified | Entry | None) -> int:
    return 0 if item is None or isinstance(item, Entry) else item.header.clock


def _own(log: Log, ids: Collection[bytes], *, ahead_ms: int) -> tuple[OwnRecord, ...]:
    """Return own items as the core hands them out: charter entries, then records as they came."""
    records = log.records([RecordId(each) for each in ids])
    missing = set(ids) - {stored.id for stored in records}
    held = [stored for each in missing if (stored := log.entry(EntryId(each))) is not None]
    entries = sorted(held, key=lambda stored: stored.arrival)
    return (
        *(
            OwnRecord(id=each.id, clock=each.seen_ms + ahead_ms, item=(each.entry.envelope, None))
            for each in entries
        ),
        *(
            OwnRecord(
                id=each.id, clock=each.header.clock + ahead_ms, item=(each.envelope, each.body)
            )
            for each in sorted(records, key=lambda stored: stored.arrival)
        ),
    )
