"""A key to hand over: docs/spec/keys.md, KEY-11."""

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import InputError
from p2pevents.keys.proof import proof_of, read_key
from p2pevents.keys.secret import Secret
from p2pevents.record.ids import to_text
from p2pevents.record.signature import sign

SECRET = Secret(bytes(range(32)))


@given(seed=st.binary(min_size=32, max_size=32))
def test_a_key_is_read_back_with_its_proof_or_alone(seed: bytes) -> None:
    """KEY-11."""
    secret = Secret(seed)
    assert read_key(f" {proof_of(secret)}\n") == secret.public
    assert read_key(to_text(secret.public)) == secret.public


def test_a_key_changed_at_any_character_is_refused() -> None:
    """KEY-11."""
    text = proof_of(SECRET)
    for place, character in enumerate(text):
        put = "a" if character != "a" else "b"
        with pytest.raises(InputError):
            read_key(text[:place] + put + text[place + 1 :])


def test_a_signature_over_something_else_is_no_proof() -> None:
    """KEY-11."""
    for message in (SECRET.public, b"p2pevents/1/record\0" + SECRET.public):
        signature = sign(seed=SECRET.reveal(), message=message)
        text = f"p2pevents-key:{to_text(SECRET.public)}?proof={to_text(signature)}"
        with pytest.raises(InputError, match="does not agree with its proof"):
            read_key(text)


@given(text=st.text() | st.text().map("p2pevents-key:".__add__))
def test_whatever_the_text_nothing_but_an_input_error_is_raised(text: str) -> None:
    with pytest.raises(InputError):
        read_key(text)


def test_what_cannot_sign_is_no_key() -> None:
    with pytest.raises(InputError, match="is not a key that can sign"):
        read_key(to_text(b"\1" + bytes(31)))  # the neutral point
