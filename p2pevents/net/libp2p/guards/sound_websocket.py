"""A WebSocket connection closes its socket, knows its peer's address, and buffers little.

libp2p's wrapper takes a connection that the peer closed, or on which a write
failed, for closed already: its socket stays open for good. It knows no remote
address, so that limits by address pass it by. It lets a peer have 1,024
messages of 32 MiB waiting. Where a WebSocket is dialled and something else
answers than HTTP, the host ends. And it speaks first, which js-libp2p, dialling from
Node.js by the package ws, does not hear: it begins to listen a moment after the
connection is open.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import trio
from libp2p.abc import IMuxedConn, IRawConnection
from libp2p.network.swarm import Swarm
from libp2p.transport.websocket.connection import P2PWebSocketConnection
from libp2p.transport.websocket.transport import WebsocketTransport
from trio_websocket import Endpoint

from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.guards.guard import Guard

CLOSE_S_MAX = 1.0
MESSAGE_BYTES_MAX = 256 * 1024
"""The largest WebSocket message taken. Noise makes none above 64 KiB."""

logger = logging.getLogger(__name__)


class SoundWebSocket(P2PWebSocketConnection):
    """What a connection becomes that this node dialled."""

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


class AnsweringWebSocket(SoundWebSocket):
    """What a connection becomes that somebody else dialled: it speaks when it was spoken to."""

    _held = b""
    _was_spoken_to = False

    async def write(self, data: bytes) -> None:
        """Send `data`; the first is held until the peer has said something."""
        if self._was_spoken_to or self._held:
            await super().write(data)
        else:
            self._held = data

    async def read(self, n: int | None = None) -> bytes:
        """Return what the peer said."""
        data = await super().read(n)
        if not self._was_spoken_to:
            self._was_spoken_to = True
            if self._held:
                await super().write(self._held)
        return data


def mend(connection: Any, sound: type[SoundWebSocket]) -> None:
    """Make a connection of libp2p a sound one, in place.

    libp2p names its class in two functions of 80 lines each; giving the object
    another class changes neither.
    """
    if type(connection) is P2PWebSocketConnection:
        connection.__class__ = sound
        websocket = connection._ws_connection
        websocket._max_message_size = MESSAGE_BYTES_MAX


class _CarefulNursery:
    """In the place of the swarm's nursery: what fails in it ends alone, and not the host."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    def start_soon(self, work: Callable[..., Awaitable[object]], *args: object) -> None:
        """Run `work` beside everything else."""
        self._nursery.start_soon(self._run, work, args)

    async def _run(self, work: Callable[..., Awaitable[object]], args: tuple[object, ...]) -> None:
        try:
            await work(*args)
        except Exception as error:
            # Wide, because whatever leaves here ends the host.
            logger.debug("a WebSocket failed", exc_info=error)


class SoundWebsocketTransport(WebsocketTransport):
    """Mends the connections that this node dials."""

    def set_background_nursery(self, nursery: trio.Nursery) -> None:
        """Take the nursery in which connections are read."""
        super().set_background_nursery(cast("trio.Nursery", _CarefulNursery(nursery)))

    async def _create_direct_connection(self, *args: Any, **kwargs: Any) -> P2PWebSocketConnection:
        connection = await super()._create_direct_connection(*args, **kwargs)
        mend(connection, SoundWebSocket)
        return connection


class SoundInbound(Swarm):
    """Mends the connections that others dial."""

    async def upgrade_inbound_raw_conn(
        self, raw_conn: IRawConnection, maddr: Multiaddr
    ) -> IMuxedConn:
        """Upgrade a connection, mended."""
        mend(getattr(raw_conn, "stream", None), AnsweringWebSocket)
        return await super().upgrade_inbound_raw_conn(raw_conn, maddr)


GUARD = Guard(
    name="sound websocket",
    holes=(
        "transport/websocket/connection.py:495 a connection that broke never closes its socket",
        "transport/websocket/transport.py:821 dialling what is no WebSocket ends the host",
        "transport/websocket/connection.py:537 the remote address of a connection is None",
        "protocol_muxer/multiselect.py:139 a listener speaks first, which not all dialers hear",
        "transport/websocket/transport.py:826 1,024 messages of 32 MiB may wait",
    ),
    wears=(SoundWebsocketTransport, SoundInbound),
)
