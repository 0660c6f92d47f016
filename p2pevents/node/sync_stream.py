"""One sync session on one real stream: does what the session's effects say, in their order.

Three things go on at once, so that network, signatures and disk do not wait for each
other: bytes are read and handed to the session; what of the next pages is new is opened on
threads; and the pages before them are taken in, a piece at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Final

import trio

from p2pevents.errors import LogError, NetworkError
from p2pevents.net.network import READ_BYTES_MAX, PeerStream
from p2pevents.node.conduct import (
    Long,
    Pause,
    Shared,
    begin_piece,
    committed,
    conduct,
    follow_piece,
    offer_piece,
    pieces_of,
)
from p2pevents.node.ingest import Finding
from p2pevents.node.opener import Item, Opened, open_items, take_turns_quickly
from p2pevents.sync.budget import Pace
from p2pevents.sync.effects import Close, Effect, Offer, ReadSnapshot, Send
from p2pevents.sync.inputs import Committed, EndOfStream, Input, Received, Tick
from p2pevents.sync.session import Session

__all__ = ["SyncStream"]

TICK_S: Final = 1.0
INBOX_INPUTS_MAX: Final = 128
OPEN_THREADS: Final = 2  # more only take the interpreter from the loop
OPEN_ITEMS_MIN: Final = 8  # fewer are opened sooner than another thread is woken
OFFERS_MAX: Final = 256  # not opened yet; the session allows a peer far fewer
OPENED_AT_ONCE: Final = 4  # offers
OPENED_MAX: Final = 4  # offers that are opened, and wait to be taken in
COMMIT_ITEMS_MIN: Final = 32  # fewer are committed sooner than another thread is woken
OFFERS_AT_ONCE: Final = 2  # taken in together where so many came: small ones in one commit


class SyncStream:
    """Drives one session until its stream ends.

    Attributes:
        is_opener: this node opened the stream.
        since_ms: since when it stands, by trio's clock.
    """

    def __init__(
        self, shared: Shared, stream: PeerStream, *, is_opener: bool, pace: Pace | None = None
    ) -> None:
        """Begin a session.

        Args:
            shared: the node's.
            stream: to the peer.
            is_opener: this node opened the stream.
            pace: how often each peer may have this node say what it holds; one for all streams.
        """
        self.is_opener = is_opener
        self._pace = pace or Pace()
        self.since_ms = _monotonic_ms()
        self._shared = shared
        self._stream = stream
        self._session = Session(
            network=shared.network,
            shard=shared.shard,
            is_opener=is_opener,
            now_ms=_monotonic_ms(),
        )
        self._send_input, self._inputs = trio.open_memory_channel[Input](INBOX_INPUTS_MAX)
        self._send_offer, self._offers = trio.open_memory_channel[Offer](OFFERS_MAX)
        self._offers_open = 0  # handed on by the session, and not answered yet
        self._offers_coming = 0  # of those, not opened yet, or not begun to be taken in
        self._has_ended = False
        self._is_closed = False
        # Of its own: no transaction stands open because other work has all the threads.
        self._committing = trio.CapacityLimiter(1)

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison is under way, or has not begun yet."""
        return self._session.is_comparing

    def tell(self, given: Input) -> None:
        """Hand the session an input from outside; dropped where it is busier than it should be."""
        try:
            self._send_input.send_nowait(given)
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def run(self) -> None:
        """Run the session to its end, and close the stream.

        Raises:
            LogError: the log cannot take in what comes; alone, or in a group.
        """
        send_opened, opened = trio.open_memory_channel[Sequence[Opened]](OPENED_MAX)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._read)
                nursery.start_soon(self._tick)
                nursery.start_soon(self._open_ahead, send_opened)
                nursery.start_soon(self._take_in, opened)
                await self._do(self._session.start())
                while not self._is_closed:
                    await self._take(await self._inputs.receive())
                nursery.cancel_scope.cancel()
        finally:
            with suppress(LogError):  # a cursor that is lost has some items sent once more
                self._shared.cursors.keep()
            await self.refuse()

    async def refuse(self) -> None:
        """Close the stream, of which another with the same peer takes the place."""
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
            deadline_ms = self._session.deadline_ms
            left_s = 0.0 if deadline_ms is None else (deadline_ms - _monotonic_ms()) / 1000
            await trio.sleep(left_s if 0 < left_s < TICK_S else TICK_S)
            self.tell(Tick())

    async def _take(self, given: Input) -> None:
        """Hand the session an input; that the stream has ended, after all that came by it."""
        if isinstance(given, EndOfStream):
            self._has_ended = True
        else:
            self._offers_open -= isinstance(given, Committed)
            await self._step(given)
        if self._has_ended and not self._offers_open and not self._is_closed:
            await self._step(EndOfStream())

    async def _step(self, given: Input) -> None:
        await self._do(self._session.step(given, now_ms=_monotonic_ms()))

    async def _do(self, effects: list[Effect]) -> None:
        """Do effects in order. A stream that broke takes no more; the session is told after."""
        peer, is_broken = str(self._stream.peer), False
        alone: list[Offer] = []
        if any(isinstance(effect, ReadSnapshot) for effect in effects) and not self._pace.allows(
            peer, now_ms=_monotonic_ms()
        ):
            effects = self._session.step(EndOfStream(), now_ms=_monotonic_ms())
        for outward in conduct(
            self._shared,
            peer,
            self._session,
            effects,
            steady_ms=_monotonic_ms,
            has_threads=True,
        ):
            match outward:
                case Send() if not is_broken:
                    try:
                        await self._stream.send_all(outward.data)
                    except (trio.BrokenResourceError, trio.ClosedResourceError):
                        is_broken = True
                case Offer() if len(outward.items) < OPEN_ITEMS_MIN and not self._offers_open:
                    self._offers_open += 1
                    alone.append(outward)
                case Offer():
                    self._offers_open += 1
                    self._offers_coming += 1
                    self._send_offer.send_nowait(outward)
                case Close():
                    self._is_closed = True
                case Pause() | Long():
                    await self._give_way(outward)
                case Send():
                    pass
        for offer in alone:
            await self._take(self._taken_in(offer))
            follow_piece(self._shared)
        if is_broken and not self._is_closed:
            await self._take(EndOfStream())

    async def _give_way(self, outward: Pause | Long) -> None:
        """Let others have their turn: before this goes on, or while a thread finds an answer."""
        if isinstance(outward, Long):
            outward.answer = await trio.to_thread.run_sync(outward.ask, limiter=_threads())
        else:
            await trio.lowlevel.checkpoint()

    def _taken_in(self, offer: Offer) -> Committed:
        """Take in a few items at once, where nothing came before them: a record just announced."""
        findings = offer_piece(self._shared, self._shared.ingest.open(offer.items))
        return committed(self._shared, findings)

    # --- what comes: opened, then taken in -----------------------------------------------------

    async def _open_ahead(self, send: trio.MemorySendChannel[Sequence[Opened]]) -> None:
        """Open what of the offers is new, on threads, while those before are taken in.

        All that wait together: so threads have work while the disk keeps the loop from handing
        them more.
        """
        async for first in self._offers:
            offers = [first]
            with suppress(trio.WouldBlock):
                while len(offers) < OPENED_AT_ONCE:
                    offers.append(self._offers.receive_nowait())
            known = [self._shared.ingest.look(offer.items) for offer in offers]
            found = await self._open(
                [
                    item
                    for offer, looked in zip(offers, known, strict=True)
                    for item, what in zip(offer.items, looked, strict=True)
                    if what is None
                ]
            )
            for offer, looked in zip(offers, known, strict=True):
                pairs = zip(offer.items, looked, strict=True)
                await send.send([what or found[item] for item, what in pairs])

    async def _open(self, items: Sequence[Item]) -> dict[Item, Opened]:
        """Open items, and return what each is."""
        found: dict[Item, Opened] = {}

        async def open_part(part: Sequence[Item]) -> None:
            opened = await trio.to_thread.run_sync(open_items, part, limiter=_threads())
            found.update(zip(part, opened, strict=True))

        if len(items) < OPEN_ITEMS_MIN:
            found.update(zip(items, open_items(items), strict=True))
        else:
            async with trio.open_nursery() as nursery:
                for number in range(OPEN_THREADS):
                    nursery.start_soon(open_part, items[number::OPEN_THREADS])
        self._shared.ingest.remember(found.items())
        return found

    async def _take_in(self, opened: trio.MemoryReceiveChannel[Sequence[Opened]]) -> None:
        """Have offers taken in as they come; between two pieces others have their turn."""
        async for first in opened:
            offers = [first]
            self._offers_coming -= 1
            while len(offers) < OFFERS_AT_ONCE and self._offers_coming:
                offers.append(await opened.receive())
                self._offers_coming -= 1
            findings: list[Finding] = []
            for piece in pieces_of(list(chain.from_iterable(offers))):
                findings += await self._offer(piece)
                await trio.lowlevel.checkpoint()
                follow_piece(self._shared)
                await trio.lowlevel.checkpoint()
            found = iter(findings)
            for offer in offers:
                of_offer = list(islice(found, len(offer)))
                await self._send_input.send(committed(self._shared, of_offer))

    async def _offer(self, piece: Sequence[Opened]) -> list[Finding]:
        """Have a piece judged and kept; the disk is waited for on another thread."""
        if len(piece) < COMMIT_ITEMS_MIN:
            return offer_piece(self._shared, piece)
        offering = begin_piece(self._shared, piece)
        try:
            while (commit := offering.commit) is not None:
                with suppress(LogError):  # `findings` tells
                    await trio.to_thread.run_sync(commit, limiter=self._committing)
                offering.go_on(commit)
        finally:
            offering.end()
        return offering.findings()


_limiter: Final = trio.lowlevel.RunVar[trio.CapacityLimiter]("open_threads")


def _threads() -> trio.CapacityLimiter:
    """Return what bounds the threads that open items: all sessions share them."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = trio.CapacityLimiter(OPEN_THREADS)
        _limiter.set(limiter)
        take_turns_quickly()
        return limiter


def _monotonic_ms() -> int:
    return int(trio.current_time() * 1000)
