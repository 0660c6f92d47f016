"""A `PeerStream` between two networks in one process."""

import trio

from p2pevents.net.memory_pipe import MemoryPipe
from p2pevents.net.network import PeerId, PeerStream


class MemoryStream(PeerStream):
    """One end of a pair of pipes."""

    def __init__(
        self, *, peer: PeerId, remote_address: str, outward: MemoryPipe, inward: MemoryPipe
    ) -> None:
        self._peer = peer
        self._remote_address = remote_address
        self._outward = outward
        self._inward = inward
        self._closed = False
        self._ended = False
        self._sending = False
        self._receiving = False

    @property
    def peer(self) -> PeerId:
        """The peer at the other end."""
        return self._peer

    @property
    def remote_address(self) -> str:
        """Where the connection under this stream leads."""
        return self._remote_address

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of `data`."""
        if self._sending:
            raise trio.BusyResourceError("another task is sending on this stream")
        if self._closed or self._ended:
            await trio.lowlevel.checkpoint()
            raise trio.ClosedResourceError
        self._sending = True
        try:
            await self._outward.send(bytes(data))
        except trio.BrokenResourceError:
            if self._closed:
                raise trio.ClosedResourceError from None
            raise
        finally:
            self._sending = False

    async def wait_send_all_might_not_block(self) -> None:
        """Return at once: back-pressure is met in `send_all`."""
        if self._sending:
            raise trio.BusyResourceError("another task is sending on this stream")
        await trio.lowlevel.checkpoint()
        if self._closed or self._ended:
            raise trio.ClosedResourceError

    async def send_eof(self) -> None:
        """Say that no more will be sent."""
        if self._sending:
            raise trio.BusyResourceError("another task is sending on this stream")
        await trio.lowlevel.checkpoint()
        if self._closed:
            raise trio.ClosedResourceError
        self._ended = True
        self._outward.end()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return the next bytes, or b"" at the end."""
        if max_bytes is not None and max_bytes < 1:
            raise ValueError("max_bytes must be at least 1")
        if self._receiving:
            raise trio.BusyResourceError("another task is reading this stream")
        if self._closed:
            await trio.lowlevel.checkpoint()
            raise trio.ClosedResourceError
        self._receiving = True
        try:
            data = await self._inward.receive(max_bytes)
        except trio.BrokenResourceError:
            if self._closed:
                raise trio.ClosedResourceError from None
            raise
        finally:
            self._receiving = False
        return data

    async def aclose(self) -> None:
        """Close both directions; what was sent is still read by the peer."""
        if not self._closed:
            self._closed = True
            self._outward.end()
            self._inward.abandon()
            if self._sending:
                self._outward.break_off()
            if self._receiving:
                self._inward.break_off()
        await trio.lowlevel.checkpoint()

    def reset(self) -> None:
        """Lose the stream, at both ends."""
        self._outward.break_off()
        self._inward.break_off()
