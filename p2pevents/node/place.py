"""Holding a place at a relay: asked for when the relay is connected, and again in time."""

from __future__ import annotations

import logging
from typing import Final

import trio

from p2pevents.errors import NetworkError
from p2pevents.net.network import Network
from p2pevents.record.places import peer_of

__all__ = ["hold_place"]

LOOK_S: Final = 1.0
AGAIN_S: Final = 900.0  # a place is kept for an hour
REFUSED_S: Final = 60.0

_logger = logging.getLogger(__name__)


async def hold_place(network: Network, relay: str) -> None:
    """Be reached through a relay for as long as this runs; the relay is dialled by others."""
    peer, connected_s, due_s = peer_of(relay), -1.0, 0.0
    while True:
        found = next((each for each in network.peers() if each.peer_id == peer), None)
        now_s = trio.current_time()
        # A place ends with the connection that it was asked for on.
        if found is not None and (found.connected_s != connected_s or now_s >= due_s):
            connected_s, due_s = found.connected_s, now_s + AGAIN_S
            try:
                await network.reserve(relay)
                _logger.info("others may reach this node through %s", relay)
            except NetworkError as error:
                due_s = now_s + REFUSED_S
                _logger.warning("%s", error.message)
        await trio.sleep(LOOK_S)
