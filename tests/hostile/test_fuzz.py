"""Every decoder, replayed over its kept corpus and some mutants: it takes, or refuses by name."""

import pytest

from tests.hostile.fuzz.running import corpus_of, fuzz, outcome_of
from tests.hostile.fuzz.targets import TARGETS, Target

MUTANTS = 400
SECONDS_MAX = 1.0


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_decoder_takes_or_refuses_whatever_it_is_given(name: str) -> None:
    """`python -m tests.hostile.fuzz --target NAME --seconds N` tries many more."""
    assert corpus_of(TARGETS[name]), "no corpus is kept: run the fuzzer with --keep"
    tally, _ = fuzz(TARGETS[name], seed=1, count=MUTANTS, seconds=SECONDS_MAX, findings_max=1)
    assert tally.findings == []
    assert tally.tried > len(corpus_of(TARGETS[name]))


def test_what_a_decoder_raises_beside_its_own_errors_is_found() -> None:
    """The test above can fail."""

    def check(data: bytes) -> object:
        return dict[int, int]()[data[-1]] if len(data) > 3 else data

    target = Target(name="none", check=check, refuses=(), seeds=lambda: [b"soup"])
    tally, _ = fuzz(target, seed=1, count=20)
    assert tally.findings
    assert "KeyError" in tally.findings[0][1]


def test_what_hangs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.hostile.fuzz.running.HANGS_S", 1)

    def check(data: bytes) -> object:
        while True:
            data = data[::-1]

    target = Target(name="none", check=check, refuses=(), seeds=list)
    assert "HangError" in outcome_of(target, b"soup")[1]
