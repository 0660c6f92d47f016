"""A network that falls is begun again beneath the node; a node that ends leaves nothing behind."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from p2pevents.log.protocol import Log
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network
from p2pevents.node import running
from p2pevents.node.config import Config
from p2pevents.node.exchanging import on_network
from p2pevents.node.home import Home
from p2pevents.node.running import Ready, run_node

LISTEN = "/ip4/127.0.0.1/tcp/0"
STOP_S_MAX = 5.0
NOW_MS = 1_800_000_000_000


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Network]:
    """Every network that a node opens."""
    found: list[Network] = []

    @asynccontextmanager
    async def watched(home: Home, config: Config) -> AsyncIterator[tuple[Log, Network]]:
        async with on_network(home, config) as (log, network):
            found.append(network)
            yield log, network

    monkeypatch.setattr(running, "on_network", watched)
    return found


async def node(home: Path, *, task_status: trio.TaskStatus[Ready]) -> None:
    await run_node(
        Home(folder=home),
        Config(listen=(LISTEN,)),
        now_ms=lambda: NOW_MS,
        is_reader=False,
        on_ready=task_status.started,
    )


async def fall() -> None:
    raise ZeroDivisionError


def break_network(network: Network) -> None:
    """Let a service of libp2p fail, as holes of it do."""
    network._pubsub.manager.run_task(fall)  # type: ignore[attr-defined]


async def until_reached(network: Network) -> None:
    """Dial a node as a stranger would, until it answers."""
    async with open_libp2p_network(seed=b"s" * 32) as stranger:
        await stranger.dial(network.addresses()[0])


async def test_a_network_that_falls_is_begun_again_and_the_node_stays(
    tmp_path: Path, opened: list[Network], caplog: pytest.LogCaptureFixture
) -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(node, tmp_path / "home")
        for times in (1, 2):
            assert len(opened) == times
            await until_reached(opened[-1])
            with caplog.at_level(logging.CRITICAL, "libp2p"):
                break_network(opened[-1])
            with trio.fail_after(20):
                while len(opened) == times or not opened[-1].addresses():  # noqa: ASYNC110 (no event)
                    await trio.sleep(0.05)
        assert opened[0].peer_id == opened[-1].peer_id
        os.kill(os.getpid(), signal.SIGTERM)
    assert "it is begun again in" in caplog.text


async def test_a_node_that_ended_left_no_descriptor_task_or_thread(
    tmp_path: Path, opened: list[Network]
) -> None:
    async def once() -> tuple[set[str], set[threading.Thread], int]:
        async with trio.open_nursery() as nursery:
            await nursery.start(node, tmp_path / "home")
            await load(opened[-1])
            began_s = trio.current_time()
            os.kill(os.getpid(), signal.SIGTERM)
        assert trio.current_time() - began_s < STOP_S_MAX
        gc.collect()
        threads = {each for each in threading.enumerate() if "Trio" not in each.name}
        return open_files(), threads, trio.lowlevel.current_statistics().tasks_living

    # The first start opens what stays for good, such as the machine's source of chance.
    await once()
    assert await once() == await once()


async def load(network: Network) -> None:
    """Have peers come, speak, and be in the middle of it when the node is told to end."""
    from p2pevents.node.node import topic_of

    async with trio.open_nursery() as nursery:

        async def peer(number: int) -> None:
            async with open_libp2p_network(seed=bytes([number]) * 32) as one:
                await one.dial(network.addresses()[0])
                for _ in range(20):
                    await one.publish(topic_of(Config()), b"not a bundle")
                    await trio.sleep(0.01)

        for number in range(1, 4):
            nursery.start_soon(peer, number)


def open_files() -> set[str]:
    """What this process has open, by number; of sockets and pipes only that they are."""
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}
