"""My keys while one command runs: opened by what `unlock` kept, else by a passphrase asked once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from p2pevents.errors import KeyFileError, StateError
from p2pevents.keys.keyring import Keyring
from p2pevents.keys.runtime_folder import runtime_folder
from p2pevents.keys.secret import BoxKey, Passphrase, Secret
from p2pevents.keys.unlock import Unlock
from p2pevents.record.ids import PublicKey

__all__ = ["Asking", "Safe"]

Ask = Callable[[], Passphrase | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a person is asked for a passphrase; None is said where they have none.

    Attributes:
        old: asks for the one that a key is under.
        new: asks for one to put a new key under.
    """

    old: Ask
    new: Ask


class Safe:
    """The keyring of one home, and what was opened of it since the command began.

    Attributes:
        keyring: the files.

    Args:
        folder: where the keys are.
        home: the home whose keys these are.
        now_ms: the clock, in ms since 1970.
        asking: None where nobody can be asked: then new keys are in clear.
    """

    def __init__(
        self, folder: Path, *, home: Path, now_ms: Callable[[], int], asking: Asking | None
    ) -> None:
        self.keyring = Keyring(folder)
        self._home = home
        self._now_ms = now_ms
        self._asking = asking
        self._opened: dict[PublicKey, Secret] = {}
        self._typed: Passphrase | None = None

    def create(self) -> PublicKey:
        """Make a daily key, under the passphrase that its owner chooses.

        Raises:
            KeyFileError: it cannot be written.
        """
        chosen = self._asking.new() if self._asking else None
        self._typed = chosen or self._typed
        return self.keyring.create(passphrase=chosen)

    def secret(self, key: PublicKey) -> Secret:
        """Return a daily key's seed.

        Raises:
            KeyFileError: there is none, or its passphrase is missing or wrong.
        """
        if key not in self._opened:
            kept = self._unlocked().get(key)
            if kept is not None:
                self._opened[key] = self.keyring.load(key, box_key=kept)
            else:
                locked = any(x.locked for x in self.keyring.list() if x.public == key)
                self._opened[key] = self._open(
                    lambda typed: self.keyring.load(key, passphrase=typed), locked=locked
                )
        return self._opened[key]

    def charter_secret(self, key: PublicKey) -> Secret:
        """Return the seed of a charter key whose sheet is still kept here.

        Raises:
            KeyFileError: as `secret`.
        """
        if key not in self._opened:
            locked = any(x.locked for x in self.keyring.sheets() if x.public == key)
            self._opened[key] = self._open(
                lambda typed: self.keyring.load_sheet(key, passphrase=typed), locked=locked
            )
        return self._opened[key]

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody, or a file, to ask for a passphrase."""
        return self._asking is not None

    def asked(self) -> Passphrase | None:
        """Ask for the passphrase that keys are under; None where none is said."""
        self._typed = self._asking.old() if self._asking else None
        return self._typed

    def _open(self, load: Callable[[Passphrase | None], Secret], *, locked: bool) -> Secret:
        """Open a key, by what was typed before where that fits, else by asking."""
        if not locked:
            return load(None)
        if self._typed is not None:
            try:
                return load(self._typed)
            except KeyFileError:  # under another passphrase than the key before: asked for below
                self._typed = None
        return load(self.asked())

    def _unlocked(self) -> Mapping[PublicKey, BoxKey]:
        if not any(stored.locked for stored in self.keyring.list()):
            return {}
        try:
            folder = runtime_folder(os.environ)
        except StateError:  # this machine has no such folder: nothing can be kept in it
            return {}
        kept = Unlock(folder, home=self._home).kept(now_ms=self._now_ms())
        return kept.keys if kept else {}
