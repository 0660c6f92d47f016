"""One meaning of "signed": Ed25519 as libsodium checks it, with points of full order only.

Two programs that accept different signatures would hold different sets for
ever, so the rules are narrow (docs/spec/record.md): the key passes
`is_valid_point`, S is canonical, and R is compared by its bytes, without the
cofactor.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

from p2pevents.record.ids import ID_BYTES, PublicKey

__all__ = [
    "KEY_BYTES",
    "SIGNATURE_BYTES",
    "is_signed",
    "is_valid_key",
    "public_key_of",
    "sign",
]

KEY_BYTES: Final = ID_BYTES
SIGNATURE_BYTES: Final = 64
_KEYS_REMEMBERED = 4096


@cache
def _sodium() -> Any:
    """Return PyNaCl, loaded when a key or signature is looked at: most commands need none."""
    import nacl.bindings
    import nacl.exceptions
    import nacl.signing

    return nacl


@lru_cache(maxsize=_KEYS_REMEMBERED)
def is_valid_key(key: bytes) -> bool:
    """Tell whether `key` is a canonical point of the main subgroup, other than the neutral one."""
    return len(key) == KEY_BYTES and bool(
        _sodium().bindings.crypto_core_ed25519_is_valid_point(key)
    )


def is_signed(*, key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is the key's word on `message`."""
    if len(signature) != SIGNATURE_BYTES or not is_valid_key(key):
        return False
    sodium = _sodium()
    try:
        sodium.bindings.crypto_sign_open(signature + message, key)
    except sodium.exceptions.BadSignatureError:
        return False
    return True


def sign(*, seed: bytes, message: bytes) -> bytes:
    """Return the 64-byte signature over `message` by the key that a 32-byte seed makes."""
    return bytes(_sodium().signing.SigningKey(seed).sign(message).signature)


def public_key_of(seed: bytes) -> PublicKey:
    """Return the public key that a 32-byte seed makes. Seeds are remembered nowhere."""
    return PublicKey(bytes(_sodium().signing.SigningKey(seed).verify_key))
