"""The node's core: one input in, effects out, and the time when it wants to be asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from p2pevents.node.core.effects import Effect, PushTo
from p2pevents.node.core.inputs import (
    Announced,
    Brought,
    Compared,
    Connected,
    DialFailed,
    Input,
    Lost,
    NotThere,
    PeersKnown,
    Published,
    SessionClosed,
    SessionOpened,
    Tick,
    Written,
)
from p2pevents.node.core.outbox import Outbox
from p2pevents.node.core.passing import Passing
from p2pevents.node.core.peers import Peers
from p2pevents.node.core.schedule import Schedule
from p2pevents.sync.bundle import bundles_of

if TYPE_CHECKING:
    from random import Random

__all__ = ["Core"]


class Core:
    """A node's behaviour: its outbox, its peers, when it compares, what it passes on.

    The driver gives every input to `step`, does what the effects say, and gives
    a `Tick` at `due_ms`. Bundles are judged by `passing`, inside the validator.
    """

    def __init__(
        self, *, outbound_peers: int, sync_interval_ms: int, is_reader: bool = False
    ) -> None:
        """Begin with nobody known.

        Args:
            outbound_peers: how many connections this node opens and keeps.
            sync_interval_ms: the pause between two comparisons with one peer; it grows
                up to 32 times while they bring nothing.
            is_reader: a light client.
        """
        self.passing = Passing()
        # What gossip loses of a carrier's, or a peer's clock keeps out of its set, any comparison
        # brings later; a reader names what it has only while something waits to be announced.
        self._outbox = Outbox(waits_for_comparison=is_reader)
        self._peers = Peers(outbound_peers=outbound_peers)
        self._schedule = Schedule(pause_ms=sync_interval_ms)

    @property
    def due_ms(self) -> int | None:
        """When the next `Tick` is wanted; None where only other inputs change anything."""
        due_ms = self._schedule.due_ms()
        for time_ms in (self._peers.due_ms(), self._outbox.due_ms):
            if time_ms is not None and (due_ms is None or time_ms < due_ms):
                due_ms = time_ms
        return due_ms

    def step(self, given: Input, *, now_ms: int, rng: Random) -> list[Effect]:
        """Take one input and return what is to be done, in order.

        Args:
            given: what happened.
            now_ms: the time in ms since 1970: records' clocks are compared with it.
            rng: the chance that spaces out timers and picks peers.
        """
        effects = self._take(given, now_ms=now_ms, rng=rng)
        turned = self._peers.turn(now_ms=now_ms)
        effects += [turned] if turned else self._peers.dials(now_ms=now_ms, rng=rng)
        effects += self._schedule.begin(written=self._outbox.written, now_ms=now_ms)
        bundle = self._outbox.next_bundle(now_ms=now_ms)
        if bundle is not None:
            effects.append(bundle)
        return effects

    def _take(self, given: Input, *, now_ms: int, rng: Random) -> list[Effect]:
        if isinstance(given, Tick):
            return []  # it brings nothing itself: what is due follows any input
        effects: list[Effect | None] = []
        match given:  # what comes most often first
            case Compared():
                effects.append(self._compared(given, now_ms=now_ms, rng=rng))
                effects.append(self._peers.new_anchors())
            case PeersKnown():
                for peer, addresses in given.addresses:
                    self._peers.learn(peer, addresses, trust=given.trust)
            case Connected():
                self._connected(given, now_ms=now_ms)
            case Lost():
                self._peers.lost(given.peer, now_ms=now_ms, rng=rng)
                self._schedule.lost(given.peer)
            case DialFailed():
                self._peers.dial_failed(given.peer, now_ms=now_ms, rng=rng)
            case NotThere():
                self._peers.not_there(given.addresses, now_ms=now_ms, rng=rng)
            case Brought():
                self._peers.brought(given.peer, now_ms=now_ms)
                effects.append(self._peers.new_anchors())
            case SessionOpened():
                effects.append(self._schedule.opened(given.peer, written=self._outbox.written))
            case SessionClosed():
                self._schedule.closed(given.peer, now_ms=now_ms, rng=rng)
            case _:
                effects += self._take_own(given, now_ms=now_ms, rng=rng)
        return [effect for effect in effects if effect is not None]

    def _connected(self, given: Connected, *, now_ms: int) -> None:
        is_new = self._peers.connected(
            given.peer, is_outbound=given.is_outbound, address=given.address, now_ms=now_ms
        )
        if is_new:
            self._schedule.connected(given.peer, is_outbound=given.is_outbound, now_ms=now_ms)
            self._outbox.heard()

    def _take_own(
        self, given: Written | Published | Announced, *, now_ms: int, rng: Random
    ) -> list[Effect | None]:
        match given:
            case Written():
                return [*self._written(given, now_ms=now_ms, rng=rng)]
            case Published():
                return [self._outbox.published(given.peers, now_ms=now_ms, rng=rng)]
            case _:
                return [self._outbox.announced(given.ids)]

    def _compared(self, given: Compared, *, now_ms: int, rng: Random) -> Effect | None:
        if given.new:
            self._peers.brought(given.peer, now_ms=now_ms)
        covered = self._schedule.compared(
            given.peer,
            given.outcome,
            given.new,
            gave=given.gave,
            written=self._outbox.written,
            now_ms=now_ms,
            rng=rng,
        )
        if covered is None or given.left_out_there:
            return None  # what the peer left out may be our own
        return self._outbox.compared(covered=covered)

    def _written(self, given: Written, *, now_ms: int, rng: Random) -> list[Effect]:
        """Push what is fresh; what is history has everybody compared with soon."""
        to_push = self._outbox.add(given, now_ms=now_ms)
        if len(to_push) < len(given.records):
            self._schedule.soon(now_ms=now_ms, rng=rng)
        return [
            PushTo(peer=peer, items=bundle)
            for bundle in bundles_of(to_push)
            for peer in self._schedule.live()
        ]
