"""Doing what a session's effects say: all of it but the stream's part, which is handed on.

Synchronous, and free of trio: the daemon's streams and a simulation's are conducted
by this same code.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from p2pevents.log.protocol import Log
from p2pevents.node.answers import answer_from, of_months, own_outside, symbols_from
from p2pevents.node.cursors import Cursors
from p2pevents.node.ingest import Finding, Ingest, Why
from p2pevents.node.ledger import Ledger
from p2pevents.node.offering import Offering
from p2pevents.node.opener import Opened
from p2pevents.record.verdict import Verdict
from p2pevents.sync.budget import FullComparisons
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import (
    Blame,
    Close,
    Delivered,
    Effect,
    Ended,
    FindHeads,
    FindLacking,
    Offer,
    Outcome,
    ReadIndex,
    ReadItems,
    ReadMissing,
    ReadPage,
    ReadScope,
    ReadSince,
    ReadSketch,
    ReadSnapshot,
    ReadSymbols,
    ReadWanted,
    RememberCursor,
    Send,
)
from p2pevents.sync.inputs import Committed, Input, SnapshotRead
from p2pevents.sync.months import first_month

if TYPE_CHECKING:
    from p2pevents.sync.session import Session

__all__ = [
    "FOLLOW_ITEMS_MAX",
    "Listener",
    "Outward",
    "Pause",
    "Shared",
    "begin_piece",
    "committed",
    "conduct",
    "follow_piece",
    "offer_piece",
    "pieces_of",
]

DAY_MS: Final = 24 * 3_600_000
# Offered at a stretch, in one commit: then others have their turn, after 5 ms of work. A page of
# records of 1 KiB has as many. Half of them took 1.1 times as long, and twice as many no less.
OFFER_ITEMS_MAX: Final = 260
FOLLOW_ITEMS_MAX: Final = 256  # by the ledger, at a stretch: some 3 ms
FOLLOW_PIECES_MAX: Final = 8_192  # while a session waits; what is left then is done in one go
_TAKEN: Final = frozenset({Why.NEW, Why.KNOWN, Why.COMPLETED, Why.MALFORMED})


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
        is_reader: the node only pulls, and gives what is its own.
        now_ms: the node's clock, in ms since 1970.
        nonce: returns 16 random bytes.
        listener: told what comes of the sessions.
        full_comparisons: those of the last hour.
        cursors: how far each peer's log was read; written with whatever comes in next.
    """

    log: Log
    ingest: Ingest
    ledger: Ledger
    network: str
    shard: str
    is_reader: bool
    now_ms: Callable[[], int]
    nonce: Callable[[], bytes]
    listener: Listener
    full_comparisons: FullComparisons = field(default_factory=FullComparisons)
    cursors: Cursors = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cursors", Cursors(self.log, waits=self._waits))
        self.ingest.along = self.cursors.keep

    def _waits(self) -> bool:
        # What is due later than in a day comes again by then, with a full comparison.
        return self.ingest.waiting.expects(clock_max=self.now_ms() + DAY_MS)


class Pause:
    """Others are to have their turn before this goes on."""


@dataclass(slots=True)
class Long:
    """What takes long: whoever holds the stream has it answered, on another thread.

    Attributes:
        ask: what is to be called there.
        answer: what it returned.
    """

    ask: Callable[[], Input]
    answer: Input | None = None


Outward = Send | Close | Offer | Pause | Long
"""What is left to whoever holds the stream."""


def conduct(
    shared: Shared,
    peer: str,
    session: Session,
    effects: Sequence[Effect],
    *,
    steady_ms: Callable[[], int],
    has_threads: bool = False,
) -> Iterator[Outward]:
    """Do effects in order; an answer is the session's next input, before anything else.

    Args:
        shared: the node's.
        peer: who is at the other end.
        session: whose effects they are.
        effects: what it wants done.
        steady_ms: the session's clock, in ms.
        has_threads: hand offers on too, and go on: whoever holds the stream has them taken in,
            in their order, by `offer_piece`, and tells the session by `committed`. And hand on
            what takes long.

    Yields:
        What the stream is to do, when it is its turn.
    """
    waiting = deque(effects)
    while waiting:
        effect = waiting.popleft()
        answer: Input | None = None
        if isinstance(effect, (Send, Close)):
            yield effect
        elif not isinstance(effect, Offer):
            if isinstance(effect, ReadSnapshot):
                yield from _catch_up(shared)
            if has_threads and isinstance(effect, ReadSince) and effect.window is not None:
                _note_work(shared, peer, effect, steady_ms=steady_ms())
                yield (long := Long(partial(of_months, shared.log, effect)))
                answer = long.answer
            else:
                answer = _do(shared, peer, effect, steady_ms=steady_ms())
        elif has_threads:
            yield effect
        else:
            findings: list[Finding] = []
            for piece in pieces_of(shared.ingest.open(effect.items)):
                findings += offer_piece(shared, piece)
                follow_piece(shared)
            answer = committed(shared, findings)
        if answer is not None:
            waiting.extend(session.step(answer, now_ms=steady_ms()))


def _catch_up(shared: Shared) -> Iterator[Pause]:
    """Have the ledger read what it has not read yet: a start with a large log leaves it much."""
    for _ in range(FOLLOW_PIECES_MAX):
        if not shared.ledger.follow(limit=FOLLOW_ITEMS_MAX):
            return
        yield Pause()


def _do(shared: Shared, peer: str, effect: Effect, *, steady_ms: int) -> Input | None:
    """Do one effect that is over at once, and return the answer where it asks.

    First comes what every comparison has, also one in which both are equal.
    """
    match effect:
        case ReadSnapshot():
            now_ms = shared.now_ms()
            window = first_month(now_ms) if shared.is_reader else None
            return SnapshotRead(
                snapshot=shared.ledger.snapshot(effect.outside),
                cursor=shared.cursors.cursor(peer, window=window, day=now_ms // DAY_MS),
                nonce=shared.nonce(),
                may_compare_fully=shared.full_comparisons.allows(peer, now_ms=steady_ms),
                window=window,
                waiting=shared.ingest.waiting.counts(),
                withheld=shared.ledger.withheld(effect.theirs) if effect.theirs else {},
                own_withheld=own_outside(shared.log, effect.theirs) if effect.theirs else 0,
            )
        case RememberCursor():
            shared.cursors.remember(
                peer, effect.cursor, window=effect.window, now_ms=shared.now_ms()
            )
        case Ended():
            if effect.outcome is not Outcome.UNFINISHED:
                shared.full_comparisons.ended(peer, now_ms=steady_ms)
            shared.cursors.keep()
            shared.listener.ended(peer, effect)
        case ReadMissing():
            return answer_from(shared.ingest, shared.ledger, effect)
        case ReadSymbols():
            shared.full_comparisons.sorted(peer, now_ms=steady_ms)
            return symbols_from(
                shared.ingest, shared.ledger, effect, salt=shared.nonce(), now_ms=steady_ms
            )
        case ReadIndex() | ReadSketch():
            shared.full_comparisons.sorted(peer, now_ms=steady_ms)
            return answer_from(shared.ingest, shared.ledger, effect)
        case ReadSince() if effect.window is not None:
            _note_work(shared, peer, effect, steady_ms=steady_ms)
            return answer_from(shared.ingest, shared.ledger, effect)
        case (
            FindHeads()
            | ReadPage()
            | ReadItems()
            | ReadSince()
            | FindLacking()
            | ReadScope()
            | ReadWanted()
        ):
            return answer_from(shared.ingest, shared.ledger, effect)
        case Delivered():
            shared.listener.delivered(peer, effect.items)
        case Blame():
            shared.listener.blamed(peer, effect)
        case _:
            pass
    return None


def _note_work(shared: Shared, peer: str, asked: ReadSince, *, steady_ms: int) -> None:
    """Count a reader's first question as sorting: all that its months touch is looked through."""
    if asked.after == 0 < asked.upto:
        shared.full_comparisons.sorted(peer, now_ms=steady_ms)


def pieces_of(opened: Sequence[Opened]) -> Iterator[Sequence[Opened]]:
    """Yield what is offered at a stretch: between two pieces others have their turn."""
    for start in range(0, len(opened), OFFER_ITEMS_MAX):
        yield opened[start : start + OFFER_ITEMS_MAX]


def offer_piece(shared: Shared, opened: Sequence[Opened]) -> list[Finding]:
    """Knock at the door with some of what an offer has."""
    return shared.ingest.offer_opened(opened, now_ms=shared.now_ms())


def begin_piece(shared: Shared, opened: Sequence[Opened]) -> Offering:
    """Knock with some of what an offer has, and leave its commits to the caller."""
    return shared.ingest.begin(opened, now_ms=shared.now_ms())


def follow_piece(shared: Shared) -> None:
    """Have the ledger read on over what a piece brought, so that little is left to read at once."""
    shared.ledger.follow(limit=OFFER_ITEMS_MAX)


def committed(shared: Shared, findings: Sequence[Finding]) -> Committed:
    """Return what a session is told of an offer, all of whose pieces were taken in."""
    whys = Counter(finding.why for finding in findings)
    if whys[Why.NEW] or whys[Why.COMPLETED]:
        shared.listener.grown()
    return Committed(
        new=whys[Why.NEW],
        rejected=sum(
            count for why, count in whys.items() if Finding(why=why).verdict is Verdict.REJECT
        ),
        left_out={why.value: count for why, count in whys.items() if why not in _TAKEN},
    )
