"""What honest peers notice: how long an answer takes, and whether gossip arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network, PeerId, PeerStream
from p2pevents.record.verdict import Verdict
from tests.hostile.victim import ECHO, TOPIC
from tests.net.worlds import seed, until

EVERY_S = 0.05
ARRIVES_S_MAX = 60.0


@dataclass(slots=True)
class Probe:
    """Two honest peers of one victim: messages of the first reach the second through it."""

    near: Network
    stream: PeerStream
    heard_s: dict[bytes, float] = field(default_factory=dict)
    sent: int = 0

    async def judge(self, _sender: PeerId, data: bytes) -> Verdict:
        await trio.lowlevel.checkpoint()
        self.heard_s.setdefault(data, trio.current_time())
        return Verdict.ACCEPT

    async def round_trips_s(self, *, while_true: Callable[[], bool], least: int) -> list[float]:
        """Ask the victim again and again; return how long each answer took."""
        taken_s: list[float] = []
        while while_true() or len(taken_s) < least:
            began_s = trio.current_time()
            await self.stream.send_all(b"?")
            await self.stream.receive_some()
            taken_s.append(trio.current_time() - began_s)
            await trio.sleep(EVERY_S)
        return taken_s

    async def gossip_s(self, *, while_true: Callable[[], bool], least: int) -> list[float]:
        """Publish again and again; return how long each message took to the other peer."""
        sent_s: dict[bytes, float] = {}
        while while_true() or len(sent_s) < least:
            self.sent += 1
            data = b"honest %d" % self.sent
            sent_s[data] = trio.current_time()
            await self.near.publish(TOPIC, data)
            await trio.sleep(EVERY_S)
        await until(lambda: sent_s.keys() <= self.heard_s.keys(), seconds=ARRIVES_S_MAX)
        return [self.heard_s[data] - at_s for data, at_s in sent_s.items()]


@asynccontextmanager
async def probe(address: str) -> AsyncIterator[Probe]:
    """Connect two honest peers to a victim."""
    async with (
        open_libp2p_network(seed=seed("n")) as near,
        open_libp2p_network(seed=seed("f")) as far,
    ):
        victim = await near.dial(address)
        await far.dial(address)
        async with await near.open_stream(victim, ECHO) as stream:
            made = Probe(near=near, stream=stream)
            await near.subscribe(TOPIC, made.judge)
            await far.subscribe(TOPIC, made.judge)
            await until(lambda: all(TOPIC in p.topics for n in (near, far) for p in n.peers()))
            # The mesh forms within a heartbeat or two.
            await trio.sleep(2.5)
            yield made
