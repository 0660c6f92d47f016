"""The only package that names libp2p and multiaddr.

libp2p takes most of a second to import, so nothing here is imported before a
network is opened.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import trio

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p.without_fastecdsa import stand_in_for_fastecdsa
from p2pevents.net.network import Network
from p2pevents.net.proxy import Proxy

__all__ = ["open_libp2p_network"]

stand_in_for_fastecdsa()


@asynccontextmanager
async def open_libp2p_network(*, seed: bytes, proxy: Proxy | None = None) -> AsyncIterator[Network]:
    """Run a libp2p host with gossip until the block is left.

    It listens nowhere and dials nobody until told to.

    Args:
        seed: the 32-byte Ed25519 node key; it makes the peer id.
        proxy: through which everything is dialled, and names are resolved; None for directly.

    Raises:
        NetworkError: libp2p is missing, not the release that the guards are
            written for, or failed while running.
    """
    try:
        # In a thread: whatever else the program serves, a page above all, answers meanwhile.
        await trio.to_thread.run_sync(import_module, "p2pevents.net.libp2p.opening")
        from p2pevents.net.libp2p.opening import open_network
    except ImportError as error:
        raise NetworkError(
            f"libp2p cannot be loaded: {error}", hint="install p2pevents with what it requires"
        ) from error

    async with open_network(seed=seed, proxy=proxy) as network:
        yield network
