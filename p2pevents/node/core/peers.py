"""The peers that this node knows: whom to dial, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from p2pevents.node.core.backoff import Backoff
from p2pevents.node.core.effects import Dial, HangUp, KeepAnchors
from p2pevents.node.core.inputs import Trust
from p2pevents.node.core.refusals import Refusals
from p2pevents.node.core.table import Table
from p2pevents.record.places import group_of

if TYPE_CHECKING:
    from random import Random

__all__ = [
    "ADDRESSES_MAX",
    "ANCHORS_MAX",
    "DIALS_MAX",
    "GROUP_MAX",
    "PEERS_MAX",
    "PEER_TABLE",
    "TURN_MS",
    "Peer",
    "PeerPhase",
    "Peers",
]

PEERS_MAX: Final = (
    1024  # known and not connected; above it hearsay goes first, then who failed most
)
ADDRESSES_MAX: Final = 8  # of one peer
DIALS_MAX: Final = 4  # at once
CROWDED_MS: Final = 60_000  # so long a peer rests for which there is no room in its part
ANCHORS_MAX: Final = 4  # peers kept for the next start
TURN_MS: Final = 600_000  # after which a peer that was dialled makes way for another
LONELY_TURN_MS: Final = 120_000  # the same where none of them has brought anything new
TURN_REST_MS: Final = 4 * 3_600_000  # and so long it rests then
TURNING_PEERS_MIN: Final = 4  # with fewer connections each of them counts
GROUP_MAX: Final = 2  # outbound connections into one part of the internet (`group_of`)


class PeerPhase(Enum):
    """Where a peer stands."""

    RESTING = "resting"
    DIALLING = "dialling"
    CONNECTED = "connected"


PEER_TABLE: Final[Table[PeerPhase]] = {
    PeerPhase.RESTING: {"dial": PeerPhase.DIALLING, "connected": PeerPhase.CONNECTED},
    PeerPhase.DIALLING: {"connected": PeerPhase.CONNECTED, "failed": PeerPhase.RESTING},
    PeerPhase.CONNECTED: {"lost": PeerPhase.RESTING},
}


@dataclass(slots=True, kw_only=True)
class Peer:
    """One peer as the core knows it; `trust` is that of who said so, `at` where it is dialled."""

    name: str
    addresses: tuple[str, ...] = ()
    trust: Trust = Trust.HEARSAY
    at: str = ""
    is_outbound: bool = False
    phase: PeerPhase = PeerPhase.RESTING
    backoff: Backoff = field(default_factory=Backoff)
    connected_ms: int = 0
    is_turned_away: bool = False
    brought_ms: int | None = None  # when it last brought something new; None where never

    def move(self, word: str) -> bool:
        """Follow the table, and tell whether the word leads anywhere from here."""
        after = PEER_TABLE[self.phase].get(word)
        if after is None:
            return False
        self.phase = after
        return True


class Peers:
    """The book of peers, and the dials under way."""

    def __init__(self, *, outbound_peers: int) -> None:
        self._outbound_peers = outbound_peers
        self._book: dict[str, Peer] = {}
        self._refusals = Refusals()
        self._turn_ms: int | None = None
        self._anchors: tuple[tuple[str, str], ...] = ()
        # Asked with every input, and counted again when a peer moves or rests until another time:
        self._room: int | None = None  # for dials
        self._held: list[Peer] | None = None  # the outbound ones
        self._rested_ms: int | None = None  # when the first that may be dialled is due
        self._is_rested_known = False

    def __iter__(self) -> Iterator[Peer]:
        return iter(self._book.values())

    def learn(self, name: str, addresses: tuple[str, ...], *, trust: Trust) -> None:
        """Take in where a peer may be reached: before what is known if it is trusted as much."""
        peer = self._book.setdefault(name, Peer(name=name))
        if trust >= peer.trust:
            merged = (*addresses, *peer.addresses)
        else:
            merged = (*peer.addresses, *addresses)
        peer.addresses = tuple(dict.fromkeys(merged))[:ADDRESSES_MAX]
        peer.trust = max(peer.trust, trust)
        self._is_rested_known = False
        if trust is Trust.ANCHOR:
            peer.trust = Trust.MET  # whether it still is one, `_anchors` says
            self._anchors = (*self._anchors, (name, addresses[0]))[:ANCHORS_MAX]
        self._forget_surplus()

    def connected(self, name: str, *, is_outbound: bool, now_ms: int, address: str = "") -> bool:
        """Take in a connection, and tell whether it is the peer's first."""
        peer = self._book.setdefault(name, Peer(name=name))
        if not peer.move("connected"):
            return False
        self._moved()
        peer.is_outbound = is_outbound
        peer.connected_ms = now_ms
        peer.brought_ms = None
        peer.at = address if is_outbound else ""
        if peer.at:
            self._refusals.answered(address)
            peer.trust = max(peer.trust, Trust.MET)
        return True

    def lost(self, name: str, *, now_ms: int, rng: Random) -> None:
        """Take in that a peer is gone: the next dial waits, the less the longer it stayed."""
        peer = self._book.get(name)
        if peer is None or not peer.move("lost"):
            return
        self._moved()
        paid = peer.backoff.paid(now_ms - peer.connected_ms)
        peer.backoff = paid.failed(now_ms=now_ms, rng=rng)
        if peer.is_turned_away:
            peer.is_turned_away = False
            peer.backoff = Backoff(due_ms=now_ms + TURN_REST_MS)
        if not peer.addresses:
            del self._book[name]

    def brought(self, name: str, *, now_ms: int) -> None:
        """Take in that a comparison with a peer brought something new."""
        peer = self._book.get(name)
        if peer is not None:
            peer.brought_ms = now_ms

    def new_anchors(self) -> KeepAnchors | None:
        """Return the peers to begin with after a restart, where they are others than before.

        Those that were dialled, brought something new and stayed longest: a crowd that
        comes by while a node is off, or that makes it start again, is not among them.
        """
        held = [
            (peer.name, peer.at)
            for peer in sorted(self._outbound(), key=lambda peer: peer.connected_ms)
            if peer.brought_ms is not None and peer.at
        ]
        # Who is gone at this moment stays until others have taken its place.
        names = {name for name, _ in held}
        kept = [*held, *(each for each in self._anchors if each[0] not in names)]
        anchors = tuple(kept[:ANCHORS_MAX])
        if anchors == self._anchors:
            return None
        self._anchors = anchors
        return KeepAnchors(peers=anchors)

    def turn(self, *, now_ms: int) -> HangUp | None:
        """Return who makes way for another, now and then: of whom nothing new has come longest.

        Otherwise those who once hold all the connections of a node keep them.
        """
        held = [peer for peer in self._outbound() if peer.phase is PeerPhase.CONNECTED]
        if len(held) < max(self._outbound_peers, TURNING_PEERS_MIN):
            self._turn_ms = None
            return None
        if self._turn_ms is not None and now_ms < self._turn_ms:
            return None
        is_told = any(peer.brought_ms is not None for peer in held)
        pause_ms = TURN_MS if is_told else LONELY_TURN_MS
        is_first, self._turn_ms = self._turn_ms is None, now_ms + pause_ms
        if is_first:
            return None
        anchors = {name for name, _ in self._anchors}
        leaves = [
            peer
            for peer in held
            if peer.trust is not Trust.CONFIGURED
            and peer.name not in anchors
            and now_ms - peer.connected_ms >= pause_ms
        ]
        if not leaves or not any(each.backoff.due_ms <= now_ms for each in self._candidates()):
            return None
        worst = min(leaves, key=lambda peer: (peer.brought_ms or 0, peer.connected_ms))
        worst.is_turned_away = True
        return HangUp(peer=worst.name)

    def not_there(self, addresses: Sequence[str], *, now_ms: int, rng: Random) -> None:
        """Take in that places were dialled in vain, in one dial."""
        self._refusals.failed(addresses, now_ms=now_ms, rng=rng)

    def dial_failed(self, name: str, *, now_ms: int, rng: Random) -> None:
        """Take in that nobody answered."""
        peer = self._book.get(name)
        if peer is not None and peer.move("failed"):
            self._moved()
            peer.backoff = peer.backoff.failed(now_ms=now_ms, rng=rng)

    def due_ms(self) -> int | None:
        """When the next dial is due; None where none is wanted."""
        if self._wanted() <= 0:
            return self._turn_ms
        return self._first_due_ms()

    def dials(self, *, now_ms: int, rng: Random) -> list[Dial]:
        """Return the dials that are due.

        Configured peers and anchors come first; then one that was met before and one of
        hearsay by turns, so that no number of names crowds out the known ones.
        """
        dials: list[Dial] = []
        wanted = self._wanted()
        first_due_ms = self._first_due_ms() if wanted > 0 else None
        if first_due_ms is None or first_due_ms > now_ms:
            return dials
        due = [peer for peer in self._candidates() if peer.backoff.due_ms <= now_ms]
        rng.shuffle(due)
        for peer in _by_turns(due, anchors={name for name, _ in self._anchors}):
            addresses = self._dialable(peer, now_ms=now_ms)
            if not addresses:
                continue
            peer.move("dial")
            self._moved()
            peer.at = addresses[0]
            dials.append(Dial(peer=peer.name, addresses=addresses))
            if len(dials) == wanted:
                break
        return dials

    def _moved(self) -> None:
        """Count again when that is asked for."""
        self._room = self._held = None
        self._is_rested_known = False

    def _first_due_ms(self) -> int | None:
        """Return when the first peer that may be dialled is due; None where there is none."""
        if not self._is_rested_known:
            times_ms = (peer.backoff.due_ms for peer in self._candidates())
            self._rested_ms = min(times_ms, default=None)
            self._is_rested_known = True
        return self._rested_ms

    def _candidates(self) -> Iterator[Peer]:
        return (peer for peer in self if peer.phase is PeerPhase.RESTING and peer.addresses)

    def _dialable(self, peer: Peer, *, now_ms: int) -> tuple[str, ...]:
        """Return the addresses of a peer that may be dialled now; with none it rests a while."""
        if peer.trust is Trust.CONFIGURED:
            return peer.addresses
        crowded = self._crowded()
        times_ms = {
            each: now_ms + CROWDED_MS if group_of(each) in crowded else self._refusals.due_ms(each)
            for each in peer.addresses
        }
        allowed = tuple(each for each, due_ms in times_ms.items() if due_ms <= now_ms)
        if not allowed:
            peer.backoff = replace(peer.backoff, due_ms=min(times_ms.values()))
            self._is_rested_known = False
        return allowed

    def _crowded(self) -> set[str]:
        """Return the parts of the internet with as many outbound connections as may be."""
        groups = Counter(
            group for peer in self._outbound() if (group := group_of(peer.at)) is not None
        )
        return {group for group, count in groups.items() if count >= GROUP_MAX}

    def _outbound(self) -> list[Peer]:
        """Return the peers that are dialled, or connected because they were."""
        if self._held is None:
            self._held = [
                peer
                for peer in self._book.values()
                if peer.phase is PeerPhase.DIALLING
                or (peer.is_outbound and peer.phase is PeerPhase.CONNECTED)
            ]
        return self._held

    def _wanted(self) -> int:
        """How many more dials may begin now."""
        if self._room is None:
            outbound = self._outbound()
            dialling = sum(peer.phase is PeerPhase.DIALLING for peer in outbound)
            self._room = min(DIALS_MAX - dialling, self._outbound_peers - len(outbound))
        return self._room

    def _forget_surplus(self) -> None:
        while len(self._book) > PEERS_MAX:
            resting = [
                peer
                for peer in self
                if peer.phase is PeerPhase.RESTING and peer.trust is not Trust.CONFIGURED
            ]
            if not resting:
                return
            worst = max(resting, key=lambda peer: (-peer.trust, peer.backoff.failures))
            del self._book[worst.name]


def _by_turns(peers: Sequence[Peer], *, anchors: Collection[str]) -> Iterator[Peer]:
    """Yield configured peers, anchors, then those met before and those of hearsay by turns."""
    by_trust: dict[Trust, list[Peer]] = {trust: [] for trust in Trust}
    for peer in peers:
        is_first = peer.name in anchors and peer.trust is not Trust.CONFIGURED
        by_trust[Trust.ANCHOR if is_first else peer.trust].append(peer)
    yield from by_trust[Trust.CONFIGURED]
    yield from by_trust[Trust.ANCHOR]
    for pair in zip_longest(by_trust[Trust.MET], by_trust[Trust.HEARSAY]):
        yield from (peer for peer in pair if peer is not None)
