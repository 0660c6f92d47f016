"""What honest peers notice: how long an answer takes, and whether gossip arrives.

Of each way two times are kept: by the clock, and what the victim worked meanwhile. The first says
what a person notices, and doubles when the machine has other work; the second is the victim's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network, PeerId, PeerStream
from p2pevents.record.verdict import Verdict
from tests.hostile.processes import Program
from tests.hostile.victim import ECHO, TOPIC
from tests.net.worlds import seed, until

EVERY_S = 0.05
ARRIVES_S_MAX = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment by the clock, and by the victim's work; or the time between two."""

    clock_s: float
    work_s: float

    def since(self, earlier: Moment) -> Moment:
        return Moment(clock_s=self.clock_s - earlier.clock_s, work_s=self.work_s - earlier.work_s)


@dataclass(slots=True)
class Probe:
    """Two honest peers of one victim: messages of the first reach the second through it."""

    victim: Program
    near: Network
    stream: PeerStream
    heard: dict[bytes, Moment] = field(default_factory=dict)
    sent: int = 0

    def now(self) -> Moment:
        return Moment(clock_s=trio.current_time(), work_s=self.victim.worked_s)

    async def judge(self, _sender: PeerId, data: bytes) -> Verdict:
        await trio.lowlevel.checkpoint()
        self.heard.setdefault(data, self.now())
        return Verdict.ACCEPT

    async def answers(self, *, while_true: Callable[[], bool], least: int) -> list[Moment]:
        """Ask the victim again and again; return how long each answer took."""
        taken: list[Moment] = []
        while while_true() or len(taken) < least:
            began = self.now()
            await self.stream.send_all(b"?")
            await self.stream.receive_some()
            taken.append(self.now().since(began))
            await trio.sleep(EVERY_S)
        return taken

    async def gossip(self, *, while_true: Callable[[], bool], least: int) -> list[Moment]:
        """Publish again and again; return how long each message took to the other peer."""
        sent: dict[bytes, Moment] = {}
        while while_true() or len(sent) < least:
            self.sent += 1
            data = b"honest %d" % self.sent
            sent[data] = self.now()
            await self.near.publish(TOPIC, data)
            await trio.sleep(EVERY_S)
        await until(lambda: sent.keys() <= self.heard.keys(), seconds=ARRIVES_S_MAX)
        return [self.heard[data].since(moment) for data, moment in sent.items()]


@asynccontextmanager
async def probe(victim: Program, address: str) -> AsyncIterator[Probe]:
    """Connect two honest peers to a victim."""
    async with (
        open_libp2p_network(seed=seed("n")) as near,
        open_libp2p_network(seed=seed("f")) as far,
    ):
        peer_id = await near.dial(address)
        await far.dial(address)
        async with await near.open_stream(peer_id, ECHO) as stream:
            made = Probe(victim=victim, near=near, stream=stream)
            await near.subscribe(TOPIC, made.judge)
            await far.subscribe(TOPIC, made.judge)
            await until(lambda: all(TOPIC in p.topics for n in (near, far) for p in n.peers()))
            # The mesh forms within a heartbeat or two.
            await trio.sleep(2.5)
            yield made
