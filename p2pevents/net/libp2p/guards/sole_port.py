"""Two nodes of one user do not listen on one port.

libp2p sets SO_REUSEPORT on every listening socket, for hole punching. So a
second node started by mistake binds the same port without a word, and the
kernel deals connections out between the two.
"""

import socket

from libp2p.custom_types import THandler
from libp2p.transport.exceptions import OpenConnectionError
from libp2p.transport.tcp.tcp import TCP, TCPListener
from libp2p.utils.multiaddr_utils import extract_ip_from_multiaddr

from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.guards.guard import Guard


class SolePortListener(TCPListener):
    """A listener that asks first whether the port is free for itself alone."""

    async def listen(self, maddr: Multiaddr) -> None:
        """Listen, unless somebody listens there already."""
        host, port = extract_ip_from_multiaddr(maddr), int(maddr.value_for_protocol("tcp") or 0)
        if host is not None and port != 0:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError as error:
                    raise OpenConnectionError(f"cannot listen on {maddr}: {error}") from error
        await super().listen(maddr)


class SolePort(TCP):
    """A TCP transport with such listeners."""

    def create_listener(self, handler_function: THandler) -> TCPListener:
        """Return a listener."""
        return SolePortListener(handler_function)


GUARD = Guard(
    name="sole port",
    holes=("transport/tcp/tcp.py:42 sets SO_REUSEPORT: two nodes share a port unnoticed",),
    wears=(SolePort,),
)
