"""Where nobody answered: places and hosts left alone for a while, whoever is said to be there."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from p2pevents.node.core.backoff import Backoff
from p2pevents.record.places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

__all__ = ["HOST_FAILURES_FREE", "PLACES_MAX", "Refusals"]

PLACES_MAX: Final = 4096  # places and hosts remembered; the one that failed longest ago goes first
HOST_FAILURES_FREE: Final = 4  # doors of one host that may fail before the host rests too


class Refusals:
    """A negative cache by place, and by host.

    Anybody can say that thousands of peers are found at a stranger's door. Rests
    by peer alone would have this node knock there for each of them.
    """

    def __init__(self) -> None:
        self._places: OrderedDict[str, Backoff] = OrderedDict()

    def failed(self, addresses: Iterable[str], *, now_ms: int, rng: Random) -> None:
        """Take in that nobody, or somebody else, answered at places that were tried in a row.

        One door of a host has often two addresses, TCP's and WebSocket's: it failed once.
        """
        places = list(dict.fromkeys(map(place_of, addresses)))
        doors = dict.fromkeys("/".join(place.split("/", 5)[:5]) for place in places)
        for key in (*places, *map(_host_of, doors)):
            before = self._places.pop(key, Backoff())
            self._places[key] = before.failed(now_ms=now_ms, rng=rng)
        while len(self._places) > PLACES_MAX:
            self._places.popitem(last=False)

    def answered(self, address: str) -> None:
        """Take in that who was looked for is there."""
        for key in _keys(address):
            self._places.pop(key, None)

    def due_ms(self, address: str) -> int:
        """Return from when on this address may be dialled; 0 where nothing speaks against it."""
        place, host = (self._places.get(key, Backoff()) for key in _keys(address))
        return max(place.due_ms, host.due_ms if host.failures > HOST_FAILURES_FREE else 0)


def _keys(address: str) -> tuple[str, str]:
    """Return the names under which a place and its host are kept."""
    place = place_of(address)
    return place, _host_of(place)


def _host_of(place: str) -> str:
    return "/".join(place.split("/", 3)[:3]) + "/*"
