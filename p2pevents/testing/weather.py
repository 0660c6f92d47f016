"""What the network is like in a simulation: how long, how lossy, and who hears whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random
from typing import Final

__all__ = ["Weather"]

RESEND_MS: Final = 200  # after which what was lost on a stream is sent again, doubled each time
RESENDS_MAX: Final = 6  # then the connection breaks


@dataclass(slots=True, kw_only=True)
class Weather:
    """The state of the network; it may be changed while the simulation runs.

    Attributes:
        latency_ms: the least and the greatest time that something is on its way.
        loss_ratio: of gossip messages, of dials, and of what is sent on streams; there it is
            sent again, which takes time.
        twice_ratio: of gossip messages that come twice.
        cuts: pairs (from, to) between which nothing passes in that direction.
    """

    latency_ms: tuple[int, int] = (5, 120)
    loss_ratio: float = 0.0
    twice_ratio: float = 0.0
    cuts: set[tuple[str, str]] = field(default_factory=set)

    def is_cut(self, source: str, target: str) -> bool:
        """Whether nothing passes from one node to another."""
        return (source, target) in self.cuts

    def is_cut_either_way(self, one: str, other: str) -> bool:
        """Whether two nodes cannot talk, since one of them does not hear the other."""
        return self.is_cut(one, other) or self.is_cut(other, one)

    def cut(self, one: Collection[str], other: Collection[str], *, one_way: bool = False) -> None:
        """Let nothing pass from the first nodes to the others, nor back unless `one_way`."""
        for source in one:
            for target in other:
                if source != target:
                    self.cuts.add((source, target))
                    if not one_way:
                        self.cuts.add((target, source))

    def heal(self) -> None:
        """Let everything pass again."""
        self.cuts.clear()

    def delay_ms(self, rng: Random) -> int:
        """Return how long one thing is on its way."""
        least, most = self.latency_ms
        return least + int(rng.random() * (most - least + 1))

    def is_lost(self, rng: Random) -> bool:
        """Draw whether one thing is lost."""
        return self.loss_ratio > 0 and rng.random() < self.loss_ratio

    def stream_delay_ms(self, rng: Random) -> int | None:
        """Return how long a piece of a stream takes, sent again until it arrives; None: never."""
        delay_ms = self.delay_ms(rng)
        for resend in range(RESENDS_MAX):
            if not self.is_lost(rng):
                return delay_ms
            delay_ms += RESEND_MS * 2**resend
        return None
