"""Doing what a session's effects say: all of it but the stream's part, which is handed on.

Synchronous, and free of trio: the daemon's streams and a simulation's are conducted
by this same code.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from p2pevents.log.protocol import Log
from p2pevents.node.answers import answer_from
from p2pevents.node.ingest import Finding, Ingest, Why
from p2pevents.node.ledger import Ledger
from p2pevents.node.opener import Unopened
from p2pevents.node.reach import Reach
from p2pevents.record.verdict import Verdict
from p2pevents.sync.budget import FullComparisons
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import (
    Blame,
    Close,
    Committed,
    Delivered,
    Effect,
    Ended,
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
    RememberCursor,
    Send,
    SnapshotRead,
)
from p2pevents.sync.months import first_month

if TYPE_CHECKING:
    from p2pevents.sync.session import Session

__all__ = ["Listener", "OpenFirst", "Outward", "Pause", "Shared", "conduct"]

OFFER_ITEMS_MAX: Final = 128  # offered at a stretch: some 12 ms, then others have their turn
OPEN_FIRST_ITEMS_MIN: Final = 8  # fewer are opened sooner than another thread is woken
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


@dataclass(frozen=True, slots=True)
class Pause:
    """Others may have their turn: more of one offer follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFirst:
    """These items are offered next: whoever has a thread to spare may open them there before.

    `open_items` does it, and `Ingest.remember` takes over what it found. The door opens
    what it has not been told of.
    """

    items: Sequence[Unopened]


Outward = Send | Close | Pause | OpenFirst
"""What is left to whoever holds the stream."""


def conduct(
    shared: Shared,
    peer: str,
    session: Session,
    effects: Sequence[Effect],
    *,
    steady_ms: Callable[[], int],
) -> Iterator[Outward]:
    """Do effects in order; an answer is the session's next input, before anything else.

    Args:
        shared: the node's.
        peer: who is at the other end.
        session: whose effects they are.
        effects: what it wants done.
        steady_ms: the session's clock, in ms.

    Yields:
        What the stream is to do, when it is its turn.
    """
    waiting = deque(effects)
    while waiting:
        effect = waiting.popleft()
        answer: Input | None = None
        match effect:
            case Send() | Close():
                yield effect
            case Offer():
                answer = yield from _offer(shared, effect.items)
            case _:
                answer = _do(shared, peer, effect, steady_ms=steady_ms())
        if answer is not None:
            waiting.extend(session.step(answer, now_ms=steady_ms()))


def _do(shared: Shared, peer: str, effect: Effect, *, steady_ms: int) -> Input | None:
    """Do one effect that is over at once, and return the answer where it asks."""
    match effect:
        case ReadSnapshot():
            window = first_month(shared.now_ms()) if shared.is_reader else None
            return SnapshotRead(
                snapshot=shared.ledger.snapshot(),
                cursor=Reach(shared.log).cursor(peer, window=window),
                nonce=shared.nonce(),
                may_compare_fully=shared.full_comparisons.allows(peer, now_ms=steady_ms),
                window=window,
                waiting=shared.ingest.waiting.counts(),
            )
        case ReadIndex():
            shared.full_comparisons.sorted(peer, now_ms=steady_ms)
            return answer_from(shared.ingest, shared.ledger, effect)
        case ReadSince() if effect.window is not None and effect.after == 0:
            # As much work as sorting: all that the months touch is looked through.
            shared.full_comparisons.sorted(peer, now_ms=steady_ms)
            return answer_from(shared.ingest, shared.ledger, effect)
        case ReadPage() | ReadItems() | ReadSince() | FindLacking() | ReadMissing() | ReadWanted():
            return answer_from(shared.ingest, shared.ledger, effect)
        case RememberCursor():
            Reach(shared.log).remember(
                peer, effect.cursor, window=effect.window, now_ms=shared.now_ms()
            )
        case Delivered():
            shared.listener.delivered(peer, effect.items)
        case Ended():
            shared.listener.ended(peer, effect)
        case Blame():
            shared.listener.blamed(peer, effect)
        case _:
            pass
    return None


def _offer(shared: Shared, items: Sequence[Item]) -> Generator[Outward, None, Committed]:
    findings: list[Finding] = []
    unopened = shared.ingest.unopened(items)
    if len(unopened) >= OPEN_FIRST_ITEMS_MIN:
        yield OpenFirst(items=unopened)
    for start in range(0, len(items), OFFER_ITEMS_MAX):
        page = items[start : start + OFFER_ITEMS_MAX]
        findings += shared.ingest.offer(page, now_ms=shared.now_ms())
        yield Pause()
        shared.ledger.follow(limit=OFFER_ITEMS_MAX)
    whys = Counter(finding.why for finding in findings)
    if whys[Why.NEW] or whys[Why.COMPLETED]:
        shared.listener.grown()
    return Committed(
        new=whys[Why.NEW],
        rejected=sum(finding.verdict is Verdict.REJECT for finding in findings),
        left_out={why.value: count for why, count in whys.items() if why not in _TAKEN},
    )
