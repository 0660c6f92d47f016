"""What is secret is not shown: docs/spec/keys.md, KEY-10."""

import copy
import pickle
from collections.abc import Callable

import pytest

from p2pevents.errors import KeyFileError
from p2pevents.keys.secret import PASSPHRASE_CHARACTERS_MAX, BoxKey, Passphrase, Secret
from p2pevents.record.signature import public_key_of

SEED = bytes(range(32))
MAKERS: list[Callable[[], Secret | BoxKey | Passphrase]] = [
    lambda: Secret(SEED),
    lambda: BoxKey(SEED),
    lambda: Passphrase("correct horse"),
]


@pytest.mark.parametrize("make", MAKERS)
def test_no_way_of_printing_shows_a_secret(make: Callable[[], Secret]) -> None:
    """KEY-10."""
    value = make()
    name = type(value).__name__
    for shown in (repr(value), str(value), f"{value}", f"{value!r:>40}", "%s" % value):  # noqa: UP031
        assert shown.strip() == f"{name}(hidden)"
    assert f"{name}(hidden)" in repr([value])
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("make", MAKERS)
def test_a_secret_is_not_pickled_and_not_copied(make: Callable[[], Secret]) -> None:
    """KEY-10."""
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="is not pickled"):
            leave(make())


@pytest.mark.parametrize("make", MAKERS)
def test_secrets_are_equal_when_their_bytes_are(make: Callable[[], Secret]) -> None:
    assert make() == make()
    assert make() != SEED
    with pytest.raises(TypeError, match="unhashable"):
        hash(make())


def test_secrets_of_two_sorts_are_never_equal() -> None:
    assert Secret(SEED) != BoxKey(SEED)


def test_a_seed_makes_its_public_key_and_a_new_one_is_new() -> None:
    assert Secret(SEED).public == public_key_of(SEED)
    assert Secret.generate() != Secret.generate()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match=f"a seed of {size} bytes"):
        Secret(bytes(size))


def test_a_passphrase_typed_on_another_keyboard_is_the_same() -> None:
    """KEY-7."""
    assert Passphrase("\u00e9t\u00e9") == Passphrase("e\u0301te\u0301")
    assert Passphrase("x" * PASSPHRASE_CHARACTERS_MAX).reveal() == b"x" * 1024


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "of 0 characters"), ("x" * 1025, "of 1025 characters"), ("\udcff", "is not text")],
)
def test_what_is_no_passphrase_is_refused(text: str, message: str) -> None:
    with pytest.raises(KeyFileError, match=message) as caught:
        Passphrase(text)
    assert caught.value.hint
