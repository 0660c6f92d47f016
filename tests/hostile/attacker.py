"""One way to molest a victim, in a process of its own, until it is done or ended.

`python -m tests.hostile.attacker WAY ADDRESS COUNT ROUND` says how much it did, as it does it.
Each round has names and addresses of its own: those of the last may be banned.
Attackers come from 127.0.1.1 and upwards: bans by address must not reach the honest.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import TYPE_CHECKING

import trio

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p.network import Libp2pNetwork
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.peer_id import SEED_BYTES
from tests.hostile.victim import SPAM, TOPIC

if TYPE_CHECKING:
    from libp2p.abc import INetStream

# libp2p is imported where it is used: after p2pevents.net.libp2p, which lets it be imported
# where fastecdsa is missing.

MESHSUB = "/meshsub/1.1.0"
HANDSHAKE = b"\x13/multistream/1.0.0\n"
MESSAGES_A_FRAME = 64
FLOOD_OFFERED_A_SECOND = 15_000
GARBAGE_A_SECOND = 100
IDLE_PAUSE_S = 0.05

_numbers = itertools.count()
NAMES_A_ROUND = 10_000
_open_tcp_stream = trio.open_tcp_stream


async def _open_from_elsewhere(host: str, port: int) -> trio.SocketStream:
    return await _open_tcp_stream(host, port, local_address=_own_address())


def _own_address() -> str:
    number = next(_numbers)
    return f"127.0.{1 + number // 250 % 250}.{1 + number % 250}"


def say(**facts: float) -> None:
    print(json.dumps(facts), flush=True)


def port_of(address: str) -> int:
    return int(address.split("/")[4])


async def garbage(address: str, count: int) -> None:
    """Connect, say nonsense, leave."""
    rng = Random(7)
    began_s = trio.current_time()
    for done in range(1, count + 1):
        await trio.sleep_until(began_s + done / GARBAGE_A_SECOND)
        stream = await _open_from_elsewhere("127.0.0.1", port_of(address))
        try:
            await stream.send_all(rng.choice([b"x", HANDSHAKE, HANDSHAKE + b"\x07/noise\n"]))
            await stream.send_all(rng.randbytes(rng.randrange(1, 400)))
        except trio.BrokenResourceError:
            pass
        finally:
            await stream.aclose()
        if done % 50 == 0 or done == count:
            say(done=done)


async def idle(address: str, count: int) -> None:
    """Keep so many sockets open that say nothing; one that is closed is opened again."""

    async def one() -> None:
        while True:
            stream = await _open_from_elsewhere("127.0.0.1", port_of(address))
            say(opened=1)
            with suppress(trio.BrokenResourceError):
                while await stream.receive_some(1024):
                    pass
            await stream.aclose()
            await trio.sleep(IDLE_PAUSE_S)

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(one)


@asynccontextmanager
async def somebody(address: str) -> AsyncIterator[Libp2pNetwork]:
    """A peer that nobody knows yet, connected."""
    seed = next(_numbers).to_bytes(SEED_BYTES, "big")
    async with open_network(seed=seed) as network:
        await network.dial(address)
        yield network


async def mutated(address: str, count: int) -> None:
    """Send honest frames with a few bytes changed, as a new peer whenever banned."""
    from libp2p.exceptions import BaseLibp2pError
    from libp2p.pubsub.pb import rpc_pb2

    from tests.net.guards.rig import framed, message

    rng = Random(8)
    done = 0
    while done < count:
        with suppress(NetworkError):
            async with somebody(address) as network:
                honest = framed(
                    rpc_pb2.RPC(
                        publish=[message(network, b"x" * 50)],
                        subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=True, topicid=TOPIC)],
                        control=rpc_pb2.ControlMessage(
                            graft=[rpc_pb2.ControlGraft(topicID=TOPIC)],
                            ihave=[rpc_pb2.ControlIHave(topicID=TOPIC, messageIDs=[b"x" * 46])],
                        ),
                    )
                )
                with suppress(BaseLibp2pError):
                    while done < count:
                        frame = bytearray(honest)
                        for _ in range(rng.randrange(1, 4)):
                            frame[rng.randrange(2, len(frame))] = rng.randrange(256)
                        stream = await raw_stream(network, address)
                        await stream.write(bytes(frame))
                        done += 1
                        say(done=done)


async def raw_stream(network: Libp2pNetwork, address: str) -> INetStream:
    """A stream of gossip without any of our manners."""
    from libp2p.custom_types import TProtocol

    from p2pevents.net.libp2p.addresses import parse_peer

    return await network._host.new_stream(parse_peer(address)[1], [TProtocol(MESHSUB)])


async def flood(address: str, count: int) -> None:
    """Send well-signed messages that nobody wants, as fast as they are taken."""
    from libp2p.pubsub.pb import rpc_pb2

    from tests.net.guards.rig import framed, message

    seed = next(_numbers).to_bytes(SEED_BYTES, "big")
    async with open_network(seed=seed) as network:
        # All is signed before it connects: who is silent meanwhile is dropped.
        frames = [
            framed(
                rpc_pb2.RPC(
                    publish=[
                        message(network, SPAM + b"x" * 200, number=first + number, topic=TOPIC)
                        for number in range(MESSAGES_A_FRAME)
                    ]
                )
            )
            for first in range(0, count, MESSAGES_A_FRAME)
        ]
        await network.dial(address)
        # Its own gossip stream comes first: of two, the later one counts.
        await trio.sleep(1)
        say(ready=len(frames) * MESSAGES_A_FRAME)
        stream = await raw_stream(network, address)
        began_s = trio.current_time()
        for number, frame in enumerate(frames):
            await trio.sleep_until(began_s + number * MESSAGES_A_FRAME / FLOOD_OFFERED_A_SECOND)
            with trio.fail_after(60):
                await stream.write(frame)
            say(done=(number + 1) * MESSAGES_A_FRAME)


async def crowd(address: str, count: int) -> None:
    """Flood as so many peers at once, each as fast as it is taken, until ended."""

    async def one() -> None:
        from libp2p.exceptions import BaseLibp2pError
        from libp2p.pubsub.pb import rpc_pb2

        from tests.net.guards.rig import framed, message

        while True:
            # Made to wait for 5 s, it gives up its stream, and comes again as somebody else.
            with suppress(NetworkError, BaseLibp2pError):
                async with somebody(address) as network:
                    await trio.sleep(1)
                    stream = await raw_stream(network, address)
                    for first in itertools.count(0, MESSAGES_A_FRAME):
                        messages = [
                            message(network, SPAM + b"x" * 200, number=number, topic=TOPIC)
                            for number in range(first, first + MESSAGES_A_FRAME)
                        ]
                        await stream.write(framed(rpc_pb2.RPC(publish=messages)))
                        say(done=MESSAGES_A_FRAME)

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(one)


WAYS: dict[str, Callable[[str, int], Awaitable[None]]] = {
    "garbage": garbage,
    "idle": idle,
    "mutated": mutated,
    "flood": flood,
    "crowd": crowd,
}

if __name__ == "__main__":
    logging.disable()
    # Its work is done on another machine, in truth: here it gets what the victim leaves.
    os.nice(19)
    trio.open_tcp_stream = _open_from_elsewhere  # type: ignore[assignment]
    _, way, where, how_many, round_number = sys.argv
    _numbers = itertools.count(int(round_number) * NAMES_A_ROUND)
    trio.run(WAYS[way], where, int(how_many))
