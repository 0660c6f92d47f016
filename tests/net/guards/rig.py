"""A victim behind some guards, an honest friend, and a stranger who writes what he likes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import trio
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub
from libp2p.pubsub.validators import PUBSUB_SIGNING_PREFIX
from libp2p.utils.varint import encode_varint_prefixed

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p import addresses
from p2pevents.net.libp2p.guards import seen_messages
from p2pevents.net.libp2p.guards.all import ALL
from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.libp2p.network import Libp2pNetwork
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.network import PeerStream
from tests.net.worlds import seed

MESHSUB = "/meshsub/1.1.0"
ECHO = "/echo/1"
TOPIC = "t"


Guards = tuple[Guard, ...]
Test = TypeVar("Test", bound=Callable[..., Any])


def all_but(*names: str) -> tuple[Guard, ...]:
    """Every guard, some left out."""
    assert set(names) <= {guard.name for guard in ALL}
    return tuple(guard for guard in ALL if guard.name not in names)


def closes(*names: str, holes: Sequence[str] = (), inverse: bool = True) -> Callable[[Test], Test]:
    """Mark a test that holds by guards, and run it with them and, as its inverse, without them.

    It takes `guarded`, and `guards` to open a network with. `removed.py` runs it once more, with
    them taken out of the program: then it must fail.

    Args:
        names: the guards.
        holes: which of their holes it shows, by their places; without any, all of them.
        inverse: whether it says what happens without them.
    """

    def mark(test: Test) -> Test:
        marked = pytest.mark.parametrize("guarded", [True, False] if inverse else [True])(test)
        return pytest.mark.guards(*names, holes=tuple(holes))(marked)  # type: ignore[no-any-return]

    return mark


def pubsub_of(network: Libp2pNetwork) -> Pubsub:
    return network._pubsub


def gossip_of(network: Libp2pNetwork) -> GossipSub:
    router = network._pubsub.router
    assert isinstance(router, GossipSub)
    return router


def swarm_of(network: Libp2pNetwork) -> Swarm:
    return network._swarm


def id_of(network: Libp2pNetwork) -> ID:
    return addresses.parse_id(network.peer_id)


async def raw_stream(stranger: Libp2pNetwork, victim: Libp2pNetwork, protocol: str) -> INetStream:
    """A stream without any of our manners."""
    return await stranger._host.new_stream(id_of(victim), [TProtocol(protocol)])


def framed(rpc: rpc_pb2.RPC) -> bytes:
    return encode_varint_prefixed(rpc.SerializeToString())


def message(
    author: Libp2pNetwork, data: bytes, *, number: int = 1, topic: str = TOPIC
) -> rpc_pb2.Message:
    """A message as its author would sign it."""
    unsigned = rpc_pb2.Message(
        data=data,
        topicIDs=[topic],
        from_id=id_of(author).to_bytes(),
        seqno=number.to_bytes(8, "big"),
    )
    key = author._host.get_private_key()
    signature = key.sign(PUBSUB_SIGNING_PREFIX.encode() + unsigned.SerializeToString())
    return rpc_pb2.Message(
        data=data,
        topicIDs=[topic],
        from_id=unsigned.from_id,
        seqno=unsigned.seqno,
        signature=signature,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """Three hosts; friend and stranger have dialled the victim."""

    victim: Libp2pNetwork
    friend: Libp2pNetwork
    stranger: Libp2pNetwork
    died: trio.Event

    async def victim_lives(self) -> bool:
        """Say whether the victim still answers its friend, a moment after what was done to it."""
        with trio.move_on_after(0.5):
            await self.died.wait()
        if self.died.is_set():
            return False
        try:
            with trio.fail_after(5):
                async with await self.friend.open_stream(self.victim.peer_id, ECHO) as stream:
                    await stream.send_all(b"alive?")
                    return await stream.receive_some() == b"alive?"
        except (NetworkError, trio.BrokenResourceError, trio.TooSlowError):
            return False


async def echo(stream: PeerStream) -> None:
    async for data in stream:
        await stream.send_all(data)


@asynccontextmanager
async def rig(guards: Sequence[Guard] = ALL) -> AsyncIterator[Rig]:
    """Run a victim behind `guards`. Its death ends nobody else."""
    died = trio.Event()

    async def run_victim(task_status: trio.TaskStatus[Libp2pNetwork]) -> None:
        try:
            async with open_network(seed=seed("v"), guards=guards) as victim:
                task_status.started(victim)
                await trio.sleep_forever()
        except* NetworkError:
            died.set()

    async with trio.open_nursery() as nursery:
        victim: Libp2pNetwork = await nursery.start(run_victim)
        victim.serve(ECHO, echo)
        await victim.listen(["/ip4/127.0.0.1/tcp/0"])
        async with (
            open_network(seed=seed("f")) as friend,
            open_network(seed=seed("s"), guards=(seen_messages.GUARD,)) as stranger,
        ):
            for other in (friend, stranger):
                await other.dial(victim.addresses()[0])
            await trio.sleep(0.3)
            yield Rig(victim=victim, friend=friend, stranger=stranger, died=died)
        nursery.cancel_scope.cancel()


on_and_off = [True, False]
