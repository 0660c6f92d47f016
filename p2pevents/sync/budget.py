"""How many full comparisons a node lets others have: sorting a set is work."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

__all__ = ["HOUR_MS", "SORTS_MAX", "SORTS_PER_PEER_MAX", "FullComparisons"]

HOUR_MS: Final = 3_600_000
SORTS_PER_PEER_MAX: Final = 8  # an hour: both collections, and three times more where it was cut
SORTS_MAX: Final = 120  # an hour, with all peers together: 60 comparisons


class FullComparisons:
    """The sortings of the last hour. Time is an argument, of a clock that never runs backwards."""

    def __init__(self) -> None:
        self._sorts: deque[tuple[int, str]] = deque()

    def allows(self, peer: str, *, now_ms: int) -> bool:
        """Tell whether a full comparison with this peer may begin: both collections of it."""
        self._forget(now_ms)
        with_peer = Counter(name for _, name in self._sorts)[peer]
        return with_peer + 2 <= SORTS_PER_PEER_MAX and len(self._sorts) + 2 <= SORTS_MAX

    def sorted(self, peer: str, *, now_ms: int) -> None:
        """Take in that a collection was sorted for this peer."""
        self._sorts.append((now_ms, peer))

    def _forget(self, now_ms: int) -> None:
        while self._sorts and self._sorts[0][0] <= now_ms - HOUR_MS:
            self._sorts.popleft()
