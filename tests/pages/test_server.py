"""The server's limits, as raw bytes: clients that are large, slow, many, or no clients at all."""

import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
import trio.lowlevel
import trio.testing

from p2pevents.errors import NetworkError
from p2pevents.web import server
from p2pevents.web.server import (
    BODY_BYTES_MAX,
    CONNECTIONS_MAX,
    HEAD_BYTES_MAX,
    Message,
    Receive,
    Send,
    Server,
)

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Answer with what was asked for."""
    if scope["path"] == "/fails":
        raise RuntimeError("as asked")
    body = (await receive())["body"]
    text = f"{scope['method']} {scope['path']} {len(body)}".encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def listening(head_s_max: float = 5.0) -> AsyncIterator[int]:
    async with trio.open_nursery() as nursery:
        yield await nursery.start(partial(Server(echo, head_s_max=head_s_max).run, 0))
        nursery.cancel_scope.cancel()


async def say(port: int, data: bytes) -> bytes:
    """Send bytes, and return all that comes until the other side ends."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        try:
            await stream.send_all(data)
            with trio.fail_after(10):
                return b"".join([part async for part in stream])
        except trio.BrokenResourceError:
            return b""


CLOSE = b"Host: x\r\nConnection: close\r\n"


async def test_a_request_is_answered() -> None:
    async with listening() as port:
        answer = await say(port, b"GET /a%20b?c HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert answer.endswith(b"GET /a b 0")


async def test_many_requests_go_through_one_connection() -> None:
    async with listening() as port:
        one = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = await say(port, one * 3 + b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert answer.count(b"200") == 4


async def test_a_head_request_has_no_body() -> None:
    async with listening() as port:
        answer = await say(port, b"HEAD / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"\r\n\r\n")


async def test_a_head_that_is_too_large_is_refused() -> None:
    async with listening() as port:
        head = b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_BYTES_MAX + 10)
        assert (await say(port, head)).startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_a_body_that_is_too_large_is_refused() -> None:
    async with listening() as port:
        size = BODY_BYTES_MAX + 1
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(head + b"x" * size)
            with trio.fail_after(10):
                assert (await stream.receive_some(100)).startswith(b"HTTP/1.1 413")


async def test_a_body_without_end_is_refused() -> None:
    async with listening() as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(
                b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            with trio.fail_after(10), pytest.raises(trio.BrokenResourceError):  # noqa: PT012
                while True:
                    await stream.send_all(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
                    await trio.lowlevel.checkpoint()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused_and_the_server_goes_on(data: bytes) -> None:
    async with listening() as port:
        assert (await say(port, data)).startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))
        assert (await say(port, b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")).endswith(b"GET / 0")


async def test_an_answer_that_fails_is_that_request_s_loss() -> None:
    async with listening() as port:
        answer = await say(port, b"GET /fails HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 500")
        assert b"RuntimeError" not in answer
        assert (await say(port, b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")).endswith(b"GET / 0")


async def test_a_connection_that_is_reset_while_it_listens_has_gone_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said: list[str] = []
    gone = trio.Event()

    async def listen(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async with trio.open_nursery() as nursery:  # as a page that is told of what is new
            nursery.start_soon(hear, receive)

    async def hear(receive: Receive) -> None:
        try:
            while not said or said[-1] != "http.disconnect":
                said.append((await receive())["type"])
        finally:
            gone.set()

    async with trio.open_nursery() as nursery:
        port = await nursery.start(Server(listen).run, 0)
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await stream.receive_some(1000)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await stream.aclose()
        with trio.fail_after(10):
            await gone.wait()
        await trio.testing.wait_all_tasks_blocked(0.05)
        nursery.cancel_scope.cancel()
    assert said[-1] == "http.disconnect"
    assert not caplog.records


async def test_who_dawdles_over_a_head_is_let_go() -> None:
    async with listening(head_s_max=0.5) as port:
        began = time.monotonic()
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            with (  # noqa: PT012
                trio.fail_after(10),
                pytest.raises((trio.BrokenResourceError, EOFError)),
            ):
                while True:  # a byte now and then does not prolong it
                    await stream.send_all(b"G")
                    with trio.move_on_after(0.1):
                        if not await stream.receive_some(10):
                            raise EOFError
        assert time.monotonic() - began < 3


async def test_who_does_not_read_an_answer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "WRITE_S_MAX", 0.3)
    ended = trio.Event()

    async def long_answer(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:
                await send(
                    {"type": "http.response.body", "body": bytes(1 << 20), "more_body": True}
                )
        finally:
            ended.set()

    async with trio.open_nursery() as nursery:
        port = await nursery.start(Server(long_answer).run, 0)
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with trio.fail_after(10):
            await ended.wait()
        await stream.aclose()
        nursery.cancel_scope.cancel()


async def test_who_dawdles_over_a_body_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_S_MAX", 0.3)
    async with listening() as port:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nslow"
        assert (await say(port, head)).startswith(b"HTTP/1.1 408")


async def test_who_leaves_is_noticed_while_an_answer_waits() -> None:
    left = trio.Event()

    async def waits(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        left.set()

    async with trio.open_nursery() as nursery:
        port = await nursery.start(Server(waits).run, 0)
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n")
        await stream.aclose()
        with trio.fail_after(10):
            await left.wait()
        nursery.cancel_scope.cancel()


async def test_idle_connections_keep_nobody_out() -> None:
    async with listening(head_s_max=30) as port:
        idle = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(CONNECTIONS_MAX + 20)]
        await trio.sleep(0.2)
        assert (await say(port, b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")).endswith(b"GET / 0")
        for stream in idle:
            await stream.aclose()


async def test_a_port_that_is_taken_is_named() -> None:
    async with listening() as port:
        with pytest.raises(NetworkError, match=f"port {port} is in use"):
            await Server(echo).run(port)
