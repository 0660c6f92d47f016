"""Renews a running node's tickets before they end, so that letters keep being fetched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import trio

from p2pevents.errors import P2PEventsError
from p2pevents.node.desk import open_desk
from p2pevents.node.home import Home
from p2pevents.node.inbox.desk import InboxDesk

__all__ = ["LOOK_S", "keep_tickets_good"]

_logger = logging.getLogger(__name__)

# A leave that came meanwhile, and a key that was unlocked, are taken notice of as soon.
LOOK_S: Final = 600.0


async def keep_tickets_good(home: Home, now_ms: Callable[[], int]) -> None:
    """Look now and then whether a ticket comes to its end or is missing, until cancelled.

    A key under a passphrase that is not unlocked is left alone.

    Args:
        home: the home of the node, whose organiser's keys sign the tickets.
        now_ms: the clock, in ms since 1970.
    """
    while True:
        try:
            await trio.to_thread.run_sync(_renew, home, now_ms)
        except P2PEventsError as error:
            _logger.info("no ticket is renewed: %s", error)
        await trio.sleep(LOOK_S)


def _renew(home: Home, now_ms: Callable[[], int]) -> None:
    """Sign what is wanted as a command would, beside the node."""
    if any(home.keys.glob("*")):
        with open_desk(home, now_ms=now_ms, for_others=True) as desk:
            InboxDesk(desk).renew_tickets_quietly()
