"""The organiser's keys on this machine: daily keys, and charter keys until they are on paper."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from p2pevents.errors import KeyFileError
from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.passphrase import Cost
from p2pevents.keys.private_file import read_private, remove_private, write_private
from p2pevents.keys.secret import BoxKey, Passphrase, Secret
from p2pevents.keys.sheet import CharterSheet
from p2pevents.keys.sheet_reader import read_sheet
from p2pevents.record.ids import PublicKey, short, to_text

__all__ = ["KEYS_MAX", "Keyring", "StoredKey"]

KEYS_MAX: Final = 256  # files of one kind in the folder
_SHEET_GLOB: Final = "charter-sheet-*.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """One key of the folder, as much as is known without a passphrase."""

    kind: KeyKind
    public: PublicKey
    path: Path
    locked: bool


class Keyring:
    """The folder of keys: files that their user alone may read.

    Args:
        folder: `keys` in the home; made at the first key.
        cost: what trying a passphrase on a new key shall cost.
    """

    def __init__(self, folder: Path, *, cost: Cost | None = None) -> None:
        self._folder = folder
        self._cost = cost or Cost()

    def create(self, *, passphrase: Passphrase | None = None) -> PublicKey:
        """Make a new daily key, in clear or under a passphrase, and return its public key.

        Raises:
            KeyFileError: it cannot be written.
        """
        return self._write(KeyKind.DAILY, Secret.generate(), passphrase=passphrase).public

    def list(self) -> tuple[StoredKey, ...]:
        """Return the daily keys, sorted by public key.

        Raises:
            KeyFileError: a file is damaged or open to others.
        """
        return self._stored(KeyKind.DAILY)

    def load(
        self,
        public: PublicKey,
        *,
        passphrase: Passphrase | None = None,
        box_key: BoxKey | None = None,
    ) -> Secret:
        """Return a daily key's seed.

        Args:
            public: the key.
            passphrase: what its owner typed; not needed for a key in clear.
            box_key: what `Unlock` kept, tried where no passphrase is given.

        Raises:
            KeyFileError: there is none, it is damaged or open to others, or its passphrase is
                missing or wrong.
        """
        path = self._path(KeyKind.DAILY, public)
        return self._read(KeyKind.DAILY, path, public).open(
            passphrase=passphrase, box_key=box_key, file=str(path)
        )

    def box_keys(self, passphrase: Passphrase) -> Mapping[PublicKey, BoxKey]:
        """Return what opens each daily key that is under this passphrase, for `Unlock.keep`.

        Keys in clear, and keys under another passphrase, are left out.

        Raises:
            KeyFileError: a file is damaged or open to others, or the passphrase opens none of
                those that are locked.
        """
        opened: dict[PublicKey, BoxKey] = {}
        locked = [stored for stored in self.list() if stored.locked]
        for stored in locked:
            key_file = self._read(KeyKind.DAILY, stored.path, stored.public)
            box_key = key_file.box_key(passphrase)
            if box_key is not None and key_file.opens_with(box_key):
                opened[stored.public] = box_key
        if locked and not opened:
            raise KeyFileError(
                "the passphrase opens no key of this home", hint="type it again, with care"
            )
        return opened

    # --- charter keys, from founding until the sheet is on paper -------------------------------

    def keep_sheet(self, sheet: CharterSheet, *, passphrase: Passphrase | None = None) -> Path:
        """Keep a charter key here until `forget_sheet`: as its sheet, or sealed, and return where.

        Raises:
            KeyFileError: it cannot be written.
        """
        if passphrase is not None:
            return self._write(KeyKind.CHARTER, sheet.secret, passphrase=passphrase).path
        path = self._sheet_path(sheet.secret.public)
        _write_new(path, sheet.text)
        return path

    def sheets(self) -> tuple[StoredKey, ...]:
        """Return the charter keys that are kept here, sorted by public key.

        Raises:
            KeyFileError: a file is damaged or open to others.
        """
        found = list(self._stored(KeyKind.CHARTER))
        for path in self._files(_SHEET_GLOB):
            public = read_sheet(read_private(path), file=str(path)).public
            found.append(StoredKey(kind=KeyKind.CHARTER, public=public, path=path, locked=False))
        return tuple(sorted(found, key=lambda stored: stored.public))

    def load_sheet(self, public: PublicKey, *, passphrase: Passphrase | None = None) -> Secret:
        """Return the seed of a charter key that is kept here.

        Raises:
            KeyFileError: as `load`.
        """
        path = self._sheet_path(public)
        if path.exists():
            secret = read_sheet(read_private(path), file=str(path))
            if secret.public != public:
                raise KeyFileError(f"{path}: is another key's sheet")
            return secret
        path = self._path(KeyKind.CHARTER, public)
        if not path.exists():
            raise KeyFileError(
                "the charter key is not on this machine", hint="take its sheet: --sheet FILE"
            )
        return self._read(KeyKind.CHARTER, path, public).open(
            passphrase=passphrase, box_key=None, file=str(path)
        )

    def forget_sheet(self, public: PublicKey) -> None:
        """Remove a charter key from this machine: its sheet is on paper now.

        Raises:
            KeyFileError: it cannot be removed.
        """
        remove_private(self._sheet_path(public))
        remove_private(self._path(KeyKind.CHARTER, public))

    # --- files ---------------------------------------------------------------------------------

    def _path(self, kind: KeyKind, public: PublicKey) -> Path:
        return self._folder / f"{kind.value}-{to_text(public)[:16]}.key"

    def _sheet_path(self, public: PublicKey) -> Path:
        return self._folder / f"charter-sheet-{to_text(public)[:16]}.txt"

    def _files(self, pattern: str) -> tuple[Path, ...]:
        if self._folder.is_dir() and not os.access(self._folder, os.R_OK | os.X_OK):
            # To a pattern it would be an empty one, and its keys would seem to be gone.
            raise KeyFileError(
                f"{self._folder}: cannot be read: permission denied",
                hint=f"chmod 700 {self._folder}",
            )
        files = tuple(sorted(self._folder.glob(pattern)))
        if len(files) > KEYS_MAX:
            raise KeyFileError(f"{self._folder}: {len(files)} keys, where {KEYS_MAX} are allowed")
        return files

    def _stored(self, kind: KeyKind) -> tuple[StoredKey, ...]:
        found = []
        for path in self._files(f"{kind.value}-*.key"):
            key_file = self._read(kind, path, None)
            locked = not isinstance(key_file.content, Secret)
            found.append(StoredKey(kind=kind, public=key_file.public, path=path, locked=locked))
        return tuple(sorted(found, key=lambda stored: stored.public))

    def _read(self, kind: KeyKind, path: Path, public: PublicKey | None) -> KeyFile:
        key_file = KeyFile.parse(read_private(path), kind=kind, file=str(path))
        if path != self._path(kind, key_file.public) or public not in (None, key_file.public):
            raise KeyFileError(
                f"{path}: holds the key {short(key_file.public)}, not the one it is named for",
                hint=f"rename it to {self._path(kind, key_file.public).name}",
            )
        return key_file

    def _write(self, kind: KeyKind, secret: Secret, *, passphrase: Passphrase | None) -> StoredKey:
        key_file = KeyFile.of(kind, secret, passphrase=passphrase, cost=self._cost)
        path = self._path(kind, secret.public)
        _write_new(path, key_file.text)
        return StoredKey(kind=kind, public=secret.public, path=path, locked=passphrase is not None)


def _write_new(path: Path, text: str) -> None:
    if not write_private(path, text):
        raise KeyFileError(f"{path}: stands there already", hint="move it away first")
