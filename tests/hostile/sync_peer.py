"""A peer that speaks sync by hand: it says what it likes, and counts what it gets for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import trio

from p2pevents.log.memory import MemoryLog
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import Network, PeerStream
from p2pevents.node.config import Config, with_values
from p2pevents.node.node import Node
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.frames import HEAD_BYTES, FrameReader, encode_frame
from p2pevents.sync.messages import (
    SYNC_PROTOCOL,
    Cursor,
    Hello,
    Message,
    Page,
    Push,
    Symbols,
)
from tests.node.community import NOW_MS, Community, item

NETWORK = "attack"
VICTIM_AT = "/memory/4001"
PAID = (Page, Push, Symbols)  # real transfer, and symbols, which are paid for in questions


@dataclass(slots=True)
class Talk:
    """One stream to the victim, and what went over it.

    Attributes:
        said_bytes: of the attacker, frames' heads included.
        answer_bytes: of the victim, without real transfer and paid symbols.
        paid_bytes: those.
        heard: the victim's messages that are still to be looked at.
        counts: all of them, by their name.
        ended: when the victim closed the stream.
    """

    stream: PeerStream
    said_bytes: int = 0
    answer_bytes: int = 0
    paid_bytes: int = 0
    heard: list[Message] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    ended: trio.Event = field(default_factory=trio.Event)
    _frames: FrameReader = field(default_factory=FrameReader)
    _more: trio.Event = field(default_factory=trio.Event)

    async def read(self) -> None:
        """Take in what the victim says, until it ends the stream."""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while data := await self.stream.receive_some(65_536):
                for frame in self._frames.feed(bytes(data)):
                    message = decode_message(frame)
                    if isinstance(message, PAID):
                        self.paid_bytes += len(frame) + HEAD_BYTES
                    else:
                        self.answer_bytes += len(frame) + HEAD_BYTES
                    self.heard.append(message)
                    self.counts[type(message).__name__] += 1
                self._more.set()
                self._more = trio.Event()
        self.ended.set()
        self._more.set()

    async def say(self, *messages: Message) -> None:
        """Say these, whole."""
        for message in messages:
            await self.say_bytes(encode_frame(encode_message(message)))

    async def say_bytes(self, data: bytes) -> None:
        """Say bytes; that the victim has gone is no fault."""
        self.said_bytes += len(data)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self.stream.send_all(data)

    async def hear(self, kind: type[Message], *, seconds: float = 20.0) -> Message | None:
        """Return the next message of a kind, passing over others; None where the stream ended."""
        with trio.move_on_after(seconds):
            while True:
                while self.heard:
                    message = self.heard.pop(0)
                    if isinstance(message, kind):
                        return message
                if self.ended.is_set():
                    return None
                await self._more.wait()
        return None


def hello(**changes: object) -> Hello:
    """What an empty peer says, or whatever is to be a lie."""
    said: dict[str, object] = {
        "network": NETWORK,
        "shard": "0",
        "window": None,
        "may_compare_fully": True,
        "nonce": b"\xff" * 16,
        "log": Cursor(incarnation=b"hostile.........", position=0),
        "authority": bytes(32),
        "records": bytes(32),
        "cursor": None,
    }
    return Hello(**{**said, **changes})  # type: ignore[arg-type]


@dataclass(slots=True)
class Scene:
    """A victim with a chapter, and a network on which others may come."""

    hub: MemoryHub
    node: Node
    log: MemoryLog
    paris: Community
    nursery: trio.Nursery
    _numbers: int = 100

    def _key(self) -> bytes:
        self._numbers += 1
        return self._numbers.to_bytes(32, "big")

    @asynccontextmanager
    async def network(self) -> AsyncIterator[Network]:
        """Somebody new, who has dialled the victim."""
        async with open_memory_network(self.hub, seed=self._key()) as network:
            await network.dial(f"{VICTIM_AT}/p2p/{self.node.network.peer_id}")
            yield network

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talk]:
        """A new hostile peer's stream."""
        async with self.network() as network, trio.open_nursery() as nursery:
            stream = await network.open_stream(self.node.network.peer_id, SYNC_PROTOCOL)
            made = Talk(stream)
            nursery.start_soon(made.read)
            yield made
            nursery.cancel_scope.cancel()

    async def honest_sync_s(self, *, seconds: float = 60.0) -> float:
        """Have an honest node with nothing come, and return how long it took to have all."""
        began_s = trio.current_time()
        async with honest(self.hub, self._key(), MemoryLog(incarnation=self._key()[16:])) as node:
            node.dial([f"{VICTIM_AT}/p2p/{self.node.network.peer_id}"])
            with trio.fail_after(seconds):
                while node.ingest.log.total() != self.log.total():  # noqa: ASYNC110 - no event
                    await trio.sleep(0.01)
        return trio.current_time() - began_s


@asynccontextmanager
async def honest(
    hub: MemoryHub, key: bytes, log: MemoryLog, *, now_ms: Callable[[], int] = lambda: NOW_MS
) -> AsyncIterator[Node]:
    """An honest node on a hub."""
    config = with_values(
        Config(), {"network": NETWORK, "listen": [], "sync_interval_s": 5}, where="test"
    )
    async with open_memory_network(hub, seed=key) as network, trio.open_nursery() as nursery:
        node = Node(log=log, network=network, config=config, now_ms=now_ms, rng=Random(key))
        await nursery.start(node.run)
        yield node
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def scene(*, records: int = 300) -> AsyncIterator[Scene]:
    """A victim that holds a chapter of so many records."""
    hub, log, paris = MemoryHub(rng=Random(1)), MemoryLog(incarnation=b"v" * 16), Community()
    async with trio.open_nursery() as nursery, honest(hub, b"v" * 32, log) as node:
        await node.network.listen([VICTIM_AT])
        lead = paris.leads[0]
        items = [item(paris.write(lead, path=(f"e{number}",))) for number in range(records)]
        node.ingest.offer([item(paris.genesis), *items], now_ms=NOW_MS)
        yield Scene(hub=hub, node=node, log=log, paris=paris, nursery=nursery)
        nursery.cancel_scope.cancel()
