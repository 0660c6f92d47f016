"""When to compare with whom: at connect, then ever more rarely while both agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from p2pevents.node.core.backoff import Backoff, jittered_ms
from p2pevents.node.core.effects import BeginCompare, CloseSession, Effect, OpenSession
from p2pevents.node.core.table import Table
from p2pevents.sync.effects import Outcome

if TYPE_CHECKING:
    from random import Random

__all__ = [
    "COMPARING_INBOUND_MAX",
    "COMPARING_MAX",
    "INBOUND_GRACE_MS",
    "PAUSE_DOUBLINGS_MAX",
    "SESSION_TABLE",
    "SOON_MS",
    "Partner",
    "Schedule",
    "SessionPhase",
]

COMPARING_MAX: Final = 4  # comparisons at once that this node began
COMPARING_INBOUND_MAX: Final = 8  # at once in all; a peer that comes above it tries again later
INBOUND_GRACE_MS: Final = 10_000  # who dialled begins; if they do not, we do
SOON_MS: Final = 2_000  # after something new came by sync, others are asked soon
PAUSE_DOUBLINGS_MAX: Final = 5  # of the configured pause, while both agree


class SessionPhase(Enum):
    """Where the sync stream with a connected peer stands."""

    NONE = "none"
    OPENING = "opening"
    COMPARING = "comparing"
    LIVE = "live"


SESSION_TABLE: Final[Table[SessionPhase]] = {
    SessionPhase.NONE: {"open": SessionPhase.OPENING, "opened": SessionPhase.COMPARING},
    SessionPhase.OPENING: {"opened": SessionPhase.COMPARING, "closed": SessionPhase.NONE},
    SessionPhase.COMPARING: {
        "opened": SessionPhase.COMPARING,
        "ended": SessionPhase.LIVE,
        "closed": SessionPhase.NONE,
    },
    SessionPhase.LIVE: {
        "compare": SessionPhase.COMPARING,
        "opened": SessionPhase.COMPARING,
        "ended": SessionPhase.LIVE,
        "closed": SessionPhase.NONE,
    },
}


@dataclass(slots=True, kw_only=True)
class Partner:
    """One connected peer, and how comparing with it goes.

    Attributes:
        peer: its name.
        due_ms: when the next comparison is due.
        agreed: comparisons in a row that brought nothing.
        covered: how many own records were written when the last comparison cannot yet have begun.
        is_ours: this node began the comparison that goes on.
    """

    peer: str
    due_ms: int
    phase: SessionPhase = SessionPhase.NONE
    agreed: int = 0
    covered: int = 0
    is_ours: bool = False
    backoff: Backoff = field(default_factory=Backoff)

    def move(self, word: str) -> bool:
        """Follow the table, and tell whether the word leads anywhere from here."""
        after = SESSION_TABLE[self.phase].get(word)
        if after is None:
            return False
        self.phase = after
        return True


class Schedule:
    """The partners of this moment, and what is due with each."""

    def __init__(self, *, pause_ms: int) -> None:
        self._pause_ms = pause_ms
        self._partners: dict[str, Partner] = {}
        self._known: _Standing | None = None  # None where it is to be counted again

    def live(self) -> list[str]:
        """Return the peers with an open stream, comparing or not: pushes may go to them."""
        return [
            partner.peer
            for partner in self._partners.values()
            if partner.phase in (SessionPhase.COMPARING, SessionPhase.LIVE)
        ]

    def connected(self, peer: str, *, is_outbound: bool, now_ms: int) -> None:
        """Begin with a peer: at once where we dialled it."""
        self._known = None
        due_ms = now_ms if is_outbound else now_ms + INBOUND_GRACE_MS
        self._partners[peer] = Partner(peer=peer, due_ms=due_ms)

    def lost(self, peer: str) -> None:
        """End with a peer."""
        self._known = None
        self._partners.pop(peer, None)

    def opened(self, peer: str, *, written: int) -> CloseSession | None:
        """Take in an open stream, or refuse it where too many compare."""
        partner = self._partners.get(peer)
        if partner is None:
            return None  # its connection went at the same moment
        if self._standing().all >= COMPARING_INBOUND_MAX and partner.phase is SessionPhase.NONE:
            return CloseSession(peer=peer)
        if partner.phase is not SessionPhase.OPENING:
            partner.covered, partner.is_ours = written, False
        self._known = None
        partner.move("opened")
        return None

    def compared(
        self,
        peer: str,
        outcome: Outcome,
        new: int,
        *,
        gave: int = 0,
        written: int,
        now_ms: int,
        rng: Random,
    ) -> int | None:
        """Take in how a comparison came out, and plan the next.

        One that is unfinished and brought something either way is gone on with soon, by
        whichever side it was that had to give.

        Returns:
            Up to which own record the peer now holds all; None where that is not known.
        """
        partner = self._partners.get(peer)
        if partner is None or not partner.move("ended"):
            return None
        self._known = None
        covered, partner.covered = partner.covered, written
        gets_on = bool(new) or (bool(gave) and outcome is Outcome.UNFINISHED)
        partner.agreed = 0 if gets_on else partner.agreed + 1
        doublings = min(max(0, partner.agreed - 1), PAUSE_DOUBLINGS_MAX)
        # Where its stream closes too, `closed` plans the next instead.
        partner.due_ms = now_ms + jittered_ms(self._pause_ms * 2**doublings, rng=rng)
        if gets_on or outcome is not Outcome.UNFINISHED:
            partner.backoff = Backoff()  # also of who is slow, cut off each time, and gets on
        if outcome is Outcome.UNFINISHED:
            return None
        if new:
            self.soon(now_ms=now_ms, rng=rng, but=peer)
        return covered

    def closed(self, peer: str, *, now_ms: int, rng: Random) -> None:
        """Take in that a peer's stream is gone: open another after a while."""
        partner = self._partners.get(peer)
        if partner is not None and partner.move("closed"):
            self._known = None
            partner.backoff = partner.backoff.failed(now_ms=now_ms, rng=rng)
            partner.due_ms = partner.backoff.due_ms

    def soon(self, *, now_ms: int, rng: Random, but: str | None = None) -> None:
        """Compare with every other partner soon: there is something that gossip never says."""
        self._known = None
        for partner in self._partners.values():
            if partner.peer != but and partner.backoff.failures == 0:
                partner.agreed = 0
                partner.due_ms = min(partner.due_ms, now_ms + jittered_ms(SOON_MS, rng=rng))

    def due_ms(self) -> int | None:
        """When the next comparison is due; None where none can begin."""
        standing = self._standing()
        return None if standing.ours >= COMPARING_MAX else standing.due_ms

    def begin(self, *, written: int, now_ms: int) -> list[Effect]:
        """Return the comparisons that are due and have room, the longest due first."""
        standing = self._standing()
        if standing.due_ms is None or standing.due_ms > now_ms or standing.ours >= COMPARING_MAX:
            return []
        self._known = None
        due = [partner for partner in self._waiting() if partner.due_ms <= now_ms]
        due.sort(key=lambda partner: partner.due_ms)
        effects: list[Effect] = []
        for partner in due[: COMPARING_MAX - standing.ours]:
            partner.covered, partner.is_ours = written, True
            if partner.move("open"):
                effects.append(OpenSession(peer=partner.peer))
            else:
                partner.move("compare")
                effects.append(BeginCompare(peer=partner.peer))
        return effects

    def _waiting(self) -> list[Partner]:
        return [
            partner
            for partner in self._partners.values()
            if partner.phase in (SessionPhase.NONE, SessionPhase.LIVE)
        ]

    def _standing(self) -> _Standing:
        """Return how many compare, and when the next of the others is due.

        Asked with every input, and counted when a partner changes. Those that others began do
        not count against this node's own: else eight strangers who begin and say nothing would
        keep it from asking anybody.
        """
        if self._known is not None:
            return self._known
        ours, comparing, due_ms = 0, 0, None
        for partner in self._partners.values():
            if partner.phase in (SessionPhase.OPENING, SessionPhase.COMPARING):
                comparing += 1
                ours += partner.is_ours
            elif due_ms is None or partner.due_ms < due_ms:
                due_ms = partner.due_ms
        self._known = _Standing(ours=ours, all=comparing, due_ms=due_ms)
        return self._known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How many comparisons go on, this node's own and all, and when the next is due."""

    ours: int
    all: int
    due_ms: int | None
