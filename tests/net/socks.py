"""A SOCKS5 server that leads every name to this machine, and remembers what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address

import trio

VERSION, NO_PASSWORD, PASSWORD, CONNECT = 5, 0, 2, 1
IP4, NAME, IP6 = 1, 3, 4


@dataclass(slots=True, kw_only=True)
class SocksServer:
    """One server.

    Attributes:
        asked: host and port of each connection that was asked for, a name as it was given.
        users: who logged in, where `password` wants that.
    """

    password: str = ""
    asked: list[tuple[str, int]] = field(default_factory=list)
    users: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve on a free loopback port until cancelled."""
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listener.socket.getsockname()[1]
        serve = partial(trio.serve_listeners, self._serve, [listener])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            task_status.started()

    async def _serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            _, methods = await _exactly(stream, 2)
            await _exactly(stream, methods)
            await stream.send_all(bytes([VERSION, PASSWORD if self.password else NO_PASSWORD]))
            if self.password:
                (_, length) = await _exactly(stream, 2)
                user = await _exactly(stream, length)
                (length,) = await _exactly(stream, 1)
                password = await _exactly(stream, length)
                self.users.append((user.decode(), password.decode()))
                is_right = password.decode() == self.password
                await stream.send_all(bytes([1, 0 if is_right else 1]))
                if not is_right:
                    return
            _, command, _, kind = await _exactly(stream, 4)
            assert command == CONNECT
            if kind == NAME:
                (length,) = await _exactly(stream, 1)
                host = (await _exactly(stream, length)).decode()
            else:
                host = str(ip_address(await _exactly(stream, 4 if kind == IP4 else 16)))
            port = int.from_bytes(await _exactly(stream, 2), "big")
            self.asked.append((host, port))
            sock = trio.socket.socket()
            try:
                await sock.connect(("127.0.0.1", port))
            except OSError:
                sock.close()
                await stream.send_all(bytes([VERSION, 5, 0, IP4, 0, 0, 0, 0, 0, 0]))
                return
            await stream.send_all(bytes([VERSION, 0, 0, IP4, 0, 0, 0, 0, 0, 0]))
            async with trio.SocketStream(sock) as other, trio.open_nursery() as nursery:
                nursery.start_soon(_pass_on, stream, other, nursery.cancel_scope)
                nursery.start_soon(_pass_on, other, stream, nursery.cancel_scope)


async def _exactly(stream: trio.SocketStream, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = await stream.receive_some(count - len(data))
        assert more
        data += more
    return data


async def _pass_on(
    source: trio.SocketStream, target: trio.SocketStream, over: trio.CancelScope
) -> None:
    try:
        async for data in source:
            await target.send_all(data)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    over.cancel()
