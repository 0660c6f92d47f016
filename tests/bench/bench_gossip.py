"""Gossip among real hosts over loopback: how many messages a second; how soon, tells bench_live.

    python -m tests.bench.bench_gossip [--messages 400] [--rounds 3]

One host publishes messages of 1 KiB, the others take them; behind our guards, and
without them, which is py-libp2p as it comes. All hosts share one process and one core. One peer
may send 1,200 messages a second; so few are sent that this limit is never met.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

import trio

from p2pevents.net.libp2p.guards.all import ALL
from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.network import Network, PeerId
from p2pevents.record.verdict import Verdict
from tests.bench.goal import say

TOPIC = "bench"
MESSAGE_BYTES = 1024
LOCAL = "/ip4/127.0.0.1/tcp/0"
SECONDS_MAX = 60.0
MESH_S = 3.0  # gossipsub grafts peers once a second
AT_ONCE = 16  # published and not come yet: no queue of anybody's overflows
LOOK_S = 0.0002
ALL_CAME = 0.999
GOSSIP_GOALS = {2: 1.25, 5: 1.5}


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
    print(json.dumps({"load": os.getloadavg()[0], "gossip": rows}))


if __name__ == "__main__":
    main()
