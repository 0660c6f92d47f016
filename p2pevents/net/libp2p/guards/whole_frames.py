"""A frame is written whole or the connection ends.

Yamux writes its frames in whatever task has something to say. If that task is
cancelled in the middle of a frame (a timeout around a read is enough: reading
sends window updates), the other side reads the rest of the connection out of
step, and noise's counters no longer match.
"""

import trio
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.stream_muxer.yamux.yamux import Yamux

from p2pevents.net.libp2p.guards.guard import Guard

WRITE_S_MAX = 10.0
"""How long one frame may take. The peer's reader never waits, so that longer means it is gone."""


class WholeFrames(Yamux):
    """A connection on which a frame is never cut off."""

    async def _write_frame(self, data: bytes) -> None:
        async with self._write_lock:
            with trio.move_on_after(WRITE_S_MAX, shield=True) as scope:
                await self.secured_conn.write(data)
        if scope.cancelled_caught:
            # Closed here and now: the next frame would be read as a part of this one.
            with trio.move_on_after(WRITE_S_MAX, shield=True):
                await self.secured_conn.close()
            raise ConnectionClosedError("the connection is closed: a write took too long")
        await trio.lowlevel.checkpoint()


GUARD = Guard(
    name="whole frames",
    holes=("stream_muxer/yamux/yamux.py:926 a cancelled task cuts a frame and so the connection",),
    wears=(WholeFrames,),
)
