"""Five small frames that end an unguarded host, from any stranger (threats, holes 1 to 5)."""

import logging
from collections.abc import Awaitable, Callable

import pytest
from libp2p.pubsub.pb import rpc_pb2

from p2pevents.record.verdict import Verdict
from tests.net.guards.rig import (
    MESHSUB,
    Rig,
    framed,
    guards_for,
    message,
    on_and_off,
    pubsub_of,
    raw_stream,
    rig,
)
from tests.net.worlds import Listener

Attack = Callable[[Rig], Awaitable[None]]


async def a_frame_that_does_not_parse(r: Rig) -> None:
    stream = await raw_stream(r.stranger, r.victim, MESHSUB)
    await stream.write(b"\x04\xff\xff\xff\xff")


async def a_name_that_is_not_utf8(r: Rig) -> None:
    stream = await r.stranger._swarm.new_stream(r.victim._own_id)
    await stream.write(b"\x13/multistream/1.0.0\n\x03\xff\xfe\n")


async def a_bad_key_field(r: Rig) -> None:
    stream = await raw_stream(r.stranger, r.victim, MESHSUB)
    bad = rpc_pb2.Message(
        data=b"x", topicIDs=["t"], from_id=b"\x12\x01a", seqno=b"1", signature=b"s", key=b"\xff"
    )
    await stream.write(framed(rpc_pb2.RPC(publish=[bad])))


async def a_topic_that_is_not_utf8(r: Rig) -> None:
    stream = await raw_stream(r.stranger, r.victim, MESHSUB)
    # RPC.control (3) { graft (3) { topicID (1): ff fe } }
    await stream.write(b"\x08\x1a\x06\x1a\x04\x0a\x02\xff\xfe")


async def a_validator_that_raises(r: Rig) -> None:
    async def fail(*_: object) -> bool:
        raise ZeroDivisionError

    def fail_at_once(*_: object) -> bool:
        raise ZeroDivisionError

    pubsub_of(r.victim).set_topic_validator("t", fail_at_once, is_async_validator=False)
    stream = await raw_stream(r.stranger, r.victim, MESHSUB)
    await stream.write(framed(rpc_pb2.RPC(publish=[message(r.stranger, b"x")])))


@pytest.mark.parametrize(
    "attack",
    [
        a_frame_that_does_not_parse,
        a_name_that_is_not_utf8,
        a_bad_key_field,
        a_topic_that_is_not_utf8,
        a_validator_that_raises,
    ],
)
@pytest.mark.parametrize("guarded", on_and_off)
async def test_no_frame_of_a_stranger_ends_the_host(
    attack: Attack, guarded: bool, caplog: pytest.LogCaptureFixture
) -> None:
    # One guard alone would hold most of them; the fault shows without all that hold it.
    guards = guards_for(
        "no fatal streams",
        "rpc in order",
        "sound messages",
        "own topics only",
        "mesh bound",
        guarded=guarded,
    )
    with caplog.at_level(logging.CRITICAL):
        async with rig(guards) as r:
            await r.victim.subscribe("t", Listener(Verdict.ACCEPT))
            assert await r.victim_lives()
            await attack(r)
            assert await r.victim_lives() is guarded
