"""The two keys of a lead to be, each with its proof, as one text."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import InputError
from p2pevents.keys.lead_proof import LEAD_PREFIX, lead_proof_of, read_lead
from p2pevents.keys.proof import proof_of
from p2pevents.keys.secret import Secret
from p2pevents.record.entry import Lead

DAILY, CHARTER = Secret(bytes(32)), Secret(bytes([1]) * 32)
TEXT = lead_proof_of(daily=DAILY, charter=CHARTER)


@given(seeds=st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=2, unique=True))
def test_both_keys_are_read_back(seeds: list[bytes]) -> None:
    """KEY-12."""
    daily, charter = map(Secret, seeds)
    text = lead_proof_of(daily=daily, charter=charter)
    assert read_lead(f" {text}\n") == Lead(charter=charter.public, daily=daily.public)


@given(data=st.data())
def test_a_changed_letter_is_refused(data: st.DataObject) -> None:
    """KEY-12."""
    place = data.draw(st.integers(0, len(TEXT) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-?=+: "))
    changed = TEXT[:place] + letter + TEXT[place + 1 :]
    if changed.strip() == TEXT:
        return
    with pytest.raises(InputError):
        read_lead(changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        LEAD_PREFIX,
        proof_of(DAILY),
        LEAD_PREFIX + proof_of(DAILY).partition(":")[2],
        TEXT.replace("+", ""),
        TEXT + "+" + TEXT.partition("+")[2],
        lead_proof_of(daily=DAILY, charter=DAILY),
    ],
)
def test_half_of_it_or_one_key_twice_is_refused(text: str) -> None:
    """KEY-12."""
    with pytest.raises(InputError) as caught:
        read_lead(text)
    assert caught.value.hint
