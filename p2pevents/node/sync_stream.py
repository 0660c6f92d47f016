"""One sync session on one real stream: does what the session's effects say, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import trio

from p2pevents.errors import NetworkError
from p2pevents.net.network import READ_BYTES_MAX, PeerStream
from p2pevents.node.conduct import OpenFirst, Pause, Shared, conduct
from p2pevents.node.opener import Unopened, open_items
from p2pevents.sync.effects import Close, Effect, EndOfStream, Input, Received, Send, Tick
from p2pevents.sync.session import Session

__all__ = ["SyncStream"]

TICK_S: Final = 1.0
INBOX_INPUTS_MAX: Final = 128
OPEN_THREADS: Final = 2  # more only take the interpreter from the loop


class SyncStream:
    """Drives one session until its stream ends."""

    def __init__(self, shared: Shared, stream: PeerStream) -> None:
        self._shared = shared
        self._stream = stream
        self._session = Session(
            network=shared.network,
            shard=shared.shard,
            now_ms=_monotonic_ms(),
        )
        self._send_input, self._inputs = trio.open_memory_channel[Input](INBOX_INPUTS_MAX)
        self._is_closed = False

    def tell(self, given: Input) -> None:
        """Hand the session an input from outside; dropped where it is busier than it should be."""
        try:
            self._send_input.send_nowait(given)
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def run(self) -> None:
        """Run the session to its end, and close the stream."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._read)
                nursery.start_soon(self._tick)
                await self._do(self._session.start())
                while not self._is_closed:
                    await self._step(await self._inputs.receive())
                nursery.cancel_scope.cancel()
        finally:
            with trio.move_on_after(1, shield=True):
                await self._stream.aclose()

    async def _read(self) -> None:
        try:
            while data := await self._stream.receive_some(READ_BYTES_MAX):
                await self._send_input.send(Received(data=bytes(data)))
        except (trio.BrokenResourceError, trio.ClosedResourceError, NetworkError):
            pass  # said below, as any end
        await self._send_input.send(EndOfStream())

    async def _tick(self) -> None:
        while True:
            await trio.sleep(TICK_S)
            self.tell(Tick())

    async def _step(self, given: Input) -> None:
        await self._do(self._session.step(given, now_ms=_monotonic_ms()))

    async def _open(self, items: Sequence[Unopened]) -> None:
        opened = await trio.to_thread.run_sync(open_items, items, limiter=_threads())
        self._shared.ingest.remember(opened)

    async def _do(self, effects: list[Effect]) -> None:
        """Do effects in order. A stream that broke takes no more; the session is told after."""
        is_broken = False
        peer = str(self._stream.peer)
        for outward in conduct(self._shared, peer, self._session, effects, steady_ms=_monotonic_ms):
            match outward:
                case Send() if not is_broken:
                    try:
                        await self._stream.send_all(outward.data)
                    except (trio.BrokenResourceError, trio.ClosedResourceError):
                        is_broken = True
                case Close():
                    self._is_closed = True
                case OpenFirst():
                    async with trio.open_nursery() as nursery:
                        for part in range(OPEN_THREADS):
                            nursery.start_soon(self._open, outward.items[part::OPEN_THREADS])
                case Pause():
                    await trio.lowlevel.checkpoint()
                case Send():
                    pass
        if is_broken and not self._is_closed:
            await self._step(EndOfStream())


_limiter: Final = trio.lowlevel.RunVar[trio.CapacityLimiter]("open_threads")


def _threads() -> trio.CapacityLimiter:
    """Return what bounds the threads that open items: all sessions share them."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = trio.CapacityLimiter(OPEN_THREADS)
        _limiter.set(limiter)
        return limiter


def _monotonic_ms() -> int:
    return int(trio.current_time() * 1000)
