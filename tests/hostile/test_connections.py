"""Connections that come and go, and sockets that say nothing: there is room for the honest."""

import pytest
import trio

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p.guards.all import ALL
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.peer_id import SEED_BYTES
from tests.hostile.processes import Program, program
from tests.hostile.victim import PATIENT
from tests.net.worlds import until

IDLE_SOCKETS = 500
ARRIVED_MIN = 0.95
SETTLES_S = 2.0
DIALLERS = 8
ROUNDS_MAX = 3
GROWN_MIB_MAX = 16.0
FEW_PLACES = 12

pytestmark = pytest.mark.timeout(120)


def few(count: int) -> object:
    return pytest.param(count, marks=pytest.mark.timeout(600))


def full(count: int) -> object:
    return pytest.param(count, marks=[pytest.mark.full, pytest.mark.timeout(1800)])


async def facts(victim: Program) -> dict[str, int]:
    await victim.ask("peers")
    return dict(victim.said[-1])


def opened_by(attacker: Program) -> int:
    return sum("opened" in said for said in attacker.said)


async def come_and_go(address: str, number: int, cycles: int) -> None:
    """Connect and leave, every third time by letting the socket end without a word."""
    async with open_network(seed=bytes([number]) * SEED_BYTES) as network:
        for cycle in range(cycles):
            peer = await network.dial(address)
            if cycle % 3 == 2:
                (connection,) = network._swarm.get_connections()
                await connection.muxed_conn.secured_conn.close()  # type: ignore[attr-defined]
                await until(lambda: not network.peers())
            else:
                await network.disconnect(peer)


@pytest.mark.parametrize("cycles", [few(2_000), full(5_000)])
async def test_no_place_is_lost_in_many_connections(
    cycles: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with program("victim") as victim:
        address = await victim.hear("address")
        await come_and_go(address, DIALLERS, 3)
        await trio.sleep(SETTLES_S)
        descriptors, rss_bytes = victim.descriptors, victim.rss_bytes
        began_s = trio.current_time()
        # Leaving takes libp2p 200 ms of waiting, so that several come and go beside each other.
        async with trio.open_nursery() as nursery:
            for number in range(DIALLERS):
                nursery.start_soon(come_and_go, address, number, cycles // DIALLERS)
        took_s = trio.current_time() - began_s
        await trio.sleep(SETTLES_S)
        grown_mib = (victim.rss_bytes - rss_bytes) / 2**20
        with capsys.disabled():
            print(f"\n{cycles} connections in {took_s:.0f} s, rss +{grown_mib:.1f} MiB")
        told = await facts(victim)
        assert (told["peers"], told["inbound"], told["half_open"]) == (0, 0, 0)
        assert victim.descriptors == descriptors
        assert grown_mib < GROWN_MIB_MAX
        await come_and_go(address, DIALLERS, 1)


async def test_unguarded_places_that_nobody_gives_back_make_a_node_deaf() -> None:
    """Every guest leaves politely. By itself libp2p has 250 places; a few are lost more quickly."""
    without = tuple(guard for guard in ALL if guard.name != "inbound slots")
    async with open_network(seed=b"d" * SEED_BYTES, guards=without) as network:
        network._swarm._inbound_limiter.total_tokens = FEW_PLACES
        await network.listen(["/ip4/127.0.0.1/tcp/0"])
        (address,) = (each for each in network.addresses() if "/ws" not in each)
        for _ in range(FEW_PLACES // 3):
            await come_and_go(address, 1, 3)
        await until(lambda: not network.peers())
        with pytest.raises(NetworkError):
            await come_and_go(address, 1, 1)


async def arrivals(address: str, seconds: float) -> tuple[int, int]:
    """Come again and again beside 500 idle sockets; return how often one arrived, and did not.

    Each idle socket is opened again at once when the victim closes it.
    """
    arrived, refused = 0, 0

    async def come_again(number: int) -> None:
        nonlocal arrived, refused
        async with open_network(seed=bytes([number]) * SEED_BYTES) as network:
            until_s = trio.current_time() + seconds
            while trio.current_time() < until_s:
                try:
                    peer = await network.dial(address)
                    arrived += 1
                    await network.disconnect(peer)
                except NetworkError:
                    refused += 1
                await trio.sleep(0.05)

    async with program("attacker", "idle", address, str(IDLE_SOCKETS), "0") as attacker:
        await until(lambda: opened_by(attacker) >= IDLE_SOCKETS, seconds=30)
        # Of the few that one of them can try, a single unlucky one would decide.
        async with trio.open_nursery() as nursery:
            for number in range(DIALLERS):
                nursery.start_soon(come_again, number)
    return arrived, refused


@pytest.mark.parametrize("seconds", [5, full(30)])
async def test_idle_sockets_keep_no_honest_peer_out(
    seconds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 sockets that say nothing, each opened again at once when the victim closes it.

    The best of a few rounds counts: a machine that does other things beside delays the honest
    in their own process, until they are the oldest that is half open.
    """
    arrived = refused = 0
    async with program("victim") as victim:
        address = await victim.hear("address")
        for _ in range(ROUNDS_MAX):
            arrived, refused = await arrivals(address, seconds)
            with capsys.disabled():
                print(f"\n{arrived} of {arrived + refused} arrived")
            if arrived >= ARRIVED_MIN * (arrived + refused):
                break
    assert arrived + refused >= seconds * DIALLERS
    assert arrived >= ARRIVED_MIN * (arrived + refused)


async def test_unguarded_idle_sockets_that_stay_keep_the_honest_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same at a victim where the oldest that is half open makes way for nobody."""
    async with program("victim", PATIENT) as victim:
        arrived, refused = await arrivals(await victim.hear("address"), 3)
        with capsys.disabled():
            print(f"\nunguarded: {arrived} of {arrived + refused} arrived")
        assert arrived < refused
