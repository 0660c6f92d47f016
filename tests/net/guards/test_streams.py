"""Guards around streams, each with and without it."""

import struct
from contextlib import suppress

import trio
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.yamux.yamux import TYPE_DATA, YAMUX_HEADER_FORMAT, Yamux, YamuxStream

from p2pevents.net.libp2p.guards.fewer_turns import READS_A_TURN, PromptSession
from p2pevents.net.libp2p.guards.stream_windows import (
    INBOUND_STREAMS_MAX,
    WINDOW_BYTES_MAX,
    StreamWindows,
)
from p2pevents.net.network import PeerStream
from tests.net.guards.rig import Guards, closes, id_of, raw_stream, rig, swarm_of
from tests.net.worlds import until

SLEEP = "/sleep/1"
FRAME_BYTES = 60_000
ECHO = "/echo/1"
MESSAGES = 20
TURNS_MAX = 4  # after a message has left; stock libp2p has ten, most of them before


async def sleep(stream: PeerStream) -> None:
    await trio.sleep_forever()


@closes("stream windows", holes=["stream_muxer/yamux/yamux.py:1315"])
async def test_a_window_is_not_overrun(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        r.victim.serve(SLEEP, sleep)
        stream = (await raw_stream(r.stranger, r.victim, SLEEP)).muxed_stream  # type: ignore[attr-defined]
        assert isinstance(stream, YamuxStream)
        [connection] = swarm_of(r.victim).get_connections(id_of(r.stranger))
        held = connection.muxed_conn
        assert isinstance(held, Yamux)
        header = struct.pack(YAMUX_HEADER_FORMAT, 0, TYPE_DATA, 0, stream.stream_id, FRAME_BYTES)
        # Writing fails once the victim hangs up, by whatever the stranger's libp2p raises.
        with trio.move_on_after(2), suppress(Exception):
            for _ in range(3 * WINDOW_BYTES_MAX // FRAME_BYTES):
                await stream.conn._write_frame(header + bytes(FRAME_BYTES))
        await trio.sleep(0.2)
        assert held.is_closed is guarded
        if not guarded:
            assert len(held.stream_buffers[stream.stream_id]) > 2 * WINDOW_BYTES_MAX
        assert await r.victim_lives()


@closes("stream windows", holes=["stream_muxer/yamux/yamux.py:145"])
async def test_a_frame_is_no_larger_than_a_window(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        stream = (await raw_stream(r.stranger, r.victim, "/echo/1")).muxed_stream  # type: ignore[attr-defined]
        [connection] = swarm_of(r.victim).get_connections(id_of(r.stranger))
        header = struct.pack(
            YAMUX_HEADER_FORMAT, 0, TYPE_DATA, 0, stream.stream_id, WINDOW_BYTES_MAX + 1
        )
        await stream.conn._write_frame(header)
        await trio.sleep(0.3)
        assert connection.is_closed is guarded


@closes("stream windows", holes=["stream_muxer/yamux/yamux.py:1300"])
async def test_a_peer_has_a_bounded_number_of_streams(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        serving = 0

        async def count(stream: PeerStream) -> None:
            nonlocal serving
            serving += 1
            try:
                async for _ in stream:
                    pass
            finally:
                serving -= 1

        r.victim.serve(SLEEP, count)
        opened = []
        for _ in range(2 * INBOUND_STREAMS_MAX):
            stream = await r.stranger._swarm.new_stream(id_of(r.victim))
            await stream.write(b"\x13/multistream/1.0.0\n\x09/sleep/1\n")
            opened.append(stream)
        await trio.sleep(0.3)
        assert (serving <= INBOUND_STREAMS_MAX) is guarded
        # The places are free again when the streams end.
        for stream in opened:
            await stream.reset()
        await until(lambda: serving == 0)
        again = await r.stranger.open_stream(r.victim.peer_id, "/echo/1")
        await again.send_all(b"x")
        assert await again.receive_some() == b"x"


@closes("stream windows", holes=["stream_muxer/yamux/yamux.py:1043"])
async def test_a_stream_that_was_reset_holds_nothing(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        r.victim.serve(SLEEP, sleep)
        [connection] = swarm_of(r.victim).get_connections(id_of(r.stranger))
        held = connection.muxed_conn
        assert isinstance(held, Yamux)
        for _ in range(2 * INBOUND_STREAMS_MAX):
            stream = await raw_stream(r.stranger, r.victim, SLEEP)
            await stream.write(b"x" * 1000)
            await stream.reset()
        await trio.sleep(0.3)
        assert (sum(map(len, held.stream_buffers.values())) == 0) is guarded


@closes("woken reader")
async def test_who_reads_is_told_of_a_reset_by_this_side(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        stream = await raw_stream(r.victim, r.stranger, "/ipfs/ping/1.0.0")
        muxed = stream.muxed_stream  # type: ignore[attr-defined]
        told = trio.Event()

        async def read() -> None:
            with suppress(MuxedStreamError):
                await muxed.read(1)
            told.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await trio.sleep(0.1)
            await muxed.reset()
            with trio.move_on_after(0.5):
                await told.wait()
            assert told.is_set() is guarded
            assert muxed.stream_id not in muxed.conn.stream_events
            nursery.cancel_scope.cancel()


@closes("stream windows", holes=["stream_muxer/yamux/yamux.py:466"])
async def test_a_message_costs_no_window_updates(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        [connection] = swarm_of(r.victim).get_connections(id_of(r.friend))
        muxed = connection.muxed_conn
        assert isinstance(muxed, Yamux)
        updates = 0
        write = muxed._write_frame

        async def counting(data: bytes) -> None:
            nonlocal updates
            updates += data[1] == 1
            await write(data)

        muxed._write_frame = counting  # type: ignore[method-assign]
        async with await r.friend.open_stream(r.victim.peer_id, "/echo/1") as stream:
            for _ in range(20):
                await stream.send_all(b"x" * 100)
                await stream.receive_some()
        # One to accept the stream, and one that says its end.
        assert (updates <= 3) is guarded


@closes("chosen muxer")
async def test_the_guarded_muxer_is_the_one_in_use(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        [connection] = swarm_of(r.victim).get_connections(id_of(r.friend))
        assert isinstance(connection.muxed_conn, StreamWindows) is guarded


async def test_bulk_goes_on_within_the_windows() -> None:
    async with rig() as r:
        size = 8 * WINDOW_BYTES_MAX
        received = 0
        stream = await r.friend.open_stream(r.victim.peer_id, "/echo/1")
        async with stream, trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, bytes(size))
            while received < size:
                received += len(await stream.receive_some())
        assert received == size


class Turns(trio.abc.Instrument):
    """Counts the turns that one task has had."""

    def __init__(self, task: trio.lowlevel.Task) -> None:
        self.count = 0
        self._task = task

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.count += task is self._task


@closes("fewer turns", holes=["stream_muxer/yamux/yamux.py:239"])
async def test_a_message_leaves_without_waiting_for_its_turn(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r:
        r.friend.serve(SLEEP, sleep)
        async with await r.victim.open_stream(r.friend.peer_id, SLEEP) as stream:
            turns = Turns(trio.lowlevel.current_task())
            trio.lowlevel.add_instrument(turns)
            await stream.send_all(b"fresh")
            trio.lowlevel.remove_instrument(turns)
        assert (turns.count <= TURNS_MAX) is guarded


@closes("fewer turns", holes=["security/noise/io.py:87"])
async def test_a_packet_is_read_in_one_call(guards: Guards, guarded: bool) -> None:
    async with rig(guards) as r, await r.friend.open_stream(r.victim.peer_id, ECHO) as stream:
        [connection] = swarm_of(r.victim).get_connections(id_of(r.friend))
        raw = connection.muxed_conn.secured_conn.conn.read_writer.read_write_closer  # type: ignore[attr-defined]
        read, count = raw.read, 0

        async def counted(n: int | None = None) -> bytes:
            nonlocal count
            count += 1
            return bytes(await read(n))

        raw.read = counted
        for _ in range(MESSAGES):
            await stream.send_all(b"ping")
            assert await stream.receive_some() == b"ping"
        assert (count < 1.5 * MESSAGES) is guarded


async def test_a_peer_of_many_small_frames_holds_nobody_up() -> None:
    """A prompt session gives others their turn, however much has come at once."""
    async with rig() as r, await r.stranger.open_stream(r.victim.peer_id, ECHO) as stream:
        await stream.send_all(b"met")
        await stream.receive_some()
        [connection] = swarm_of(r.victim).get_connections(id_of(r.stranger))
        session = connection.muxed_conn.secured_conn  # type: ignore[attr-defined]
        assert isinstance(session, PromptSession)
        turns = Turns(trio.lowlevel.current_task())
        session._plain = bytearray(100 * READS_A_TURN)
        trio.lowlevel.add_instrument(turns)
        for _ in range(100 * READS_A_TURN):
            await session.read(1)
        trio.lowlevel.remove_instrument(turns)
        assert turns.count >= 99
