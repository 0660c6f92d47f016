"""A key as a small text file: its kind, its public key, and its seed in clear or sealed.

Nothing of a seed ever stands in an error. Specified in docs/spec/keys.md.
"""

from __future__ import annotations

import re
from base64 import b32decode
from dataclasses import dataclass
from enum import Enum
from typing import Final

from p2pevents.errors import InputError, KeyFileError
from p2pevents.keys.passphrase import (
    SALT_BYTES,
    SEALED_BYTES,
    Cost,
    derive,
    new_salt,
    open_seed,
    seal_seed,
)
from p2pevents.keys.secret import SEED_BYTES, BoxKey, Passphrase, Secret
from p2pevents.record.ids import PublicKey, from_text, to_text

__all__ = ["KeyFile", "KeyKind", "Lock"]

_TITLE: Final = "p2pevents key 1"
_PLAIN: Final = ("kind", "public", "secret")
_SEALED: Final = ("kind", "public", "opslimit", "memlimit_bytes", "salt", "sealed")
_TITLE_OF_ANY = re.compile(r"p2pevents key ([0-9]{1,9})", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_BASE32 = re.compile(r"b[a-z2-7]+", re.ASCII)
_DAMAGED_HINT: Final = "bring it back from a backup"


class KeyKind(Enum):
    """What a key is for; a file of one kind is never taken for another."""

    NODE = "node"
    DAILY = "daily"
    CHARTER = "charter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A seed under a passphrase: what trying one costs, the salt, and the sealed seed."""

    cost: Cost
    salt: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """What stands in a key file.

    Attributes:
        kind: what the key is for.
        public: the public key, readable without a passphrase.
        content: the seed, or what it is locked in.
    """

    kind: KeyKind
    public: PublicKey
    content: Secret | Lock

    @classmethod
    def of(
        cls, kind: KeyKind, secret: Secret, *, passphrase: Passphrase | None, cost: Cost
    ) -> KeyFile:
        """Return the file for a key: in clear, or sealed where there is a passphrase."""
        if passphrase is None:
            return cls(kind=kind, public=secret.public, content=secret)
        salt = new_salt()
        sealed = seal_seed(secret, key=derive(passphrase, salt=salt, cost=cost))
        return cls(
            kind=kind, public=secret.public, content=Lock(cost=cost, salt=salt, sealed=sealed)
        )

    @property
    def text(self) -> str:
        """The file as it is written."""
        lines = [_TITLE, f"kind: {self.kind.value}", f"public: {to_text(self.public)}"]
        if isinstance(self.content, Secret):
            lines.append(f"secret: {to_text(self.content.reveal())}")
        else:
            lines += [
                f"opslimit: {self.content.cost.opslimit}",
                f"memlimit_bytes: {self.content.cost.memlimit_bytes}",
                f"salt: {to_text(self.content.salt)}",
                f"sealed: {to_text(self.content.sealed)}",
            ]
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str, *, kind: KeyKind, file: str) -> KeyFile:
        """Read a key file of one kind.

        Args:
            text: what stands in it.
            kind: what the key has to be for.
            file: what to call it in errors.

        Raises:
            KeyFileError: it is damaged, of another kind, or asks for more than `Cost` allows.
        """
        title, *lines = text.split("\n")
        if title != _TITLE:
            if _TITLE_OF_ANY.fullmatch(title):
                raise KeyFileError(
                    f"{file}: a key file of a newer version of this program",
                    hint="install the newest version",
                )
            raise KeyFileError(f"{file}: is not a key file", hint=_DAMAGED_HINT)
        pairs = [line.partition(": ") for line in lines]
        names = tuple(name for name, _, _ in pairs)
        if names not in ((*_PLAIN, ""), (*_SEALED, "")) or any(pairs[-1]):
            raise KeyFileError(f"{file}: a line is missing or misspelt", hint=_DAMAGED_HINT)
        said = {name: value for name, _, value in pairs}
        if said["kind"] != kind.value:
            raise KeyFileError(f"{file}: kind: is not {kind.value}", hint=_DAMAGED_HINT)
        try:
            public = PublicKey(from_text(said["public"]))
        except InputError:
            raise KeyFileError(f"{file}: public: is not a key", hint=_DAMAGED_HINT) from None
        content: Secret | Lock
        if "secret" in said:
            content = Secret(_bytes(said, "secret", size=SEED_BYTES, file=file))
            if content.public != public:
                raise KeyFileError(f"{file}: secret: is another key's", hint=_DAMAGED_HINT)
        else:
            cost = Cost(
                opslimit=_number(said, "opslimit", file=file),
                memlimit_bytes=_number(said, "memlimit_bytes", file=file),
            )
            if not cost.is_bearable():
                raise KeyFileError(
                    f"{file}: opslimit, memlimit_bytes: ask for more than this program spends",
                    hint=_DAMAGED_HINT,
                )
            content = Lock(
                cost=cost,
                salt=_bytes(said, "salt", size=SALT_BYTES, file=file),
                sealed=_bytes(said, "sealed", size=SEALED_BYTES, file=file),
            )
        return cls(kind=kind, public=public, content=content)

    def open(self, *, passphrase: Passphrase | None, box_key: BoxKey | None, file: str) -> Secret:
        """Return the seed.

        Args:
            passphrase: what its owner typed; not needed for a key in clear.
            box_key: what was kept by `unlock`, tried where no passphrase is given.
            file: what to call it in errors.

        Raises:
            KeyFileError: a passphrase is missing or wrong, or the file is damaged.
        """
        if isinstance(self.content, Secret):
            return self.content
        if passphrase is not None:
            box_key = self.box_key(passphrase)
        if box_key is None:
            raise KeyFileError(
                f"{file}: the key is under a passphrase",
                hint="`p2pevents unlock --for 1h` asks for it, --passphrase-file FILE reads it",
            )
        secret = open_seed(self.content.sealed, key=box_key)
        if secret is None:
            raise KeyFileError(
                f"{file}: the passphrase does not open it", hint="type it again, with care"
            )
        if secret.public != self.public:
            raise KeyFileError(f"{file}: public: is another key's", hint=_DAMAGED_HINT)
        return secret

    def opens_with(self, box_key: BoxKey) -> bool:
        """Tell whether this opens the lock; a key in clear has none."""
        return (
            isinstance(self.content, Lock)
            and open_seed(self.content.sealed, key=box_key) is not None
        )

    def box_key(self, passphrase: Passphrase) -> BoxKey | None:
        """Return what this passphrase makes of the lock; None for a key in clear."""
        if isinstance(self.content, Secret):
            return None
        return derive(passphrase, salt=self.content.salt, cost=self.content.cost)


def _number(said: dict[str, str], name: str, *, file: str) -> int:
    if not _NUMBER.fullmatch(said[name]):
        raise KeyFileError(f"{file}: {name}: is not a number", hint=_DAMAGED_HINT)
    return int(said[name])


def _bytes(said: dict[str, str], name: str, *, size: int, file: str) -> bytes:
    text = said[name]
    # As many letters as the bytes need: then the padding is right too.
    if _BASE32.fullmatch(text) and len(text) == len(to_text(bytes(size))):
        data = b32decode(text[1:].upper() + "=" * (-(len(text) - 1) % 8))
        if to_text(data) == text:
            return data
    raise KeyFileError(f"{file}: {name}: is not {size} bytes in base32", hint=_DAMAGED_HINT)
