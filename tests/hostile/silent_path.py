"""A way to a node that can be lost without a word, as when a laptop changes its network."""

from __future__ import annotations

import threading

import trio

READ_BYTES = 65_536
START_S_MAX = 10.0


class SilentPath:
    """Passes bytes to a port of this machine, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._to_port = port
        self._losses = 0
        self._started = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._run,), daemon=True)
        self.port = 0

    def start(self) -> SilentPath:
        """Begin to pass on."""
        self._thread.start()
        assert self._started.wait(START_S_MAX)
        return self

    def lose(self) -> None:
        """Let every connection of now fall silent, unclosed; later ones are as good as any."""
        self._losses += 1

    def stop(self) -> None:
        """Close everything."""
        trio.from_thread.run_sync(self._scope.cancel, trio_token=self._token)
        self._thread.join()

    async def _run(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        with trio.CancelScope() as self._scope:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            self.port = listeners[0].socket.getsockname()[1]
            self._started.set()
            await trio.serve_listeners(self._pass_on, listeners)

    async def _pass_on(self, near: trio.SocketStream) -> None:
        losses = self._losses
        try:
            far = await trio.open_tcp_stream("127.0.0.1", self._to_port)
        except OSError:
            await near.aclose()
            return
        async with near, far, trio.open_nursery() as nursery:
            nursery.start_soon(self._copy, near, far, losses)
            nursery.start_soon(self._copy, far, near, losses)

    async def _copy(
        self, source: trio.SocketStream, target: trio.SocketStream, losses: int
    ) -> None:
        try:
            while data := await source.receive_some(READ_BYTES):
                if losses != self._losses:
                    break
                await target.send_all(data)
            else:
                if losses == self._losses:
                    await target.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        if losses != self._losses:
            await trio.sleep_forever()
