"""A libp2p stream in trio's manners."""

from collections.abc import Awaitable, Callable
from typing import cast

import trio
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.network.stream.net_stream import NetStream
from libp2p.stream_muxer.yamux.yamux import YamuxStream

from p2pevents.net.careful_stream import CarefulStream
from p2pevents.net.libp2p.faults import stream_faults
from p2pevents.net.network import LINGER_S, READ_BYTES_MAX, PeerId

InBackground = Callable[[Callable[[], Awaitable[None]]], None]
"""Runs a function beside everything else, for as long as the network runs."""


class Libp2pStream(CarefulStream):
    """One stream of one connection, as libp2p gave it."""

    def __init__(
        self,
        stream: NetStream,
        *,
        peer: PeerId,
        remote_address: str,
        in_background: InBackground,
    ) -> None:
        super().__init__(peer=peer, remote_address=remote_address)
        self._stream = stream
        self._in_background = in_background
        self._end_was_read = False

    async def _send(self, data: bytes) -> None:
        if data:
            with stream_faults():
                await self._stream.write(data)

    async def _receive(self, bytes_max: int) -> bytes:
        if self._end_was_read:
            return b""
        try:
            with stream_faults():
                data: bytes = await self._stream.read(bytes_max)
        except StreamEOF:
            if self._was_lost():
                raise trio.BrokenResourceError(
                    "this stream was reset or its peer is gone"
                ) from None
            data = b""
        self._end_was_read = not data
        return data

    def _was_lost(self) -> bool:
        """Say whether an end is none.

        Yamux forgets a stream that was reset, and then takes reading it for
        reading past its end.
        """
        muxed = cast("YamuxStream", self._stream.muxed_stream)
        return muxed.reset_received or muxed.conn.event_shutting_down.is_set()

    async def _end(self) -> None:
        with stream_faults():
            await self._stream.close_write()

    def _let_go(self) -> None:
        self._in_background(self._linger)

    async def _linger(self) -> None:
        """Close so that the peer still reads all, and both sides forget the stream.

        libp2p's own close leaves the stream in both tables until the other
        side closes too; a reset would throw away what the peer has not read.
        """
        try:
            with trio.move_on_after(LINGER_S):
                with stream_faults():
                    await self._stream.close_write()
                    while not self._end_was_read:
                        await self._receive(READ_BYTES_MAX)
                    await self._stream.close()
                    return
        except trio.BrokenResourceError:
            pass
        await self.reset()

    async def reset(self) -> None:
        """Break the stream off at both ends."""
        with trio.move_on_after(LINGER_S):
            await self._stream.reset()
