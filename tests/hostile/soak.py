"""Larger counts, by hand: `python -m tests.hostile.soak WAY --count N --minutes M`.

Each way is what a test does a few times, done again and again, each time with other chance. How
far it is stands in a JSON object a line; the last one says what came of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

SAY_EVERY_S = 30.0
FINDINGS_MAX = 5  # then it is enough
CUTS_A_WORKLOAD = 500
MUTANTS_A_VALUE = 2_000
RECORDS_A_CHAPTER = 1_000

Trials = Iterator[str]
"""What was found in each trial: nothing, or a sentence."""

# Memory that looks like a disk: a power cut is made by the test, and needs no real one.
_SHM = Path("/dev/shm")
FOLDER = str(_SHM) if _SHM.is_dir() else None


def power(seed: int) -> Trials:
    """Cut the power wherever it hurts a log, in ever new work."""
    from p2pevents.log import store
    from tests.durability.test_power_cuts import CHECKPOINT_PAGES, lost_in

    store.CHECKPOINT_PAGES = CHECKPOINT_PAGES  # type: ignore[misc]
    while True:
        with TemporaryDirectory(dir=FOLDER) as folder:
            yield from lost_in(
                Path(folder), cut_count=CUTS_A_WORKLOAD, synchronous="FULL", seed=seed
            )
        seed += 1


def flips(seed: int) -> Trials:
    """Flip a bit of a log, and have a peer bring again what it spoilt."""
    from p2pevents.node.home import Home
    from tests.durability.test_damage import flips as flipped

    with TemporaryDirectory(dir=FOLDER) as folder:
        home = Home(folder=Path(folder) / "home")
        home.create()
        try:
            for _ in flipped(home, Random(seed)):
                yield ""
        except AssertionError as error:
            yield f"shown altered, or not brought again: {error}"


def mutants(seed: int) -> Trials:
    """Ask two readers of deterministic CBOR of each mutant: both take it, or neither."""
    from tests.hostile.fuzz.targets import TARGETS
    from tests.record.test_cbor import accepted_by_another, mutated, rule_of

    rng, seeds = Random(seed), TARGETS["cbor"].seeds()
    while True:
        data = rng.choice(seeds)
        for _ in range(MUTANTS_A_VALUE):
            mutant = mutated(rng, data)
            agree = (rule_of(mutant) is None) == accepted_by_another(mutant)
            yield "" if agree else f"the readers differ: {mutant.hex()}"


def kills(seed: int) -> Trials:
    """Kill nodes and who writes on them, at any moment."""
    from tests.durability.kills import kills as killed

    yield from killed(seed)


def careless(seed: int) -> Trials:
    """The same, of commands that say what they wrote before it is on the disk."""
    from tests.durability.kills import kills as killed

    yield from killed(seed, is_careless=True)


def watching(seed: int) -> Trials:
    """Watch light clients and nodes by turns, each with three lists of follows."""
    from tests.swarm.test_watching_nodes import differences

    while True:
        for is_reader in (True, False):
            yield differences(seed, is_reader=is_reader)
        seed += 1


def crowd(seed: int) -> Trials:
    """Two hours of 100 honest nodes among 4,000 that one attacker runs."""
    from tests.sim.crowd import Crowd
    from tests.sim.test_crowds import day

    while True:
        among = Crowd(seed=seed, honest=100, sybils=4_000, inbound=32)
        day(among, hours=2, lives_per_pause=5)
        lacking = among.lacking()
        yield f"seed {seed}: {lacking} lack something" if lacking or not among.written else ""
        seed += 1


def spam(seed: int) -> Trials:
    """Fill chapter after chapter, each a thousand records, at two nodes that leave what is much."""
    from p2pevents.sync.effects import Outcome
    from tests.hostile.test_valid_keys import CHAPTERS, Flood, settle

    while True:
        flood = Flood(records=RECORDS_A_CHAPTER, fill=20)
        for number in range(CHAPTERS):
            flood.chapter(seed + number)
            settle(flood.sides[(seed + number) % 2])
            if number + 1 < CHAPTERS:
                yield "" if flood.is_readable() else "what is followed is gone"
        outcome = flood.compared()
        is_well = outcome in {Outcome.SETTLED, Outcome.EQUAL} and flood.is_within()
        yield "" if is_well and flood.is_readable() else f"it ended {outcome.name}"
        seed += CHAPTERS


WAYS: dict[str, Callable[[int], Trials]] = {
    way.__name__: way for way in (power, flips, mutants, kills, careless, watching, crowd, spam)
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.soak", description=__doc__)
    parser.add_argument("way", choices=sorted(WAYS))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="at most")
    parser.add_argument("--seed", type=int, default=20200108)
    asked = parser.parse_args()
    began_s = said_s = time.monotonic()
    done, findings = 0, list[str]()

    def say() -> None:
        took_s = round(time.monotonic() - began_s)
        said = {"way": asked.way, "seed": asked.seed, "done": done, "of": asked.count}
        print(json.dumps({**said, "findings": findings, "took_s": took_s}), flush=True)

    for finding in WAYS[asked.way](asked.seed):
        done += 1
        findings += [finding] if finding else []
        now_s = time.monotonic()
        if done >= asked.count or len(findings) >= FINDINGS_MAX:
            break
        if now_s - began_s > asked.minutes * 60:
            break
        if now_s - said_s > SAY_EVERY_S:
            said_s = now_s
            say()
    say()
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
