"""Who waits for a stream's data is told when this side resets the stream.

libp2p takes the stream off its tables and leaves the reader waiting for good,
even beyond the end of the connection: some 9 KiB for each stream that is reset
here while it is read, which a stranger can bring about as often as he likes.
"""

from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream

from p2pevents.net.libp2p.guards.guard import Guard


class WokenReader(Yamux):
    """A connection on which no reader outlives its stream."""

    def _finalize_stream_locked(self, stream: YamuxStream, *, fully_closed: bool) -> None:
        event = self.stream_events.get(stream.stream_id)
        super()._finalize_stream_locked(stream, fully_closed=fully_closed)
        if event is not None and stream.stream_id not in self.stream_events:
            event.set()

    async def read_stream(self, stream_id: int, n: int = -1) -> bytes:
        """Return the stream's next bytes."""
        try:
            return await super().read_stream(stream_id, n)
        finally:
            # A reader that was woken has put a new event in place of the one it waited for.
            if stream_id not in self.streams:
                self.stream_events.pop(stream_id, None)


GUARD = Guard(
    name="woken reader",
    holes=("stream_muxer/yamux/yamux.py:641 a reset leaves the stream's reader waiting for good",),
    wears=(WokenReader,),
)
