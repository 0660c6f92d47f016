"""One sync session on one stream, without I/O: `step(input, now_ms)` returns effects.

Both sides say hello, bring each other's authority up to date, then each other's
records, and say what they hold then. After that the stream stays open: fresh
records are pushed both ways, and either side may begin again. The table below
is the machine; docs/spec/sync.md says the same in sentences.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import (
    Blame,
    Close,
    Collection,
    Committed,
    Compare,
    Delivered,
    Effect,
    Ended,
    EndOfStream,
    Input,
    Offer,
    Outcome,
    PageRead,
    ReadPage,
    ReadSnapshot,
    Received,
    RememberCursor,
    Send,
    SendPush,
    SnapshotRead,
    Tick,
)
from p2pevents.sync.frames import FrameReader, encode_frame
from p2pevents.sync.messages import (
    Ack,
    Cursor,
    End,
    Hello,
    Message,
    Page,
    Push,
    Taken,
    decode_message,
    encode_message,
)

__all__ = [
    "PAGES_IN_FLIGHT_MAX",
    "PROGRESS_MS_MAX",
    "PUSHES_IN_FLIGHT_MAX",
    "TURNS",
    "Session",
    "Stage",
]

PROGRESS_MS_MAX: Final = 30_000  # without a new committed item, a comparison ends
PAGES_IN_FLIGHT_MAX: Final = 4  # sent and not acknowledged: 1 MiB at the most
PUSHES_IN_FLIGHT_MAX: Final = 8


class Stage(Enum):
    """Where a session stands."""

    HELLO = "hello"
    AUTHORITY = "authority"
    RECORDS = "records"
    END = "end"
    LIVE = "live"
    CLOSED = "closed"


_ANY_TIME: Final = frozenset({Push, Taken})

TURNS: Final[Mapping[Stage, frozenset[type[Message]]]] = {
    Stage.HELLO: frozenset({Hello}) | _ANY_TIME,
    Stage.AUTHORITY: frozenset({Page, Ack}) | _ANY_TIME,
    Stage.RECORDS: frozenset({Page, Ack}) | _ANY_TIME,
    Stage.END: frozenset({End}) | _ANY_TIME,
    Stage.LIVE: frozenset({Hello}) | _ANY_TIME,
    Stage.CLOSED: frozenset(),
}
"""Which messages may come in which stage. Any other ends the session, and blames the peer."""


@dataclass(slots=True)
class _Serving:
    """What we are sending in this stage: how far the log was read, what waits for its ack."""

    collection: Collection
    after: int
    upto: int
    read_all: bool
    reading: bool = False
    in_flight: int = 0

    @classmethod
    def planned(cls, collection: Collection, *, mine: Hello, theirs: Hello) -> _Serving:
        """Return what a stage begins with; the peer's `_Taking` says the same from there."""
        is_equal = _sets(mine)[collection] == _sets(theirs)[collection]
        return cls(
            collection=collection,
            after=_position_in(mine.log, theirs.cursor),
            upto=mine.log.position,
            read_all=is_equal or mine.is_reader,
        )

    @property
    def is_done(self) -> bool:
        return self.read_all and self.in_flight == 0


@dataclass(slots=True)
class _Taking:
    """What we are taking in this stage: where the next page must begin, whether one is last."""

    collection: Collection
    log: Cursor
    after: int
    last_came: bool
    in_flight: int = 0

    @classmethod
    def planned(cls, collection: Collection, *, mine: Hello, theirs: Hello) -> _Taking:
        """Return what a stage begins with; the peer's `_Serving` says the same from there."""
        is_equal = _sets(mine)[collection] == _sets(theirs)[collection]
        return cls(
            collection=collection,
            log=theirs.log,
            after=_position_in(theirs.log, mine.cursor),
            last_came=is_equal or theirs.is_reader,
        )

    @property
    def is_done(self) -> bool:
        return self.last_came and self.in_flight == 0


class Session:
    """One side of one session.

    The driver calls `start`, then `step` with every input, and does what the
    effects say, in order. A `ProtocolError` never leaves it: it ends in
    `Blame` and `Close`.
    """

    def __init__(self, *, network: str, shard: str, is_reader: bool = False, now_ms: int) -> None:
        """Prepare a session of one network's shard; `now_ms` as in `step`.

        Args:
            network: the network's name.
            shard: the name of its shard.
            is_reader: this node only pulls.
            now_ms: the time; only differences count.
        """
        self.stage = Stage.HELLO
        self._network = network
        self._shard = shard
        self._is_reader = is_reader
        self._frames = FrameReader()
        self._mine: Hello | None = None
        self._theirs: Hello | None = None
        self._has_met = False
        self._plan: dict[Stage, tuple[_Serving, _Taking]] = {}
        self._serving: _Serving
        self._taking: _Taking
        self._offers: deque[Page | Push] = deque()
        self._pushed: deque[tuple[Item, ...]] = deque()
        self._my_end: End | None = None
        self._their_end: End | None = None
        self._left_out: dict[str, int] = {}
        self._new = 0
        self._deadline_ms = now_ms + PROGRESS_MS_MAX
        self._effects: list[Effect] = []

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison is under way, or has not begun yet."""
        return self.stage not in (Stage.LIVE, Stage.CLOSED)

    @property
    def room_for_pushes(self) -> int:
        """How many more pushes the peer can be handed now."""
        return PUSHES_IN_FLIGHT_MAX - len(self._pushed) if self._has_met else 0

    def start(self) -> list[Effect]:
        """Return the first effects."""
        return [ReadSnapshot()]

    def step(self, given: Input, *, now_ms: int) -> list[Effect]:
        """Take one input and return what is to be done, in order.

        Args:
            given: what happened.
            now_ms: the time in ms, of any clock that never runs backwards.
        """
        if self.stage is Stage.CLOSED:
            return []
        try:
            self._take(given, now_ms)
        except ProtocolError as error:
            self._effects.append(Blame(rule=error.rule, detail=error.detail))
            self._break_off(error.rule)
        return self._flush()

    # --- inputs --------------------------------------------------------------------------------

    def _take(self, given: Input, now_ms: int) -> None:
        match given:
            case Received():
                for frame in self._frames.feed(given.data):
                    self._on_message(decode_message(frame), now_ms)
            case PageRead():
                self._on_page_read(given)
            case Committed():
                self._on_committed(given, now_ms)
            case SnapshotRead():
                self._on_snapshot(given, now_ms)
            case SendPush():
                self._send_push(given.items)
            case Compare():
                if self.stage is Stage.LIVE:
                    self._again(now_ms)
            case Tick():
                if self.is_comparing and now_ms >= self._deadline_ms:
                    self._break_off("no-progress")
            case EndOfStream():
                self._break_off("stream-ended")

    def _on_message(self, message: Message, now_ms: int) -> None:
        if type(message) not in TURNS[self.stage]:
            name = type(message).__name__.lower()
            raise ProtocolError("message-turn", f"{name} in stage {self.stage.value}")
        match message:
            case Hello():
                self._on_hello(message, now_ms)
            case Page():
                self._on_page(message)
            case Ack():
                self._on_ack(now_ms)
            case End():
                self._on_end(message)
            case Push():
                self._on_push(message)
            case Taken():
                self._on_taken()

    # --- hello: who is there, and from where each goes on --------------------------------------

    def _again(self, now_ms: int) -> None:
        """Leave the pushing and compare once more."""
        self.stage = Stage.HELLO
        self._mine = self._theirs = None
        self._my_end = self._their_end = None
        self._left_out = {}
        self._new = 0
        self._deadline_ms = now_ms + PROGRESS_MS_MAX
        self._effects.append(ReadSnapshot())

    def _on_snapshot(self, given: SnapshotRead, now_ms: int) -> None:
        if self.stage is Stage.END:
            self._my_end = End(
                authority=given.snapshot.authority,
                records=given.snapshot.records,
                left_out=dict(self._left_out),
            )
            self._send(self._my_end)
            self._finish_if_ended()
            return
        self._mine = Hello(
            network=self._network,
            shard=self._shard,
            is_reader=self._is_reader,
            nonce=given.nonce,
            log=given.snapshot.log,
            authority=given.snapshot.authority,
            records=given.snapshot.records,
            cursor=given.cursor,
        )
        self._send(self._mine)
        self._begin_if_met(now_ms)

    def _on_hello(self, message: Hello, now_ms: int) -> None:
        if (message.network, message.shard) != (self._network, self._shard):
            # No fault: somebody took us for a node of their own network.
            self._break_off("other-network")
            return
        if self.stage is Stage.LIVE:
            self._again(now_ms)
        if self._theirs is not None:
            raise ProtocolError("message-turn", "a second hello")
        self._theirs = message
        self._begin_if_met(now_ms)

    def _begin_if_met(self, now_ms: int) -> None:
        if self._mine is None or self._theirs is None:
            return
        self._has_met = True
        self._deadline_ms = now_ms + PROGRESS_MS_MAX
        if _sets(self._mine) == _sets(self._theirs):
            self._effects.append(RememberCursor(cursor=self._theirs.log))
            self._finish(Outcome.EQUAL)
            return
        self._plan = {
            stage: (
                _Serving.planned(collection, mine=self._mine, theirs=self._theirs),
                _Taking.planned(collection, mine=self._mine, theirs=self._theirs),
            )
            for stage, collection in _COLLECTIONS.items()
        }
        self._enter(Stage.AUTHORITY)

    # --- authority, then records: what each lacks ----------------------------------------------

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._serving, self._taking = self._plan[stage]
        self._read_on()
        self._leave_if_done()

    def _read_on(self) -> None:
        serving = self._serving
        if serving.read_all or serving.reading or serving.in_flight >= PAGES_IN_FLIGHT_MAX:
            return
        serving.reading = True
        self._effects.append(
            ReadPage(collection=serving.collection, after=serving.after, upto=serving.upto)
        )

    def _on_page_read(self, given: PageRead) -> None:
        serving = self._serving
        serving.reading = False
        serving.read_all = given.is_last
        serving.after = serving.upto if given.is_last else given.position
        serving.in_flight += 1
        self._send(Page(items=given.items, position=serving.after, is_last=given.is_last))
        self._read_on()

    def _on_ack(self, now_ms: int) -> None:
        serving = self._serving
        if serving.in_flight == 0:
            raise ProtocolError("page-ack", "a page is acknowledged that was not sent")
        serving.in_flight -= 1
        self._deadline_ms = now_ms + PROGRESS_MS_MAX
        self._read_on()
        self._leave_if_done()

    def _on_page(self, message: Page) -> None:
        taking = self._taking
        if taking.last_came:
            raise ProtocolError("page-after-last", "a page after the last one")
        if taking.in_flight >= PAGES_IN_FLIGHT_MAX:
            raise ProtocolError("page-window", f"more than {PAGES_IN_FLIGHT_MAX} not acknowledged")
        reached = taking.log.position if message.is_last else message.position
        if not taking.after <= reached <= taking.log.position or reached != message.position:
            raise ProtocolError("page-position", "a page that goes back, or beyond the snapshot")
        if not message.is_last and (not message.items or reached == taking.after):
            raise ProtocolError("page-empty", "a page that brings nothing, and is not the last")
        taking.after = reached
        taking.last_came = message.is_last
        taking.in_flight += 1
        self._offers.append(message)
        self._effects.append(Offer(items=message.items))

    def _on_committed(self, given: Committed, now_ms: int) -> None:
        offered = self._offers.popleft()
        if given.rejected:
            raise ProtocolError("item", f"{given.rejected} items that no honest peer sends")
        if isinstance(offered, Push):
            self._send(Taken())
            return
        self._new += given.new
        for reason, count in given.left_out.items():
            self._left_out[reason] = self._left_out.get(reason, 0) + count
        if given.new:
            self._deadline_ms = now_ms + PROGRESS_MS_MAX
        taking = self._taking
        taking.in_flight -= 1
        self._send(Ack())
        if taking.collection is Collection.RECORDS:
            self._effects.append(
                RememberCursor(cursor=replace(taking.log, position=offered.position))
            )
        self._leave_if_done()

    def _leave_if_done(self) -> None:
        """Go on once both sides have all of this stage: both see it at the same place."""
        if not (self._serving.is_done and self._taking.is_done):
            return
        if self.stage is Stage.AUTHORITY:
            self._enter(Stage.RECORDS)
        else:
            self.stage = Stage.END
            self._effects.append(ReadSnapshot())

    # --- end -----------------------------------------------------------------------------------

    def _on_end(self, message: End) -> None:
        if self._their_end is not None:
            raise ProtocolError("message-turn", "a second end")
        self._their_end = message
        self._finish_if_ended()

    def _finish_if_ended(self) -> None:
        mine, theirs = self._my_end, self._their_end
        if mine is None or theirs is None:
            return
        if _sets(mine) == _sets(theirs):
            self._finish(Outcome.EQUAL)
            return
        left_out = dict(mine.left_out)
        for reason, count in theirs.left_out.items():
            left_out[reason] = left_out.get(reason, 0) + count
        self._finish(Outcome.SETTLED, left_out=left_out)

    def _finish(self, outcome: Outcome, *, left_out: Mapping[str, int] | None = None) -> None:
        self.stage = Stage.LIVE
        self._effects.append(Ended(outcome=outcome, left_out=left_out or {}, new=self._new))

    def _break_off(self, why: str) -> None:
        if self.is_comparing:
            self._effects.append(Ended(outcome=Outcome.UNFINISHED, why=why, new=self._new))
        self.stage = Stage.CLOSED
        self._effects.append(Close())

    # --- pushes, both ways, at any time after the first hello ----------------------------------

    def _send_push(self, items: tuple[Item, ...]) -> None:
        """Push where there is room; what is not pushed, gossip and the next comparison bring."""
        if self.room_for_pushes > 0:
            self._pushed.append(items)
            self._send(Push(items=items))

    def _on_push(self, message: Push) -> None:
        if sum(type(offered) is Push for offered in self._offers) >= PUSHES_IN_FLIGHT_MAX:
            raise ProtocolError("push-window", f"more than {PUSHES_IN_FLIGHT_MAX} not taken yet")
        self._offers.append(message)
        self._effects.append(Offer(items=message.items))

    def _on_taken(self) -> None:
        if not self._pushed:
            raise ProtocolError("push-taken", "a push is taken that was not sent")
        self._effects.append(Delivered(items=self._pushed.popleft()))

    # --- effects -------------------------------------------------------------------------------

    def _send(self, message: Message) -> None:
        self._effects.append(Send(data=encode_frame(encode_message(message))))

    def _flush(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects


_COLLECTIONS: Final = {
    Stage.AUTHORITY: Collection.AUTHORITY,
    Stage.RECORDS: Collection.RECORDS,
}


def _sets(message: Hello | End) -> dict[Collection, bytes]:
    return {Collection.AUTHORITY: message.authority, Collection.RECORDS: message.records}


def _position_in(log: Cursor, cursor: Cursor | None) -> int:
    """Return where in a log a reader goes on: from 0 in another life of it than the known one."""
    if cursor is None or cursor.incarnation != log.incarnation or cursor.position > log.position:
        return 0
    return cursor.position
