"""Two real nodes' sessions back to back, conducted as the daemon conducts them, and no network."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from p2pevents.log.protocol import Log
from p2pevents.node.conduct import Shared, conduct
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import Blame, Close, Effect, Ended, Send
from p2pevents.sync.inputs import Input, Received
from p2pevents.sync.session import Session


@dataclass
class Heard:
    """What came of a node's sessions."""

    comparisons: list[Ended] = field(default_factory=list)
    blames: list[Blame] = field(default_factory=list)

    def ended(self, peer: str, ended: Ended) -> None:
        self.comparisons.append(ended)

    def delivered(self, peer: str, items: Sequence[Item]) -> None:
        pass

    def blamed(self, peer: str, blame: Blame) -> None:
        self.blames.append(blame)

    def grown(self) -> None:
        pass


@dataclass
class Side:
    """A node's end of a stream."""

    name: str
    shared: Shared
    heard: Heard
    session: Session
    sent: deque[bytes] = field(default_factory=deque)
    all_sent: bytes = b""
    hours: int = 0  # of its steady clock

    def run(self, effects: list[Effect], peer: str) -> None:
        for outward in conduct(self.shared, peer, self.session, effects, steady_ms=self._steady_ms):
            match outward:
                case Send():
                    self.sent.append(outward.data)
                    self.all_sent += outward.data
                case Close():
                    raise AssertionError(f"{self.name} closed: {self.heard}")

    def _steady_ms(self) -> int:
        return self.hours * 3_600_000

    def tell(self, given: Input, peer: str) -> None:
        self.run(self.session.step(given, now_ms=0), peer)


def node(name: str, log: Log, *, now_ms: int, is_reader: bool = False, seed: str = "") -> Side:
    """One node over a log; its nonces follow from the seed, its name by default."""
    heard, numbers = Heard(), count()
    shared = Shared(
        log=log,
        ingest=Ingest(log),
        ledger=Ledger(log),
        network="test",
        shard="0",
        is_reader=is_reader,
        now_ms=lambda: now_ms,
        nonce=lambda: hashlib.sha256(f"{seed or name} {next(numbers)}".encode()).digest()[:16],
        listener=heard,
    )
    return Side(name=name, shared=shared, heard=heard, session=_session())


def compare(left: Side, right: Side) -> Ended:
    """Open a stream between two nodes, compare, and return how it came out on the left."""
    left.session, right.session = _session(is_opener=True), _session()
    left.sent.clear()
    right.sent.clear()
    left.run(left.session.start(), right.name)
    right.run(right.session.start(), left.name)
    while left.sent or right.sent:
        for here, there in ((left, right), (right, left)):
            while here.sent:
                there.tell(Received(data=here.sent.popleft()), here.name)
    assert not left.heard.blames
    assert not right.heard.blames
    return left.heard.comparisons[-1]


def _session(*, is_opener: bool = False) -> Session:
    return Session(network="test", shard="0", is_opener=is_opener, now_ms=0)
