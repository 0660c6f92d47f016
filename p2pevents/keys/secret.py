"""What must not be seen: seeds and passphrases that no repr, log line or pickle shows."""

from __future__ import annotations

import hmac
import unicodedata
from typing import Final, NoReturn

from nacl.utils import random as random_bytes

from p2pevents.errors import KeyFileError
from p2pevents.record.ids import PublicKey
from p2pevents.record.signature import KEY_BYTES, public_key_of

__all__ = ["PASSPHRASE_CHARACTERS_MAX", "SEED_BYTES", "BoxKey", "Passphrase", "Secret"]

SEED_BYTES: Final = KEY_BYTES
PASSPHRASE_CHARACTERS_MAX: Final = 1024


class _Hidden:
    """Bytes that are had by `reveal` alone."""

    __slots__ = ("__bytes",)

    def __init__(self, value: bytes) -> None:
        self.__bytes = value

    def reveal(self) -> bytes:
        """Return the bytes themselves: for cryptography and for paper, never for a message."""
        return self.__bytes

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Hidden) or type(self) is not type(other):
            return NotImplemented
        return hmac.compare_digest(self.reveal(), other.reveal())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is not pickled")


class Secret(_Hidden):
    """The seed of an Ed25519 key: `SEED_BYTES` bytes.

    Raises:
        ValueError: on making one of another length.
    """

    __slots__ = ()

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed of {len(seed)} bytes, where {SEED_BYTES} are needed")
        super().__init__(seed)

    @classmethod
    def generate(cls) -> Secret:
        """Make a new one from the system's chance."""
        return cls(random_bytes(SEED_BYTES))

    @property
    def public(self) -> PublicKey:
        """The public key that this seed makes."""
        return public_key_of(self.reveal())


class BoxKey(_Hidden):
    """What a passphrase and one key file's salt make: it opens that file, and no other."""

    __slots__ = ()


class Passphrase(_Hidden):
    """What a person types to open their keys: 1 to `PASSPHRASE_CHARACTERS_MAX` characters.

    Kept in NFC, so that one typed on another keyboard is the same.

    Raises:
        KeyFileError: on making one that is empty, too long or no text.
    """

    __slots__ = ()

    def __init__(self, text: str) -> None:
        if not 1 <= len(text) <= PASSPHRASE_CHARACTERS_MAX:
            raise KeyFileError(
                f"a passphrase of {len(text)} characters",
                hint=f"a passphrase has 1 to {PASSPHRASE_CHARACTERS_MAX} characters",
            )
        try:
            super().__init__(unicodedata.normalize("NFC", text).encode("utf-8"))
        except UnicodeEncodeError:
            raise KeyFileError(
                "the passphrase is not text", hint="type it again, or save its file as UTF-8"
            ) from None
