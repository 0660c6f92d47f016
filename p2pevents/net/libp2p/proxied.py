"""Dialling through a proxy and in no other way: no socket and no name server beside it.

libp2p resolves names itself before it dials, and takes a proxy for WebSockets alone, from
the environment too. These transports replace what dials; the proxy is given host names
as they are.
"""

import ssl
from typing import Any

import trio
from libp2p.abc import IRawConnection
from libp2p.io.trio import TrioTCPStream
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.transport.exceptions import OpenConnectionError
from libp2p.transport.tcp.tcp import TCP
from libp2p.transport.websocket.connection import P2PWebSocketConnection
from libp2p.transport.websocket.transport import WebsocketTransport
from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
from python_socks.async_.trio import Proxy as Socks
from trio_websocket import wrap_client_stream

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.guards.guard import Guard
from p2pevents.net.libp2p.guards.sound_websocket import SoundWebSocket, mend
from p2pevents.net.proxy import Proxy

CONNECT_S_MAX = 10.0
BUFFERED_BYTES_MAX = 256 * 1024
QUEUED_MESSAGES_MAX = 1024
_WAY_OUT = "start it (it may be Tor), or take proxy out of the configuration"
_HOSTS = ("ip4", "ip6", "dns", "dns4", "dns6")


def proxied(proxy: Proxy) -> Guard:
    """Return what a host wears that dials through `proxy` alone.

    Args:
        proxy: where it is.
    """

    class ProxiedTCP(TCP):
        """TCP whose every dial goes to the proxy."""

        async def dial(self, maddr: Multiaddr) -> IRawConnection:
            """Dial a peer."""
            host, port = place_of(maddr)
            return RawConnection(TrioTCPStream(await connect(proxy, host, port)), initiator=True)

        async def dial_with_source(
            self, maddr: Multiaddr, source: tuple[str, int]
        ) -> IRawConnection:
            """Refuse: a source address is this machine's own."""
            await trio.lowlevel.checkpoint()
            raise OpenConnectionError(f"{maddr} from {source}: not through a proxy")

    class ProxiedWebsocket(WebsocketTransport):
        """WebSockets whose every dial goes to the proxy."""

        async def dial(self, maddr: Multiaddr) -> RawConnection:
            """Dial a peer; an address that names others in turn is refused."""
            place_of(maddr)
            return await super().dial(maddr)

        async def _create_connection(
            self,
            proto_info: Any,
            proxy_url: str | None = None,
        ) -> P2PWebSocketConnection:
            del proxy_url  # whatever the environment says
            host, port = place_of(proto_info.rest_multiaddr)
            context: ssl.SSLContext | None = None
            if proto_info.is_wss:
                context = self._default_client_ssl_context()
            nursery = self._background_nursery
            if nursery is None:
                raise OpenConnectionError("the network does not run")
            stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]
            stream = await connect(proxy, host, port)
            try:
                with trio.fail_after(CONNECT_S_MAX):
                    if context is not None:
                        stream = trio.SSLStream(
                            stream, context, server_hostname=host, https_compatible=True
                        )
                        await stream.do_handshake()
                    named = f"[{host}]" if ":" in host else host
                    websocket = await wrap_client_stream(
                        nursery,
                        stream,
                        named if port in (80, 443) else f"{named}:{port}",
                        "/",
                        message_queue_size=QUEUED_MESSAGES_MAX,
                    )
            except BaseException:
                await trio.aclose_forcefully(stream)
                raise
            connection = P2PWebSocketConnection(
                websocket,
                None,
                is_secure=proto_info.is_wss,
                max_buffered_amount=BUFFERED_BYTES_MAX,
            )
            mend(connection, SoundWebSocket)
            return connection

    return Guard(
        name="proxied",
        holes=(
            "transport/tcp/tcp.py:371 names are resolved by this machine, beside any proxy",
            "transport/tcp/tcp.py:439 TCP is dialled directly, whatever proxy there is",
            "transport/websocket/transport.py:696 a proxy is taken from the environment",
        ),
        wears=(ProxiedTCP, ProxiedWebsocket),
    )


async def connect(proxy: Proxy, host: str, port: int) -> trio.SocketStream:
    """Connect to a host through the proxy, which resolves its name.

    Raises:
        OpenConnectionError: the proxy is not there, or does not lead to it; by a `NetworkError`
            that says which.
    """
    at = f"{proxy.host}:{proxy.port}"
    socks = Socks(
        proxy_type=ProxyType.SOCKS5,
        host=proxy.host,
        port=proxy.port,
        username=proxy.user,
        password=proxy.password,
        rdns=True,
    )
    try:
        sock = await socks.connect(dest_host=host, dest_port=port, timeout=CONNECT_S_MAX)
    except ProxyConnectionError as error:
        raise OpenConnectionError(str(error)) from NetworkError(
            f"the proxy at {at} is not there", hint=_WAY_OUT
        )
    except (OSError, ProxyError, ProxyTimeoutError) as error:
        raise OpenConnectionError(str(error)) from NetworkError(
            f"the proxy at {at} does not lead there: {error}"
        )
    return trio.SocketStream(sock)


def place_of(address: Multiaddr) -> tuple[str, int]:
    """Return the host, as a name where it is one, and the port of an address.

    Raises:
        OpenConnectionError: it has none that a proxy could be given.
    """
    _, kind, host, transport, port, *_ = (*str(address).split("/"), "", "", "", "", "")
    if kind not in _HOSTS or transport != "tcp" or not port.isdigit():
        raise OpenConnectionError(f"{address}: not an address that a proxy leads to")
    return host, int(port)
