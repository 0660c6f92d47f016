"""How often a node compares with others: to sort a set is work, and so is saying what one holds."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = [
    "COMPARISONS_MAX",
    "COMPARISONS_PER_PEER_MAX",
    "HOUR_MS",
    "PACE_MS",
    "SNAPSHOTS_PER_PEER_MAX",
    "SORTS_MAX",
    "SORTS_PER_PEER_MAX",
    "FullComparisons",
    "Pace",
]

HOUR_MS: Final = 3_600_000
COMPARISONS_PER_PEER_MAX: Final = 1  # an hour that came to an end; one that was cut goes on
# An hour, with all peers together. A reader's first look counts as one: when a link is shown in
# a full room, hundreds come at once. At 100,000 records each costs some tenths of a second.
COMPARISONS_MAX: Final = 600
SORTS_PER_PEER_MAX: Final = 8  # an hour: both collections, and three times more where it was cut
SORTS_MAX: Final = 2 * COMPARISONS_MAX  # an hour, with all peers together
PACE_MS: Final = 60_000
SNAPSHOTS_PER_PEER_MAX: Final = 256  # a minute, one a comparison or more; an honest peer has 40


class FullComparisons:
    """Those of the last hour. Time is an argument, of a clock that never runs backwards."""

    def __init__(self) -> None:
        self._sorts: deque[tuple[int, str]] = deque()
        self._ended: deque[tuple[int, str]] = deque()
        self._open: set[str] = set()

    def allows(self, peer: str, *, now_ms: int) -> bool:
        """Tell whether a full comparison with this peer may begin, or one go on."""
        self._forget(now_ms)
        return (
            _count(self._ended, peer) < COMPARISONS_PER_PEER_MAX
            and _count(self._sorts, peer) + 2 <= SORTS_PER_PEER_MAX
            and len(self._ended) < COMPARISONS_MAX
            and len(self._sorts) + 2 <= SORTS_MAX
        )

    def sorted(self, peer: str, *, now_ms: int) -> None:
        """Take in that a collection was sorted, or looked through, for this peer."""
        self._sorts.append((now_ms, peer))
        self._open.add(peer)

    def ended(self, peer: str, *, now_ms: int) -> None:
        """Take in that a comparison with this peer came to its end, full or not."""
        if peer in self._open:
            self._open.remove(peer)
            self._ended.append((now_ms, peer))

    def _forget(self, now_ms: int) -> None:
        for times in (self._sorts, self._ended):
            while times and times[0][0] <= now_ms - HOUR_MS:
                times.popleft()
        self._open &= {peer for _, peer in self._sorts}


class Pace:
    """How often each peer had a snapshot of this node in the last minute, whatever the stream.

    A comparison in which a peer takes nothing costs it a small hello, and this node a thousand
    names: so nobody has one after the other without a rest. Time as in `FullComparisons`.
    """

    def __init__(self) -> None:
        self._times: dict[str, deque[int]] = {}

    def allows(self, peer: str, *, now_ms: int) -> bool:
        """Count one snapshot more, and tell whether this peer may have it."""
        self._forget(now_ms)
        times = self._times.setdefault(peer, deque())
        if len(times) >= SNAPSHOTS_PER_PEER_MAX:
            return False
        times.append(now_ms)
        return True

    def _forget(self, now_ms: int) -> None:
        for peer, times in list(self._times.items()):
            while times and times[0] <= now_ms - PACE_MS:
                times.popleft()
            if not times:
                del self._times[peer]


def _count(times: deque[tuple[int, str]], peer: str) -> int:
    return sum(name == peer for _, name in times)
