"""When to try a silent peer again. Pure: time and chance are arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

__all__ = [
    "DELAY_MS_MAX",
    "DELAY_MS_MIN",
    "DOUBLINGS_MAX",
    "FAILURE_MS",
    "Backoff",
    "jittered_ms",
]

DELAY_MS_MIN: Final = 2_000
DELAY_MS_MAX: Final = 900_000
DOUBLINGS_MAX: Final = 9
FAILURE_MS: Final = 5_000  # so long a connection pays for one failure before it


def jittered_ms(delay_ms: int, *, rng: Random) -> int:
    """Return from half of a delay to all of it, so that what began together does not stay so."""
    return int(delay_ms * rng.uniform(0.5, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How one peer has been answering: failures in a row, and when it is due again, in ms."""

    failures: int = 0
    due_ms: int = 0

    def failed(self, *, now_ms: int, rng: Random) -> Backoff:
        """Return the state after one more failure."""
        delay_ms = min(DELAY_MS_MIN * 2 ** min(self.failures, DOUBLINGS_MAX), DELAY_MS_MAX)
        return Backoff(failures=self.failures + 1, due_ms=now_ms + jittered_ms(delay_ms, rng=rng))

    def paid(self, lasted_ms: int) -> Backoff:
        """Return the state after a connection that lasted so long: time pays for failures.

        Who loses its network again and again stayed for seconds each time, and is
        found again at once. Who slams the door pays nothing, and waits twice as
        long after each time.
        """
        counted = min(self.failures, DOUBLINGS_MAX + 1)
        return replace(self, failures=max(0, counted - lasted_ms // FAILURE_MS))
