"""One sync session on one stream, without I/O: `step(input, now_ms)` returns effects.

Both sides compare their sets. Then the stream stays open: fresh records are
pushed both ways, and either side may have another comparison. `TURNS` is the
machine; docs/spec/sync.md says the same in sentences.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.codec import decode_message, encode_message, is_message
from p2pevents.sync.comparison import Comparison
from p2pevents.sync.effects import Blame, Close, Effect, Ended, Offer, Outcome, Send
from p2pevents.sync.frames import FrameReader, encode_frame
from p2pevents.sync.inputs import (
    Committed,
    Compare,
    EndOfStream,
    Input,
    MissingRead,
    Received,
    SendPush,
    SnapshotRead,
    Tick,
    WantedRead,
)
from p2pevents.sync.messages import (
    Ack,
    End,
    Hello,
    Message,
    Page,
    Push,
    Taken,
    Want,
)
from p2pevents.sync.outside import NOTHING
from p2pevents.sync.pushes import Pushes
from p2pevents.sync.turns import TURNS, Stage

__all__ = ["PROGRESS_MS_MAX", "Session"]

PROGRESS_MS_MAX: Final = 30_000  # without a new committed item, a comparison ends


class Session:
    """One side of one session.

    The driver calls `start`, then `step` with every input, and does what the
    effects say, in order. A `ProtocolError` never leaves it: it ends in
    `Blame` and `Close`.
    """

    def __init__(self, *, network: str, shard: str, is_opener: bool = False, now_ms: int) -> None:
        """Prepare a session of one network's shard; `now_ms` as in `step`.

        Args:
            network: the network's name.
            shard: the name of its shard.
            is_opener: this side opened the stream; the other did not.
            now_ms: the time; only differences count.
        """
        self._network = network
        self._shard = shard
        self._is_opener = is_opener
        self._frames = FrameReader()
        self._named = NOTHING, NOTHING
        self._comparison: Comparison | None = self._new_comparison()
        self._is_closed = False
        self._pushes = Pushes()
        self._offers: deque[Page | Push] = deque()
        self._deadline_ms = now_ms + PROGRESS_MS_MAX
        self._now_ms = now_ms
        self._effects: list[Effect] = []

    @property
    def stage(self) -> Stage:
        """Where the session stands."""
        if self._is_closed:
            return Stage.CLOSED
        return Stage.LIVE if self._comparison is None else self._comparison.stage

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison is under way, or has not begun yet."""
        return self._comparison is not None

    @property
    def deadline_ms(self) -> int | None:
        """When a `Tick` ends the comparison, unless it gets on; None while there is none."""
        return self._deadline_ms if self.is_comparing else None

    @property
    def room_for_pushes(self) -> int:
        """How many more pushes the peer can be handed now."""
        return self._pushes.room

    def start(self) -> list[Effect]:
        """Return the first effects."""
        self._do(self._running.begin())
        effects, self._effects = self._effects, []
        return effects

    def step(self, given: Input, *, now_ms: int) -> list[Effect]:
        """Take one input and return what is to be done, in order.

        Args:
            given: what happened.
            now_ms: the time in ms, of any clock that never runs backwards.
        """
        self._now_ms = now_ms
        try:
            if not self._is_closed:
                self._take(given)
        except ProtocolError as error:
            self._effects.append(Blame(rule=error.rule, detail=error.detail))
            self._break_off(error.rule)
        effects, self._effects = self._effects, []
        return effects

    # --- inputs --------------------------------------------------------------------------------

    def _take(self, given: Input) -> None:
        match given:
            case Received():
                for frame in self._frames.feed(given.data):
                    self._on_message(decode_message(frame), bytes_came=len(frame))
            case Tick():
                if self.is_comparing and self._now_ms >= self._deadline_ms:
                    self._break_off("no-progress")
            case EndOfStream():
                self._break_off("stream-ended")
            case Compare():
                if self._comparison is None:
                    self._compare_again()
            case SnapshotRead():
                self._do_of_hello(self._running.on_snapshot(given))
            case Committed():
                self._on_committed(given)
            case SendPush() | MissingRead() | WantedRead():
                self._do(self._beside(given))
            case _:
                self._do(self._running.on_read(given))

    def _beside(self, given: SendPush | MissingRead | WantedRead) -> list[Effect | Message]:
        """Return what goes beside the comparisons."""
        match given:
            case SendPush():
                return self._pushes.send(given.items)
            case MissingRead():
                return self._pushes.want(given)
            case _:
                return self._pushes.give(given)

    def _on_message(self, message: Message, *, bytes_came: int) -> None:
        if type(message) not in TURNS[self.stage]:
            name = type(message).__name__.lower()
            raise ProtocolError("message-turn", f"{name} in stage {self.stage.value}")
        match message:
            case Hello():
                self._on_hello(message)
            case End():
                self._do(self._running.on_end(message))
            case Push():
                self._offers.append(message)
                self._do(self._pushes.came(message))
            case Taken():
                self._do(self._pushes.taken(message))
            case Want():
                self._do(self._pushes.wanted(message))
            case Page():
                self._running.exchange.taking.page(message)
                self._offers.append(message)
                self._do([Offer(items=message.items)])
            case _:
                if isinstance(message, Ack):
                    self._deadline_ms = self._now_ms + PROGRESS_MS_MAX
                self._do(self._running.on_exchanged(message, bytes_came=bytes_came))

    def _on_hello(self, message: Hello) -> None:
        if (message.network, message.shard) != (self._network, self._shard):
            # No fault: somebody took us for a node of their own network.
            self._break_off("other-network")
            return
        if self._comparison is None:
            self._compare_again()
        self._do_of_hello(self._running.on_hello(message))

    def _on_committed(self, given: Committed) -> None:
        offered = self._offers.popleft()
        if given.rejected:
            raise ProtocolError("item", f"{given.rejected} items that no honest peer sends")
        if isinstance(offered, Push):
            self._do(self._pushes.committed(is_kept=not given.left_out))
            return
        if given.new:
            self._deadline_ms = self._now_ms + PROGRESS_MS_MAX
        self._do(self._running.on_committed(given, offered))

    # --- comparisons ---------------------------------------------------------------------------

    @property
    def _running(self) -> Comparison:
        if self._comparison is None:
            raise ValueError("an answer to what this session did not ask")
        return self._comparison

    def _new_comparison(self) -> Comparison:
        return Comparison(
            network=self._network,
            shard=self._shard,
            is_opener=self._is_opener,
            named=self._named,
        )

    def _compare_again(self) -> None:
        self._comparison = self._new_comparison()
        self._deadline_ms = self._now_ms + PROGRESS_MS_MAX
        self._do(self._comparison.begin())

    def _do_of_hello(self, what: Sequence[Effect | Message]) -> None:
        """Do what follows of a hello, after which the peer may push."""
        comparison = self._running
        if comparison.has_met:
            self._pushes.met(serves=not comparison.is_reader)
        self._do(what)

    def _break_off(self, why: str) -> None:
        comparison, self._comparison = self._comparison, None
        if comparison is not None:
            ended = Ended(
                outcome=Outcome.UNFINISHED, why=why, new=comparison.new, gave=comparison.gave
            )
            self._effects.append(ended)
        self._is_closed = True
        self._effects.append(Close())

    # --- effects -------------------------------------------------------------------------------

    def _do(self, what: Sequence[Effect | Message]) -> None:
        for each in what:
            if is_message(each):
                self._effects.append(Send(data=encode_frame(encode_message(each))))
                continue
            if isinstance(each, Ended):
                self._named = self._running.named
                self._comparison = None
                self._pushes.compared()
            self._effects.append(each)
