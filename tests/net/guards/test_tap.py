"""How much gossip is taken of each and of all: the honest have their share, a crowd has no more."""

import math
from collections.abc import Iterator

import pytest
import trio
from libp2p.pubsub.pb import rpc_pb2

from p2pevents.net.libp2p.guards import tap as taps
from p2pevents.net.libp2p.guards.inbound_slots import INBOUND_MAX
from p2pevents.net.libp2p.guards.rpc_in_order import IDS_MAX, MESSAGES_MAX
from p2pevents.net.libp2p.guards.tap import (
    ALL_SHARES_MESSAGES_A_SECOND,
    BURST_S,
    OWN_MESSAGES_A_SECOND,
    SHARE_MESSAGES_A_SECOND,
    Allowance,
    Tap,
    weight,
)
from p2pevents.net.libp2p.opening import CONNECTIONS_MAX, HEARTBEAT_S, MESH_DEGREE_MAX
from p2pevents.node.core.outbox import PUBLISH_PAUSE_MS
from tests.net.guards.rig import on_and_off

OFFERED_HEARTBEATS = 3
ID = b"i" * 46
SECONDS = 60


def frames_of_honest(speakers: int) -> Iterator[tuple[float, int]]:
    """When a peer says what, over a minute: all bundles of so many nodes, offers and answers."""
    pause_s = PUBLISH_PAUSE_MS / 1000
    said = round(speakers * HEARTBEAT_S / pause_s)
    offer = rpc_pb2.ControlIHave(topicID="t", messageIDs=[ID] * said * OFFERED_HEARTBEATS)
    answer = rpc_pb2.ControlIWant(messageIDs=[ID] * said * OFFERED_HEARTBEATS)
    control = rpc_pb2.ControlMessage(ihave=[offer], iwant=[answer])
    bundle = rpc_pb2.RPC(publish=[rpc_pb2.Message(data=b"x")])
    for second in range(1, SECONDS):
        yield second, weight(rpc_pb2.RPC(control=control))
        for number in range(round(1 / pause_s)):
            for _ in range(speakers):
                yield second + number * pause_s, weight(bundle)


@pytest.mark.parametrize(
    ("peers", "speakers"),
    [(5, MESH_DEGREE_MAX), (MESH_DEGREE_MAX, MESH_DEGREE_MAX), (INBOUND_MAX, 1)],
)
def test_what_an_honest_peer_says_is_within_its_share(peers: int, speakers: int) -> None:
    """Of few peers: all that a mesh of twelve says; with every inbound place taken: its own."""
    own = Allowance(now_s=0.0)
    beyond = [
        own.beyond_share(messages, now_s=at_s, peers=peers)
        for at_s, messages in frames_of_honest(speakers)
    ]
    assert len(beyond) > SECONDS
    assert sum(beyond) == 0


@pytest.mark.parametrize("peers", [1, MESH_DEGREE_MAX, INBOUND_MAX, CONNECTIONS_MAX])
def test_all_shares_together_are_bounded(peers: int) -> None:
    crowd = [Allowance(now_s=0.0) for _ in range(peers)]
    covered = 0
    for tick in range(SECONDS * 10):
        for one in crowd:
            beyond = one.beyond_share(MESSAGES_MAX, now_s=tick / 10, peers=peers)
            covered += MESSAGES_MAX - beyond
    assert covered <= SECONDS * min(peers * SHARE_MESSAGES_A_SECOND, ALL_SHARES_MESSAGES_A_SECOND)


def test_every_peer_has_what_a_node_says_of_its_own() -> None:
    assert ALL_SHARES_MESSAGES_A_SECOND / CONNECTIONS_MAX >= OWN_MESSAGES_A_SECOND


def test_who_comes_again_gains_nothing_by_it() -> None:
    for moment in range(100):
        fresh = Allowance(now_s=moment / 100)
        assert fresh.beyond_share(1, now_s=moment / 100, peers=1) == 1


def test_everything_in_a_frame_weighs_something() -> None:
    assert weight(rpc_pb2.RPC()) == 1
    many = [ID] * IDS_MAX
    offer = rpc_pb2.ControlMessage(ihave=[rpc_pb2.ControlIHave(messageIDs=many)])
    asked = rpc_pb2.ControlMessage(iwant=[rpc_pb2.ControlIWant(messageIDs=many)])
    for control in (offer, asked):
        assert weight(rpc_pb2.RPC(control=control)) > 100
    grafts = rpc_pb2.ControlMessage(
        graft=[rpc_pb2.ControlGraft()] * 5, prune=[rpc_pb2.ControlPrune()] * 6
    )
    said = [rpc_pb2.RPC.SubOpts(subscribe=True, topicid="t")] * 7
    assert weight(rpc_pb2.RPC(control=grafts, subscriptions=said)) == 18


@pytest.mark.parametrize("guarded", on_and_off)
async def test_many_loud_peers_are_together_no_louder_than_one(
    guarded: bool, monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    """100 Sybils for 10 s: what is taken of them all, and how long a quiet peer waits meanwhile."""
    del autojump_clock
    if not guarded:
        monkeypatch.setattr(taps, "ALL_MESSAGES_A_SECOND_MAX", math.inf)
    tap, taken = Tap(), 0
    seconds, sybils = 10, 100

    async def shout() -> None:
        nonlocal taken
        own = Allowance(now_s=trio.current_time())
        while True:
            async with tap.turn(MESSAGES_MAX, own, peers=sybils):
                taken += MESSAGES_MAX

    async with trio.open_nursery() as nursery:
        for _ in range(sybils):
            nursery.start_soon(shout)
        waited_s = await quiet_waits_s(tap, seconds=seconds, peers=sybils)
        nursery.cancel_scope.cancel()

    shared = (seconds + BURST_S) * taps.MESSAGES_A_SECOND_MAX
    shares = ALL_SHARES_MESSAGES_A_SECOND * seconds
    # One frame may be taken before it is paid.
    assert (taken <= shared + shares + MESSAGES_MAX) is guarded
    assert waited_s <= BURST_S


@pytest.mark.parametrize("guarded", on_and_off)
async def test_a_quiet_peer_waits_for_nobody(
    guarded: bool, monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    """Without shares of their own the honest stand in one row with everybody who shouts."""
    del autojump_clock
    if not guarded:
        monkeypatch.setattr(taps, "SHARE_MESSAGES_A_SECOND", 0)
    tap, sybils = Tap(), 100

    async def shout() -> None:
        own = Allowance(now_s=trio.current_time())
        while True:
            async with tap.turn(MESSAGES_MAX, own, peers=sybils):
                pass

    async with trio.open_nursery() as nursery:
        for _ in range(sybils):
            nursery.start_soon(shout)
        waited_s = await quiet_waits_s(tap, seconds=10, peers=sybils)
        nursery.cancel_scope.cancel()
    assert (waited_s <= 1 / taps.MESSAGES_A_SECOND_MAX) is guarded


async def quiet_waits_s(tap: Tap, *, seconds: int, peers: int) -> float:
    """Say four messages a second; return how long one of them waited at most."""
    quiet, waited_s = Allowance(now_s=trio.current_time()), 0.0
    await trio.sleep(1)
    for _ in range(4 * seconds):
        before_s = trio.current_time()
        async with tap.turn(1, quiet, peers=peers):
            pass
        waited_s = max(waited_s, trio.current_time() - before_s)
        await trio.sleep(PUBLISH_PAUSE_MS / 1000)
    return waited_s
