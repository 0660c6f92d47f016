"""One end of a simulated sync stream: a real session, conducted as the daemon conducts it."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from p2pevents.node.conduct import conduct
from p2pevents.sync.effects import Close, Effect, Send
from p2pevents.sync.inputs import EndOfStream, Input, Received, Tick
from p2pevents.sync.session import Session

if TYPE_CHECKING:
    from p2pevents.testing.connection import Stream
    from p2pevents.testing.life import Life

__all__ = ["StreamEnd"]

TICK_MS: Final = 5_000  # a comparison without progress ends after 30 s


class StreamEnd:
    """A session at one end of a stream."""

    def __init__(self, life: Life, stream: Stream) -> None:
        self.life = life
        self.stream = stream
        self.peer = stream.connection.other(life).name
        self.is_opener = bool(stream.ends)  # who accepts has its end first
        self.since_ms = life.steady_ms()
        self._is_closed = False
        self._is_busy = False
        self._is_ticking = False
        self._inputs: deque[Input] = deque()
        shared = life.shared
        self.session = Session(
            network=shared.network,
            shard=shared.shard,
            is_opener=self.is_opener,
            now_ms=life.steady_ms(),
        )

    def start(self) -> None:
        """Begin the session, and take in what came before."""
        self._do(self.session.start())
        for data in self.stream.early.pop(self.life.name, ()):
            self.tell(Received(data=data))

    def tell(self, given: Input) -> None:
        """Hand the session an input; one that comes while it is busy waits its turn."""
        self._inputs.append(given)
        while self._inputs and not self._is_busy and not self._is_closed:
            self._do(self.session.step(self._inputs.popleft(), now_ms=self.life.steady_ms()))

    def close(self) -> None:
        """End here, without a word to the session: as when its task is cancelled."""
        if not self._is_closed:
            self._is_closed = True
            self._inputs.clear()
            self.life.sessions_lose(self)
            self.life.wire.shut(self)

    def end_of_stream(self) -> None:
        """Take in that the stream ended or broke."""
        self.tell(EndOfStream())

    def send(self, data: bytes) -> None:
        """Put bytes on their way."""
        self.life.wire.send(self, data)

    def _do(self, effects: list[Effect]) -> None:
        self._is_busy = True
        is_over = False
        for outward in conduct(
            self.life.shared, self.peer, self.session, effects, steady_ms=self.life.steady_ms
        ):
            # An offer was taken in at once: nobody else waits for a turn.
            if isinstance(outward, Send):
                self.send(outward.data)
            elif isinstance(outward, Close):
                is_over = True
        self._is_busy = False
        if is_over:
            self.close()
        self._tick_later()

    def _tick_later(self) -> None:
        """Have a tick come while a comparison runs: nothing else in a session asks the time."""
        if self.session.is_comparing and not self._is_ticking and not self._is_closed:
            self._is_ticking = True
            self.life.later(TICK_MS, partial(self._tick))

    def _tick(self) -> None:
        self._is_ticking = False
        if not self._is_closed and self.session.is_comparing:
            self.tell(Tick())
            self._tick_later()
