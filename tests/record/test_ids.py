"""Ids and paths as text: docs/spec/record.md, REC-10, REC-22."""

import hashlib

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import InputError, RecordError
from p2pevents.record.ids import (
    SHORT_CHARACTERS,
    check_path,
    component_of,
    from_text,
    hash_of,
    path_text,
    short,
    to_text,
)


@given(identifier=st.binary(min_size=32, max_size=32))
def test_an_id_is_read_back_from_its_text(identifier: bytes) -> None:
    """REC-22."""
    text = to_text(identifier)
    assert len(text) == 53
    assert from_text(text) == identifier
    assert text.startswith(short(identifier))
    assert len(short(identifier)) == SHORT_CHARACTERS


def test_the_text_of_an_id_is_as_the_page_says() -> None:
    """REC-22."""
    assert to_text(bytes(range(32))) == "baaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        "b" + "a" * 51,
        "b" + "a" * 53,
        "c" + "a" * 52,
        "B" + "a" * 52,
        "b" + "a" * 51 + "A",
        "b" + "a" * 51 + "1",
        "b" + "a" * 51 + "=",
        "b" + "a" * 52 + "\n",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    """REC-22."""
    with pytest.raises(InputError, match="is not an id"):
        from_text(text)


@pytest.mark.parametrize("last", "bcdefghijklmnop")
def test_bits_to_spare_must_be_zero(last: str) -> None:
    """REC-22: else an id has sixteen texts."""
    with pytest.raises(InputError, match="its last character cannot be"):
        from_text("b" + "a" * 51 + last)


def test_a_component_is_the_base32_of_ten_bytes() -> None:
    """REC-10."""
    assert component_of(bytes(10)) == "a" * 16
    digest = hashlib.sha256(b"ics uid").digest()
    assert component_of(digest) == component_of(digest[:10])
    assert check_path([component_of(digest)]) == (component_of(digest),)
    with pytest.raises(ValueError, match="9 bytes, where 10 are needed"):
        component_of(bytes(9))


def test_a_path_is_checked_from_lists_and_tuples_alike() -> None:
    assert check_path(["a", "2020-01-08"]) == ("a", "2020-01-08")
    assert path_text(("a", "2020-01-08")) == "a/2020-01-08"
    for odd in (None, "event", [], ["a"] * 5, [1], [""], ["A"], ["a" * 17], ["-"], ["a\n"]):
        with pytest.raises(RecordError, match="header-path"):
            check_path(odd)


@given(domain=st.binary(max_size=9), other=st.binary(max_size=9), data=st.binary(max_size=9))
def test_a_hash_says_what_it_is_for(domain: bytes, other: bytes, data: bytes) -> None:
    if domain != other and b"\0" not in domain + other:
        assert hash_of(domain, data) != hash_of(other, data)
