"""Guards around connections, each with and without it."""

import os
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
import trio
from libp2p import new_swarm
from libp2p.network.exceptions import SwarmException
from libp2p.peer.id import ID
from libp2p.stream_muxer.yamux.yamux import Yamux
from trio_websocket import open_websocket_url

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p.addresses import parse
from p2pevents.net.libp2p.guards import inbound_slots, keepalive
from p2pevents.net.libp2p.guards.bouncer import Bouncer
from p2pevents.net.libp2p.guards.guard import wear
from p2pevents.net.libp2p.guards.inbound_slots import InboundSlots
from p2pevents.net.libp2p.guards.keepalive import Keepalive
from p2pevents.net.libp2p.guards.sound_websocket import MESSAGE_BYTES_MAX
from p2pevents.net.libp2p.network import Libp2pNetwork
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.network import PeerDown
from tests.net.conftest import open_sockets
from tests.net.guards.proxy import Proxy
from tests.net.guards.rig import TOPIC, Guards, closes, id_of, rig, swarm_of
from tests.net.worlds import Listener, seed, until, until_meshed

ANYWHERE = "/ip4/127.0.0.1/tcp/0"
PEER = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
IDLE_SOCKETS = 260


def port_of(address: str) -> int:
    return int(address.split("/")[4])


@closes("inbound slots", holes=["network/swarm.py:353"])
async def test_a_place_is_free_again_when_its_connection_ends(
    guards: Guards, guarded: bool
) -> None:
    cycles = 10
    async with open_network(seed=seed("a"), guards=guards) as a, open_network(seed=seed("b")) as b:
        await a.listen([ANYWHERE])
        for _ in range(cycles):
            await b.dial(a.addresses()[0])
            await b.disconnect(a.peer_id)
            await until(lambda: not a.peers())
        swarm = swarm_of(a)
        await trio.sleep(0.3)
        if isinstance(swarm, InboundSlots):
            held = sum(swarm.inbound_by_ip.values()) + len(swarm.half_open)
        else:
            held = swarm._inbound_limiter.borrowed_tokens
        assert held == (0 if guarded else cycles)


@closes("inbound slots", holes=["network/swarm.py:353"])
async def test_idle_sockets_keep_no_honest_peer_out(guards: Guards, guarded: bool) -> None:
    async with open_network(seed=seed("a"), guards=guards) as a, open_network(seed=seed("b")) as b:
        await a.listen([ANYWHERE])
        idle = [
            await trio.open_tcp_stream("127.0.0.1", port_of(a.addresses()[0]))
            for _ in range(IDLE_SOCKETS)
        ]
        await trio.sleep(0.3)
        try:
            await b.dial(a.addresses()[0])
            arrived = True
        except NetworkError:
            arrived = False
        for socket in idle:
            await socket.aclose()
        assert arrived is guarded


@closes("inbound slots", holes=["pubsub/gossipsub.py:2471"])
async def test_one_address_has_a_bounded_number_of_places(
    guards: Guards, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of this happens on one machine, whose own addresses are not counted otherwise.
    monkeypatch.setattr(inbound_slots, "_is_far", lambda _ip: True)
    monkeypatch.setattr(inbound_slots, "INBOUND_PER_IP_MAX", 2)
    async with open_network(seed=seed("a"), guards=guards) as a, AsyncExitStack() as others:
        await a.listen([ANYWHERE])
        for letter in "bcd":
            other = await others.enter_async_context(open_network(seed=seed(letter)))
            with suppress(NetworkError):
                await other.dial(a.addresses()[0])
        assert (len(a.peers()) == 2) is guarded


async def test_security_is_noise_alone() -> None:
    async with open_network(seed=seed("a")) as a:
        upgrader = swarm_of(a).upgrader
        assert list(upgrader.security_multistream.transports) == ["/noise"]
        assert list(upgrader.muxer_multistream.transports) == ["/yamux/1.0.0"]
    stock = new_swarm()
    assert "/plaintext/2.0.0" in stock.upgrader.security_multistream.transports  # type: ignore[attr-defined]


@closes("own dials only", holes=["network/swarm.py:1378"])
async def test_nobody_is_dialled_unasked(guards: Guards, guarded: bool) -> None:
    async with open_network(seed=seed("a")) as a, open_network(seed=seed("b"), guards=guards) as b:
        await a.listen([ANYWHERE])
        swarm, peer_id = swarm_of(b), id_of(a)
        place = a.addresses()[0].partition("/p2p/")[0]
        swarm.peerstore.add_addrs(peer_id, [parse(place)], 60)
        if guarded:
            with pytest.raises(SwarmException):
                await swarm.new_stream(peer_id)
            assert b.peers() == ()
        else:
            await swarm.new_stream(peer_id)
            assert b.peers()


@closes("own dials only", holes=["network/auto_connector.py:313"])
async def test_what_strangers_told_is_not_dialled(guards: Guards, guarded: bool) -> None:
    async with open_network(seed=seed("a")) as a, open_network(seed=seed("b"), guards=guards) as b:
        await a.listen([ANYWHERE])
        place = a.addresses()[0].partition("/p2p/")[0]
        swarm = swarm_of(b)
        swarm.peerstore.add_addrs(id_of(a), [parse(place)], 60)
        await swarm.auto_connector.maybe_connect()
        with trio.move_on_after(1):
            await until(lambda: bool(b.peers()))
        assert (not b.peers()) is guarded


@closes("sole port")
async def test_a_port_is_one_nodes_alone(guards: Guards, guarded: bool) -> None:
    async with open_network(seed=seed("a")) as a, open_network(seed=seed("b"), guards=guards) as b:
        await a.listen([ANYWHERE])
        place = a.addresses()[0].partition("/p2p/")[0]
        if guarded:
            with pytest.raises(NetworkError):
                await b.listen([place])
        else:
            await b.listen([place])
            assert port_of(b.addresses()[0]) == port_of(a.addresses()[0])


@closes("keepalive")
async def test_a_silent_peer_is_dropped(
    guards: Guards, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepalive, "PING_EVERY_S", 0.2)
    monkeypatch.setattr(keepalive, "PONG_S_MAX", 0.3)
    async with (
        trio.open_nursery() as nursery,
        open_network(seed=seed("a"), guards=guards) as a,
        open_network(seed=seed("b")) as b,
    ):
        await b.listen([ANYWHERE])
        proxy = Proxy(port_of(b.addresses()[0]))
        await nursery.start(proxy.run)
        await a.dial(f"/ip4/127.0.0.1/tcp/{proxy.own_port}/p2p/{b.peer_id}")
        await a.changes.receive()
        proxy.freeze()
        with trio.move_on_after(3):
            assert await a.changes.receive() == PeerDown(peer_id=b.peer_id)
        assert bool(a.peers()) is not guarded
        nursery.cancel_scope.cancel()


async def test_a_living_peer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepalive, "PING_EVERY_S", 0.05)
    async with open_network(seed=seed("a")) as a, open_network(seed=seed("b")) as b:
        await a.listen([ANYWHERE])
        await b.dial(a.addresses()[0])
        connection = swarm_of(b).get_connections()[0].muxed_conn
        assert isinstance(connection, Keepalive)
        await until(lambda: connection._ping_id > 5)
        assert b.peers()
        assert 0 < connection.rtt() < 1


@closes("newest connection", holes=["pubsub/pubsub.py:909"])
async def test_a_peer_that_lost_its_network_is_heard_again_at_once(
    guards: Guards, guarded: bool
) -> None:
    words = 10
    async with trio.open_nursery() as nursery, open_network(seed=seed("a"), guards=guards) as a:
        at_a = Listener()
        await a.subscribe(TOPIC, at_a)
        await a.listen([ANYWHERE])
        proxy = Proxy(port_of(a.addresses()[0]))
        await nursery.start(proxy.run)
        async with open_network(seed=seed("b"), guards=guards) as old:
            await old.subscribe(TOPIC, Listener())
            await old.dial(f"/ip4/127.0.0.1/tcp/{proxy.own_port}/p2p/{a.peer_id}")
            await until_meshed(TOPIC, a, old)
            proxy.freeze()
        # `old` is gone, and a, which got no farewell, does not know.
        assert a.peers()
        async with open_network(seed=seed("b"), guards=guards) as new:
            at_new = Listener()
            await new.subscribe(TOPIC, at_new)
            await new.dial(a.addresses()[0])
            # Longer than a heartbeat, in which the mesh forms.
            await trio.sleep(1.5)
            for number in range(words):
                await a.publish(TOPIC, b"from a %d" % number)
                await new.publish(TOPIC, b"from new %d" % number)
            with trio.move_on_after(2):
                await until(lambda: len(at_new.heard) == len(at_a.heard) == words)
            assert (len(at_new.heard) == len(at_a.heard) == words) is guarded
        nursery.cancel_scope.cancel()


@closes("newest connection", holes=["pubsub/pubsub.py:1229"], inverse=False)
async def test_dials_that_cross_leave_one_connection(guards: Guards, guarded: bool) -> None:
    del guarded
    for _ in range(3):
        async with (
            open_network(seed=seed("a"), guards=guards) as a,
            open_network(seed=seed("b"), guards=guards) as b,
        ):
            await a.subscribe(TOPIC, Listener())
            at_b = Listener()
            await b.subscribe(TOPIC, at_b)
            await a.listen([ANYWHERE])
            await b.listen([ANYWHERE])

            async with trio.open_nursery() as nursery:
                nursery.start_soon(a.dial, b.addresses()[0])
                nursery.start_soon(b.dial, a.addresses()[0])
            await until(
                lambda: (
                    len(swarm_of(a).get_connections()) == 1
                    and len(swarm_of(b).get_connections()) == 1
                )
            )
            # What is said while gossip moves over to it may be lost: sync brings that.
            with trio.fail_after(10):
                while not at_b.heard:
                    await a.publish(TOPIC, os.urandom(8))
                    await trio.sleep(0.3)


@closes("sound websocket", holes=["transport/websocket/connection.py:537"])
async def test_a_websocket_peer_has_an_address(guards: Guards, guarded: bool) -> None:
    async with open_network(seed=seed("a"), guards=guards) as a, open_network(seed=seed("b")) as b:
        await a.listen([f"{ANYWHERE}/ws"])
        await b.dial(a.addresses()[0])
        await until(lambda: bool(a.peers()))
        assert ("/ip4/127.0.0.1/" in a.peers()[0].address) is guarded
        await b.disconnect(a.peer_id)


def raw_of(network: Libp2pNetwork, other: Libp2pNetwork) -> Any:
    """The WebSocket under the connection of two, deep in what libp2p wraps around it."""
    [connection] = swarm_of(network).get_connections(id_of(other))
    secured = connection.muxed_conn.secured_conn  # type: ignore[attr-defined]
    return secured.conn.read_writer.read_write_closer.stream


@closes("sound websocket", holes=["transport/websocket/connection.py:495"], inverse=False)
async def test_a_websocket_that_its_peer_left_holds_no_socket(
    guards: Guards, guarded: bool
) -> None:
    del guarded
    async with open_network(seed=seed("a"), guards=guards) as a, open_network(seed=seed("b")) as b:
        await b.listen([f"{ANYWHERE}/ws"])
        before = open_sockets()
        await a.dial(b.addresses()[0])
        await until(lambda: bool(b.peers()))
        # As libp2p finds it when a write failed, or its peer said goodbye.
        raw_of(a, b)._closed = True
        await a.disconnect(b.peer_id)
        with trio.move_on_after(3):
            await until(lambda: open_sockets() <= before)
        assert open_sockets() <= before


@closes("sound websocket", holes=["transport/websocket/transport.py:826"])
async def test_a_message_of_a_websocket_is_bounded(guards: Guards, guarded: bool) -> None:
    async with open_network(seed=seed("a"), guards=guards) as a, open_network(seed=seed("b")) as b:
        await a.listen([f"{ANYWHERE}/ws"])
        await b.dial(a.addresses()[0])
        await until(lambda: bool(a.peers()))
        bound = raw_of(a, b)._ws_connection._max_message_size
        assert (bound <= MESSAGE_BYTES_MAX) is guarded
        await b.disconnect(a.peer_id)


@closes("sound websocket", holes=["protocol_muxer/multiselect.py:139"])
async def test_a_websocket_peer_is_answered_and_not_spoken_to_first(
    guards: Guards, guarded: bool
) -> None:
    hello = b"\x13/multistream/1.0.0\n"
    async with open_network(seed=seed("a"), guards=guards) as a:
        await a.listen([f"{ANYWHERE}/ws"])
        url = f"ws://127.0.0.1:{port_of(a.addresses()[0])}"
        async with open_websocket_url(url) as websocket:
            heard: bytes | str = b""
            with trio.move_on_after(0.3):
                heard = await websocket.get_message()
            assert heard == (b"" if guarded else hello)
            await websocket.send_message(hello)
            if guarded:
                assert await websocket.get_message() == hello


@closes("one port", holes=["transport/manager.py:265"])
async def test_one_port_serves_tcp_and_websocket(guards: Guards, guarded: bool) -> None:
    async with open_network(seed=seed("a"), guards=guards) as a, open_network(seed=seed("b")) as b:
        await a.listen([ANYWHERE])
        place = a.addresses()[0].partition("/p2p/")[0]
        for end in ("", "/ws"):
            try:
                with trio.fail_after(3):
                    await b.dial(f"{place}{end}/p2p/{a.peer_id}")
                arrived = True
                await b.disconnect(a.peer_id)
                await until(lambda: not a.peers())
            except NetworkError:
                arrived = False
            except trio.TooSlowError:
                arrived = False
            assert arrived is (guarded or not end)
        assert f"{place}/ws/p2p/{a.peer_id}" in a.addresses()


@closes("sound websocket", holes=["transport/websocket/transport.py:821"])
async def test_dialling_a_websocket_where_none_is_ends_nobody(
    guards: Guards, guarded: bool
) -> None:
    """An address of a stranger may lead anywhere: here to a port that speaks libp2p at once."""
    died = False

    async def speak(stream: trio.SocketStream) -> None:
        await stream.send_all(b"\x13/multistream/1.0.0\n")
        await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, speak, 0)
        port = listeners[0].socket.getsockname()[1]
        try:
            async with open_network(seed=seed("a"), guards=guards) as a:
                with trio.move_on_after(3), suppress(NetworkError):
                    await a.dial(f"/ip4/127.0.0.1/tcp/{port}/ws/p2p/{PEER}")
        except* NetworkError:
            died = True
        nursery.cancel_scope.cancel()
    assert died is not guarded


@closes("one port", holes=["transport/websocket/listener.py:238"])
async def test_idle_websockets_keep_no_honest_peer_out_and_have_an_end(
    guards: Guards, guarded: bool
) -> None:
    """Sockets that begin a handshake of HTTP and do not go on: they are half open too."""
    async with open_network(seed=seed("a"), guards=guards) as a, open_network(seed=seed("b")) as b:
        await a.listen([f"{ANYWHERE}/ws"])
        idle = []
        for _ in range(2 * inbound_slots.HALF_OPEN_MAX):
            stream = await trio.open_tcp_stream("127.0.0.1", port_of(a.addresses()[0]))
            await stream.send_all(b"GET / HTTP/1.1\r\n")
            idle.append(stream)
        await trio.sleep(0.5)
        closed = 0
        for stream in idle:
            with trio.move_on_after(0.001):
                try:
                    closed += await stream.receive_some(1) == b""
                except trio.BrokenResourceError:
                    closed += 1
        assert (closed >= inbound_slots.HALF_OPEN_MAX) is guarded
        await b.dial(a.addresses()[0])
        await b.disconnect(a.peer_id)
        for stream in idle:
            await stream.aclose()


class _SlowConnection:
    """Takes a frame in two halves, with a pause between."""

    is_initiator = True

    def __init__(self) -> None:
        self.taken = b""

    async def write(self, data: bytes) -> None:
        self.taken += data[: len(data) // 2]
        await trio.sleep(0.1)
        self.taken += data[len(data) // 2 :]


@closes("whole frames")
async def test_a_cancelled_task_cuts_no_frame(guards: Guards, guarded: bool) -> None:
    slow = _SlowConnection()
    muxer = wear(Yamux, guards, Bouncer())
    connection = muxer(slow, ID(b"x"))  # type: ignore[arg-type]
    with trio.move_on_after(0.05):
        await connection._write_frame(b"a whole frame")
    assert (slow.taken == b"a whole frame") is guarded


async def test_who_is_banned_is_refused_at_the_door() -> None:
    async with rig() as r:
        bouncer = r.victim._bouncer
        for _ in range(8):
            bouncer.blame(r.stranger.peer_id, ip="127.0.0.9")
        await until(lambda: [peer.peer_id for peer in r.victim.peers()] == [r.friend.peer_id])
        assert bouncer.is_banned(r.stranger.peer_id)
        assert not bouncer.is_banned("127.0.0.9")
        for number in range(7):
            for _ in range(8):
                bouncer.blame(f"other {number}", ip="127.0.0.9")  # type: ignore[arg-type]
        assert bouncer.is_banned("127.0.0.9")
        assert await r.victim_lives()
