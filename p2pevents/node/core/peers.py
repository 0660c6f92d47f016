"""The peers that this node knows: whom to dial, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from p2pevents.node.core.backoff import Backoff
from p2pevents.node.core.effects import Dial
from p2pevents.node.core.table import Table

if TYPE_CHECKING:
    from random import Random

__all__ = ["DIALS_MAX", "PEERS_MAX", "PEER_TABLE", "STABLE_MS", "Peer", "PeerPhase", "Peers"]

PEERS_MAX: Final = 1024  # known and not connected; above it the one that failed most is forgotten
DIALS_MAX: Final = 4  # at once
STABLE_MS: Final = 30_000  # a connection that lasted so long clears the failures before it


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
    """One peer as the core knows it."""

    name: str
    addresses: tuple[str, ...] = ()
    is_configured: bool = False
    is_outbound: bool = False
    phase: PeerPhase = PeerPhase.RESTING
    backoff: Backoff = field(default_factory=Backoff)
    connected_ms: int = 0

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

    def __iter__(self) -> Iterator[Peer]:
        return iter(self._book.values())

    def learn(self, name: str, addresses: tuple[str, ...], *, is_configured: bool) -> None:
        """Take in where a peer may be reached; what is known already comes after."""
        peer = self._book.setdefault(name, Peer(name=name))
        peer.addresses = tuple(dict.fromkeys((*addresses, *peer.addresses)))
        peer.is_configured |= is_configured
        self._forget_surplus()

    def connected(self, name: str, *, is_outbound: bool, now_ms: int) -> bool:
        """Take in a connection, and tell whether it is the peer's first."""
        peer = self._book.setdefault(name, Peer(name=name))
        if not peer.move("connected"):
            return False
        peer.is_outbound = is_outbound
        peer.connected_ms = now_ms
        return True

    def lost(self, name: str, *, now_ms: int, rng: Random) -> None:
        """Take in that a peer is gone."""
        peer = self._book.get(name)
        if peer is None or not peer.move("lost"):
            return
        if now_ms - peer.connected_ms >= STABLE_MS:
            peer.backoff = Backoff()
        peer.backoff = peer.backoff.failed(now_ms=now_ms, rng=rng)
        if not peer.addresses:
            del self._book[name]

    def dial_failed(self, name: str, *, now_ms: int, rng: Random) -> None:
        """Take in that nobody answered."""
        peer = self._book.get(name)
        if peer is not None and peer.move("failed"):
            peer.backoff = peer.backoff.failed(now_ms=now_ms, rng=rng)

    def due_ms(self) -> int | None:
        """When the next dial is due; None where none is wanted."""
        if self._wanted() <= 0:
            return None
        return min((peer.backoff.due_ms for peer in self._candidates()), default=None)

    def dials(self, *, now_ms: int, rng: Random) -> list[Dial]:
        """Return the dials that are due: configured peers first, then whom chance picks."""
        wanted = self._wanted()
        if wanted <= 0:
            return []
        due = [peer for peer in self._candidates() if peer.backoff.due_ms <= now_ms]
        rng.shuffle(due)
        due.sort(key=lambda peer: not peer.is_configured)
        chosen = due[:wanted]
        for peer in chosen:
            peer.move("dial")
        return [Dial(peer=peer.name, addresses=peer.addresses) for peer in chosen]

    def _candidates(self) -> Iterator[Peer]:
        return (peer for peer in self if peer.phase is PeerPhase.RESTING and peer.addresses)

    def _wanted(self) -> int:
        """How many more dials may begin now."""
        dialling = outbound = 0
        for peer in self:
            dialling += peer.phase is PeerPhase.DIALLING
            outbound += peer.phase is PeerPhase.CONNECTED and peer.is_outbound
        return min(DIALS_MAX - dialling, self._outbound_peers - outbound - dialling)

    def _forget_surplus(self) -> None:
        while len(self._book) > PEERS_MAX:
            resting = [
                peer for peer in self if peer.phase is PeerPhase.RESTING and not peer.is_configured
            ]
            if not resting:
                return
            worst = max(resting, key=lambda peer: peer.backoff.failures)
            del self._book[worst.name]
