"""One comparison of two sets, from hello to end, as often as it takes. Sans-IO.

Both sides say hello, bring each other's authority up to date, then each other's
records, and say what they hold then; where that is not equal they begin another
pass, in the end with a full comparison.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from p2pevents.errors import ProtocolError
from p2pevents.sync.effects import (
    Collection,
    Effect,
    Ended,
    Outcome,
    ReadMissing,
    ReadSnapshot,
    RememberCursor,
)
from p2pevents.sync.exchange import Answer, Exchange
from p2pevents.sync.fingerprint import EMPTY_FINGERPRINT
from p2pevents.sync.full import Named
from p2pevents.sync.inputs import Committed, SnapshotRead
from p2pevents.sync.messages import NO_LOG, Ack, Cursor, End, Hello, Message, Page
from p2pevents.sync.outside import NOTHING, WITHHELD
from p2pevents.sync.turns import EXCHANGING, Stage

__all__ = ["PASSES_MAX", "Comparison"]

PASSES_MAX: Final = 4  # from hello to end


class Comparison:
    """One side of one comparison.

    Methods take what came and return what follows: effects, and messages to be
    sent. It is over when one of them is `Ended`.

    Attributes:
        named: what both have left out; the next comparison on the stream begins with it.
        new: how many items were new here.
    """

    def __init__(
        self, *, network: str, shard: str, is_opener: bool, named: Named = (NOTHING, NOTHING)
    ) -> None:
        """Prepare a comparison; `named` as the last one on this stream left it."""
        self.named = named
        self.new = 0
        self._gave_before = 0  # in exchanges that are over
        self._network = network
        self._shard = shard
        self._is_opener = is_opener
        self._stage = Stage.HELLO
        self._mine: Hello | None = None
        self._theirs: Hello | None = None
        self._exchange: Exchange | None = None
        self._later: deque[Collection] = deque()
        self._named_now: Named | None = None  # in this pass
        self._ends: dict[bool, End] = {}
        self._pass = 1
        self._fully = False
        self._was_full = False
        self._was_sketched = False
        self._by_ranges = False
        self._is_complete = True
        self._own_withheld = 0
        self._moved = 0
        self._left_out: dict[str, int] = {}

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        return self._stage if self._exchange is None else EXCHANGING[self._exchange.step]

    @property
    def has_met(self) -> bool:
        """Whether both have said hello."""
        return self._mine is not None and self._theirs is not None

    @property
    def is_reader(self) -> bool:
        """Whether this side reads, and serves nobody."""
        return self._mine is not None and self._mine.window is not None

    @property
    def gave(self) -> int:
        """How many items of this side the peer has acknowledged."""
        running = 0 if self._exchange is None else self._exchange.serving.given
        return self._gave_before + running

    @property
    def exchange(self) -> Exchange:
        """The exchange that is under way.

        Raises:
            ValueError: there is none, and somebody answers what was not asked.
        """
        if self._exchange is None:
            raise ValueError("an answer to what this session did not ask")
        return self._exchange

    @property
    def _reads(self) -> bool:
        hellos = (self._mine, self._theirs)
        return any(hello is not None and hello.window is not None for hello in hellos)

    def begin(self) -> list[Effect | Message]:
        """Begin the next pass: ask the log what is held."""
        self._stage = Stage.HELLO
        self._mine = self._theirs = None
        self._named_now = None
        self._ends = {}
        self._is_complete = True
        return [ReadSnapshot()]

    # --- hello: who is there, and what is to be exchanged --------------------------------------

    def on_snapshot(self, given: SnapshotRead) -> list[Effect | Message]:
        """The log has said what is held: say so in a hello, or in an end."""
        snapshot = given.snapshot
        if given.window is not None:
            # What is in a reader's log nobody reads, and its life would tell who it is.
            snapshot = replace(snapshot, log=NO_LOG, records=EMPTY_FINGERPRINT)
        if self._stage is Stage.END:
            end = self._ends[True] = End(
                authority=snapshot.authority,
                records=snapshot.records,
                new=self.new,
                left_out={**_most(self._left_out, given.waiting), **given.withheld},
            )
            self._own_withheld = given.own_withheld
            return [end, *self._finish_if_ended()]
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
        return [self._mine, *self._begin_if_met()]

    def on_hello(self, message: Hello) -> list[Effect | Message]:
        """The peer has said hello, of this network and shard."""
        if self._theirs is not None:
            raise ProtocolError("message-turn", "a second hello")
        self._theirs = message
        return self._begin_if_met()

    def _begin_if_met(self) -> list[Effect | Message]:
        mine, theirs = self._mine, self._theirs
        if mine is None or theirs is None:
            return []
        if mine.nonce == theirs.nonce:
            raise ProtocolError("hello-nonce", "this side's own nonce")
        if not self._reads and _sets(mine) == _sets(theirs):
            return [*self._remember(theirs.log), *self._ended(Outcome.EQUAL)]
        self._later = deque(
            collection
            for collection in Collection
            if _sets(mine)[collection] != _sets(theirs)[collection]
            or (self._reads and collection is Collection.RECORDS)
        )
        return self._next_exchange(mine, theirs)

    # --- authority, then records: what each lacks ----------------------------------------------

    def on_read(self, given: Answer) -> list[Effect | Message]:
        """The log has answered the exchange that asked; it cannot have ended meanwhile."""
        return self._and_go_on(self.exchange.on_answer(given))

    def on_exchanged(self, message: Message, *, bytes_came: int) -> list[Effect | Message]:
        """A message of the exchange came."""
        return self._and_go_on(self.exchange.on_message(message, bytes_came=bytes_came))

    def on_committed(self, given: Committed, page: Page) -> list[Effect | Message]:
        """A page of the peer's was taken in."""
        exchange = self.exchange
        self.new += given.new
        _add(self._left_out, given.left_out)
        exchange.taking.committed()
        out: list[Effect | Message] = [Ack()]
        if exchange.collection is Collection.RECORDS and self._is_complete:
            out += self._remember(replace(exchange.peer_log, position=page.position))
        return self._and_go_on(out)

    def _next_exchange(self, mine: Hello, theirs: Hello) -> list[Effect | Message]:
        """Begin with the next collection, or after the last one say what this side holds now."""
        if self._later:
            self._exchange = Exchange(
                self._later.popleft(),
                mine=mine,
                theirs=theirs,
                is_opener=self._is_opener,
                fully=self._fully,
                by_ranges=self._by_ranges,
                named=self._named_now,
            )
            return self._and_go_on(self._exchange.begin())
        self._stage = Stage.END
        here, there = self.named
        out = self._remember(theirs.log) if self._is_complete else []
        return [*out, ReadSnapshot(outside=here | there, theirs=there)]

    def _and_go_on(self, out: list[Effect | Message]) -> list[Effect | Message]:
        """Go on once both sides have all of a collection: both see it at the same place."""
        exchange = self.exchange
        if not exchange.is_done or self._mine is None or self._theirs is None:
            return out
        self._gave_before, self._exchange = self.gave, None
        self._was_full |= exchange.was_full
        self._was_sketched |= exchange.was_sketched
        self._is_complete &= exchange.is_complete
        if exchange.was_full and exchange.named is not None:
            self.named = self._named_now = exchange.named
        return [*out, *self._next_exchange(self._mine, self._theirs)]

    def _remember(self, log: Cursor) -> list[Effect | Message]:
        """Keep how far the peer's log was read; a reader shows nobody its own."""
        if self._mine is None or self._theirs is None or self._theirs.window is not None:
            return []
        return [RememberCursor(cursor=log, window=self._mine.window)]

    # --- end -----------------------------------------------------------------------------------

    def on_end(self, message: End) -> list[Effect | Message]:
        """The peer says what it holds now."""
        if False in self._ends:
            raise ProtocolError("message-turn", "a second end")
        self._ends[False] = message
        return self._finish_if_ended()

    def _finish_if_ended(self) -> list[Effect | Message]:
        """Compare what both hold now; both sides draw the same conclusion."""
        mine, theirs = self._ends.get(True), self._ends.get(False)
        if mine is None or theirs is None or self._mine is None or self._theirs is None:
            return []
        if not self._reads and _sets(mine) == _sets(theirs):
            return self._settle(mine, theirs) if any(self.named) else self._ended(Outcome.EQUAL)
        may_go_on = self._pass < PASSES_MAX
        may_compare_fully = self._mine.may_compare_fully and self._theirs.may_compare_fully
        if self._reads and mine.authority == theirs.authority:
            return self._settle(mine, theirs)
        if may_go_on and mine.new + theirs.new > self._moved:
            self._moved = mine.new + theirs.new
            self._pass += 1
            return self.begin()
        if may_go_on and may_compare_fully and self._has_another_way:
            self._fully = True
            self._by_ranges = self._was_sketched
            self._left_out = {}
            self._pass += 1
            return self.begin()
        if mine.left_out or theirs.left_out or (self._reads and self._was_full):
            return self._settle(mine, theirs)
        why = "differs" if self._was_full or may_compare_fully else "full-later"
        return self._ended(Outcome.UNFINISHED, why=why)

    @property
    def _has_another_way(self) -> bool:
        """Whether a full comparison is left, or ranges: who knows its salt can mislead a sketch."""
        return not self._was_full or (self._was_sketched and not self._by_ranges)

    def _settle(self, mine: End, theirs: End) -> list[Effect | Message]:
        """End where all was brought that is taken: what a reader has beyond it never says."""
        if self._reads and not self._is_complete:
            return self._ended(Outcome.UNFINISHED, why="full-later")
        left_out = dict(mine.left_out)
        _add(left_out, theirs.left_out)
        # What was not to be sent counts where it would have been news: all else others have too.
        there = sum(count for why, count in theirs.left_out.items() if why not in WITHHELD)
        there += self._own_withheld
        return self._ended(Outcome.SETTLED, left_out=left_out, left_out_there=there)

    def _ended(
        self,
        outcome: Outcome,
        *,
        left_out: Mapping[str, int] | None = None,
        left_out_there: int = 0,
        why: str = "",
    ) -> list[Effect | Message]:
        ended = Ended(
            outcome=outcome,
            left_out=left_out or {},
            why=why,
            new=self.new,
            gave=self.gave,
            left_out_there=left_out_there,
        )
        is_served = self._theirs is not None and self._theirs.window is None
        return [ended, ReadMissing()] if is_served else [ended]


def _sets(message: Hello | End) -> dict[Collection, bytes]:
    return {Collection.AUTHORITY: message.authority, Collection.RECORDS: message.records}


def _most(counts: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    """Return the greater count of each reason: what was left out just now waits, or is gone."""
    most = {reason: max(counts.get(reason, 0), n) for reason, n in {**counts, **others}.items()}
    return {reason: count for reason, count in most.items() if count}


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for reason, count in more.items():
        counts[reason] = counts.get(reason, 0) + count
