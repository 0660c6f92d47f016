"""Guards are needed: taken out of the program, their tests fail. All of them: `removed.py`."""

import pytest

from p2pevents.net.libp2p.guards.all import ALL
from tests.net.guards.removed import claims, prove, without_a_test

QUICK = ("sequence", "mesh bound", "own control lists", "whole frames")
EVERY = tuple(guard.name for guard in ALL)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(QUICK, id="quick", marks=pytest.mark.timeout(300)),
        pytest.param(EVERY, id="every", marks=[pytest.mark.full, pytest.mark.timeout(1_800)]),
    ],
)
def test_the_tests_of_a_guard_fail_without_it(names: tuple[str, ...]) -> None:
    made = claims()
    assert without_a_test(made) == []
    proofs = list(prove(claim for claim in made if set(claim.guards) <= set(names)))
    assert {name for proof in proofs for name in proof.claim.guards} == set(names)
    assert [proof for proof in proofs if not proof.stands] == []
