"""The node alone decides whom to dial, and when.

libp2p dials by itself: its auto-connector, which stays at work with both
watermarks at 0, dials whatever addresses strangers told identify; and opening a
stream to a peer that just left dials it again.
"""

import trio
from libp2p.abc import INetConn
from libp2p.network.exceptions import SwarmException
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID

from p2pevents.net.libp2p.guards.guard import Guard


class _NoAutoConnector:
    """In the auto-connector's place: connects nobody."""

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def run_background_task(self, nursery: trio.Nursery) -> None:
        """Do nothing."""

    async def maybe_connect(self) -> None:
        """Do nothing."""

    def record_disconnect(self, peer_id: ID) -> None:
        """Do nothing."""


class OwnDialsOnly(Swarm):
    """A swarm that dials only in `dial_addr`."""

    def _init_connection_management(self) -> None:
        super()._init_connection_management()
        self.auto_connector = _NoAutoConnector()  # type: ignore[assignment]

    async def dial_peer(self, peer_id: ID) -> list[INetConn]:
        """Return the standing connections to a peer, and never make one."""
        await trio.lowlevel.checkpoint()
        standing = [conn for conn in self.get_connections(peer_id) if not conn.is_closed]
        if not standing:
            raise SwarmException(f"not connected to {peer_id}")
        return standing


GUARD = Guard(
    name="own dials only",
    holes=(
        "network/auto_connector.py:313 dials strangers' addresses although both watermarks are 0",
        "network/swarm.py:1378 new_stream dials a peer that just left",
    ),
    wears=(OwnDialsOnly,),
)
