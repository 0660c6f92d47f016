"""A guarded network in a process of its own, so that its memory and its core are its alone.

`python -m tests.hostile.victim` says where it listens, then answers each line with its facts.
"""

import json
import logging
import sys

import trio

from p2pevents.net.libp2p.guards.inbound_slots import InboundSlots
from p2pevents.net.libp2p.network import Libp2pNetwork
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.network import PeerId, PeerStream
from p2pevents.record.verdict import Verdict

ECHO = "/echo/1"
TOPIC = "t"
SPAM = b"spam"
SEED = b"v" * 32


async def echo(stream: PeerStream) -> None:
    async for data in stream:
        await stream.send_all(data)


async def judge(_sender: PeerId, data: bytes) -> Verdict:
    """Take all but what spammers sign: as records of a closed key, it is ignored."""
    await trio.lowlevel.checkpoint()
    return Verdict.IGNORE if data.startswith(SPAM) else Verdict.ACCEPT


def facts(network: Libp2pNetwork) -> dict[str, int]:
    swarm = network._swarm
    assert isinstance(swarm, InboundSlots)
    return {
        "peers": len(network.peers()),
        "inbound": sum(swarm.inbound_by_ip.values()),
        "half_open": len(swarm.half_open),
    }


async def main() -> None:
    async with open_network(seed=SEED) as network:
        network.serve(ECHO, echo)
        await network.subscribe(TOPIC, judge)
        await network.listen(["/ip4/127.0.0.1/tcp/0"])
        print(json.dumps({"address": network.addresses()[0]}), flush=True)
        lines = trio.wrap_file(sys.stdin)
        async for _ in lines:
            print(json.dumps(facts(network)), flush=True)


if __name__ == "__main__":
    # As the program does with libp2p, which says an error for every peer that just left.
    logging.disable()
    trio.run(main)
