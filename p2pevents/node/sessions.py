"""The sync sessions of a running node, one with each peer: opened, served, told, closed."""

from __future__ import annotations

import logging
from collections.abc import Callable

import trio

from p2pevents.errors import LogError, NetworkError
from p2pevents.net.network import Network, PeerId, PeerStream
from p2pevents.node.conduct import Shared
from p2pevents.node.core.crossing import keeps_older
from p2pevents.node.core.inputs import SessionClosed, SessionOpened
from p2pevents.node.core.schedule import COMPARING_INBOUND_MAX
from p2pevents.node.sync_stream import SyncStream
from p2pevents.sync.budget import Pace
from p2pevents.sync.inputs import Input
from p2pevents.sync.messages import SYNC_PROTOCOL

__all__ = ["Sessions"]

_logger = logging.getLogger(__name__)


class Sessions:
    """Which peers a node has a sync stream with, and what runs on it."""

    def __init__(
        self,
        network: Network,
        shared: Shared,
        *,
        steady_ms: Callable[[], int],
        tell: Callable[[SessionOpened | SessionClosed], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """Begin with none.

        Args:
            network: the node's.
            shared: what the node's sessions have in common.
            steady_ms: the core's time.
            tell: takes what the core is told of them.
            failed: takes a peer that opens no stream, and why, in words.
        """
        self._network = network
        self._shared = shared
        self._steady_ms = steady_ms
        self._tell = tell
        self._failed = failed
        self._pace = Pace()
        self._streams: dict[str, SyncStream] = {}
        self._scopes: dict[str, trio.CancelScope] = {}

    def listen(self) -> None:
        """Answer the sync protocol from now on."""
        self._network.serve(SYNC_PROTOCOL, self._serve)

    async def open(self, peer: str) -> None:
        """Open a session with a connected peer, and run it until it ends."""
        try:
            stream = await self._network.open_stream(PeerId(peer), SYNC_PROTOCOL)
        except NetworkError as error:
            _logger.info("%s opens no sync stream: %s", peer, error)
            self._failed(peer, f"it opens no sync stream: {error.message}")
            self._tell(SessionClosed(peer=peer))
            return
        await self._run(stream, is_opener=True)

    def hand(self, peer: str, given: Input) -> None:
        """Hand a peer's session an input; where there is none, the core is told that it closed."""
        stream = self._streams.get(peer)
        if stream is None:
            self._tell(SessionClosed(peer=peer))
        else:
            stream.tell(given)

    def close(self, peer: str) -> None:
        """End a peer's session, where there is one."""
        if (scope := self._scopes.get(peer)) is not None:
            scope.cancel()

    async def _serve(self, stream: PeerStream) -> None:
        await self._run(stream, is_opener=False)

    async def _run(self, stream: PeerStream, *, is_opener: bool) -> None:
        peer = str(stream.peer)
        session = SyncStream(self._shared, stream, is_opener=is_opener, pace=self._pace)
        older = self._streams.get(peer)
        if older is None and not is_opener and self._is_full():
            await session.refuse()
            return
        if older is not None:
            if keeps_older(
                older_is_own=older.is_opener,
                newer_is_own=is_opener,
                older_ms=self._steady_ms() - older.since_ms,
                mine=str(self._network.peer_id),
                theirs=peer,
            ):
                await session.refuse()
                return
            self._scopes[peer].cancel()
        with trio.CancelScope() as scope:
            self._streams[peer], self._scopes[peer] = session, scope
            self._tell(SessionOpened(peer=peer))
            try:
                await session.run()
            except* LogError as errors:
                _logger.warning("nothing is taken from %s: %s", peer, errors.exceptions[0])
            finally:
                if self._streams.get(peer) is session:
                    del self._streams[peer], self._scopes[peer]
                    self._tell(SessionClosed(peer=peer))

    def _is_full(self) -> bool:
        """Whether as many compare as may: a stream may come before its connection is told of."""
        comparing = sum(each.is_comparing for each in self._streams.values())
        return comparing >= COMPARING_INBOUND_MAX
