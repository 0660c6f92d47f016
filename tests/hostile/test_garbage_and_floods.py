"""Garbage, mutated frames and floods: the host lives, its memory stays, the honest notice little.

Victim, attacker and the honest have a process each. Ratios are of one run: the honest before and
after the attack, and during it.
"""

import pytest
import trio

from tests.hostile.probe import Probe, probe
from tests.hostile.processes import Program, program

MIB = 1024 * 1024
CALM_SAMPLES = 40
SLOWER_MAX = 2.0
# What a machine with two cores, shared with others, adds now and then to any median.
NOISE_S = 0.002

few_or_all = pytest.mark.parametrize(
    "scale",
    [
        pytest.param("few", marks=pytest.mark.timeout(120)),
        pytest.param("all", marks=[pytest.mark.full, pytest.mark.timeout(900)]),
    ],
)


def never() -> bool:
    return False


async def both_s(honest: Probe, *, during: Program | None) -> tuple[list[float], list[float]]:
    """Return how long answers and gossip take, all the while an attacker runs."""
    answers_s: list[float] = []
    gossip_s: list[float] = []

    def goes_on() -> bool:
        return during is not None and during.is_running

    async def answers() -> None:
        answers_s.extend(await honest.round_trips_s(while_true=goes_on, least=CALM_SAMPLES))

    async def gossip() -> None:
        gossip_s.extend(await honest.gossip_s(while_true=goes_on, least=CALM_SAMPLES))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answers)
        nursery.start_soon(gossip)
    return answers_s, gossip_s


def middle_s(times_s: list[float]) -> float:
    return sorted(times_s)[len(times_s) // 2]


async def attack(
    way: str,
    count: int,
    *,
    rss_bytes_max: int,
    say: pytest.CaptureFixture[str],
) -> None:
    """Attack once; fail unless the victim lives, within its memory, and the honest notice little.

    All gossip of the honest arrives, or `gossip_s` fails.
    """
    async with program("victim") as victim:
        address = await victim.hear("address")
        async with probe(address) as honest:
            before = await both_s(honest, during=None)
            rss_bytes, descriptors = victim.rss_bytes, victim.descriptors
            async with program("attacker", way, address, str(count)) as attacker:
                await attacker.hear("done", seconds=120)
                began_s = trio.current_time()
                under = await both_s(honest, during=attacker)
                took_s = trio.current_time() - began_s
                assert attacker.done() >= count
            grown_bytes = victim.rss_bytes - rss_bytes
            after = await both_s(honest, during=None)
            assert await victim.ask("peers") == 2
            calm_s = [middle_s(one + other) for one, other in zip(before, after, strict=True)]
            attacked_s = [middle_s(times) for times in under]
            with say.disabled():
                grown_mib = grown_bytes / MIB
                print(
                    f"\n{way}: {attacker.done()} in {took_s:.0f} s, rss +{grown_mib:.1f} MiB,"
                    f" answers {calm_s[0] * 1000:.2f} to {attacked_s[0] * 1000:.2f} ms,"
                    f" gossip {calm_s[1] * 1000:.2f} to {attacked_s[1] * 1000:.2f} ms"
                )
            assert victim.is_running
            assert grown_bytes < rss_bytes_max
            for calm, attacked in zip(calm_s, attacked_s, strict=True):
                assert attacked < SLOWER_MAX * calm + NOISE_S
            assert victim.descriptors == descriptors


@few_or_all
async def test_garbage_before_the_handshake(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    count = {"few": 500, "all": 10_000}[scale]
    await attack("garbage", count, rss_bytes_max=32 * MIB, say=capsys)


@few_or_all
async def test_mutated_frames_after_the_handshake(
    scale: str, capsys: pytest.CaptureFixture[str]
) -> None:
    count = {"few": 100, "all": 2_000}[scale]
    await attack("mutated", count, rss_bytes_max=32 * MIB, say=capsys)


@few_or_all
async def test_a_flood_of_messages(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    """15,000 well-signed messages a second are offered, of which none is wanted."""
    count = {"few": 15_040, "all": 150_016}[scale]
    await attack("flood", count, rss_bytes_max=16 * MIB, say=capsys)


@few_or_all
async def test_a_crowd_of_peers_that_flood(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    """20 Sybils send well-signed messages that nobody wants, each as fast as it is taken."""
    count = {"few": 12_800, "all": 128_000}[scale]
    await attack("crowd", count, rss_bytes_max=24 * MIB, say=capsys)
