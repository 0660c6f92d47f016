"""The networks that the contract is tested over: in memory, TCP, WebSocket."""

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from random import Random

import pytest
import trio

from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import Network, PeerId
from p2pevents.record.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A kind of network: how to open one, and where it may listen."""

    name: str
    open: Callable[[bytes], AbstractAsyncContextManager[Network]]
    anywhere: str
    a_free_place: Callable[[], str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def world(name: str) -> World:
    if name == "memory":
        hub = MemoryHub(rng=Random(1))
        return World(
            name=name,
            open=lambda seed: open_memory_network(hub, seed=seed),
            anywhere="/memory/0",
            a_free_place=lambda: "/memory/4001",
        )
    end = {"tcp": "", "ws": "/ws"}[name]
    return World(
        name=name,
        open=lambda seed: open_libp2p_network(seed=seed),
        anywhere=f"/ip4/127.0.0.1/tcp/0{end}",
        a_free_place=lambda: f"/ip4/127.0.0.1/tcp/{free_port()}{end}",
    )


over_all_worlds = pytest.mark.parametrize("name", ["memory", "tcp", "ws"])
over_sockets = pytest.mark.parametrize("name", ["tcp", "ws"])


def seed(letter: str) -> bytes:
    return letter.encode() * 32


class Listener:
    """A validator that keeps what it was shown and always says the same."""

    def __init__(self, verdict: Verdict = Verdict.ACCEPT) -> None:
        self.verdict = verdict
        self.heard: list[tuple[PeerId, bytes]] = []

    async def __call__(self, sender: PeerId, data: bytes) -> Verdict:
        await trio.lowlevel.checkpoint()
        self.heard.append((sender, data))
        return self.verdict


async def until(met: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait for a condition; fail the test when it does not come."""
    with trio.fail_after(seconds):
        while not met():  # noqa: ASYNC110 (what is waited for sets no event)
            await trio.sleep(0.01)


async def until_meshed(topic: str, *networks: Network) -> None:
    """Wait until every network knows that all its peers subscribe to `topic`."""
    await until(
        lambda: all(
            network.peers() and all(topic in peer.topics for peer in network.peers())
            for network in networks
        )
    )
    # The mesh forms within a heartbeat of the subscription.
    await trio.sleep(0.2)
