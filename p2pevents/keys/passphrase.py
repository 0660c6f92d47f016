"""A passphrase as a lock: argon2id makes a key of it, and a secret box holds the seed.

Specified in docs/spec/keys.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl import pwhash
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random as random_bytes

from p2pevents.errors import KeyFileError
from p2pevents.keys.private_file import read_private
from p2pevents.keys.secret import SEED_BYTES, BoxKey, Passphrase, Secret

__all__ = [
    "MEMLIMIT_BYTES_MAX",
    "MEMLIMIT_BYTES_MIN",
    "OPSLIMIT_MAX",
    "SALT_BYTES",
    "SEALED_BYTES",
    "Cost",
    "derive",
    "new_salt",
    "open_seed",
    "read_passphrase_file",
    "seal_seed",
]

SALT_BYTES: Final = int(pwhash.argon2id.SALTBYTES)
SEALED_BYTES: Final = SecretBox.NONCE_SIZE + SecretBox.MACBYTES + SEED_BYTES
# What a file may ask of whoever opens it: some ten seconds on a small machine.
OPSLIMIT_MAX: Final = 8
MEMLIMIT_BYTES_MIN: Final = int(pwhash.argon2id.MEMLIMIT_MIN)
MEMLIMIT_BYTES_MAX: Final = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess at a passphrase costs: passes, and bytes of memory (libsodium's moderate)."""

    opslimit: int = int(pwhash.argon2id.OPSLIMIT_MODERATE)
    memlimit_bytes: int = int(pwhash.argon2id.MEMLIMIT_MODERATE)

    def is_bearable(self) -> bool:
        """Tell whether this is within the limits that a file may ask for."""
        return (
            1 <= self.opslimit <= OPSLIMIT_MAX
            and MEMLIMIT_BYTES_MIN <= self.memlimit_bytes <= MEMLIMIT_BYTES_MAX
        )


def new_salt() -> bytes:
    """Return `SALT_BYTES` bytes from the system's chance."""
    return random_bytes(SALT_BYTES)


def derive(passphrase: Passphrase, *, salt: bytes, cost: Cost) -> BoxKey:
    """Make the key that opens what was sealed with this salt and cost.

    Raises:
        KeyFileError: this machine has not the memory.
    """
    try:
        return BoxKey(
            pwhash.argon2id.kdf(
                SecretBox.KEY_SIZE,
                passphrase.reveal(),
                salt,
                opslimit=cost.opslimit,
                memlimit=cost.memlimit_bytes,
            )
        )
    except CryptoError:
        raise KeyFileError(
            "the passphrase cannot be tried: this machine has not the memory",
            hint=f"it takes {cost.memlimit_bytes // (1024 * 1024)} MiB for a moment",
        ) from None


def seal_seed(secret: Secret, *, key: BoxKey) -> bytes:
    """Return nonce and box, `SEALED_BYTES` bytes."""
    return bytes(SecretBox(key.reveal()).encrypt(secret.reveal()))


def open_seed(sealed: bytes, *, key: BoxKey) -> Secret | None:
    """Return what was sealed; None where the key is another, or the bytes were changed."""
    try:
        return Secret(SecretBox(key.reveal()).decrypt(sealed))
    except CryptoError:
        return None


def read_passphrase_file(path: Path) -> Passphrase:
    """Return the first line of a file, without its line end, as a passphrase.

    Raises:
        KeyFileError: it cannot be read, is open to others, or its first line is no passphrase.
    """
    line, _, _ = read_private(path).partition("\n")
    text = line.removesuffix("\r")
    try:
        return Passphrase(text)
    except KeyFileError as error:
        raise KeyFileError(f"{path}: {error.message}", hint=error.hint) from None
