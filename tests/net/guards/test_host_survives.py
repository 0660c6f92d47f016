"""Five small frames that end an unguarded host, from any stranger (threats, holes 1 to 5)."""

import logging
from collections.abc import Awaitable, Callable

import pytest
import trio
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.network.stream.exceptions import StreamError
from libp2p.pubsub.pb import rpc_pb2
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.utils.varint import encode_uvarint

from p2pevents.net.libp2p.guards.no_fatal_streams import NAME_BYTES_MAX
from p2pevents.record.verdict import Verdict
from tests.net.guards.rig import (
    MESHSUB,
    Guards,
    Rig,
    closes,
    framed,
    message,
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
@closes(
    "no fatal streams",
    "rpc in order",
    "sound messages",
    "own topics only",
    "mesh bound",
    holes=[
        "pubsub/pubsub.py:562",
        "protocol_muxer/multiselect_communicator.py:58",
        "pubsub/validators.py:63",
        "pubsub/gossipsub.py:1892",
        "pubsub/pubsub.py:1640",
    ],
)
async def test_no_frame_of_a_stranger_ends_the_host(
    attack: Attack, guards: Guards, guarded: bool, caplog: pytest.LogCaptureFixture
) -> None:
    # One guard alone would hold most of them; the fault shows without all that hold it.
    with caplog.at_level(logging.CRITICAL):
        async with rig(guards) as r:
            await r.victim.subscribe("t", Listener(Verdict.ACCEPT))
            assert await r.victim_lives()
            await attack(r)
            assert await r.victim_lives() is guarded


@closes(
    "no fatal streams",
    holes=[
        "protocol_muxer/multiselect_communicator.py:58",
        "network/connection/swarm_connection.py:309",
    ],
)
@pytest.mark.parametrize("way", ["a name", "a handler"])
async def test_what_happens_on_a_stream_costs_that_stream_alone(
    guards: Guards, guarded: bool, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_stream: INetStream) -> None:
        # After the stranger has its stream.
        await trio.sleep(0.1)
        raise ZeroDivisionError

    with caplog.at_level(logging.CRITICAL):
        async with rig(guards) as r:
            r.victim._host.set_stream_handler(TProtocol("/fails/1"), fail)
            if way == "a name":
                await a_name_that_is_not_utf8(r)
            else:
                await raw_stream(r.stranger, r.victim, "/fails/1")
            assert await r.victim_lives() is guarded


@closes("no fatal streams", holes=["utils/varint.py:153"])
async def test_a_protocol_name_has_an_end(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        stream = await r.stranger._swarm.new_stream(r.victim._own_id)
        await stream.write(b"\x13/multistream/1.0.0\n" + encode_uvarint(NAME_BYTES_MAX + 1))
        was_reset = False
        with trio.move_on_after(1):
            try:
                while await stream.read(100):
                    pass
            except MuxedStreamError:
                was_reset = True
            except StreamError:
                was_reset = True
        assert was_reset is guarded
