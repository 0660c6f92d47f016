"""Gossip among real hosts over loopback: how many messages, and how soon a record is on a disk.

    python -m tests.bench.bench_gossip [--messages 400] [--rounds 3]

Throughput: one host publishes messages of 1 KiB, the others take them; behind our guards, and
without them, which is py-libp2p as it comes. All hosts share one process and one core. One peer
may send 1,200 messages a second; so few are sent that this limit is never met.

Live: a record that one node has announced, until the log of its neighbour has committed it, over
the round trip of as many bytes on an open stream between two hosts. By push to a connected peer,
and by gossip alone, each with the other turned off; both nodes share one process and one core.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import trio

from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p.guards.all import ALL
from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.network import Network, PeerId, PeerStream
from p2pevents.node.core.schedule import Schedule
from p2pevents.record.verdict import Verdict
from p2pevents.testing import Swarm
from tests.bench.goal import say
from tests.log.samples import record

TOPIC = "bench"
ECHO = "/bench/echo/1"
MESSAGE_BYTES = 1024
LOCAL = "/ip4/127.0.0.1/tcp/0"
SECONDS_MAX = 60.0
MESH_S = 3.0  # gossipsub grafts peers once a second
AT_ONCE = 16  # published and not come yet: no queue of anybody's overflows
LIVE_RECORDS = 15
LIVE_PAUSE_S = 0.4  # own records are gossiped at most four times a second
LOOK_S = 0.0002
ALL_CAME = 0.999
GOSSIP_GOALS = {2: 1.25, 5: 1.5}
LIVE_GOALS = {"push": 1.5, "gossip": 6.0}


async def messages_s(hosts: int, messages: int, guards: Sequence[Guard]) -> tuple[float, float]:
    """Messages a second until all the others have all; and the part of them that came."""
    came = [0] * hosts
    async with AsyncExitStack() as stack:
        networks: list[Network] = []
        for number in range(hosts):
            key = os.urandom(32)
            network = await stack.enter_async_context(open_network(seed=key, guards=guards))
            await network.listen([LOCAL])
            for other in networks:
                await network.dial(other.addresses()[0])

            async def take(peer: PeerId, data: bytes, number: int = number) -> Verdict:
                del peer, data
                came[number] += 1
                return Verdict.ACCEPT

            await network.subscribe(TOPIC, take)
            networks.append(network)
        await trio.sleep(MESH_S)
        before = list(came)
        began = time.perf_counter()
        with trio.move_on_after(SECONDS_MAX):
            for number in range(messages):
                data = number.to_bytes(8, "big") + os.urandom(MESSAGE_BYTES - 8)
                await networks[0].publish(TOPIC, data)
                while number - min(came[1:]) + min(before[1:]) >= AT_ONCE:  # noqa: ASYNC110
                    await trio.sleep(LOOK_S)
            while min(came[1:]) - min(before[1:]) < messages:  # noqa: ASYNC110 - counted elsewhere
                await trio.sleep(LOOK_S)
        took = time.perf_counter() - began
    all_came = sum(came[1:]) - sum(before[1:])
    return all_came / (hosts - 1) / took, all_came / (hosts - 1) / messages


async def ping_pong_s() -> float:
    """The median round trip of a record's bytes on an open stream between two hosts."""

    async def echo(stream: PeerStream) -> None:
        async for data in stream:
            await stream.send_all(data)

    async with open_network(seed=os.urandom(32)) as one, open_network(seed=os.urandom(32)) as other:
        await one.listen([LOCAL])
        one.serve(ECHO, echo)
        await other.dial(one.addresses()[0])
        took = []
        async with await other.open_stream(one.peer_id, ECHO) as stream:
            for _ in range(100):
                began = time.perf_counter()
                await stream.send_all(bytes(MESSAGE_BYTES))
                left = MESSAGE_BYTES
                while left > 0:
                    left -= len(await stream.receive_some())
                took.append(time.perf_counter() - began)
    return statistics.median(took)


@asynccontextmanager
async def on_disk() -> AsyncIterator[Swarm]:
    """Two nodes that are connected, each with a log in a file."""
    with tempfile.TemporaryDirectory() as folder:
        async with Swarm.over_sockets(2, seed=1) as swarm:
            for node in swarm.nodes:
                await swarm.stop(node)
                node.log = SqliteLog(Path(folder) / f"{node.name}.sqlite3")  # type: ignore[assignment]
                await swarm.start(node)
            yield swarm
            for node in swarm.nodes:
                await swarm.stop(node)
                node.log.close()


async def silent(topic: str, data: bytes) -> int:
    """Publish nothing, and say that it was heard."""
    del topic, data
    await trio.lowlevel.checkpoint()
    return 1


async def live_s(way: str) -> float:
    """The median of the seconds from announcing a record until the neighbour has committed it."""
    took = []
    async with on_disk() as swarm:
        writer, reader = swarm.nodes
        chapter = writer.found("Paris P2P")
        await swarm.until_equal()
        await trio.sleep(MESH_S)
        if way == "push":
            assert writer.network is not None
            writer.network.publish = silent  # type: ignore[method-assign]
        live = (lambda _: []) if way == "gossip" else Schedule.live
        with patch.object(Schedule, "live", live):
            for number in range(LIVE_RECORDS):
                await trio.sleep(LIVE_PAUSE_S)
                record = writer.add(chapter, f"Evening {number}", "2027-03-03T18:30:00")
                began = time.perf_counter()
                with trio.fail_after(SECONDS_MAX):
                    while not reader.holds(record):  # noqa: ASYNC110 - a log has no event
                        await trio.sleep(LOOK_S)
                took.append(time.perf_counter() - began)
    return statistics.median(took)


def commit_s() -> float:
    """The median of the seconds that a log takes to commit one record: a part of each way."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog(Path(folder) / "log.sqlite3")
        for number in range(LIVE_RECORDS):
            item = record(number)
            began = time.perf_counter()
            log.append([Arrival(item=item)], now_ms=0)
            took.append(time.perf_counter() - began)
        log.close()
    return statistics.median(took)


def main() -> None:
    """Print the figures as a table, and as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rows = []
    logging.disable(logging.CRITICAL)  # py-libp2p as it comes says a lot, which costs time
    print(f"{'hosts':>5} {'guarded/s':>10} {'stock/s':>10} {'ratio':>6} {'came':>6} {'there':>6}")
    for hosts in (2, 5):
        guarded, stock = [], []
        for _ in range(asked.rounds):
            guarded.append(trio.run(messages_s, hosts, asked.messages, ALL))
            stock.append(trio.run(messages_s, hosts, asked.messages, ()))
        row = {
            "hosts": hosts,
            "guarded_s": round(statistics.median(each[0] for each in guarded)),
            "stock_s": round(statistics.median(each[0] for each in stock)),
            "ratio": round(
                statistics.median(
                    one[0] / other[0] for one, other in zip(guarded, stock, strict=True)
                ),
                2,
            ),
            "came": min(each[1] for each in guarded),
            "stock_came": min(each[1] for each in stock),
        }
        rows.append(row)
        print(
            f"{hosts:>5} {row['guarded_s']:>10} {row['stock_s']:>10} {row['ratio']:>6}"
            f" {row['came']:>6.2f} {row['stock_came']:>6.2f}",
            flush=True,
        )
    for row in rows:
        # Of what did not come there is no rate.
        assert row["came"] > ALL_CAME, row
        limit = GOSSIP_GOALS[int(row["hosts"])]
        name = f"gossip among {row['hosts']} hosts, messages/s / stock py-libp2p"
        say(name, row["ratio"], limit, at_least=True)
    acts: dict[str, Callable[[], float]] = {
        "ping-pong": lambda: trio.run(ping_pong_s),
        "push": lambda: trio.run(live_s, "push"),
        "gossip": lambda: trio.run(live_s, "gossip"),
        "one commit, waited for the disk": commit_s,
    }
    live: dict[str, list[float]] = {way: [] for way in acts}
    for _ in range(asked.rounds):
        for way, act in acts.items():
            live[way].append(1000 * act())
    for way, limit in LIVE_GOALS.items():
        ratios = [one / other for one, other in zip(live[way], live["ping-pong"], strict=True)]
        say(f"live by {way}, announced to committed / ping-pong", statistics.median(ratios), limit)
    for way, took in live.items():
        say(f"- {way}", statistics.median(took), unit="ms")
    print(json.dumps({"load": os.getloadavg()[0], "gossip": rows, "live_ms": live}))


if __name__ == "__main__":
    main()
