"""Peers that tell each other from where they are seen, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest
import trio

from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network
from p2pevents.node.core.inputs import PeersKnown
from p2pevents.node.core.reach import FRAME_BYTES_MAX, REACH_PROTOCOL, Question, decode_answer
from p2pevents.node.reaching import Reaching, _receive, _send
from tests.net.worlds import free_port, seed, until

ANYWHERE = "/ip4/127.0.0.1/tcp/0"


def reaching(
    network: Network, *announce: str, is_reader: bool = False, told: list[PeersKnown] | None = None
) -> Reaching:
    heard: list[PeersKnown] = [] if told is None else told
    return Reaching(
        network, announce=announce, is_reader=is_reader, rng=Random(1), tell=heard.append
    )


@asynccontextmanager
async def two() -> AsyncIterator[tuple[Network, Network]]:
    """Two connected hosts that listen; the second dialled."""
    async with (
        open_libp2p_network(seed=seed("a")) as a,
        open_libp2p_network(seed=seed("b")) as b,
    ):
        await a.listen([ANYWHERE])
        await b.listen([ANYWHERE])
        await b.dial(a.addresses()[0])
        await until(lambda: bool(a.peers()))
        yield a, b


async def test_a_peer_dials_back_and_says_where_it_came_through() -> None:
    """REACH-3, REACH-5, REACH-6: TCP and WebSocket, and no connection is left of it."""
    async with two() as (a, b):
        reaching(a).serve()
        mine = reaching(b)
        await mine.ask(a.peer_id)
        ends = [address.partition("/p2p/")[0] for address in b.addresses()]
        assert mine.facts() == {
            "sight": "nearby",
            "asked": 1,
            "reached": sorted(ends),
            "seen": ["127.0.0.1"],
        }
        await trio.sleep(0.2)
        assert len(a.peers()) == len(b.peers()) == 1


async def test_an_end_where_somebody_else_listens_is_not_reached() -> None:
    """REACH-6."""
    async with two() as (a, b), open_libp2p_network(seed=seed("c")) as c:
        await c.listen([ANYWHERE])
        reaching(a).serve()
        theirs = "/tcp/" + c.addresses()[0].split("/")[4]
        nobodys = f"/tcp/{free_port()}"
        async with await b.open_stream(a.peer_id, REACH_PROTOCOL) as stream:
            await _send(stream, Question(ends=(theirs, nobodys)).encode())
            answer = decode_answer(await _receive(stream), ends=2)
        assert answer.reached == (False, False)


async def test_who_asks_again_at_once_is_answered_and_not_dialled() -> None:
    """REACH-7."""
    async with two() as (a, b):
        reaching(a).serve()
        answers = []
        for _ in range(2):
            async with await b.open_stream(a.peer_id, REACH_PROTOCOL) as stream:
                await _send(stream, Question(ends=("/tcp/9",)).encode())
                answers.append(decode_answer(await _receive(stream), ends=1))
        assert [answer.reached for answer in answers] == [(False,), None]
        assert answers[1].seen == "127.0.0.1"


async def test_each_tells_where_it_is_found_and_nothing_of_its_home() -> None:
    """REACH-4: what was announced is told; where it listens on this machine is not."""
    told_a: list[PeersKnown] = []
    told_b: list[PeersKnown] = []
    async with two() as (a, b):
        reaching(a, "/dns4/a.example.org/tcp/27410", told=told_a).serve()
        await reaching(b, "/ip4/8.8.8.8/tcp/27410", told=told_b).ask(a.peer_id)
        (at_a,), (at_b,) = told_a, told_b
        assert at_a.addresses == ((b.peer_id, (f"/ip4/8.8.8.8/tcp/27410/p2p/{b.peer_id}",)),)
        assert at_b.addresses == ((a.peer_id, (f"/dns4/a.example.org/tcp/27410/p2p/{a.peer_id}",)),)


async def test_a_reader_asks_nobody_to_dial_it() -> None:
    """REACH-8."""
    async with two() as (a, b):
        reaching(a).serve()
        mine = reaching(b, is_reader=True)
        await mine.ask(a.peer_id)
        assert mine.facts()["sight"] == "unknown"
        assert mine.facts()["seen"] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\x00", bytes(4), (FRAME_BYTES_MAX + 1).to_bytes(4, "big"), b"\x00\x00\x00\x01\xff"],
    ids=["nothing", "short", "empty", "long", "no CBOR"],
)
async def test_rubbish_in_place_of_a_question_costs_its_sender(rubbish: bytes) -> None:
    """REACH-1."""
    async with two() as (a, b):
        blamed: list[object] = []
        a.blame = blamed.append  # type: ignore[method-assign,assignment]
        reaching(a).serve()
        stream = await b.open_stream(a.peer_id, REACH_PROTOCOL)
        await stream.send_all(rubbish)
        await stream.send_eof()
        with trio.fail_after(5):
            with suppress(trio.BrokenResourceError):
                assert await stream.receive_some() == b""
        await stream.aclose()
        await until(lambda: blamed == [b.peer_id])


async def test_a_peer_that_does_not_know_the_protocol_is_let_be() -> None:
    async with two() as (a, b):
        mine = reaching(b)
        await mine.ask(a.peer_id)
        assert mine.facts()["sight"] == "unknown"
        assert a.peers()
