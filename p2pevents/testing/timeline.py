"""Virtual time: a heap of what happens when. Nothing waits, and the order is always the same."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final, Protocol

__all__ = ["EVENTS_MAX", "Mortal", "Timeline"]

EVENTS_MAX: Final = 20_000_000  # of one simulation: more is a loop that feeds itself


class Mortal(Protocol):
    """Whoever things happen to, and no more once it is over."""

    is_over: bool


class Timeline:
    """What is still to happen, and what time it is.

    Attributes:
        now_ms: the time, in ms since 1970.
        happened: how many things have happened.
    """

    def __init__(self, *, now_ms: int) -> None:
        self.now_ms = now_ms
        self.happened = 0
        self._heap: list[tuple[int, int, Callable[[], None], Mortal | None]] = []
        self._order = 0

    def later(self, delay_ms: int, act: Callable[[], None], *, of: Mortal | None = None) -> None:
        """Have something happen after a delay; what is due at one time happens in this order.

        Args:
            delay_ms: from now on; less than none is none.
            act: what is to happen.
            of: to whom; where it is over by then, nothing happens.
        """
        self._order += 1
        at_ms = self.now_ms + delay_ms if delay_ms > 0 else self.now_ms
        heapq.heappush(self._heap, (at_ms, self._order, act, of))

    def run_until(self, until_ms: int) -> None:
        """Let everything happen up to a moment, which it then is.

        Raises:
            RuntimeError: more happens than a simulation can mean.
        """
        while self._heap and self._heap[0][0] <= until_ms:
            self.now_ms, _, act, of = heapq.heappop(self._heap)
            self.happened += 1
            if self.happened > EVENTS_MAX:
                raise RuntimeError(f"more than {EVENTS_MAX} things happened")
            if of is None or not of.is_over:
                act()
        self.now_ms = max(self.now_ms, until_ms)
