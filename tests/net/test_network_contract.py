"""What every network promises, over memory, TCP and WebSocket alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import trio
import trio.testing

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p import stream as libp2p_stream
from p2pevents.net.network import (
    GOSSIP_BYTES_MAX,
    STRIKES_MAX,
    Direction,
    Network,
    PeerDown,
    PeerStream,
    PeerUp,
)
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.record.verdict import Verdict
from tests.net.worlds import Listener, over_all_worlds, seed, until, until_meshed, world

ECHO = "/echo/1"
FRAME_BYTES = 64 * 1024


async def echo(stream: PeerStream) -> None:
    async for data in stream:
        await stream.send_all(data)


@asynccontextmanager
async def two(name: str) -> AsyncIterator[tuple[Network, Network]]:
    """Two connected networks; the second dialled."""
    here = world(name)
    async with here.open(seed("a")) as a, here.open(seed("b")) as b:
        await a.listen([here.anywhere])
        await b.dial(a.addresses()[0])
        await until(lambda: bool(a.peers() and b.peers()))
        yield a, b


@over_all_worlds
async def test_the_seed_makes_the_name(name: str) -> None:
    async with world(name).open(seed("a")) as network:
        assert network.peer_id == peer_id_of_seed(seed("a"))
        assert network.addresses() == ()
        assert network.peers() == ()
        assert await network.publish("t", b"to nobody") == 0


@over_all_worlds
async def test_a_dial_connects_both_and_says_so(name: str) -> None:
    async with two(name) as (a, b):
        up_at_a, up_at_b = await a.changes.receive(), await b.changes.receive()
        assert isinstance(up_at_a, PeerUp)
        assert isinstance(up_at_b, PeerUp)
        assert (up_at_a.peer.peer_id, up_at_a.peer.direction) == (b.peer_id, Direction.INBOUND)
        assert (up_at_b.peer.peer_id, up_at_b.peer.direction) == (a.peer_id, Direction.OUTBOUND)
        assert up_at_b.peer.address == a.addresses()[0]
        assert up_at_a.peer.address.endswith(f"/p2p/{b.peer_id}")
        assert [peer.peer_id for peer in a.peers()] == [b.peer_id]


@over_all_worlds
async def test_a_second_dial_keeps_the_connection(name: str) -> None:
    async with two(name) as (a, b):
        before = b.peers()
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(b.dial, a.addresses()[0])
        assert b.peers() == before
        assert len(a.peers()) == 1


@over_all_worlds
async def test_an_address_that_cannot_be_dialled_is_a_network_error(name: str) -> None:
    here = world(name)
    async with here.open(seed("a")) as a, here.open(seed("b")) as b:
        await a.listen([here.anywhere])
        address = a.addresses()[0]
        stranger = peer_id_of_seed(seed("c"))
        for bad in (
            "",
            "nonsense",
            "/p2p/",
            address.partition("/p2p/")[0],
            address.replace(a.peer_id, stranger),
            address.replace(a.peer_id, "0OIl"),
            f"{here.a_free_place()}/p2p/{stranger}",
        ):
            with pytest.raises(NetworkError):
                await b.dial(bad)
        with pytest.raises(NetworkError):
            await a.dial(address)
        assert b.peers() == ()


@over_all_worlds
async def test_a_failed_dial_blocks_no_later_one(name: str) -> None:
    here = world(name)
    place = here.a_free_place()
    async with here.open(seed("a")) as a, here.open(seed("b")) as b:
        for _ in range(2):
            with pytest.raises(NetworkError):
                await b.dial(f"{place}/p2p/{a.peer_id}")
        await a.listen([place])
        assert await b.dial(f"{place}/p2p/{a.peer_id}") == a.peer_id


@over_all_worlds
async def test_a_place_is_taken_once(name: str) -> None:
    here = world(name)
    async with here.open(seed("a")) as a, here.open(seed("b")) as b:
        with pytest.raises(NetworkError):
            await a.listen(["/nonsense"])
        await a.listen([here.anywhere])
        with pytest.raises(NetworkError):
            await b.listen([a.addresses()[0].partition("/p2p/")[0]])
        assert b.addresses() == ()


@over_all_worlds
async def test_streams_keep_the_promises_of_trio(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # trio's check writes to closed streams until they break; that need not take seconds.
    monkeypatch.setattr(libp2p_stream, "LINGER_S", 0.3)
    async with two(name) as (a, b):
        inbound, arrived = trio.open_memory_channel[PeerStream](1)

        async def hand_over(stream: PeerStream) -> None:
            await inbound.send(stream)
            await trio.sleep_forever()

        a.serve("/pair/1", hand_over)

        async def a_pair() -> tuple[PeerStream, PeerStream]:
            mine = await b.open_stream(a.peer_id, "/pair/1")
            return mine, await arrived.receive()

        await trio.testing.check_half_closeable_stream(a_pair, None)


@over_all_worlds
async def test_a_stream_names_its_peer_and_carries_large_frames(name: str) -> None:
    async with two(name) as (a, b):
        served: list[tuple[str, str]] = []

        async def noting_echo(stream: PeerStream) -> None:
            served.append((stream.peer, stream.remote_address))
            await echo(stream)

        a.serve(ECHO, noting_echo)
        frames, received = 48, bytearray()
        async with await b.open_stream(a.peer_id, ECHO) as stream:
            assert stream.peer == a.peer_id
            assert stream.remote_address == a.addresses()[0]

            async def send() -> None:
                for number in range(frames):
                    await stream.send_all(bytes([number]) * FRAME_BYTES)
                assert isinstance(stream, PeerStream)
                await stream.send_eof()

            async with trio.open_nursery() as nursery:
                nursery.start_soon(send)
                async for data in stream:
                    received += data
        assert received == b"".join(bytes([number]) * FRAME_BYTES for number in range(frames))
        assert served == [(b.peer_id, a.peers()[0].address)]


@over_all_worlds
async def test_a_stream_needs_a_connection_and_a_protocol(name: str) -> None:
    async with two(name) as (a, b):
        with pytest.raises(NetworkError):
            await b.open_stream(a.peer_id, "/nobody/speaks/this")
        with pytest.raises(NetworkError):
            await b.open_stream(peer_id_of_seed(seed("c")), ECHO)
        a.serve(ECHO, echo)
        async with await b.open_stream(a.peer_id, ECHO) as stream:
            await stream.send_all(b"still here")
            assert await stream.receive_some() == b"still here"


@over_all_worlds
async def test_many_streams_one_after_the_other_leave_nothing_behind(name: str) -> None:
    async with two(name) as (a, b):

        async def one_answer(stream: PeerStream) -> None:
            await stream.send_all(await stream.receive_some())

        a.serve(ECHO, one_answer)
        # 256 streams that are never forgotten would block the next one for good.
        for _ in range(300):
            async with await b.open_stream(a.peer_id, ECHO) as stream:
                await stream.send_all(b"?")
                assert await stream.receive_some() == b"?"
                assert await stream.receive_some() == b""


@over_all_worlds
async def test_a_failing_handler_costs_its_stream_alone(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with two(name) as (a, b):

        async def fail(stream: PeerStream) -> None:
            await stream.receive_some()
            raise ZeroDivisionError

        a.serve("/fail/1", fail)
        a.serve(ECHO, echo)
        whole = await b.open_stream(a.peer_id, ECHO)
        broken = await b.open_stream(a.peer_id, "/fail/1")
        await broken.send_all(b"x")
        with pytest.raises(trio.BrokenResourceError):
            await broken.receive_some()
        await whole.send_all(b"well")
        assert await whole.receive_some() == b"well"
        assert "ZeroDivisionError" in caplog.text


@over_all_worlds
async def test_a_peer_that_leaves_in_the_middle_is_no_fault(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with two(name) as (a, b):
        a.serve(ECHO, echo)
        stream = await b.open_stream(a.peer_id, ECHO)
        await stream.send_all(b"x")
        await stream.receive_some()
        await b.disconnect(a.peer_id)
        await until(lambda: not a.peers())
        await trio.sleep(0.2)
    assert "the handler" not in caplog.text
    assert "a stream handler failed" not in caplog.text


@over_all_worlds
async def test_gossip_goes_both_ways(name: str) -> None:
    async with two(name) as (a, b):
        at_a, at_b = Listener(), Listener()
        await a.subscribe("t", at_a)
        await b.subscribe("t", at_b)
        await until_meshed("t", a, b)
        assert await a.publish("t", b"from a") == 1
        assert await b.publish("t", b"x" * GOSSIP_BYTES_MAX) == 1
        await until(lambda: bool(at_a.heard and at_b.heard))
        assert at_a.heard == [(b.peer_id, b"x" * GOSSIP_BYTES_MAX)]
        assert at_b.heard == [(a.peer_id, b"from a")]
        with pytest.raises(NetworkError):
            await a.publish("t", b"x" * (GOSSIP_BYTES_MAX + 1))


@over_all_worlds
@pytest.mark.parametrize("verdict", list(Verdict))
async def test_only_what_was_accepted_is_passed_on(name: str, verdict: Verdict) -> None:
    here = world(name)
    async with here.open(seed("a")) as a, here.open(seed("b")) as b, here.open(seed("c")) as c:
        at_b, at_c = Listener(verdict), Listener()
        for network, listener in ((a, Listener()), (b, at_b), (c, at_c)):
            await network.subscribe("t", listener)
        await b.listen([here.anywhere])
        await a.dial(b.addresses()[0])
        await c.dial(b.addresses()[0])
        await until_meshed("t", a, b, c)
        await a.publish("t", b"one")
        await until(lambda: bool(at_b.heard))
        if verdict is Verdict.ACCEPT:
            await until(lambda: bool(at_c.heard))
            assert at_c.heard == [(b.peer_id, b"one")]
        else:
            # Longer than a heartbeat, in which gossip would offer it again.
            await trio.sleep(1.5)
            assert at_c.heard == []


@over_all_worlds
async def test_who_is_rejected_too_often_is_banned(name: str) -> None:
    async with two(name) as (a, b):
        at_a = Listener(Verdict.REJECT)
        await a.subscribe("t", at_a)
        await b.subscribe("t", Listener())
        await until_meshed("t", a, b)
        for number in range(STRIKES_MAX):
            assert b.peers()
            await b.publish("t", b"%d" % number)
            await until(lambda number=number: len(at_a.heard) > number)  # type: ignore[misc]
        await until(lambda: not a.peers() and not b.peers())
        address = a.addresses()[0]
        with suppress(NetworkError):
            await b.dial(address)
        await until(lambda: not a.peers() and not b.peers())
        with pytest.raises(NetworkError):
            await a.open_stream(b.peer_id, ECHO)


@over_all_worlds
async def test_a_failing_validator_counts_as_ignore(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with two(name) as (a, b):
        called = trio.Event()

        async def fail(_sender: str, _data: bytes) -> Verdict:
            called.set()
            raise ZeroDivisionError

        await a.subscribe("t", fail)
        await b.subscribe("t", Listener())
        await until_meshed("t", a, b)
        await b.publish("t", b"one")
        await called.wait()
        await trio.sleep(0.2)
        assert a.peers()
        assert "ZeroDivisionError" in caplog.text


@over_all_worlds
async def test_a_disconnect_is_seen_by_both_and_breaks_streams(name: str) -> None:
    async with two(name) as (a, b):
        a.serve(ECHO, echo)
        stream = await b.open_stream(a.peer_id, ECHO)
        await a.changes.receive()
        await b.changes.receive()
        await a.disconnect(b.peer_id)
        await a.disconnect(b.peer_id)
        assert await a.changes.receive() == PeerDown(peer_id=b.peer_id)
        assert await b.changes.receive() == PeerDown(peer_id=a.peer_id)
        assert a.peers() == b.peers() == ()

        async def send_on() -> None:
            while True:
                await stream.send_all(b"x")

        with trio.fail_after(5), pytest.raises(trio.BrokenResourceError):
            await send_on()
        with pytest.raises(NetworkError):
            await b.open_stream(a.peer_id, ECHO)
        assert await b.dial(a.addresses()[0]) == a.peer_id
        assert isinstance(await b.changes.receive(), PeerUp)


@over_all_worlds
async def test_who_leaves_is_gone_and_comes_back_under_its_name(name: str) -> None:
    here = world(name)
    async with here.open(seed("a")) as a:
        at_a = Listener()
        await a.listen([here.anywhere])
        await a.subscribe("t", at_a)
        for life in range(3):
            async with here.open(seed("b")) as b:
                await b.subscribe("t", Listener())
                await b.dial(a.addresses()[0])
                await until_meshed("t", a, b)
                for number in range(3):
                    await b.publish("t", b"life %d, word %d" % (life, number))
                await until(lambda life=life: len(at_a.heard) == 3 * (life + 1))  # type: ignore[misc]
            await until(lambda: not a.peers())
        # Nobody read in between, so that only what is still so is told: nothing.
        with trio.move_on_after(0.1) as scope:
            await a.changes.receive()
        assert scope.cancelled_caught


@over_all_worlds
async def test_what_the_block_raises_comes_out_as_it_is(name: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with two(name):
            raise ZeroDivisionError


@over_all_worlds
async def test_a_cancelled_block_is_left_cleanly(name: str) -> None:
    with trio.move_on_after(1) as scope:
        async with two(name):
            await trio.sleep_forever()
    assert scope.cancelled_caught


@over_all_worlds
async def test_the_changes_end_with_the_network(name: str) -> None:
    async with world(name).open(seed("a")) as network:
        changes = network.changes
    with pytest.raises(trio.EndOfChannel):
        await changes.receive()
