"""Where peers are, as a running node tells its core: configured, met, in profiles, nearby."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import trio

from p2pevents.errors import NetworkError
from p2pevents.log.protocol import Log
from p2pevents.net.network import Network, PeerId
from p2pevents.node.clerk import Clerk
from p2pevents.node.config import Config
from p2pevents.node.core.inputs import PeersKnown, Trust
from p2pevents.node.surviving import surviving
from p2pevents.node.told_addresses import told_by_profiles
from p2pevents.record.places import peer_of

__all__ = ["Discovery"]

PROFILES_S: Final = 60.0  # how often it is looked at where chapters say that they are found

_logger = logging.getLogger(__name__)


class Discovery:
    """How one node finds peers: what it is told, remembers, reads and hears."""

    def __init__(
        self,
        log: Log,
        network: Network,
        *,
        config: Config,
        clerk: Clerk,
        tell: Callable[[PeersKnown], None],
    ) -> None:
        """Begin with nobody told of.

        Args:
            log: the node's; profiles are read in it.
            network: the node's.
            config: names peers and relays, and says whether to look on the local network.
            clerk: keeps who was met before.
            tell: takes where peers are found.
        """
        self._log = log
        self._network = network
        self._config = config
        self._clerk = clerk
        self._tell = tell
        self._met: PeersKnown | None = None

    def begin(self) -> None:
        """Tell of those that are known at the start: configured, anchors, met before."""
        self.dial((*self._config.peers, *self._config.relays))
        anchors = self._clerk.anchors()
        if anchors is not None:
            self._tell(anchors)
        self.tell_met()

    async def run(self) -> None:
        """Look for more, for as long as the node runs."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read_profiles)
            if self._config.mdns:
                nursery.start_soon(self._find_nearby)

    def dial(self, addresses: Sequence[str]) -> None:
        """Have these addresses dialled before all others."""
        self._tell_of(addresses, Trust.CONFIGURED)

    def tell_met(self) -> None:
        """Tell of peers that were not told of: those of a link that was just followed."""
        met = self._clerk.known_peers()
        if met is not None and met != self._met:
            self._met = met
            self._tell(met)

    async def _read_profiles(self) -> None:
        """Tell where chapters say that they are found, now and then."""
        while True:
            with surviving("where chapters are found"):
                self._tell_of(told_by_profiles(self._log), Trust.HEARSAY)
            await trio.sleep(PROFILES_S)

    async def _find_nearby(self) -> None:
        """Tell who is on the same local network."""
        from p2pevents.net.nearby import find_nearby

        def found(peer: PeerId, addresses: tuple[str, ...]) -> None:
            self._tell(PeersKnown(addresses=((str(peer), addresses),), trust=Trust.HEARSAY))

        try:
            await find_nearby(
                self._network.peer_id, addresses=self._network.addresses(), found=found
            )
        except NetworkError as error:
            _logger.warning("%s", error.message)

    def _tell_of(self, addresses: Iterable[str], trust: Trust) -> None:
        """Tell where peers other than this node are found."""
        book: dict[str, list[str]] = {}
        for address in addresses:
            book.setdefault(peer_of(address), []).append(address)
        book.pop(str(self._network.peer_id), None)
        known = tuple((peer, tuple(found)) for peer, found in book.items())
        self._tell(PeersKnown(addresses=known, trust=trust))
