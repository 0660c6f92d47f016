"""A guarded network in a process of its own, so that its memory and its core are its alone.

`python -m tests.hostile.victim` says where it listens, then answers each line with its facts.
With the word `loose` it takes as much gossip as it is sent, as if nothing limited it; with
`patient` no socket that is half open makes way for another.
"""

import json
import logging
import sys

import trio

from p2pevents.net.libp2p.guards import tap
from p2pevents.net.libp2p.guards.inbound_slots import HALF_OPEN_MAX, InboundSlots
from p2pevents.net.libp2p.network import Libp2pNetwork
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.network import PeerId, PeerStream
from p2pevents.record.verdict import Verdict

ECHO = "/echo/1"
TOPIC = "t"
SPAM = b"spam"
SEED = b"v" * 32
LOOSE = "loose"
PATIENT = "patient"
NO_LIMIT = 10**9


async def echo(stream: PeerStream) -> None:
    async for data in stream:
        await stream.send_all(data)


class Judge:
    """Takes all but what spammers sign: as records of a closed key, it is ignored."""

    def __init__(self) -> None:
        self.spam = 0

    async def __call__(self, _sender: PeerId, data: bytes) -> Verdict:
        await trio.lowlevel.checkpoint()
        if data.startswith(SPAM):
            self.spam += 1
            return Verdict.IGNORE
        return Verdict.ACCEPT


def facts(network: Libp2pNetwork, judge: Judge) -> dict[str, int]:
    swarm = network._swarm
    assert isinstance(swarm, InboundSlots)
    return {
        "peers": len(network.peers()),
        "inbound": sum(swarm.inbound_by_ip.values()),
        "half_open": len(swarm.half_open),
        "spam": judge.spam,
    }


def take_all() -> None:
    """Lift every limit on how much gossip is taken."""
    for name in (
        "MESSAGES_A_SECOND_MAX",
        "ALL_MESSAGES_A_SECOND_MAX",
        "SHARE_MESSAGES_A_SECOND",
        "ALL_SHARES_MESSAGES_A_SECOND",
    ):
        assert hasattr(tap, name)
        setattr(tap, name, NO_LIMIT)


def keep_half_open() -> None:
    """Have whoever comes wait until those who begin a handshake are done with it."""
    has_room = InboundSlots._has_room

    def has_room_now(self: InboundSlots, ip: str) -> bool:
        return len(self.half_open) < HALF_OPEN_MAX and has_room(self, ip)

    InboundSlots._has_room = has_room_now  # type: ignore[method-assign]


async def main() -> None:
    judge = Judge()
    async with open_network(seed=SEED) as network:
        network.serve(ECHO, echo)
        await network.subscribe(TOPIC, judge)
        await network.listen(["/ip4/127.0.0.1/tcp/0"])
        print(json.dumps({"address": network.addresses()[0]}), flush=True)
        lines = trio.wrap_file(sys.stdin)
        async for _ in lines:
            print(json.dumps(facts(network, judge)), flush=True)


if __name__ == "__main__":
    # As the program does with libp2p, which says an error for every peer that just left.
    logging.disable()
    if LOOSE in sys.argv:
        take_all()
    if PATIENT in sys.argv:
        keep_half_open()
    trio.run(main)
