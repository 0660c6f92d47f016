"""Many cores with real sessions in one heap of (time, act): a seed replays everything."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from p2pevents.node.core.core import Core
from p2pevents.node.core.effects import (
    BeginCompare,
    CloseSession,
    Dial,
    Effect,
    MarkAnnounced,
    OpenSession,
    Publish,
    PushTo,
)
from p2pevents.node.core.inputs import (
    Announced,
    Compared,
    Connected,
    DialFailed,
    Input,
    Lost,
    OwnRecord,
    PeersKnown,
    Published,
    SessionClosed,
    SessionOpened,
    Tick,
    Trust,
    Written,
)
from p2pevents.node.core.passing import Judged
from p2pevents.record.verdict import Verdict
from p2pevents.sync.bundle import Item, decode_bundle
from p2pevents.sync.effects import Delivered, Ended
from p2pevents.sync.inputs import Compare, EndOfStream, Input as SyncInput, Received, SendPush
from p2pevents.sync.session import Session
from tests.sync.pair import Side, Store, item_id

NOW_MS = 1_700_000_000_000
LATENCY_MS = (5, 80)


@dataclass(eq=False)
class Node:
    name: str
    core: Core
    store: Store
    rng: Random
    connections: dict[str, bool] = field(default_factory=dict)
    sessions: dict[str, tuple[int, Side]] = field(default_factory=dict)
    seen_gossip: set[bytes] = field(default_factory=set)
    announced: dict[bytes, int] = field(default_factory=dict)
    compared: int = 0
    published: int = 0
    due_ms: int | None = None


class World:
    """Nodes that know the first ones, a network with latency and loss, and virtual time."""

    def __init__(self, *, nodes: int, seed: int, gossip_loss: float = 0.0, seeds: int = 2) -> None:
        self.rng = Random(seed)
        self.now_ms = NOW_MS
        self.gossip_loss = gossip_loss
        self.cut: set[frozenset[str]] = set()
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._streams = 0
        self._last_arrival: dict[tuple[str, str, int], int] = {}
        self.nodes = {
            f"n{number}": Node(
                name=f"n{number}",
                core=Core(outbound_peers=4, sync_interval_ms=60_000),
                store=Store(incarnation=(b"n%d" % number).ljust(16), page_items_max=50),
                rng=Random(self.rng.random()),
            )
            for number in range(nodes)
        }
        names = list(self.nodes)
        for node in self.nodes.values():
            others = [name for name in names if name != node.name]
            known = names[:seeds] + self.rng.sample(others, min(4, len(others)))
            self.tell(
                node,
                PeersKnown(
                    addresses=tuple(
                        (n, (f"/memory/{n}",)) for n in dict.fromkeys(known) if n != node.name
                    ),
                    trust=Trust.MET,
                ),
            )

    # --- time ----------------------------------------------------------------------------------

    def later(self, delay_ms: int, act: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._heap, (self.now_ms + delay_ms, self._order, act))

    def run(self, ms: int) -> None:
        until = self.now_ms + ms
        while self._heap and self._heap[0][0] <= until:
            self.now_ms, _, act = heapq.heappop(self._heap)
            act()
        self.now_ms = until

    def tell(self, node: Node, given: Input) -> None:
        for effect in node.core.step(given, now_ms=self.now_ms, rng=node.rng):
            self._do(node, effect)
        due_ms = node.core.due_ms
        if due_ms is not None and due_ms != node.due_ms:
            node.due_ms = due_ms
            self.later(max(0, due_ms - self.now_ms), lambda: self._tick(node, due_ms))

    def _tick(self, node: Node, due_ms: int) -> None:
        if node.due_ms == due_ms:
            node.due_ms = None
            self.tell(node, Tick())

    # --- what a core wants done ----------------------------------------------------------------

    def _do(self, node: Node, effect: Effect) -> None:
        match effect:
            case Dial():
                self.later(self._latency(), lambda: self._dial(node, effect.peer))
            case OpenSession():
                self.later(self._latency(), lambda: self._open(node, effect.peer))
            case BeginCompare():
                self.give(node, effect.peer, Compare())
            case CloseSession():
                self._close(node, effect.peer)
            case PushTo():
                self.give(node, effect.peer, SendPush(items=effect.items))
            case Publish():
                self._publish(node, effect.data)
            case MarkAnnounced():
                for identifier in effect.ids:
                    node.announced[identifier] = max(
                        node.announced.get(identifier, 0), effect.peers
                    )

    def _latency(self) -> int:
        return self.rng.randint(*LATENCY_MS)

    def _is_cut(self, one: str, other: str) -> bool:
        return frozenset((one, other)) in self.cut

    def _dial(self, node: Node, peer: str) -> None:
        if self._is_cut(node.name, peer):
            self.tell(node, DialFailed(peer=peer))
            return
        other = self.nodes[peer]
        node.connections.setdefault(peer, True)
        other.connections.setdefault(node.name, False)
        self.tell(node, Connected(peer=peer, is_outbound=node.connections[peer]))
        self.tell(other, Connected(peer=node.name, is_outbound=other.connections[node.name]))

    def disconnect(self, node: Node, peer: str) -> None:
        other = self.nodes[peer]
        for one, another in ((node, other), (other, node)):
            if one.connections.pop(another.name, None) is not None:
                self._end(one, another.name)
                self.tell(one, Lost(peer=another.name))

    def split(self, left: set[str]) -> None:
        for one in left:
            for other in set(self.nodes) - left:
                self.cut.add(frozenset((one, other)))
                self.disconnect(self.nodes[one], other)

    def heal(self) -> None:
        self.cut.clear()

    # --- sync streams --------------------------------------------------------------------------

    def _open(self, node: Node, peer: str) -> None:
        if peer not in node.connections:
            self.tell(node, SessionClosed(peer=peer))
            return
        self._streams += 1
        stream = self._streams
        ends = ((node, peer), (self.nodes[peer], node.name))
        for one, another in ends:
            self._end(one, another)
            side = Side(
                store=one.store,
                session=Session(network="test", shard="0", now_ms=self.now_ms),
                peer=self.nodes[another].store.incarnation,
            )
            one.sessions[another] = (stream, side)
        for one, another in ends:
            self.tell(one, SessionOpened(peer=another))
        for one, another in ends:
            if another in one.sessions:
                stream_here, side = one.sessions[another]
                if stream_here == stream:
                    side.run(side.session.start(), self.now_ms)
                    self._after(one, another, stream, side, 0)

    def give(self, node: Node, peer: str, given: SyncInput) -> None:
        if peer not in node.sessions:
            return
        stream, side = node.sessions[peer]
        seen = len(side.log)
        side.give(given, self.now_ms)
        self._after(node, peer, stream, side, seen)

    def _after(self, node: Node, peer: str, stream: int, side: Side, seen: int) -> None:
        while side.sent:
            data = side.sent.popleft()
            key = (node.name, peer, stream)
            at = max(self._last_arrival.get(key, 0), self.now_ms + self._latency())
            self._last_arrival[key] = at
            self.later(at - self.now_ms, partial(self._arrive, node.name, peer, stream, data))
        for effect in side.log[seen:]:
            match effect:
                case Ended():
                    node.compared += 1
                    self.tell(
                        node,
                        Compared(
                            peer=peer, outcome=effect.outcome, new=effect.new, gave=effect.gave
                        ),
                    )
                case Delivered():
                    ids = tuple(item_id(item) for item in effect.items)
                    self.tell(node, Announced(peer=peer, ids=ids))
                case _:
                    pass
        if side.closed and node.sessions.get(peer) == (stream, side):
            self._close(node, peer)

    def _arrive(self, sender: str, receiver: str, stream: int, data: bytes) -> None:
        node = self.nodes[receiver]
        if sender in node.sessions and node.sessions[sender][0] == stream:
            self.give(node, sender, Received(data=data))

    def _end(self, node: Node, peer: str) -> bool:
        held = node.sessions.pop(peer, None)
        if held is not None:
            side = held[1]
            seen = len(side.log)
            side.give(EndOfStream(), self.now_ms)
            for effect in side.log[seen:]:
                if isinstance(effect, Ended):
                    self.tell(
                        node,
                        Compared(
                            peer=peer, outcome=effect.outcome, new=effect.new, gave=effect.gave
                        ),
                    )
        return held is not None

    def _close(self, node: Node, peer: str) -> None:
        for one, another in ((node, peer), (self.nodes[peer], node.name)):
            if self._end(one, another):
                self.tell(one, SessionClosed(peer=another))

    # --- gossip --------------------------------------------------------------------------------

    def _publish(self, node: Node, data: bytes) -> None:
        node.published += 1
        node.seen_gossip.add(data)
        for peer in node.connections:
            self._send_gossip(peer, data)
        self.later(1, lambda: self.tell(node, Published(peers=len(node.connections))))

    def _send_gossip(self, peer: str, data: bytes) -> None:
        if self.rng.random() >= self.gossip_loss:
            self.later(self._latency(), lambda: self._hear(self.nodes[peer], data))

    def _hear(self, node: Node, data: bytes) -> None:
        if data in node.seen_gossip:
            return
        node.seen_gossip.add(data)
        judged = []
        for item in decode_bundle(data):
            committed = node.store.offer((item,))
            judged.append(
                Judged(
                    id=item_id(item),
                    verdict=Verdict.ACCEPT,
                    is_new=bool(committed.new),
                    clock=self.now_ms,
                )
            )
        if node.core.passing.verdict(judged, now_ms=self.now_ms) is Verdict.ACCEPT:
            for peer in node.connections:
                self._send_gossip(peer, data)

    # --- what people do ------------------------------------------------------------------------

    def write(self, node: Node, items: list[Item], *, is_history: bool = False) -> None:
        node.store.offer(tuple(items))
        records = tuple(OwnRecord(id=item_id(item), clock=self.now_ms, item=item) for item in items)
        self.tell(node, Written(records=records, is_history=is_history))

    def holders(self, item: Item) -> int:
        return sum(item in node.store.entered for node in self.nodes.values())
