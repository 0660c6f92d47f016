"""What is signed: docs/spec/record.md, REC-3. Judged beside Ed25519 by the book."""

import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.record.signature import is_signed, is_valid_key, public_key_of, sign
from tests.record import ed25519
from tests.record.vectors import odd_signatures

seeds = st.binary(min_size=32, max_size=32)


@settings(max_examples=25)
@given(seed=seeds, message=st.binary(max_size=100), data=st.data())
def test_a_signature_holds_for_its_message_and_no_other(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    """REC-3."""
    key, signature = public_key_of(seed), sign(seed=seed, message=message)
    assert is_signed(key=key, message=message, signature=signature)
    assert ed25519.is_signed(key, message, signature)
    place = data.draw(st.integers(0, len(signature) * 8 - 1))
    flipped = bytearray(signature)
    flipped[place // 8] ^= 1 << place % 8
    assert not is_signed(key=key, message=message, signature=bytes(flipped))
    assert not is_signed(key=key, message=message + b"\0", signature=signature)


@pytest.mark.parametrize("name", sorted(odd_signatures()))
def test_odd_keys_and_signatures_are_judged_as_the_book_says(name: str) -> None:
    """REC-3: small and mixed order, forms that are not canonical, S beyond the order."""
    good, key, message, signature = odd_signatures()[name]
    assert is_signed(key=key, message=message, signature=signature) is good
    assert ed25519.is_signed(key, message, signature) is good


@settings(max_examples=25)
@given(key=seeds)
def test_a_key_is_valid_as_the_book_says(key: bytes) -> None:
    """REC-3."""
    point = ed25519.decode(key)
    by_the_book = (
        point is not None
        and point != ed25519.NEUTRAL
        and ed25519.times(ed25519.ORDER, point) == ed25519.NEUTRAL
    )
    assert is_valid_key(key) is by_the_book


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_or_signature_of_another_length_is_refused(length: int) -> None:
    """REC-3."""
    seed = b"s" * 32
    signature = sign(seed=seed, message=b"m")
    assert not is_valid_key(bytes(length))
    assert not is_signed(key=bytes(length), message=b"m", signature=signature)
    if length != 64:
        assert not is_signed(key=public_key_of(seed), message=b"m", signature=bytes(length))
    assert not is_signed(key=public_key_of(seed), message=b"m", signature=signature + b"\0")
