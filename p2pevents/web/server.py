"""HTTP/1.1 on trio, by h11: what an ASGI application answers, within limits for every client.

h11 reads and writes the protocol; this file owns the socket, the clock and the limits. There is
no HTTP/2, no WebSocket and no upload: a page needs none of them.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import h11
import trio

from p2pevents.errors import NetworkError

__all__ = [
    "BODY_BYTES_MAX",
    "CONNECTIONS_MAX",
    "HEAD_BYTES_MAX",
    "HEAD_S_MAX",
    "Application",
    "Server",
]

HEAD_BYTES_MAX: Final = 16 * 1024
BODY_BYTES_MAX: Final = 128 * 1024  # the longest description, escaped for a form, and the rest
HEAD_S_MAX: Final = 15.0  # for a whole head, from the connection's or the last answer's end
BODY_S_MAX: Final = 10.0
WRITE_S_MAX: Final = 20.0  # for one piece of an answer
CONNECTIONS_MAX: Final = 64
REQUESTS_MAX: Final = 1_000  # on one connection
READ_BYTES: Final = 16 * 1024
BACKLOG: Final = 64
_VERSIONS: Final = (b"1.1", b"1.0")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_logger = logging.getLogger(__name__)


class Server:
    """Answers on one loopback port until cancelled.

    Args:
        application: what answers.
        head_s_max: how long a client may take for a head; tests take less.
    """

    def __init__(self, application: Application, *, head_s_max: float = HEAD_S_MAX) -> None:
        self._application = application
        self._head_s_max = head_s_max
        self._waits = _Waits()
        self._open = 0

    async def run(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen, and answer; started with the port that it listens on.

        Raises:
            NetworkError: the port is taken, or may not be used.
        """
        try:
            listeners = await trio.open_tcp_listeners(port, host=host, backlog=BACKLOG)
        except OSError as error:
            why = "in use" if error.errno == errno.EADDRINUSE else "not to be had"
            raise NetworkError(
                f"page: port {port} is {why}",
                hint="name another one, or 0 for any that is free: --page 0",
            ) from None
        bound = listeners[0].socket.getsockname()[1]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, self._handle, listeners)
            task_status.started(bound)

    async def _handle(self, stream: trio.SocketStream) -> None:
        """Answer on one connection; whatever goes wrong on it ends it alone."""
        if self._open >= CONNECTIONS_MAX and not self._waits.end_longest():
            await trio.aclose_forcefully(stream)
            return
        self._open += 1
        try:
            await _Connection(stream, self._application, self._waits, self._head_s_max).run()
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError, h11.ProtocolError):
            pass
        except Exception:  # an answer that failed is one request's loss, never the node's
            _logger.exception("the page could not answer")
        finally:
            self._open -= 1
            await trio.aclose_forcefully(stream)


class _Waits:
    """The connections that wait for their clients: for a head, a body, or to be read on.

    When all places are taken, who is waited for the longest makes way; else a few programs that
    say half a form, or read nothing, would keep everybody out.
    """

    def __init__(self) -> None:
        self._scopes: dict[trio.CancelScope, None] = {}

    @contextmanager
    def counted(self, scope: trio.CancelScope) -> Iterator[None]:
        """Count a wait, whose scope may be ended when another one needs the place."""
        self._scopes[scope] = None
        try:
            yield
        finally:
            self._scopes.pop(scope, None)

    def end_longest(self) -> bool:
        """End the longest wait; False where nobody is waited for."""
        for scope in self._scopes:
            del self._scopes[scope]
            scope.cancel()
            return True
        return False


class _Connection:
    """One connection: requests one after the other, each answered before the next is read."""

    def __init__(
        self,
        stream: trio.SocketStream,
        application: Application,
        waits: _Waits,
        head_s_max: float,
    ) -> None:
        self._stream = stream
        self._application = application
        self._waits = waits
        self._head_s_max = head_s_max
        self._has_left = False
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES_MAX)

    async def run(self) -> None:
        """Answer until either side is done."""
        for _ in range(REQUESTS_MAX):
            try:
                request = await self._request()
                if request is None:
                    return
                if request.http_version not in _VERSIONS or not request.target.startswith(b"/"):
                    await self._refuse(505 if request.http_version not in _VERSIONS else 400)
                    return
                body = await self._body()
            except h11.RemoteProtocolError as error:
                await self._refuse(error.error_status_hint)
                return
            if body is None:
                return
            await self._answer(request, body)
            if self._wire.our_state is not h11.DONE or self._wire.their_state is not h11.DONE:
                return
            self._wire.start_next_cycle()

    async def _request(self) -> h11.Request | None:
        """Read one head; None where the client has gone, or was too slow."""
        with trio.move_on_after(self._head_s_max) as scope, self._waits.counted(scope):
            event = await self._event()
            return event if isinstance(event, h11.Request) else None
        return None

    async def _body(self) -> bytes | None:
        """Read a whole body; None where it was too large or too slow, which is then said."""
        parts: list[bytes] = []
        size_bytes = 0
        with trio.move_on_after(BODY_S_MAX) as scope, self._waits.counted(scope):
            while True:
                if self._wire.they_are_waiting_for_100_continue:
                    await self._send(h11.InformationalResponse(status_code=100, headers=[]))
                event = await self._event()
                if isinstance(event, h11.EndOfMessage):
                    return b"".join(parts)
                if not isinstance(event, h11.Data):
                    return None
                size_bytes += len(event.data)
                if size_bytes > BODY_BYTES_MAX:
                    await self._refuse(413)
                    return None
                parts.append(bytes(event.data))
        await self._refuse(408)
        return None

    async def _event(self) -> object:
        while True:
            event = self._wire.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._wire.receive_data(await self._stream.receive_some(READ_BYTES))

    async def _answer(self, request: h11.Request, body: bytes) -> None:
        raw_path, _, query = request.target.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": request.http_version.decode("ascii"),
            "method": request.method.decode("ascii"),
            "scheme": "http",
            "path": _unquoted(raw_path),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers],
            "client": None,
            "server": None,
            "state": {},
        }
        unread = [body]

        async def receive() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            await self._left()
            return {"type": "http.disconnect"}

        bodiless = request.method == b"HEAD"

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._send(
                    h11.Response(status_code=message["status"], headers=list(message["headers"]))
                )
            elif message["type"] == "http.response.body":
                if message.get("body") and not bodiless:
                    await self._send(h11.Data(data=message["body"]))
                if not message.get("more_body", False):
                    await self._send(h11.EndOfMessage())

        try:
            await self._application(scope, receive, send)
        except Exception as error:
            if self._has_left or isinstance(error, h11.ProtocolError):
                raise trio.BrokenResourceError from None
            _logger.exception("the page could not answer")
            await self._refuse(500)

    async def _left(self) -> None:
        """Wait until the client goes; what it asks for meanwhile waits too, up to a limit."""
        early_bytes = 0
        while early_bytes <= HEAD_BYTES_MAX:
            try:
                data = await self._stream.receive_some(READ_BYTES)
            except trio.BrokenResourceError:  # a connection that is reset has gone as well
                return
            if not data:
                return
            self._wire.receive_data(data)
            early_bytes += len(data)

    async def _refuse(self, status: int) -> None:
        """Say in a word what was wrong, where an answer can still begin; the connection ends."""
        if self._wire.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        text = f"{status}\n".encode("ascii")
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ]
        await self._send(h11.Response(status_code=status, headers=headers))
        await self._send(h11.Data(data=text))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        """Write one event.

        Raises:
            OSError: the client has gone, or reads too slowly (as ASGI says it).
        """
        data = self._wire.send(event)
        if not data:
            return
        with trio.move_on_after(WRITE_S_MAX) as scope, self._waits.counted(scope):
            try:
                await self._stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self._has_left = True
                raise ConnectionError from None
            return
        self._has_left = True
        raise TimeoutError


def _unquoted(path: bytes) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(path).decode("utf-8", "replace")
