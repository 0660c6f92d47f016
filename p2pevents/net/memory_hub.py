"""The place where the memory networks of one process find each other, and the weather there."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from p2pevents.errors import NetworkError
from p2pevents.net.network import PeerId

if TYPE_CHECKING:
    from p2pevents.net.memory import MemoryNetwork

LatencyS = Callable[[PeerId, PeerId, Random], float]
"""Seconds that a byte takes from the first peer to the second."""

Lost = Callable[[PeerId, PeerId, Random], bool]
"""Whether one gossip message from the first peer to the second is lost."""


def _no_latency(_source: PeerId, _target: PeerId, _rng: Random) -> float:
    return 0.0


def _nothing_lost(_source: PeerId, _target: PeerId, _rng: Random) -> bool:
    return False


class MemoryHub:
    """The place where the networks of one process find each other.

    Args:
        rng: all chance of these networks.
        latency_s, lost: what happens on the way from one peer to another. They
            may be replaced while networks run.
    """

    def __init__(
        self, *, rng: Random, latency_s: LatencyS = _no_latency, lost: Lost = _nothing_lost
    ) -> None:
        self.rng = rng
        self.latency_s = latency_s
        self.lost = lost
        self._listening: dict[str, MemoryNetwork] = {}
        self._ports = 0
        self._messages = 0

    def listen(self, network: MemoryNetwork, address: str) -> str:
        """Give `network` an address and return it, in full."""
        parts = address.split("/")
        if len(parts) != 3 or parts[1] != "memory" or not parts[2].isdigit():
            raise NetworkError(f"{address}: not an address of this network", hint="/memory/0")
        port = int(parts[2])
        if port == 0:
            self._ports += 1
            port = 1_000_000 + self._ports
        if f"/memory/{port}" in self._listening:
            raise NetworkError(f"{address}: somebody listens there already")
        self._listening[f"/memory/{port}"] = network
        return f"/memory/{port}/p2p/{network.peer_id}"

    def next_message_id(self) -> int:
        """Return a number that no message in this hub has had, also before a restart."""
        self._messages += 1
        return self._messages

    def find(self, address: str) -> MemoryNetwork:
        """Return the network that listens at `address`."""
        place, _, wanted = address.partition("/p2p/")
        network = self._listening.get(place)
        if network is None:
            raise NetworkError(f"{address}: nobody answers")
        if network.peer_id != wanted:
            raise NetworkError(f"{address}: somebody else answers, {network.peer_id}")
        return network

    def leave(self, network: MemoryNetwork) -> None:
        """Forget every address of `network`."""
        self._listening = {at: who for at, who in self._listening.items() if who is not network}
