"""A connection whose peer fell silent is closed after two unanswered pings.

libp2p pings every 30 seconds and takes no notice of what comes back. A peer
whose network changed without a farewell stays connected for hours.
"""

import logging
import struct

import trio
from libp2p.stream_muxer.yamux.yamux import FLAG_SYN, TYPE_PING, YAMUX_HEADER_FORMAT, Yamux

from p2pevents.net.libp2p.guards.guard import Guard

PING_EVERY_S = 4.0
PONG_S_MAX = 4.0
MISSES_MAX = 2

logger = logging.getLogger(__name__)


class Keepalive(Yamux):
    """A connection that looks after its own life."""

    async def _measure_rtt_loop(self) -> None:
        misses = 0
        while not self.event_shutting_down.is_set():
            misses = 0 if await self._is_answered() else misses + 1
            if misses >= MISSES_MAX:
                logger.info("peer %s fell silent", self.peer_id)
                with trio.CancelScope(shield=True):
                    await self._cleanup_on_error()
                return
            if not misses:
                with trio.move_on_after(PING_EVERY_S):
                    await self.event_shutting_down.wait()

    async def _is_answered(self) -> bool:
        self._ping_id += 1
        self._ping_event = trio.Event()
        ping = struct.pack(YAMUX_HEADER_FORMAT, 0, TYPE_PING, FLAG_SYN, 0, self._ping_id)
        self._ping_sent_time = trio.current_time()
        with trio.move_on_after(PONG_S_MAX):
            try:
                await self._write_frame(ping)
            except Exception as error:
                # Wide: the connection is ending, in whatever way.
                logger.debug("a ping was not written", exc_info=error)
                return False
            await self._ping_event.wait()
        return self._ping_event.is_set()


GUARD = Guard(
    name="keepalive",
    holes=("stream_muxer/yamux/yamux.py:703 an unanswered ping is ignored",),
    wears=(Keepalive,),
)
