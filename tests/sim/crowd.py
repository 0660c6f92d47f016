"""Few honest nodes among many that one attacker runs: whom they dial, and what reaches them.

The honest nodes are real cores (`node.core`) with real addresses, in virtual time, and
inbound places are given by `net.inbound_room`. What a crowd can do is done by all of it: it
answers every dial, fills every inbound place as soon as one is free, is named forty times
as often as the honest are, and hands on nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from p2pevents.net.inbound_room import makes_way, part_of
from p2pevents.node.core import effects as do, inputs as told
from p2pevents.node.core.core import Core
from p2pevents.sync.effects import Outcome
from p2pevents.testing.timeline import Timeline

LINK_ADDRESSES = 2  # of friends, in the link that each began with
HEARD_MAX = 256  # names told of at a time
HEARSAY_MS = 600_000
CROWD_MS = 60_000  # how soon the crowd fills what came free
SESSION_MS = 200
MINUTE_MS = 60_000

MakesWay = Callable[[Sequence[str], str], int | None]


class Honest:
    """One honest node: its core while it runs, and what outlives it."""

    def __init__(self, name: str, *, address: str) -> None:
        self.name = name
        self.address = address
        self.met: dict[str, str] = {}
        self.anchors: tuple[tuple[str, str], ...] = ()
        self.has: set[int] = set()
        self.core = Core(outbound_peers=8, sync_interval_ms=60_000)
        self.links: dict[str, bool] = {}  # by peer: whether it was dialled
        self.inbound: list[str] = []  # the peers that dialled, the longest held first
        self.life = 0
        self.due_ms: int | None = None


class Crowd:
    """The honest nodes, the attacker's, and time."""

    def __init__(
        self,
        *,
        seed: int,
        honest: int,
        sybils: int,
        parts: int = 64,
        inbound: int = 24,
        way: MakesWay = makes_way,
    ) -> None:
        """Begin with everybody on, and every inbound place taken by the crowd.

        Args:
            seed: what all chance comes from.
            honest: how many nodes are honest.
            sybils: how many the attacker runs.
            parts: in how many parts of the internet (/16) these are.
            inbound: places of each node; a real one has 192, and takes longer to simulate.
            way: who makes way when all are taken.
        """
        self.inbound_max = inbound
        self.rng = Random(seed)
        self.time = Timeline(now_ms=0)
        self.way = way
        self.nodes = {
            f"h{number}": Honest(
                f"h{number}",
                address=f"/ip4/{20 + number // 200}.{number % 200}.7.7/tcp/27410/p2p/h{number}",
            )
            for number in range(honest)
        }
        self.sybils = [
            f"/ip4/{100 + number % parts // 200}.{number % parts % 200}."
            f"{number // parts % 250}.{1 + number // parts // 250}/tcp/27410/p2p/s{number}"
            for number in range(sybils)
        ]
        self.parts = {
            _name(address): part_of(address.split("/")[2])
            for address in (*self.sybils, *(node.address for node in self.nodes.values()))
        }
        # Each has said something before the crowd came: its chapter's charter, say.
        self.written: list[int] = list(range(honest))
        for place, node in enumerate(self.nodes.values()):
            node.has.add(place)
        names = list(self.nodes)
        for place, node in enumerate(self.nodes.values()):
            friends = {names[(place + 1) % honest], *self.rng.sample(names, LINK_ADDRESSES - 1)}
            node.met = {each: self.nodes[each].address for each in friends - {node.name}}
            self.start(node)

    # --- what happens --------------------------------------------------------------------------

    def run_for(self, minutes: float) -> None:
        """Let virtual time pass."""
        self.time.run_until(self.time.now_ms + round(minutes * MINUTE_MS))

    def start(self, node: Honest) -> None:
        """Begin a life: the crowd is there first, and there is much hearsay."""
        node.core = Core(outbound_peers=8, sync_interval_ms=60_000)
        node.life += 1
        node.due_ms = None
        self._fill(node, node.life)
        for trust, known in (
            (told.Trust.ANCHOR, dict(node.anchors)),
            (told.Trust.MET, node.met),
        ):
            self._learn(node, known, trust)
        self._hear_of(node, node.life)

    def restart(self, node: Honest) -> None:
        """End a life and begin another one."""
        for peer in list(node.links):
            self._part(node, peer)
        self.start(node)

    def write(self, node: Honest) -> None:
        """Have a node announce something: gossip brings it along every honest link at once."""
        message = len(self.written)
        self.written.append(message)
        node.has.add(message)
        waiting = [node]
        while waiting:
            each = waiting.pop()
            for other in [self.nodes[peer] for peer in each.links if peer in self.nodes]:
                if message not in other.has:
                    other.has.add(message)
                    self._tell(other, told.Brought(peer=each.name))
                    waiting.append(other)

    def lacking(self) -> int:
        """Return how much of what was written has not reached somebody."""
        return sum(len(self.written) - len(node.has) for node in self.nodes.values())

    def honest_outbound(self) -> list[int]:
        """Return to how many honest nodes each has dialled and is connected."""
        return [
            sum(is_own and peer in self.nodes for peer, is_own in node.links.items())
            for node in self.nodes.values()
        ]

    # --- what the crowd does -------------------------------------------------------------------

    def _fill(self, node: Honest, life: int) -> None:
        """Take every inbound place that is free, as the attacker's machines can."""
        if node.life != life:
            return
        free = self.inbound_max - len(node.inbound)
        for address in self.rng.sample(self.sybils, min(len(self.sybils), 2 * self.inbound_max)):
            peer = _name(address)
            if free > 0 and peer not in node.links:
                free -= 1
                node.links[peer] = False
                node.inbound.append(peer)
                self._tell(node, told.Connected(peer=peer, is_outbound=False))
        self.time.later(CROWD_MS, lambda: self._fill(node, life))

    def _hear_of(self, node: Honest, life: int) -> None:
        """Have a node told of peers: of the crowd as often as it has names."""
        if node.life != life:
            return
        every = [*self.sybils, *(each.address for each in self.nodes.values())]
        heard = self.rng.sample(every, min(HEARD_MAX, len(every)))
        known = {_name(each): each for each in heard if each != node.address}
        self._learn(node, known, told.Trust.HEARSAY)
        self.time.later(HEARSAY_MS, lambda: self._hear_of(node, life))

    # --- connections ---------------------------------------------------------------------------

    def _learn(self, node: Honest, known: dict[str, str], trust: told.Trust) -> None:
        addresses = tuple((peer, (address,)) for peer, address in known.items())
        if addresses:
            self._tell(node, told.PeersKnown(addresses=addresses, trust=trust))

    def _dial(self, node: Honest, dial: do.Dial, life: int) -> None:
        if node.life != life:
            return
        peer, address = dial.peer, dial.addresses[0]
        other = self.nodes.get(peer)
        if peer in node.links:
            self._tell(node, told.Connected(peer=peer, is_outbound=True, address=address))
            return
        if other is not None and not self._let_in(other, node.name):
            self._tell(node, told.DialFailed(peer=peer))
            return
        node.links[peer] = True
        node.met[peer] = address
        self._tell(node, told.Connected(peer=peer, is_outbound=True, address=address))
        if other is not None:
            other.links[node.name] = False
            other.inbound.append(node.name)
            self._tell(other, told.Connected(peer=node.name, is_outbound=False))

    def _let_in(self, node: Honest, newcomer: str) -> bool:
        if len(node.inbound) < self.inbound_max:
            return True
        held = [self.parts[each] for each in node.inbound]
        place = self.way(held, self.parts[newcomer])
        if place is None:
            return False
        self._part(node, node.inbound[place])
        return True

    def _part(self, node: Honest, peer: str) -> None:
        if node.links.pop(peer, None) is None:
            return
        if peer in node.inbound:
            node.inbound.remove(peer)
        self._tell(node, told.Lost(peer=peer))
        if (other := self.nodes.get(peer)) is not None:
            self._part(other, node.name)

    # --- the cores -----------------------------------------------------------------------------

    def _tell(self, node: Honest, given: told.Input) -> None:
        for effect in node.core.step(given, now_ms=self.time.now_ms, rng=self.rng):
            self._do(node, effect)
        due_ms = node.core.due_ms
        if due_ms is not None and (node.due_ms is None or due_ms < node.due_ms):
            node.due_ms = due_ms
            life = node.life
            self.time.later(due_ms - self.time.now_ms, lambda: self._tick(node, due_ms, life))

    def _tick(self, node: Honest, due_ms: int, life: int) -> None:
        if node.life == life and node.due_ms == due_ms:
            node.due_ms = None
            self._tell(node, told.Tick())

    def _do(self, node: Honest, effect: do.Effect) -> None:
        life = node.life
        match effect:
            case do.Dial():
                self.time.later(SESSION_MS, lambda: self._dial(node, effect, life))
            case do.OpenSession() | do.BeginCompare():
                if isinstance(effect, do.OpenSession):
                    opened = told.SessionOpened(peer=effect.peer)
                    self.time.later(1, lambda: self._tell(node, opened))
                self.time.later(SESSION_MS, lambda: self._compare(node, effect.peer, life))
            case do.HangUp():
                self.time.later(0, lambda: self._part(node, effect.peer))
            case do.KeepAnchors():
                node.anchors = effect.peers
            case _:
                pass

    def _compare(self, node: Honest, peer: str, life: int) -> None:
        """Compare with an honest peer, or with one that says that both have the same."""
        if node.life != life or peer not in node.links:
            return
        new = 0
        other = self.nodes.get(peer)
        if other is not None:
            new = len(other.has - node.has)
            back = len(node.has - other.has)
            node.has |= other.has
            other.has |= node.has
            if back:
                self._tell(other, told.SessionOpened(peer=node.name))
                compared = told.Compared(peer=node.name, outcome=Outcome.EQUAL, new=back)
                self._tell(other, compared)
        self._tell(node, told.Compared(peer=peer, outcome=Outcome.EQUAL, new=new))


def _name(address: str) -> str:
    return address.rpartition("/p2p/")[2]
