"""The trio driver on the network in memory: what arrives, and what it survives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

import trio

from p2pevents.errors import LogError
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival, Outcome
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.node.config import Config, with_values
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from tests.node.test_ingest import GENESIS, NOW_MS, PARIS, item

ARRIVAL_S_MAX = 20.0


class Disk(MemoryLog):
    """A log whose disk can be full."""

    is_full = False

    def append(self, batch: Sequence[Arrival], *, now_ms: int) -> list[Outcome]:
        if self.is_full and batch:
            raise LogError("no room on the disk")
        return super().append(batch, now_ms=now_ms)


@asynccontextmanager
async def running(hub: MemoryHub, number: int, log: MemoryLog) -> AsyncIterator[Node]:
    """One node on a hub, until the block is left."""
    config = with_values(Config(), {"listen": [], "sync_interval_s": 5}, where="test")
    async with (
        open_memory_network(hub, seed=bytes([number] * 32)) as network,
        trio.open_nursery() as nursery,
    ):
        node = Node(
            log=log, network=network, config=config, now_ms=lambda: NOW_MS, rng=Random(number)
        )
        await nursery.start(node.run)
        await network.listen([f"/memory/{number}"])
        yield node
        nursery.cancel_scope.cancel()


async def until_held(log: MemoryLog, identifier: bytes) -> None:
    with trio.fail_after(ARRIVAL_S_MAX):
        while identifier not in log.has([identifier]):  # noqa: ASYNC110 - a log has no event
            await trio.sleep(0.02)


def disk(number: int) -> Disk:
    return Disk(incarnation=bytes([number] * 16))


async def test_an_own_record_reaches_a_connected_node() -> None:
    hub, mine, theirs = MemoryHub(rng=Random(1)), disk(1), disk(2)
    async with running(hub, 1, mine) as one, running(hub, 2, theirs) as two:
        two.dial(one.network.addresses())
        record = PARIS.event("One")
        one.ingest.offer([GENESIS, item(record)], now_ms=NOW_MS, own=True)
        one.grown()
        await until_held(theirs, record.id)


async def test_a_full_disk_ends_no_node_and_what_was_missed_comes_later() -> None:
    hub, mine, theirs = MemoryHub(rng=Random(1)), disk(1), disk(2)
    Ingest(mine).offer([GENESIS, item(PARIS.event("Before"))], now_ms=NOW_MS, own=True)
    theirs.is_full = True
    async with running(hub, 1, mine) as one, running(hub, 2, theirs) as two:
        two.dial(one.network.addresses())
        record = PARIS.event("While full")
        await trio.sleep(0.3)
        one.ingest.offer([item(record)], now_ms=NOW_MS, own=True)
        one.grown()
        await trio.sleep(0.5)
        assert not theirs.has([record.id])
        theirs.is_full = False
        await until_held(theirs, record.id)


async def test_a_node_that_has_stopped_begins_nothing() -> None:
    hub = MemoryHub(rng=Random(1))
    async with running(hub, 1, disk(1)) as one:
        address = one.network.addresses()
        async with running(hub, 2, disk(2)) as two:
            pass
        two.dial(address)  # as a stream does that ends after its node
        assert not one.network.peers()
