"""The half of a `PeerStream` that every network shares: trio's promises about misuse and closing.

An implementation gives only the four things that differ: send, receive, end, let go.
"""

from abc import abstractmethod
from operator import index

import trio

from p2pevents.net.network import READ_BYTES_MAX, PeerId, PeerStream


class CarefulStream(PeerStream):
    """A stream that refuses two senders or two readers, and wakes both when it is closed."""

    def __init__(self, *, peer: PeerId, remote_address: str) -> None:
        self._peer = peer
        self._remote_address = remote_address
        self._sending: trio.CancelScope | None = None
        self._receiving: trio.CancelScope | None = None
        self._ended = False
        self._closed = False

    @property
    def peer(self) -> PeerId:
        """The peer at the other end."""
        return self._peer

    @property
    def remote_address(self) -> str:
        """Where the connection under this stream leads."""
        return self._remote_address

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of `data`; return when it is on its way."""
        if self._sending is not None:
            raise trio.BusyResourceError("another task is sending on this stream")
        scope = self._sending = trio.CancelScope()
        with scope:
            try:
                await trio.lowlevel.checkpoint_if_cancelled()
                if self._closed or self._ended:
                    raise trio.ClosedResourceError
                await self._send(bytes(data))
                # Others have their turn when it is on its way: before, it would wait for theirs.
                await trio.lowlevel.cancel_shielded_checkpoint()
                return
            finally:
                self._sending = None
        raise trio.ClosedResourceError

    async def wait_send_all_might_not_block(self) -> None:
        """Return at once: back-pressure is met in `send_all`."""
        if self._sending is not None:
            raise trio.BusyResourceError("another task is sending on this stream")
        await trio.lowlevel.checkpoint()
        if self._closed or self._ended:
            raise trio.ClosedResourceError

    async def send_eof(self) -> None:
        """Say that no more will be sent; reading goes on."""
        if self._sending is not None:
            raise trio.BusyResourceError("another task is sending on this stream")
        await trio.lowlevel.checkpoint()
        if self._closed:
            raise trio.ClosedResourceError
        if not self._ended:
            self._ended = True
            await self._end()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return the next bytes, or b"" at the end."""
        bytes_max = READ_BYTES_MAX if max_bytes is None else min(index(max_bytes), READ_BYTES_MAX)
        if bytes_max < 1:
            raise ValueError("max_bytes must be at least 1")
        if self._receiving is not None:
            raise trio.BusyResourceError("another task is reading this stream")
        scope = self._receiving = trio.CancelScope()
        with scope:
            try:
                await trio.lowlevel.checkpoint()
                if self._closed:
                    raise trio.ClosedResourceError
                return await self._receive(bytes_max)
            finally:
                self._receiving = None
        raise trio.ClosedResourceError

    async def aclose(self) -> None:
        """Close both directions; what was sent is still read by the peer."""
        if not self._closed:
            self._closed = True
            for scope in (self._sending, self._receiving):
                if scope is not None:
                    scope.cancel()
            self._let_go()
        await trio.lowlevel.checkpoint()

    @abstractmethod
    async def _send(self, data: bytes) -> None:
        """Send `data`, or raise `trio.BrokenResourceError`."""

    @abstractmethod
    async def _receive(self, bytes_max: int) -> bytes:
        """Return 1 to `bytes_max` bytes, b"" at the end, or raise `trio.BrokenResourceError`."""

    @abstractmethod
    async def _end(self) -> None:
        """Tell the peer that no more will be sent."""

    @abstractmethod
    def _let_go(self) -> None:
        """Close for good, without waiting."""
