"""Every decoder, replayed over its kept corpus and some mutants: it takes, or refuses by name."""

import pytest

from tests.hostile.fuzz.running import corpus_of, fuzz, outcome_of
from tests.hostile.fuzz.seeds import _ICS, ADA
from tests.hostile.fuzz.target import Target
from tests.hostile.fuzz.targets import TARGETS

MUTANTS = 400
SECONDS_MAX = 1.0


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_decoder_takes_or_refuses_whatever_it_is_given(name: str) -> None:
    """`python -m tests.hostile.fuzz --target NAME --seconds N` tries many more."""
    assert corpus_of(TARGETS[name]), "no corpus is kept: run the fuzzer with --keep"
    tally, _ = fuzz(TARGETS[name], seed=1, count=MUTANTS, seconds=SECONDS_MAX, findings_max=1)
    assert tally.findings == []
    assert tally.tried > len(corpus_of(TARGETS[name]))


ONCE_CRASHED = {
    # An answer to an invitation whose word is a list: it ended whoever read their letters.
    "content": b"\x86drsvpX " + ADA.key + b"aa\x81\x80\x01\xf6",
    # A receipt of as many bytes as an id was written as if it were ids.
    "inbox": b"\x82\x07\x81X " + bytes(32),
    # A zone's name is looked up as a file: a folder's, one too long, one too deep.
    "ics": _ICS.replace(b"TZID=Europe/Paris", b"TZID=Europe"),
    "ics long": _ICS.replace(b"TZID=Europe/Paris", b"TZID=" + b"A" * 300),
    "ics deep": _ICS.replace(b"TZID=Europe/Paris", b"TZID=Europe/" + b"Paris/" * 400),
}


@pytest.mark.parametrize("name", ONCE_CRASHED)
def test_what_once_crashed_a_decoder_is_refused_or_taken(name: str) -> None:
    outcome, finding = outcome_of(TARGETS[name.split(maxsplit=1)[0]], ONCE_CRASHED[name])
    assert outcome, finding


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
