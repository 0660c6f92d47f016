"""One sync session on one stream, without I/O: `step(input, now_ms)` returns effects.

Both sides say hello, bring each other's authority up to date, then each other's
records, and say what they hold then; where that is not equal they begin again,
in the end with a full comparison. Then the stream stays open: fresh records are
pushed both ways, and either side may have another comparison. `TURNS` is the
machine; docs/spec/sync.md says the same in sentences.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.effects import (
    Blame,
    Close,
    Collection,
    Committed,
    Compare,
    Effect,
    Ended,
    EndOfStream,
    HeadsFound,
    IndexRead,
    Input,
    ItemsRead,
    LackingFound,
    MissingRead,
    Offer,
    Outcome,
    PageRead,
    ReadMissing,
    ReadSnapshot,
    Received,
    RememberCursor,
    ScopeRead,
    Send,
    SendPush,
    SinceRead,
    SketchRead,
    SnapshotRead,
    SymbolsRead,
    Tick,
    WantedRead,
)
from p2pevents.sync.exchange import Exchange, Step
from p2pevents.sync.fingerprint import EMPTY_FINGERPRINT
from p2pevents.sync.frames import FrameReader, encode_frame
from p2pevents.sync.messages import (
    NO_LOG,
    Ack,
    Ask,
    Cursor,
    End,
    Found,
    Hello,
    Message,
    Need,
    Page,
    Push,
    Ranges,
    Scope,
    Since,
    Symbols,
    Taken,
    Want,
    decode_message,
    encode_message,
)
from p2pevents.sync.outside import NOTHING, WITHHELD, Outside
from p2pevents.sync.pushes import Pushes

__all__ = [
    "PASSES_MAX",
    "PROGRESS_MS_MAX",
    "TURNS",
    "Session",
    "Stage",
]

PROGRESS_MS_MAX: Final = 30_000  # without a new committed item, a comparison ends
PASSES_MAX: Final = 4  # from hello to end, within one comparison


class Stage(Enum):
    """Where a session stands."""

    HELLO = "hello"
    SINCE = "since"
    SCOPE = "scope"
    SKETCH = "sketch"
    RANGES = "ranges"
    TRANSFER = "transfer"
    END = "end"
    LIVE = "live"
    CLOSED = "closed"


_ANY_TIME: Final = frozenset({Push, Taken, Want})

TURNS: Final[Mapping[Stage, frozenset[type[Message]]]] = {
    Stage.HELLO: frozenset({Hello}) | _ANY_TIME,
    Stage.SINCE: frozenset({Since}) | _ANY_TIME,
    Stage.SCOPE: frozenset({Scope}) | _ANY_TIME,
    Stage.SKETCH: frozenset({Ask, Symbols, Found}) | _ANY_TIME,
    Stage.RANGES: frozenset({Ranges}) | _ANY_TIME,
    Stage.TRANSFER: frozenset({Need, Page, Ack}) | _ANY_TIME,
    Stage.END: frozenset({End}) | _ANY_TIME,
    Stage.LIVE: frozenset({Hello}) | _ANY_TIME,
    Stage.CLOSED: frozenset(),
}
"""Which messages may come in which stage. Any other ends the session, and blames the peer."""

_STAGES: Final = {
    Step.SINCE: Stage.SINCE,
    Step.SCOPE: Stage.SCOPE,
    Step.SKETCH: Stage.SKETCH,
    Step.RANGES: Stage.RANGES,
    Step.TRANSFER: Stage.TRANSFER,
}


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
        self._stage = Stage.HELLO
        self._mine: Hello | None = None
        self._theirs: Hello | None = None
        self._pushes = Pushes()
        self._exchange: Exchange | None = None
        self._later: deque[Exchange] = deque()
        self._offers: deque[Page | Push] = deque()
        self._ends: dict[bool, End] = {}
        self._pass = 1
        self._reads = False
        self._fully = False
        self._was_full = False
        self._was_sketched = False
        self._by_ranges = False
        self._is_complete = True
        self._named: tuple[Outside, Outside] = NOTHING, NOTHING  # here, there: on this stream
        self._own_withheld = 0
        self._new = 0
        self._moved = 0
        self._left_out: dict[str, int] = {}
        self._deadline_ms = now_ms + PROGRESS_MS_MAX
        self._now_ms = now_ms
        self._effects: list[Effect] = []

    @property
    def stage(self) -> Stage:
        """Where the session stands."""
        return self._stage if self._exchange is None else _STAGES[self._exchange.step]

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison is under way, or has not begun yet."""
        return self.stage not in (Stage.LIVE, Stage.CLOSED)

    @property
    def room_for_pushes(self) -> int:
        """How many more pushes the peer can be handed now."""
        return self._pushes.room

    def start(self) -> list[Effect]:
        """Return the first effects."""
        return [ReadSnapshot()]

    def step(self, given: Input, *, now_ms: int) -> list[Effect]:
        """Take one input and return what is to be done, in order.

        Args:
            given: what happened.
            now_ms: the time in ms, of any clock that never runs backwards.
        """
        self._now_ms = now_ms
        try:
            if self.stage is not Stage.CLOSED:
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
                if self.stage is Stage.LIVE:
                    self._again(1)
            case SnapshotRead():
                self._on_snapshot(given)
            case Committed():
                self._on_committed(given)
            case SendPush() | MissingRead() | WantedRead():
                self._on_pushing(given)
            case _:
                self._on_read(given)

    def _on_pushing(self, given: SendPush | MissingRead | WantedRead) -> None:
        match given:
            case SendPush():
                self._do(self._pushes.send(given.items))
            case MissingRead():
                self._do(self._pushes.want(given))
            case _:
                self._do(self._pushes.give(given))

    def _on_read(
        self,
        given: PageRead
        | SinceRead
        | LackingFound
        | ScopeRead
        | IndexRead
        | SketchRead
        | SymbolsRead
        | HeadsFound
        | ItemsRead,
    ) -> None:
        """Hand the log's answer to the exchange that asked; it cannot have ended meanwhile."""
        exchange = self._running()
        match given:
            case PageRead():
                self._do(exchange.on_page_read(given))
            case SinceRead():
                self._do(exchange.on_since_read(given))
            case LackingFound():
                self._do(exchange.on_lacking(given))
            case ScopeRead():
                self._do(exchange.on_scope_read(given))
            case IndexRead():
                self._do(exchange.on_index(given))
            case SketchRead():
                self._do(exchange.on_sketch(given))
            case SymbolsRead():
                self._do(exchange.on_symbols_read(given))
            case HeadsFound():
                self._do(exchange.on_heads(given))
            case _:
                self._do(exchange.on_items_read(given))
        self._go_on_if_done()

    def _on_message(self, message: Message, *, bytes_came: int) -> None:
        if type(message) not in TURNS[self.stage]:
            name = type(message).__name__.lower()
            raise ProtocolError("message-turn", f"{name} in stage {self.stage.value}")
        match message:
            case Hello():
                self._on_hello(message)
            case End():
                self._on_end(message)
            case Push():
                self._offers.append(message)
                self._do(self._pushes.came(message))
            case Taken():
                self._do(self._pushes.taken(message))
            case Want():
                self._do(self._pushes.wanted(message))
            case _:
                self._on_exchanged(message, bytes_came=bytes_came)

    def _running(self) -> Exchange:
        if self._exchange is None:
            raise ValueError("an answer to what this session did not ask")
        return self._exchange

    def _on_exchanged(
        self,
        message: Since | Need | Scope | Ask | Symbols | Found | Ranges | Page | Ack,
        *,
        bytes_came: int,
    ) -> None:
        exchange = self._running()
        match message:
            case Since():
                self._do(exchange.on_since(message))
            case Need():
                self._do(exchange.on_need(message))
            case Scope():
                self._do(exchange.on_scope(message))
            case Ask():
                self._do(exchange.on_ask(message))
            case Symbols():
                self._do(exchange.on_symbols(message))
            case Found():
                self._do(exchange.on_found(message))
            case Ranges():
                self._do(exchange.on_ranges(message, bytes_came=bytes_came))
            case Page():
                exchange.taking.page(message)
                self._offers.append(message)
                self._effects.append(Offer(items=message.items))
            case _:
                self._do(exchange.on_ack())
                self._deadline_ms = self._now_ms + PROGRESS_MS_MAX
        self._go_on_if_done()

    # --- hello: who is there, and what is to be exchanged --------------------------------------

    def _again(self, number: int) -> None:
        """Begin pass `number` of a comparison."""
        if number == 1:
            self._fully = self._was_full = self._was_sketched = self._by_ranges = False
            self._new = self._moved = 0
            self._left_out = {}
            self._deadline_ms = self._now_ms + PROGRESS_MS_MAX
        self._pass = number
        self._stage = Stage.HELLO
        self._mine = self._theirs = None
        self._ends = {}
        self._is_complete = True
        self._effects.append(ReadSnapshot())

    def _on_snapshot(self, given: SnapshotRead) -> None:
        snapshot = given.snapshot
        if given.window is not None:
            # What is in a reader's log nobody reads, and its life would tell who it is.
            snapshot = replace(snapshot, log=NO_LOG, records=EMPTY_FINGERPRINT)
        if self._stage is Stage.END:
            end = End(
                authority=snapshot.authority,
                records=snapshot.records,
                new=self._new,
                left_out={**_most(self._left_out, given.waiting), **given.withheld},
            )
            self._ends[True] = end
            self._own_withheld = given.own_withheld
            self._send(end)
            self._finish_if_ended()
            return
        self._mine = Hello(
            network=self._network,
            shard=self._shard,
            window=given.window,
            may_compare_fully=given.may_compare_fully,
            nonce=given.nonce,
            log=snapshot.log,
            authority=snapshot.authority,
            records=snapshot.records,
            cursor=given.cursor,
        )
        self._send(self._mine)
        self._begin_if_met()

    def _on_hello(self, message: Hello) -> None:
        if (message.network, message.shard) != (self._network, self._shard):
            # No fault: somebody took us for a node of their own network.
            self._break_off("other-network")
            return
        if self._stage is Stage.LIVE:
            self._again(1)
        if self._theirs is not None:
            raise ProtocolError("message-turn", "a second hello")
        self._theirs = message
        self._begin_if_met()

    def _begin_if_met(self) -> None:
        mine, theirs = self._mine, self._theirs
        if mine is None or theirs is None:
            return
        if mine.nonce == theirs.nonce:
            raise ProtocolError("hello-nonce", "this side's own nonce")
        self._pushes.met(serves=mine.window is None)
        self._reads = any(hello.window is not None for hello in (mine, theirs))
        if not self._reads and _sets(mine) == _sets(theirs):
            self._remember(theirs.log)
            self._finish(Outcome.EQUAL)
            return
        self._later = deque(
            Exchange(
                collection,
                mine=mine,
                theirs=theirs,
                is_opener=self._is_opener,
                fully=self._fully,
                by_ranges=self._by_ranges,
            )
            for collection in Collection
            if _sets(mine)[collection] != _sets(theirs)[collection]
            or (self._reads and collection is Collection.RECORDS)
        )
        self._next_exchange(theirs.log)

    # --- authority, then records: what each lacks ----------------------------------------------

    def _next_exchange(self, log: Cursor) -> None:
        """Begin with the next collection, or after the last one say what this side holds now."""
        if self._later:
            self._exchange = self._later.popleft()
            self._do(self._exchange.begin())
            self._go_on_if_done()
            return
        self._exchange = None
        self._stage = Stage.END
        if self._is_complete:
            self._remember(log)
        here, there = self._named
        self._effects.append(ReadSnapshot(outside=here | there, theirs=there))

    def _remember(self, log: Cursor) -> None:
        """Keep how far the peer's log was read; a reader shows nobody its own."""
        if self._mine and self._theirs and self._theirs.window is None:
            self._effects.append(RememberCursor(cursor=log, window=self._mine.window))

    def _go_on_if_done(self) -> None:
        """Go on once both sides have all of a collection: both see it at the same place."""
        exchange = self._running()
        if exchange.is_done:
            self._was_full |= exchange.was_full
            self._was_sketched |= exchange.was_sketched
            self._is_complete &= exchange.is_complete
            if exchange.named is not None:
                self._named = exchange.named
                for later in self._later:
                    later.named = exchange.named
            self._next_exchange(exchange.peer_log)

    def _on_committed(self, given: Committed) -> None:
        offered = self._offers.popleft()
        if given.rejected:
            raise ProtocolError("item", f"{given.rejected} items that no honest peer sends")
        if isinstance(offered, Push):
            self._do(self._pushes.committed(is_kept=not given.left_out))
            return
        exchange = self._running()
        if given.new:
            self._deadline_ms = self._now_ms + PROGRESS_MS_MAX
        self._new += given.new
        _add(self._left_out, given.left_out)
        exchange.taking.committed()
        self._send(Ack())
        if exchange.collection is Collection.RECORDS and self._is_complete:
            self._remember(replace(exchange.peer_log, position=offered.position))
        self._go_on_if_done()

    # --- end -----------------------------------------------------------------------------------

    def _on_end(self, message: End) -> None:
        if False in self._ends:
            raise ProtocolError("message-turn", "a second end")
        self._ends[False] = message
        self._finish_if_ended()

    def _finish_if_ended(self) -> None:
        """Compare what both hold now; both sides draw the same conclusion."""
        mine, theirs = self._ends.get(True), self._ends.get(False)
        if mine is None or theirs is None or self._mine is None or self._theirs is None:
            return
        if not self._reads and _sets(mine) == _sets(theirs):
            if any(self._named):
                self._settle(mine, theirs)
            else:
                self._finish(Outcome.EQUAL)
            return
        hellos = (self._mine, self._theirs)
        is_moving = mine.new + theirs.new > self._moved
        may_go_on = self._pass < PASSES_MAX
        may_compare_fully = all(hello.may_compare_fully for hello in hellos)
        if self._reads and mine.authority == theirs.authority:
            self._settle(mine, theirs)
        elif may_go_on and is_moving:
            self._moved = mine.new + theirs.new
            self._again(self._pass + 1)
        elif may_go_on and may_compare_fully and self._has_another_way:
            self._fully = True
            self._by_ranges = self._was_sketched
            self._left_out = {}
            self._again(self._pass + 1)
        elif mine.left_out or theirs.left_out or (self._reads and self._was_full):
            self._settle(mine, theirs)
        else:
            why = "differs" if self._was_full or may_compare_fully else "full-later"
            self._finish(Outcome.UNFINISHED, why=why)

    @property
    def _has_another_way(self) -> bool:
        """Whether a full comparison is left, or ranges: who knows its salt can mislead a sketch."""
        return not self._was_full or (self._was_sketched and not self._by_ranges)

    def _settle(self, mine: End, theirs: End) -> None:
        """End where all was brought that is taken: what a reader has beyond it never says."""
        if self._reads and not self._is_complete:
            self._finish(Outcome.UNFINISHED, why="full-later")
            return
        left_out = dict(mine.left_out)
        _add(left_out, theirs.left_out)
        # What was not to be sent counts where it would have been news: all else others have too.
        there = sum(count for why, count in theirs.left_out.items() if why not in WITHHELD)
        there += self._own_withheld
        self._finish(Outcome.SETTLED, left_out=left_out, left_out_there=there)

    def _finish(
        self,
        outcome: Outcome,
        *,
        left_out: Mapping[str, int] | None = None,
        left_out_there: int = 0,
        why: str = "",
    ) -> None:
        self._stage = Stage.LIVE
        self._pushes.compared()
        ended = Ended(
            outcome=outcome,
            left_out=left_out or {},
            why=why,
            new=self._new,
            left_out_there=left_out_there,
        )
        self._effects.append(ended)
        if self._theirs is not None and self._theirs.window is None:
            self._effects.append(ReadMissing())

    def _break_off(self, why: str) -> None:
        if self.is_comparing:
            self._effects.append(Ended(outcome=Outcome.UNFINISHED, why=why, new=self._new))
        self._exchange = None
        self._stage = Stage.CLOSED
        self._effects.append(Close())

    # --- effects -------------------------------------------------------------------------------

    def _do(self, what: Sequence[Effect | Message]) -> None:
        for each in what:
            if isinstance(each, Message):
                self._send(each)
            else:
                self._effects.append(each)

    def _send(self, message: Message) -> None:
        self._effects.append(Send(data=encode_frame(encode_message(message))))


def _sets(message: Hello | End) -> dict[Collection, bytes]:
    return {Collection.AUTHORITY: message.authority, Collection.RECORDS: message.records}


def _most(counts: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    """Return the greater count of each reason: what was left out just now waits, or is gone."""
    most = {reason: max(counts.get(reason, 0), n) for reason, n in {**counts, **others}.items()}
    return {reason: count for reason, count in most.items() if count}


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for reason, count in more.items():
        counts[reason] = counts.get(reason, 0) + count
