"""Who watches a reader's line learns nothing of whom they follow: two lists, the same traffic."""

from __future__ import annotations

from contextlib import AsyncExitStack
from random import Random

import pytest
import trio
from msgspec.structs import replace

from p2pevents.log.local import Follow, KnownPeer
from p2pevents.log.memory import MemoryLog
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import Network, PeerId, PeerStream
from p2pevents.node import exchanging
from p2pevents.node.config import Config
from p2pevents.node.exchanging import exchange
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.record.ids import ChapterId
from p2pevents.sync.codec import decode_message
from p2pevents.sync.frames import FrameReader
from p2pevents.sync.messages import Hello
from p2pevents.testing import Organiser
from p2pevents.testing.walled_network import WalledNetwork

RUNS = 100
PEERS = 8  # each of them lets so many strangers an hour ask anew
NOW_MS = 1_800_000_000_000
CITIES = ("Paris", "Lyon", "Nantes", "Lille", "Brest")
NONCE = bytes(16)

Sent = tuple[str, object]


class TappedNetwork(WalledNetwork):
    """A network on which whom a node dials, and what it sends them, is written down.

    Nonces are left out: they are random, and would make any two differ.
    """

    def __init__(self, inner: Network) -> None:
        super().__init__(inner, is_walled=lambda _: False)
        self.dialled: list[str] = []
        self.sent: dict[PeerId, list[Sent]] = {}

    async def dial(self, address: str) -> PeerId:
        self.dialled.append(address)
        return await super().dial(address)

    async def open_stream(self, peer: PeerId, protocol: str) -> PeerStream:
        stream = await super().open_stream(peer, protocol)
        said = self.sent.setdefault(peer, [])
        said.append(("opens", protocol))
        frames, send_all = FrameReader(), stream.send_all

        async def tapped(data: bytes | bytearray | memoryview) -> None:
            if "sync" in protocol:
                for frame in frames.feed(bytes(data)):
                    message = decode_message(frame)
                    if isinstance(message, Hello):
                        message = replace(message, nonce=NONCE)
                    said.append(("says", message))
            else:
                said.append(("sends", bytes(data)))
            await send_all(data)

        stream.send_all = tapped  # type: ignore[method-assign]
        return stream


async def traffic_of(
    follows: list[ChapterId], addresses: list[str], hub: MemoryHub, *, seed: int, name: int
) -> tuple[list[str], dict[PeerId, list[Sent]]]:
    """Be a light client that follows these; return whom it dialled and what it sent."""
    log = MemoryLog(incarnation=b"one of two lists")
    for address in addresses:
        peer = address.rpartition("/p2p/")[2]
        log.local.set_peer(KnownPeer(peer=peer, addresses=(address,), seen_ms=NOW_MS))
    for chapter in follows:
        log.local.set_follow(Follow(chapter=chapter, petname="mine", since_ms=NOW_MS))
    async with open_memory_network(hub, seed=name.to_bytes(32, "big")) as inner:
        network = TappedNetwork(inner)
        for _ in range(2):  # from nothing, and from where it left off
            found = await exchange(
                log,
                network,
                Config(network="watched", listen=()),
                is_reader=True,
                now_ms=lambda: NOW_MS,
                rng=Random(seed),
            )
            assert all(each.ended and not each.why for each in found), [each.why for each in found]
            for peer in {each.address.rpartition("/p2p/")[2] for each in found}:
                await inner.disconnect(PeerId(peer))
    assert log.total().records > len(CITIES)
    return network.dialled, network.sent


@pytest.mark.timeout(120)
async def test_two_lists_send_the_same_to_the_same_peers_in_the_same_order(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One after the other: of several at once, trio's own chance says who gets a word in first.
    monkeypatch.setattr(exchanging, "PEERS_AT_ONCE", 1)
    rng = Random(20200108)
    hub = MemoryHub(rng=Random(1))
    async with AsyncExitStack() as stack:
        organiser = Organiser(rng=Random(2))
        logs = [MemoryLog(incarnation=bytes([number]) * 16) for number in range(PEERS)]
        doors = [Ingest(log) for log in logs]
        chapters = [organiser.found(doors[0], city, now_ms=NOW_MS) for city in CITIES]
        for number in range(60):
            organiser.add(
                doors[0],
                rng.choice(chapters),
                {
                    "title": f"Evening {number}",
                    "when": {"start": "2027-02-03T18:30:00", "timeZone": "Europe/Paris"},
                },
                now_ms=NOW_MS + number,
            )
        items = [
            *((each.entry.envelope, None) for c in chapters for each in logs[0].entries(c)),
            *(
                (x.envelope, x.body)
                for c in chapters
                for x in logs[0].of_kinds(["profile"], chapter=c)
            ),
            *(
                (x.envelope, x.body)
                for c in chapters
                for x in logs[0].of_kinds(["event"], chapter=c)
            ),
        ]
        addresses = []
        for number, log in enumerate(logs):
            if number:
                doors[number].offer(items, now_ms=NOW_MS)
            opened = open_memory_network(hub, seed=bytes([number + 1]) * 32)
            network = await stack.enter_async_context(opened)
            node = Node(
                log=log,
                network=network,
                config=Config(network="watched", listen=("/memory/0",)),
                now_ms=lambda: NOW_MS,
                rng=Random(number),
            )
            await nursery.start(node.run)
            addresses.append(network.addresses()[0])
        seen: set[tuple[str, ...]] = set()
        for run in range(RUNS):
            one = rng.sample(chapters, rng.randint(0, 2))
            other = rng.sample(chapters, rng.randint(3, len(chapters)))
            name = 1_000 + 2 * run  # nobody is asked anew by the same stranger too often
            dialled, sent = await traffic_of(one, addresses, hub, seed=run, name=name)
            again = await traffic_of(other, addresses, hub, seed=run, name=name + 1)
            assert (dialled, sent) == again, run
            assert len(sent) >= 2
            seen.add(tuple(dialled))
        assert len(seen) > 1  # chance alone says who comes first
        nursery.cancel_scope.cancel()
