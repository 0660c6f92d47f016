"""Garbage and floods against the guards together: nobody honest notices much."""

import logging
from random import Random
from statistics import median

import pytest
import trio

from p2pevents.net.libp2p.guards.all import ALL
from p2pevents.record.verdict import Verdict
from tests.net.guards.rig import MESHSUB, TOPIC, Rig, framed, message, raw_stream, rig
from tests.net.worlds import Listener, until_meshed

few_or_all = pytest.mark.parametrize(
    "scale", [1, pytest.param(100, marks=[pytest.mark.full, pytest.mark.timeout(1800)])]
)
CONNECTIONS, FRAMES, HOSTILE = 100, 20, 400


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


async def round_trip_s(r: Rig) -> float:
    """How long the friend waits for an answer on an open stream, median of a few."""
    taken_s = []
    async with await r.friend.open_stream(r.victim.peer_id, "/echo/1") as stream:
        for _ in range(15):
            begun_s = trio.current_time()
            await stream.send_all(b"x")
            await stream.receive_some()
            taken_s.append(trio.current_time() - begun_s)
    return median(taken_s)


@few_or_all
async def test_garbage_before_the_handshake(scale: int) -> None:
    rng = Random(7)
    async with rig(ALL) as r:
        port = int(r.victim.addresses()[0].split("/")[4])
        for _ in range(CONNECTIONS * scale):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            try:
                await stream.send_all(rng.choice([b"x", b"\x13/multistream/1.0.0\n"]))
                await stream.send_all(rng.randbytes(rng.randrange(1, 400)))
            except trio.BrokenResourceError:
                pass
            finally:
                await stream.aclose()
        assert await r.victim_lives()


@few_or_all
async def test_mutated_frames_after_the_handshake(scale: int) -> None:
    rng = Random(8)
    async with rig(ALL) as r:
        await r.victim.subscribe(TOPIC, Listener(Verdict.ACCEPT))
        from libp2p.pubsub.pb import rpc_pb2

        honest = framed(
            rpc_pb2.RPC(
                publish=[message(r.stranger, b"x" * 50)],
                subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=True, topicid=TOPIC)],
                control=rpc_pb2.ControlMessage(
                    graft=[rpc_pb2.ControlGraft(topicID=TOPIC)],
                    ihave=[rpc_pb2.ControlIHave(topicID=TOPIC, messageIDs=[b"x" * 46])],
                ),
            )
        )
        # Its author is not to be banned, or the rest would not be read.
        r.victim._bouncer.blame = lambda peer, *, ip: None  # type: ignore[method-assign]
        for _ in range(FRAMES * scale):
            frame = bytearray(honest)
            for _ in range(rng.randrange(1, 4)):
                frame[rng.randrange(2, len(frame))] = rng.randrange(256)
            stream = await raw_stream(r.stranger, r.victim, MESHSUB)
            await stream.write(bytes(frame))
            await stream.reset()
        assert await r.victim_lives()


@few_or_all
async def test_a_flood_of_messages_delays_nobody_much(scale: int) -> None:
    async with rig(ALL) as r:
        heard = Listener(Verdict.IGNORE)
        await r.victim.subscribe(TOPIC, heard)
        await r.friend.subscribe(TOPIC, Listener())
        await trio.sleep(0.5)
        calm_s = await round_trip_s(r)
        from libp2p.pubsub.pb import rpc_pb2

        flood = [
            framed(
                rpc_pb2.RPC(
                    publish=[
                        message(r.stranger, b"x" * 200, number=64 * frame + number)
                        for number in range(64)
                    ]
                )
            )
            for frame in range(HOSTILE * scale // 64)
        ]
        stream = await raw_stream(r.stranger, r.victim, MESHSUB)

        async def pour() -> None:
            for frame in flood:
                await stream.write(frame)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(pour)
            flooded_s = await round_trip_s(r)
            nursery.cancel_scope.cancel()
        # All three hosts share this process and its one core, the pouring one too.
        assert flooded_s < 20 * calm_s + 0.05
        assert await r.victim_lives()


async def test_gossip_still_arrives_among_four() -> None:
    async with rig(ALL) as r:
        heard = Listener()
        await r.victim.subscribe(TOPIC, heard)
        await r.friend.subscribe(TOPIC, Listener())
        await r.stranger.subscribe(TOPIC, Listener())
        await until_meshed(TOPIC, r.friend, r.stranger)
        await r.friend.publish(TOPIC, b"guarded")
        await r.stranger.publish(TOPIC, b"stock")
        with trio.fail_after(5):
            while len(heard.heard) < 2:  # noqa: ASYNC110 (a listener sets no event)
                await trio.sleep(0.01)
        assert {data for _, data in heard.heard} == {b"guarded", b"stock"}
