"""A WebSocket connection closes its socket, knows its peer's address, and buffers little.

libp2p's wrapper takes a connection that the peer closed, or on which a write
failed, for closed already: its socket stays open for good. It knows no remote
address, so that limits by address pass it by. And it lets a peer have 1,024
messages of 32 MiB waiting.
"""

from typing import Any

import trio
from libp2p.io.abc import ReadWriteCloser
from libp2p.network.swarm import Swarm
from libp2p.transport.websocket.connection import P2PWebSocketConnection
from libp2p.transport.websocket.transport import WebsocketTransport
from trio_websocket import Endpoint

from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.guards.guard import Guard

CLOSE_S_MAX = 1.0
MESSAGE_BYTES_MAX = 256 * 1024
"""The largest WebSocket message taken. Noise makes none above 64 KiB."""


class SoundWebSocket(P2PWebSocketConnection):
    """What a connection becomes by `mend`."""

    async def close(self) -> None:
        """Say goodbye if that is quick, and close the socket in any case."""
        self._closed = True
        with trio.move_on_after(CLOSE_S_MAX, shield=True):
            await self._ws_connection.aclose()
        await trio.aclose_forcefully(self._ws_connection._stream)

    def get_remote_address(self) -> tuple[str, int] | None:
        """Return the address and port of the other end."""
        remote = self._ws_connection.remote
        return (str(remote.address), int(remote.port)) if isinstance(remote, Endpoint) else None


def mend(connection: Any) -> None:
    """Make a connection of libp2p a `SoundWebSocket`, in place.

    libp2p names its class in two functions of 80 lines each; giving the object
    another class changes neither.
    """
    if type(connection) is P2PWebSocketConnection:
        connection.__class__ = SoundWebSocket
        websocket = connection._ws_connection
        websocket._max_message_size = MESSAGE_BYTES_MAX


class SoundWebsocketTransport(WebsocketTransport):
    """Mends the connections that this node dials."""

    async def _create_direct_connection(self, *args: Any, **kwargs: Any) -> P2PWebSocketConnection:
        connection = await super()._create_direct_connection(*args, **kwargs)
        mend(connection)
        return connection


class SoundInbound(Swarm):
    """Mends the connections that others dial."""

    async def _handle_inbound_connection(
        self, read_write_closer: ReadWriteCloser, maddr: Multiaddr
    ) -> None:
        mend(read_write_closer)
        await super()._handle_inbound_connection(read_write_closer, maddr)


GUARD = Guard(
    name="sound websocket",
    holes=(
        "transport/websocket/connection.py:495 a connection that broke never closes its socket",
        "transport/websocket/connection.py:537 the remote address of a connection is None",
        "transport/websocket/transport.py:826 1,024 messages of 32 MiB may wait",
    ),
    wears=(SoundWebsocketTransport, SoundInbound),
)
