"""Words: docs/spec/keys.md, KEY-1 and KEY-2."""

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import KeyFileError
from p2pevents.keys.secret import Secret
from p2pevents.keys.words import (
    fingerprint,
    fingerprint_words,
    known_words,
    seed_of_words,
    words_of,
)
from p2pevents.record.ids import PublicKey

seeds = st.binary(min_size=32, max_size=32)

# Published with BIP 39: entropy and its words.
VECTORS = [
    ("00" * 32, "abandon " * 23 + "art"),
    ("ff" * 32, "zoo " * 23 + "vote"),
    (
        "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
        (
            "hamster diagram private dutch cause delay private meat slide toddler razor book "
            "happy fancy gospel tennis maple dilemma loan word shrug inflict delay length"
        ),
    ),
]


@pytest.mark.parametrize(("entropy", "words"), VECTORS)
def test_the_words_are_those_of_bip_39(entropy: str, words: str) -> None:
    """KEY-1."""
    secret = Secret(bytes.fromhex(entropy))
    assert words_of(secret) == tuple(words.split())
    assert seed_of_words(words.upper().split()) == secret


@given(seed=seeds)
def test_a_seed_is_read_back_from_its_words(seed: bytes) -> None:
    """KEY-1."""
    words = words_of(Secret(seed))
    assert len(words) == known_words(words) == 24
    assert seed_of_words(words) == Secret(seed)


@given(seed=seeds, place=st.integers(0, 23), data=st.data())
def test_a_mistyped_word_is_named_with_the_nearest(
    seed: bytes, place: int, data: st.DataObject
) -> None:
    """KEY-1: one letter doubled, dropped or changed."""
    words = list(words_of(Secret(seed)))
    word = words[place]
    letter = data.draw(st.integers(0, len(word) - 1))
    put = data.draw(st.sampled_from([word[letter] * 2, "", "q", "x"]))
    words[place] = word[:letter] + put + word[letter + 1 :]
    if known_words([words[place]]) or not words[place]:
        return
    with pytest.raises(KeyFileError, match=f"^word {place + 1}, '{words[place]}', ") as caught:
        seed_of_words(words)
    assert caught.value.hint.startswith(("did you mean ", "read that word again"))


@given(seed=seeds, place=st.integers(0, 22))
def test_two_words_that_changed_places_are_found_by_the_check(seed: bytes, place: int) -> None:
    """KEY-1: but for one time in 256, when the check agrees by chance with another seed."""
    words = list(words_of(Secret(seed)))
    words[place], words[place + 1] = words[place + 1], words[place]
    try:
        other = seed_of_words(words)
    except KeyFileError as error:
        said = error.message
    else:
        same = words[place] == words[place + 1]
        assert (other == Secret(seed)) == same
        return
    assert said == "the words do not agree with their check"


@pytest.mark.parametrize("count", [0, 1, 12, 23, 25])
def test_too_few_or_too_many_words_are_counted(count: int) -> None:
    with pytest.raises(KeyFileError, match=f"^{count} words, where a sheet has 24$"):
        seed_of_words(["abandon"] * count)


def test_a_word_near_nothing_is_to_be_read_again() -> None:
    with pytest.raises(KeyFileError, match="word 2, 'qqqqqqqqqqqqqqqqqqqq', is not") as caught:
        seed_of_words(["abandon", "q" * 30])
    assert caught.value.hint == "read that word again"


def test_the_fingerprint_is_the_documented_one(secret: Secret) -> None:
    """KEY-2."""
    assert fingerprint(secret.public) == "cash-follow-decrease-hen"
    assert fingerprint_words(secret.public) == ("cash", "follow", "decrease", "hen")


def test_keys_that_differ_in_one_bit_share_no_fingerprint(secret: Secret) -> None:
    """KEY-2."""
    key = secret.public
    near = [PublicKey(bytes([key[0] ^ 1 << bit]) + key[1:]) for bit in range(8)]
    said = {fingerprint(each) for each in [key, *near]}
    assert len(said) == 9
    assert all(known_words(each.split("-")) == 4 for each in said)
