"""A TCP proxy that can fall silent without a farewell, as a lost network does."""

import trio

READ_BYTES = 65536


class Proxy:
    """Passes bytes to `port` and back until it is frozen."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._frozen = False
        self.own_port = 0

    def freeze(self) -> None:
        """Pass nothing any more, and close nothing."""
        self._frozen = True

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.own_port = listeners[0].socket.getsockname()[1]
        task_status.started()
        await trio.serve_listeners(self._pass_on, listeners)

    async def _pass_on(self, near: trio.SocketStream) -> None:
        far = await trio.open_tcp_stream("127.0.0.1", self._port)
        async with near, far, trio.open_nursery() as nursery:
            nursery.start_soon(self._copy, near, far)
            nursery.start_soon(self._copy, far, near)

    async def _copy(self, source: trio.SocketStream, target: trio.SocketStream) -> None:
        try:
            while data := await source.receive_some(READ_BYTES):
                if self._frozen:
                    await trio.sleep_forever()
                await target.send_all(data)
            if not self._frozen:
                await target.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        if self._frozen:
            await trio.sleep_forever()
