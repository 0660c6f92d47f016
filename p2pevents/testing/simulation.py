"""Many nodes in virtual time, without trio and sockets: one seed replays everything.

Each node is the daemon's own code, core, sessions, door and clerk, over a log in
memory; only the network and the time are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random
from typing import Final

from p2pevents.testing.hostile import HostileNode, Manner
from p2pevents.testing.invariants import Breach, breaches_of
from p2pevents.testing.life import Life
from p2pevents.testing.simulated_node import SimulatedNode, address_of
from p2pevents.testing.timeline import Timeline
from p2pevents.testing.weather import Weather
from p2pevents.testing.wire import Traffic, Wire

__all__ = ["BEGIN_MS", "NODES_MAX", "Happening", "Simulation"]

BEGIN_MS: Final = 1_800_000_000_000  # 2027-01-15, 08:00 UTC
NODES_MAX: Final = 10_000
SMALL_BYTES: Final = 40_000  # some 50 records: a small store, by itself less than a day's
READ_OF: Final = 2  # nodes
READING_S: Final = 3600.0  # of what a small store leaves out


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the trace.

    Attributes:
        at_ms: virtual time since the beginning.
        who: the node's name; empty where it is the network.
        what: what happened, in words.
    """

    at_ms: int
    who: str
    what: str

    def __str__(self) -> str:
        seconds, ms = divmod(self.at_ms, 1000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return f"{hour:02}:{minute:02}:{second:02}.{ms:03} {self.who or 'network':<8} {self.what}"


class Simulation:
    """Nodes, a network, and time that passes when it is told to.

    Attributes:
        nodes: the nodes by name, `n00`, `n01` and so on; hostile ones are called `x00`.
        weather: what the network is like; it may be changed at any time.
        rng: the chance of the test itself.
    """

    def __init__(
        self,
        *,
        seed: int,
        nodes: int = 5,
        readers: int = 0,
        small: int = 0,
        store_bytes_max: int = SMALL_BYTES,
        hostile: Collection[Manner] = (),
        weather: Weather | None = None,
        outbound_peers: int = 3,
        known_peers: int = 1,
        pause_s: int = 60,
        on_happening: Callable[[Happening], None] | None = None,
    ) -> None:
        """Make the nodes and start them.

        Each honest node is told of the next one and of some that chance draws, those with a small
        store of one with a large one too; each hostile one dials a third of them.

        Args:
            seed: what all chance comes from.
            nodes: how many honest nodes, the readers among them.
            readers: how many of them, the last ones, are light clients.
            small: how many of the others, the last ones, have a small store.
            store_bytes_max: what a small one holds.
            hostile: one more node each, which misbehaves in this manner.
            weather: what the network is like.
            outbound_peers: how many connections a node opens and keeps.
            known_peers: how many chance draws that a node is told of, beside the next one.
            pause_s: the shortest pause between two comparisons with a peer.
            on_happening: told of everything, as it happens.
        """
        if not 1 <= nodes + len(hostile) <= NODES_MAX:
            raise ValueError(f"{nodes + len(hostile)} nodes, of 1 to {NODES_MAX}")
        self.rng = Random(seed)
        self.weather = weather or Weather()
        self._time = Timeline(now_ms=BEGIN_MS)
        self._on_happening = on_happening
        self._wire = Wire(
            time=self._time,
            weather=self.weather,
            rng=Random(self.rng.getrandbits(64)),
            life_at=self._life_at,
        )
        self.nodes: dict[str, SimulatedNode] = {}
        self._lost: set[bytes] = set()
        self._readings = 0
        carriers = [f"n{number:02}" for number in range(nodes - readers)]
        if small and small >= len(carriers):
            raise ValueError("all stores are small: nobody would have all of it")
        for number in range(nodes):
            name = f"n{number:02}"
            peers = [carriers[(number + 1) % len(carriers)]]
            peers += self.rng.sample(carriers, min(known_peers, len(carriers)))
            is_small = len(carriers) - small <= number < len(carriers)
            if is_small:  # among such as itself, what it writes might come to nobody's store
                peers += self.rng.sample(carriers[: len(carriers) - small], 1)
            self.nodes[name] = SimulatedNode(
                name,
                wire=self._wire,
                rng=Random(self.rng.getrandbits(64)),
                tell=self._tell,
                peers=tuple(address_of(peer) for peer in dict.fromkeys(peers) if peer != name),
                is_reader=number >= len(carriers),
                store_bytes_max=store_bytes_max if is_small else None,
                outbound_peers=outbound_peers,
                pause_s=pause_s,
            )
        for number, manner in enumerate(hostile):
            name = f"x{number:02}"
            victims = self.rng.sample(carriers, max(1, len(carriers) // 3))
            self.nodes[name] = HostileNode(
                name,
                manner=manner,
                wire=self._wire,
                rng=Random(self.rng.getrandbits(64)),
                tell=self._tell,
                peers=tuple(address_of(peer) for peer in victims),
                outbound_peers=len(victims),
                pause_s=pause_s,
            )
        for node in self.nodes.values():
            self._time.later(self.rng.randrange(1_000), node.start)

    # --- time ----------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        """The true time, in ms since 1970."""
        return self._time.now_ms

    @property
    def happened(self) -> int:
        """How many things the simulation has done."""
        return self._time.happened

    @property
    def traffic(self) -> Traffic:
        """What the honest nodes sent."""
        return self._wire.traffic

    def run_for(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._time.run_until(self._time.now_ms + round(seconds * 1000))

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Have something done after so much virtual time."""
        self._time.later(round(seconds * 1000), act)

    # --- nodes ---------------------------------------------------------------------------------

    @property
    def honest(self) -> list[SimulatedNode]:
        """The nodes that run this project's code, unaltered."""
        return [node for node in self.nodes.values() if node.is_honest]

    @property
    def running(self) -> list[SimulatedNode]:
        """Those of them that run now."""
        return [node for node in self.honest if node.life is not None]

    def restore(self, name: str) -> None:
        """Lose a node's disk, put the last copy in its place, and start it.

        What is on no other carrier's disk is lost with it, as in life.

        Raises:
            StateError: there is no copy.
        """
        node = self.nodes[name]
        before = {item.id for item in node.log.in_set()}
        node.restore()
        carriers = [each for each in self.honest if not each.is_reader]
        held = {item.id for each in carriers for item in each.log.in_set()}
        self._lost |= before - held
        node.start()

    def read(self, name: str) -> None:
        """Have a node with a small store read what it leaves out, as any light client reads.

        Under a name that nobody has met, as `node.private_reading` does, of nodes that have all
        of it; what came is kept a while later.
        """
        self._readings += 1
        rng = Random(f"reading {self._readings}")
        large = [
            each.name for each in self.honest if not each.is_reader and not each.store_bytes_max
        ]
        reader = SimulatedNode(
            f"r{self._readings:02}",
            wire=self._wire,
            rng=rng,
            tell=self._tell,
            peers=tuple(map(address_of, rng.sample(large, min(READ_OF, len(large))))),
            is_reader=True,
        )
        self.nodes[reader.name] = reader
        reader.start()
        self.later(READING_S, lambda: self._has_read(self.nodes[name], reader))

    def _has_read(self, node: SimulatedNode, reader: SimulatedNode) -> None:
        """Keep privately what a node read of what it follows, unless it ended meanwhile."""
        reader.crash()
        del self.nodes[reader.name]
        if node.life is not None and node.life.private is not None:
            private = node.life.private
            for _ in private.take_from(reader.log, private.left_out()):
                pass
            node.has_read = True

    def _life_at(self, name: str) -> Life | None:
        node = self.nodes.get(name)
        return node.life if node else None

    # --- the network ---------------------------------------------------------------------------

    def partition(self, names: Collection[str], *, one_way: bool = False) -> None:
        """Cut nodes off from all others; `one_way`: they hear the others and are not heard."""
        others = [name for name in self.nodes if name not in names]
        self.weather.cut(names, others, one_way=one_way)
        self._wire.stall_cut([node.life for node in self.nodes.values() if node.life])
        how = "is not heard by" if one_way else "is cut off from"
        self._tell("", f"{','.join(sorted(names))} {how} the others")

    def heal(self) -> None:
        """Let everything pass again."""
        self.weather.heal()
        self._tell("", "heals")

    # --- what must hold ------------------------------------------------------------------------

    def breaches(self) -> list[Breach]:
        """Return what does not hold though the network has been quiet; none where all is well."""
        return breaches_of(
            self.honest, now_ms=self.now_ms, lost=self._lost, opening=self._wire.opening
        )

    def _tell(self, who: str, what: str) -> None:
        if self._on_happening is not None:
            at_ms = self._time.now_ms - BEGIN_MS
            self._on_happening(Happening(at_ms=at_ms, who=who, what=what))
