"""Garbage, mutated frames and floods: the host lives, its memory stays, the honest notice little.

Victim, attacker and the honest have a process each. Ratios are of one run: rounds of attack with
calm between them, each judged by what the honest saw just before and just after it, and by what
the victim worked while they waited: other work of the machine slows down both, and is no attack.
"""

from dataclasses import dataclass
from statistics import median

import pytest
import trio

from tests.hostile.probe import Moment, Probe, probe
from tests.hostile.processes import Program, program
from tests.hostile.victim import LOOSE

MIB = 1024 * 1024
CALM_SAMPLES = 40
ROUNDS = 3
SLOWER_MAX = 2.0
SYBILS = 20
A_SECOND_MIN = 1_000
"""A machine that is too busy to send so much cannot show what it does."""

LOOK_EVERY_S = 0.2
GONE_S_MAX = 30.0
# A flood signs all that it will send beforehand, with what a busy machine leaves it.
STARTS_S_MAX = 600.0
# What an attacker has on its way when enough was taken.
UNDER_WAY = 4_096

few_or_all = pytest.mark.parametrize(
    "scale",
    [
        pytest.param("few", marks=pytest.mark.timeout(120)),
        pytest.param("all", marks=[pytest.mark.full, pytest.mark.timeout(900)]),
    ],
)


def never() -> bool:
    return False


class Attack:
    """One round: what it says it did, or of messages, what the victim took."""

    def __init__(self, victim: Program, attacker: Program, *, taken_min: int) -> None:
        self.victim, self.attacker = victim, attacker
        self._taken_min = taken_min
        self._taken_before = 0
        self.taken = 0

    async def look(self) -> None:
        """Count what the victim took, all the while."""
        self._taken_before = await self.victim.ask("spam")
        while self.goes_on():
            self.taken = await self.victim.ask("spam") - self._taken_before
            await trio.sleep(LOOK_EVERY_S)

    def goes_on(self) -> bool:
        if self._taken_min:
            return self.taken < self._taken_min
        return self.attacker.is_running


async def both(honest: Probe, *, during: Attack | None) -> tuple[list[Moment], list[Moment]]:
    """Return how long answers and gossip take, all the while an attack goes on."""
    answers: list[Moment] = []
    gossip: list[Moment] = []
    goes_on = never if during is None else during.goes_on

    async def ask() -> None:
        answers.extend(await honest.answers(while_true=goes_on, least=CALM_SAMPLES))

    async def publish() -> None:
        gossip.extend(await honest.gossip(while_true=goes_on, least=CALM_SAMPLES))

    async with trio.open_nursery() as nursery:
        if during is not None:
            nursery.start_soon(during.look)
        nursery.start_soon(ask)
        nursery.start_soon(publish)
    return answers, gossip


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What the honest noticed, in each round: how many times as long answers and gossip took."""

    answers: list[float]
    gossip: list[float]
    grown_bytes: int
    taken_a_second: float

    @property
    def slower(self) -> float:
        """The worse of the two, each in the middle of its rounds."""
        return max(median(self.answers), median(self.gossip))


async def attack(
    way: str,
    count: int,
    *,
    victims_word: str = "",
    taken_min: int = 0,
    say: pytest.CaptureFixture[str],
) -> Damage:
    """Attack in rounds; fail unless the victim lives and all gossip of the honest arrives.

    Args:
        way: how, as in `attacker.py`.
        count: how much of it, in one round.
        victims_word: what the victim is told.
        taken_min: a round ends when the victim took so many messages; 0: when the attacker ends.
        say: where the figures are printed.
    """
    ratios: tuple[list[float], list[float]] = ([], [])
    grown_bytes = 0
    told, rates = [], []
    async with program("victim", *filter(None, [victims_word])) as victim:
        address = await victim.hear("address")
        async with probe(victim, address) as honest:
            before = await both(honest, during=None)
            rss_bytes, descriptors = victim.rss_bytes, victim.descriptors
            for number in range(ROUNDS):
                async with program("attacker", way, address, str(count), str(number)) as attacker:
                    await attacker.hear("done", seconds=STARTS_S_MAX)
                    began_s = trio.current_time()
                    this = Attack(victim, attacker, taken_min=taken_min)
                    under = await both(honest, during=this)
                    took_s = trio.current_time() - began_s
                    rates.append(this.taken / took_s)
                    if not taken_min:
                        assert attacker.done() >= count
                grown_bytes = victim.rss_bytes - rss_bytes
                await until_gone(victim)
                after = await both(honest, during=None)
                words = [f"{this.taken or attacker.done()} in {took_s:.0f} s"]
                for kind, name in enumerate(("answers", "gossip")):
                    calm, attacked = before[kind] + after[kind], under[kind]
                    ratios[kind].append(slower(calm, attacked))
                    calm_ms, attacked_ms = (
                        median(each.clock_s for each in times) * 1000 for times in (calm, attacked)
                    )
                    words.append(f"{name} {calm_ms:.2f} to {attacked_ms:.2f} ms")
                told.append(", ".join(words))
                before = after
            assert await victim.ask("peers") == 2
            assert victim.is_running
            assert victim.descriptors == descriptors
    damage = Damage(
        answers=ratios[0],
        gossip=ratios[1],
        grown_bytes=grown_bytes,
        taken_a_second=median(rates),
    )
    with say.disabled():
        grown_mib = grown_bytes / MIB
        print(f"\n{way} {victims_word}: {damage.slower:.2f} x, rss +{grown_mib:.1f} MiB")
        for line in told:
            print(f"  {line}")
    return damage


def slower(calm: list[Moment], attacked: list[Moment]) -> float:
    """Return how many times as long it takes under attack, by the victim's own work.

    That is what the victim worked more while somebody waited, beside how long they wait when the
    machine is at its quietest: a tenth of the calm times is shorter than this.
    """
    quiet_s = sorted(each.clock_s for each in calm)[len(calm) // 10]
    more_s = median(each.work_s for each in attacked) - median(each.work_s for each in calm)
    return 1 + more_s / quiet_s


async def until_gone(victim: Program) -> None:
    """Wait until the victim noticed that its attackers left."""
    with trio.fail_after(GONE_S_MAX):
        while await victim.ask("peers") > 2:  # noqa: ASYNC110 (another process)
            await trio.sleep(LOOK_EVERY_S)


@few_or_all
async def test_garbage_before_the_handshake(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    count = {"few": 500, "all": 10_000}[scale]
    damage = await attack("garbage", count // ROUNDS, say=capsys)
    assert damage.grown_bytes < 32 * MIB
    assert damage.slower < SLOWER_MAX


@few_or_all
async def test_mutated_frames_after_the_handshake(
    scale: str, capsys: pytest.CaptureFixture[str]
) -> None:
    count = {"few": 100, "all": 2_000}[scale]
    damage = await attack("mutated", count // ROUNDS, say=capsys)
    assert damage.grown_bytes < 32 * MIB
    assert damage.slower < SLOWER_MAX


@few_or_all
async def test_a_flood_of_messages(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    """15,000 well-signed messages a second are offered, of which none is wanted."""
    taken = {"few": 12_000, "all": 150_000}[scale] // ROUNDS
    damage = await attack("flood", taken + UNDER_WAY, taken_min=taken, say=capsys)
    assert damage.grown_bytes < 16 * MIB
    assert damage.slower < SLOWER_MAX


@few_or_all
async def test_a_crowd_of_peers_that_flood(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    """20 Sybils send well-signed messages that nobody wants, each as fast as it is taken."""
    taken = {"few": 20_000, "all": 150_000}[scale] // ROUNDS
    damage = await attack("crowd", SYBILS, taken_min=taken, say=capsys)
    # 10 to 27 MiB, with limits on gossip and without; seven times as many messages: 15 MiB.
    assert damage.grown_bytes < 32 * MIB
    assert damage.slower < SLOWER_MAX


@pytest.mark.timeout(300)
async def test_unguarded_a_crowd_is_felt(capsys: pytest.CaptureFixture[str]) -> None:
    """The same crowd at a victim that takes whatever it is sent: the limit is what holds it."""
    damage = await attack("crowd", SYBILS, taken_min=6_000, victims_word=LOOSE, say=capsys)
    if damage.taken_a_second < A_SECOND_MIN:
        pytest.skip(f"the machine is too busy: {damage.taken_a_second:.0f} messages a second came")
    assert damage.slower > SLOWER_MAX
