"""A `PeerStream` between two networks in one process."""

import trio

from p2pevents.net.careful_stream import CarefulStream
from p2pevents.net.memory_pipe import MemoryPipe
from p2pevents.net.network import PeerId


class MemoryStream(CarefulStream):
    """One end of a pair of pipes."""

    def __init__(
        self, *, peer: PeerId, remote_address: str, outward: MemoryPipe, inward: MemoryPipe
    ) -> None:
        super().__init__(peer=peer, remote_address=remote_address)
        self._outward = outward
        self._inward = inward

    def reset(self) -> None:
        """Lose the stream, at both ends."""
        self._outward.break_off()
        self._inward.break_off()

    async def _send(self, data: bytes) -> None:
        await self._outward.send(data)

    async def _receive(self, bytes_max: int) -> bytes:
        return await self._inward.receive(bytes_max)

    async def _end(self) -> None:
        self._outward.end()
        await trio.lowlevel.checkpoint()

    def _let_go(self) -> None:
        self._outward.end()
        self._inward.abandon()
