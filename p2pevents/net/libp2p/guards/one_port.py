"""One port serves TCP and WebSocket, and a WebSocket's handshake counts as half open.

Who opens a WebSocket begins with "GET ", who opens libp2p with a length of 19:
one byte tells them apart, and it is looked at without being taken. libp2p wants
a port for each, so two holes in a router; and leaves the HTTP part of the
handshake to a server of its own, in front of every limit: any number of sockets
may stand there in silence.
"""

from typing import Any

import trio
from libp2p.custom_types import THandler
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.trio import TrioTCPStream
from libp2p.network.swarm import Swarm
from libp2p.transport.websocket.connection import P2PWebSocketConnection
from libp2p.transport.websocket.transport import WebsocketTransport
from trio_websocket import wrap_server_stream

from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.libp2p.guards.sole_port import SolePortListener

PEEK_BYTES = 1
HTTP_FIRST = b"G"
PEEK_S_MAX = 5.0
BUFFERED_BYTES_MAX = 256 * 1024


class OnePort(Swarm):
    """A swarm whose every listener takes both."""

    async def _opened(self, closer: ReadWriteCloser, nursery: trio.Nursery) -> ReadWriteCloser:
        """Return a connection to be upgraded: this one, or the WebSocket that is opened on it.

        Args:
            closer: as it was accepted.
            nursery: a WebSocket's reader runs in it, for as long as the connection lasts.

        Raises:
            Exception: whatever sockets, HTTP and WebSockets raise.
        """
        stream = getattr(closer, "stream", None)
        if not isinstance(closer, TrioTCPStream) or not isinstance(stream, trio.SocketStream):
            return closer
        with trio.fail_after(PEEK_S_MAX):
            first = await stream.socket.recv(PEEK_BYTES, trio.socket.MSG_PEEK)
            if first != HTTP_FIRST:
                return closer
            request = await wrap_server_stream(nursery, stream)
            websocket = await request.accept()
        return P2PWebSocketConnection(websocket, max_buffered_amount=BUFFERED_BYTES_MAX)


class WebSocketPort(SolePortListener):
    """The same listener, known by the name of its WebSockets."""

    def get_addrs(self) -> tuple[Multiaddr, ...]:
        """Return the addresses listened on."""
        return tuple(Multiaddr(f"{place}/ws") for place in super().get_addrs())


class OneListener(WebsocketTransport):
    """A WebSocket transport that listens as TCP does."""

    def create_listener(self, handler: THandler) -> Any:
        """Return a listener."""
        return WebSocketPort(handler)


GUARD = Guard(
    name="one port",
    holes=(
        "transport/websocket/listener.py:238 a handshake of HTTP is in front of every limit",
        "transport/manager.py:265 TCP and WebSocket want a port each",
    ),
    wears=(OnePort, OneListener),
)
