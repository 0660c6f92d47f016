"""A transfer that was cut goes on where it was: over real sockets, between two whole nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import trio

from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.node.conduct import OFFER_ITEMS_MAX
from p2pevents.node.config import Config
from p2pevents.node.finding import Finding, Why
from p2pevents.node.node import Node
from p2pevents.node.opener import Opened
from p2pevents.node.sync_stream import OFFERS_AT_ONCE
from tests.bench.bench_bulk_sync import NOW_MS, fill

RECORDS = 2_000
CUT_AT = 700
SECONDS_MAX = 60.0


def a_node(log: SqliteLog, network: Any) -> Node:
    return Node(
        log=log,
        network=network,
        config=Config(listen=("/ip4/127.0.0.1/tcp/0",), sync_interval_s=5),
        now_ms=lambda: NOW_MS + 60_000_000,
        rng=Random(1),
    )


def counting(node: Node, came: Counter[Why]) -> None:
    """Count what comes to a node's door, by what was found of it."""

    def counted(_opened: Sequence[Opened], findings: Sequence[Finding]) -> None:
        came.update(finding.why for finding in findings)

    node.ingest.beside = counted


async def take(target: SqliteLog, address: str, *, until: int, seed: bytes) -> Counter[Why]:
    """Have a node sync from an address until it holds so many records, then end it."""
    came: Counter[Why] = Counter()
    async with open_libp2p_network(seed=seed) as network, trio.open_nursery() as nursery:
        node = a_node(target, network)
        counting(node, came)
        await nursery.start(node.run)
        node.dial([address])
        with trio.fail_after(SECONDS_MAX):
            while target.total().records < until:  # noqa: ASYNC110 - a log has no event
                await trio.sleep(0.002)
        nursery.cancel_scope.cancel()
    return came


async def test_a_transfer_that_was_cut_goes_on_where_it_was(tmp_path: Path) -> None:
    source = SqliteLog(tmp_path / "source.sqlite3")
    target = SqliteLog(tmp_path / "target.sqlite3")
    fill(source, RECORDS)
    async with open_libp2p_network(seed=b"s" * 32) as network, trio.open_nursery() as nursery:
        serving = a_node(source, network)
        await nursery.start(serving.run)
        address = network.addresses()[0]
        first = await take(target, address, until=CUT_AT, seed=b"t" * 32)
        held = target.total().records
        assert CUT_AT <= held < RECORDS
        target.close()
        target = SqliteLog(tmp_path / "target.sqlite3")
        second = await take(target, address, until=RECORDS, seed=b"t" * 32)
        nursery.cancel_scope.cancel()
    assert first[Why.KNOWN] == 0
    assert second[Why.NEW] == RECORDS - held
    # All that comes a second time is of the two pages that were being taken in when it was cut.
    assert second[Why.KNOWN] <= OFFERS_AT_ONCE * OFFER_ITEMS_MAX < CUT_AT
    assert target.total() == source.total()
    target.close()
    source.close()
