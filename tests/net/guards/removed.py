"""Proof that each guard is needed: with it taken out of the program, its tests fail.

    python -m tests.net.guards.removed [NAME...]

Every test marked by `rig.closes` runs once more, in a process of its own and without its guards.
One that passes there tests nothing, or libp2p has mended the hole: then the guard can go. Every
guard has a test that fails without it alone, and every hole that a guard names has a test.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from p2pevents.net.libp2p.guards import all as worn
from tests.net.guards.removal import MARK, VARIABLE

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
ONE_TEST_S_MAX = 60
RUN_S_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A test, the guards that it says it would fail without, and the holes that they close."""

    test: str
    guards: tuple[str, ...]
    holes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What became of a test without its guards."""

    claim: Claim
    outcome: str
    error: str

    @property
    def stands(self) -> bool:
        return self.outcome == "failed"


def _pytest(tests: Path | str = HERE, *, without: Iterable[str] = ()) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "pytest", str(tests), "-q", "-s"]
    command += ["-p", "tests.net.guards.removal", "-o", "faulthandler_timeout=0", "--tb=short"]
    done = subprocess.run(
        [*command, f"--timeout={ONE_TEST_S_MAX}", "-o", "addopts=--import-mode=importlib"],
        cwd=ROOT,
        env={**os.environ, VARIABLE: ",".join(without)},
        check=False,
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
    )
    lines = done.stdout.splitlines()
    return [json.loads(line.removeprefix(MARK)) for line in lines if line.startswith(MARK)]


def claims() -> list[Claim]:
    """Return what every test of a guard claims."""
    return [
        Claim(test=_short(said["test"]), guards=tuple(said["guards"]), holes=tuple(said["holes"]))  # type: ignore[arg-type]
        for said in _pytest()
    ]


def prove(of: Iterable[Claim]) -> Iterator[Proof]:
    """Take the guards of each claim away, and run its test, in a process of its own."""
    for claim in of:
        said = [
            each
            for each in _pytest(HERE / claim.test, without=claim.guards)
            if _short(each["test"]) == claim.test
        ]
        # A process that ends before it can say so has failed too, and says nothing.
        told = said[0] if said else {"outcome": "nothing", "error": "it did not run"}
        yield Proof(claim=claim, outcome=str(told["outcome"]), error=str(told["error"]))


def without_a_test(of: list[Claim]) -> list[str]:
    """Return the guards that no test is about alone, and the holes that no test shows."""
    alone = {claim.guards[0] for claim in of if len(claim.guards) == 1}
    missing = [guard.name for guard in worn.ALL if guard.name not in alone]
    for guard in worn.ALL:
        about = [claim for claim in of if guard.name in claim.guards]
        missing += [
            f"{guard.name}: {hole}"
            for hole in guard.holes
            if not any(not claim.holes or _names(claim, hole) for claim in about)
        ]
    return missing


def _names(claim: Claim, hole: str) -> bool:
    return any(hole.startswith(place) for place in claim.holes)


def _short(test: object) -> str:
    return str(test).rpartition("/")[2]


def main(names: list[str]) -> int:
    """Prove the claims about the named guards, or about all; print a line for each."""
    made = claims()
    missing = without_a_test(made)
    for name in missing:
        print(f"no test: {name}")
    chosen = [claim for claim in made if not names or set(names) & set(claim.guards)]
    stand = 0
    for proof in prove(chosen):
        stand += proof.stands
        word = "fails" if proof.stands else f"DOES NOT FAIL ({proof.outcome})"
        print(
            f"{', '.join(proof.claim.guards)}: {proof.claim.test}: {word}: {proof.error[:120]}",
            flush=True,
        )
    print(f"{stand} of {len(chosen)} tests fail without their guards")
    return int(bool(missing) or stand < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
