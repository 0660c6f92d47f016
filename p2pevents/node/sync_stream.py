"""One sync session on one real stream: does what the session's effects say, in their order."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import trio

from p2pevents.errors import NetworkError
from p2pevents.log.local import Cursor as StoredCursor, KnownPeer
from p2pevents.log.protocol import Log
from p2pevents.net.network import READ_BYTES_MAX, PeerStream
from p2pevents.node.answers import answer_from
from p2pevents.node.ingest import Finding, Ingest, Why
from p2pevents.node.ledger import Ledger
from p2pevents.record.verdict import Verdict
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import (
    Blame,
    Close,
    Committed,
    Delivered,
    Effect,
    Ended,
    EndOfStream,
    FindLacking,
    Input,
    Offer,
    ReadIndex,
    ReadItems,
    ReadMissing,
    ReadPage,
    ReadSince,
    ReadSnapshot,
    ReadWanted,
    Received,
    RememberCursor,
    Send,
    SnapshotRead,
    Tick,
)
from p2pevents.sync.messages import NONCE_BYTES, Cursor
from p2pevents.sync.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Listener", "Shared", "SyncStream"]

TICK_S: Final = 1.0
OFFER_ITEMS_MAX: Final = 128  # offered at a stretch: some 12 ms, then others have their turn
INBOX_INPUTS_MAX: Final = 128


class Listener(Protocol):
    """Who is told what comes of sessions; each is called from within the session, so be quick."""

    def ended(self, peer: str, ended: Ended) -> None:
        """A comparison with a peer came out so."""

    def delivered(self, peer: str, items: Sequence[Item]) -> None:
        """A peer has committed these pushed items."""

    def blamed(self, peer: str, blame: Blame) -> None:
        """A peer did what no honest peer does."""

    def grown(self) -> None:
        """The log has new items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What every session of a node shares.

    Attributes:
        log, ingest, ledger: the node's own.
        network, shard: their names.
        is_reader: the node only pulls.
        now_ms: the node's clock.
        listener: told what comes of the sessions.
    """

    log: Log
    ingest: Ingest
    ledger: Ledger
    network: str
    shard: str
    is_reader: bool
    now_ms: Callable[[], int]
    listener: Listener


class SyncStream:
    """Drives one session until its stream ends."""

    def __init__(self, shared: Shared, stream: PeerStream) -> None:
        self._shared = shared
        self._stream = stream
        self._session = Session(
            network=shared.network,
            shard=shared.shard,
            is_reader=shared.is_reader,
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
                    await self._do(
                        self._session.step(await self._inputs.receive(), now_ms=_monotonic_ms())
                    )
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

    async def _do(self, effects: list[Effect]) -> None:
        """Do effects in order; an answer is the session's next input, before anything else."""
        waiting = deque(effects)
        while waiting:
            answer = await self._do_one(waiting.popleft())
            if answer is not None:
                waiting.extend(self._session.step(answer, now_ms=_monotonic_ms()))

    async def _do_one(self, effect: Effect) -> Input | None:
        shared, peer = self._shared, str(self._stream.peer)
        match effect:
            case Send():
                try:
                    await self._stream.send_all(effect.data)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    return EndOfStream()
            case ReadSnapshot():
                return SnapshotRead(
                    snapshot=shared.ledger.snapshot(),
                    cursor=_cursor_for(shared.log, peer),
                    nonce=secrets.token_bytes(NONCE_BYTES),
                )
            case (
                ReadPage()
                | ReadItems()
                | ReadSince()
                | FindLacking()
                | ReadIndex()
                | ReadMissing()
                | ReadWanted()
            ):
                return answer_from(shared.log, shared.ledger, effect)
            case Offer():
                return await self._offer(effect.items)
            case RememberCursor():
                _remember(shared, peer, effect.cursor)
            case Delivered():
                shared.listener.delivered(peer, effect.items)
            case Ended():
                shared.listener.ended(peer, effect)
            case Blame():
                shared.listener.blamed(peer, effect)
            case Close():
                self._is_closed = True
        return None

    async def _offer(self, items: Sequence[Item]) -> Committed:
        findings: list[Finding] = []
        for start in range(0, len(items), OFFER_ITEMS_MAX):
            page = items[start : start + OFFER_ITEMS_MAX]
            findings += self._shared.ingest.offer(page, now_ms=self._shared.now_ms())
            await trio.lowlevel.checkpoint()
        whys = Counter(finding.why for finding in findings)
        if whys[Why.NEW] or whys[Why.COMPLETED]:
            self._shared.listener.grown()
        taken = {Why.NEW, Why.KNOWN, Why.COMPLETED, Why.MALFORMED}
        return Committed(
            new=whys[Why.NEW],
            rejected=sum(finding.verdict is Verdict.REJECT for finding in findings),
            left_out={why.value: count for why, count in whys.items() if why not in taken},
        )


def _monotonic_ms() -> int:
    return int(trio.current_time() * 1000)


def _known(log: Log, peer: str) -> KnownPeer | None:
    return next((known for known in log.local.peers() if known.peer == peer), None)


def _cursor_for(log: Log, peer: str) -> Cursor | None:
    known = _known(log, peer)
    if known is None or known.cursor is None:
        return None
    return Cursor(incarnation=known.cursor.incarnation, position=known.cursor.position)


def _remember(shared: Shared, peer: str, cursor: Cursor) -> None:
    known = _known(shared.log, peer)
    shared.log.local.set_peer(
        KnownPeer(
            peer=peer,
            addresses=known.addresses if known else (),
            seen_ms=shared.now_ms(),
            cursor=StoredCursor(incarnation=cursor.incarnation, position=cursor.position),
        )
    )
