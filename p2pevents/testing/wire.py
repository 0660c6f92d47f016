"""The simulated network: who is connected, and what comes of everything that is sent."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from p2pevents.node.core.inputs import DialFailed, SessionClosed
from p2pevents.sync.inputs import Received
from p2pevents.testing.connection import Connection, Stream
from p2pevents.testing.opening import LanesOnce, OpenOnce
from p2pevents.testing.stream_end import StreamEnd

if TYPE_CHECKING:
    from p2pevents.testing.life import Life
    from p2pevents.testing.timeline import Timeline
    from p2pevents.testing.weather import Weather

__all__ = ["Traffic", "Wire"]

HANDSHAKE_TRIPS: Final = 3
DIAL_MS_MAX: Final = 10_000
_PRINT_BYTES: Final = 16
KEEPALIVE_MS: Final = (20_000, 60_000)  # after which a side notices that nothing passes


class Traffic:
    """What the honest nodes sent: in bytes, on streams and as gossip hop by hop, and all of it.

    Attributes:
        stream_bytes, gossip_bytes: how much.
    """

    def __init__(self) -> None:
        self.stream_bytes = 0
        self.gossip_bytes = 0
        self._all = hashlib.blake2b(digest_size=_PRINT_BYTES)

    def add_stream(self, data: bytes, *, source: str, target: str, at_ms: int) -> None:
        """Take in what was sent on a stream."""
        self.stream_bytes += len(data)
        self._add(data, source, target, at_ms)

    def add_gossip(self, data: bytes, *, source: str, target: str, at_ms: int) -> None:
        """Take in what was sent as gossip."""
        self.gossip_bytes += len(data)
        self._add(data, source, target, at_ms)

    def _add(self, data: bytes, source: str, target: str, at_ms: int) -> None:
        self._all.update(f"{at_ms} {source} {target} {len(data)}\n".encode())
        self._all.update(data)

    @property
    def fingerprint(self) -> bytes:
        """A sum of who sent which bytes to whom, when, in which order."""
        return self._all.digest()

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.stream_bytes + self.gossip_bytes


class Wire:
    """What lies between the nodes.

    Attributes:
        time: virtual time.
        weather: what the network is like now.
        traffic: what the honest nodes sent.
        opening: how the nodes open what comes, each bytes once for all of them.
        lanes: how they make lanes of ids, likewise.
    """

    def __init__(
        self,
        *,
        time: Timeline,
        weather: Weather,
        rng: Random,
        life_at: Callable[[str], Life | None],
    ) -> None:
        self.time = time
        self.weather = weather
        self.traffic = Traffic()
        self.opening = OpenOnce()
        self.lanes = LanesOnce()
        self._rng = rng
        self._life_at = life_at
        self._messages = 0

    # --- connections ---------------------------------------------------------------------------

    def dial(self, life: Life, peer: str, addresses: Sequence[str]) -> None:
        """Connect to a peer; the life is told how that came out."""
        trips_ms = sum(self.weather.delay_ms(self._rng) for _ in range(HANDSHAKE_TRIPS))
        life.later(trips_ms, lambda: self._dialled(life, peer, addresses))

    def _dialled(self, life: Life, peer: str, addresses: Sequence[str]) -> None:
        other = self._life_at(peer)
        if peer in life.links:
            return
        if other is None or self._is_refused(life, other) or other.node.is_reader:
            life.later(self.weather.delay_ms(self._rng), lambda: life.tell(DialFailed(peer=peer)))
            return
        if self.weather.is_cut_either_way(life.name, peer) or self.weather.is_lost(self._rng):
            life.later(DIAL_MS_MAX * len(addresses), lambda: life.tell(DialFailed(peer=peer)))
            return
        connection = Connection(dialler=life, listener=other)
        life.clerk.reached(peer, addresses[0])
        other.connected(connection)
        life.connected(connection)

    def _is_refused(self, life: Life, other: Life) -> bool:
        return life.refuses(other.name) or other.refuses(life.name)

    def hang_up(self, connection: Connection, life: Life) -> None:
        """Close a connection from one end: the other learns of it, unless nothing passes."""
        life.lost(connection)
        other = connection.other(life)
        if self.weather.is_cut(life.name, other.name):
            self.stall(connection)
        else:
            other.later(self.weather.delay_ms(self._rng), lambda: other.lost(connection))

    def stall(self, connection: Connection) -> None:
        """Let nothing pass from now on: each side notices when its keepalive has failed."""
        if connection.is_stalled:
            return
        connection.is_stalled = True
        for life in (connection.dialler, connection.listener):
            life.later(self._rng.randint(*KEEPALIVE_MS), partial(life.lost, connection))

    def stall_cut(self, lives: Sequence[Life]) -> None:
        """Stall every connection that crosses a cut."""
        for life in lives:
            for peer, connection in life.links.items():
                if self.weather.is_cut_either_way(life.name, peer):
                    self.stall(connection)

    # --- streams -------------------------------------------------------------------------------

    def open_stream(self, life: Life, peer: str) -> None:
        """Open a sync stream; the life is told where that fails."""
        connection = life.links.get(peer)
        if connection is None:
            self.time.later(0, lambda: life.tell(SessionClosed(peer=peer)))
            return
        stream = Stream(connection=connection)
        self._arrive(stream, life.name, peer, partial(self._accept, stream, life, peer))

    def _accept(self, stream: Stream, life: Life, peer: str) -> None:
        """The other side takes up the stream, unless it speaks no sync; then the opener does."""
        other = stream.connection.other(life)
        is_up = other.links.get(life.name) is stream.connection and not other.node.is_reader
        if is_up and not other.is_over:
            end = other.node.stream_end(other, stream)
            stream.ends[peer] = end
            stream.early[life.name] = deque()
            self._arrive(stream, peer, life.name, partial(self._opened, stream, life))
            other.sessions_gain(end)
        else:
            life.later(
                self.weather.delay_ms(self._rng), lambda: life.tell(SessionClosed(peer=peer))
            )

    def _opened(self, stream: Stream, life: Life) -> None:
        peer = stream.connection.other(life).name
        if life.links.get(peer) is not stream.connection:
            life.tell(SessionClosed(peer=peer))
            return
        end = life.node.stream_end(life, stream)
        stream.ends[life.name] = end
        life.sessions_gain(end)

    def send(self, end: StreamEnd, data: bytes) -> None:
        """Carry bytes to the other end of a stream, after all that was sent before."""
        if end.life.node.is_honest:
            self.traffic.add_stream(
                data, source=end.life.name, target=end.peer, at_ms=self.time.now_ms
            )
        self._arrive(
            end.stream, end.life.name, end.peer, partial(self._received, end.stream, end.peer, data)
        )

    def _received(self, stream: Stream, target: str, data: bytes) -> None:
        end = stream.ends.get(target)
        if end is not None:
            end.tell(Received(data=data))
        elif target in stream.early:
            stream.early[target].append(data)

    def shut(self, end: StreamEnd) -> None:
        """Close one end: the other reads what was sent, then that it is over."""
        stream, peer = end.stream, end.peer
        if end.life.name not in stream.shut:
            stream.shut.add(end.life.name)
            self._arrive(stream, end.life.name, peer, lambda: self._ended(stream, peer))

    def _ended(self, stream: Stream, target: str) -> None:
        end = stream.ends.get(target)
        if end is not None:
            end.end_of_stream()

    def _arrive(self, stream: Stream, source: str, target: str, act: Callable[[], None]) -> None:
        """Have something happen at the far end of a stream, in its turn, or not at all."""
        connection = stream.connection
        life = connection.listener if connection.listener.name == target else connection.dialler
        if self.weather.cuts and self.weather.is_cut_either_way(source, target):
            self.stall(connection)
        delay_ms = self.weather.stream_delay_ms(self._rng)
        if connection.is_stalled:
            return
        if delay_ms is None:
            self.stall(connection)
            return
        at_ms = max(stream.arrival_ms.get(target, 0), self.time.now_ms + delay_ms)
        stream.arrival_ms[target] = at_ms
        life.later(at_ms - self.time.now_ms, lambda: None if connection.is_stalled else act())

    # --- gossip --------------------------------------------------------------------------------

    def publish(self, life: Life, data: bytes) -> int:
        """Send a message of one's own to all peers; return to how many."""
        self._messages += 1
        life.has_seen(self._messages)
        return self.flood(life, self._messages, data, but=life.name)

    def flood(self, life: Life, message: int, data: bytes, *, but: str) -> int:
        """Send a message to every peer but one; return to how many."""
        peers = 0
        for peer, connection in life.links.items():
            if peer == but or connection.other(life).node.is_reader:
                continue
            peers += 1
            if life.node.is_honest:
                self.traffic.add_gossip(data, source=life.name, target=peer, at_ms=self.time.now_ms)
            if not self._is_gossip_lost(connection, life.name, peer):
                self._carry(connection, life.name, peer, message, data)
            if self.weather.twice_ratio and self._rng.random() < self.weather.twice_ratio:
                self._messages += 1  # under another id: the peer's memory does not know it
                self._carry(connection, life.name, peer, self._messages, data)
        return peers

    def _is_gossip_lost(self, connection: Connection, source: str, target: str) -> bool:
        if self.weather.is_cut(source, target):
            self.stall(connection)
        return connection.is_stalled or self.weather.is_lost(self._rng)

    def _carry(
        self, connection: Connection, source: str, target: str, message: int, data: bytes
    ) -> None:
        life = connection.listener if connection.listener.name == target else connection.dialler
        life.later(self.weather.delay_ms(self._rng), partial(life.hear, source, message, data))
