"""A passphrase as a lock: docs/spec/keys.md, KEY-7."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from nacl import pwhash
from nacl.exceptions import RuntimeError as SodiumError

from p2pevents.errors import KeyFileError
from p2pevents.keys.passphrase import (
    MEMLIMIT_BYTES_MIN,
    SALT_BYTES,
    SEALED_BYTES,
    Cost,
    derive,
    new_salt,
    open_seed,
    read_passphrase_file,
    seal_seed,
)
from p2pevents.keys.secret import BoxKey, Passphrase, Secret

CHEAP = Cost(opslimit=1, memlimit_bytes=MEMLIMIT_BYTES_MIN)


@given(seed=st.binary(min_size=32, max_size=32), key=st.binary(min_size=32, max_size=32))
def test_what_is_sealed_is_opened_by_its_key_alone(seed: bytes, key: bytes) -> None:
    """KEY-7."""
    sealed = seal_seed(Secret(seed), key=BoxKey(key))
    assert len(sealed) == SEALED_BYTES
    assert open_seed(sealed, key=BoxKey(key)) == Secret(seed)
    other = bytes([key[0] ^ 1]) + key[1:]
    assert open_seed(sealed, key=BoxKey(other)) is None
    assert seed not in sealed


def test_a_sealed_seed_changed_at_any_bit_is_not_opened(secret: Secret) -> None:
    key = BoxKey(bytes(32))
    sealed = seal_seed(secret, key=key)
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        assert open_seed(bytes(changed), key=key) is None


def test_passphrase_salt_and_cost_all_count(passphrase: Passphrase) -> None:
    """KEY-7."""
    salt = bytes(SALT_BYTES)
    made = derive(passphrase, salt=salt, cost=CHEAP)
    assert made == derive(passphrase, salt=salt, cost=CHEAP)
    assert made != derive(Passphrase("another"), salt=salt, cost=CHEAP)
    assert made != derive(passphrase, salt=new_salt(), cost=CHEAP)
    for cost in (Cost(opslimit=2, memlimit_bytes=8192), Cost(opslimit=1, memlimit_bytes=16384)):
        assert made != derive(passphrase, salt=salt, cost=cost)
    assert new_salt() != new_salt()


def test_what_a_new_key_costs_is_libsodiums_moderate_and_bearable() -> None:
    assert Cost() == Cost(opslimit=3, memlimit_bytes=256 * 1024 * 1024)
    assert Cost().is_bearable()


def test_a_machine_without_the_memory_is_said(
    passphrase: Passphrase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **named: object) -> bytes:
        raise SodiumError("Unexpected failure in key derivation")

    monkeypatch.setattr(pwhash.argon2id, "kdf", fail)
    with pytest.raises(KeyFileError, match="has not the memory") as caught:
        derive(passphrase, salt=bytes(SALT_BYTES), cost=Cost())
    assert "256 MiB" in caught.value.hint


@pytest.mark.parametrize(
    "data", ["été".encode(), b"\xc3\xa9t\xc3\xa9\n", b"\xc3\xa9t\xc3\xa9\r\nmore\n"]
)
def test_the_first_line_of_a_file_is_the_passphrase(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(data)
    path.chmod(0o600)
    assert read_passphrase_file(path) == Passphrase("été")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_passphrase_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n")
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="others on this machine may read") as caught:
        read_passphrase_file(path)
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "of 0 characters"),
        (b"\n", "of 0"),
        (b"\xff\n", "is not text"),
        (b"x" * 9999, "of 9999"),
    ],
)
def test_a_file_without_a_passphrase_is_refused_by_name(
    tmp_path: Path, data: bytes, message: str
) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=f"^{path}: .*{message}"):
        read_passphrase_file(path)
    with pytest.raises(KeyFileError, match="none: cannot be read: no such file"):
        read_passphrase_file(tmp_path / "none")
