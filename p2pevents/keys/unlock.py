"""What a passphrase opened, kept for a while in memory, so that it need not be typed each time.

Kept is what the passphrase makes of each key file's salt, in a private file on
a file system that lives in memory; never the passphrase, never a seed, never
on a disk. Why so: docs/adr/0004-unlock.md.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from p2pevents.errors import InputError, KeyFileError
from p2pevents.keys.private_file import read_private, remove_private, write_private
from p2pevents.keys.secret import BoxKey
from p2pevents.record.ids import PublicKey, from_text, to_text

__all__ = ["UNLOCK_KEYS_MAX", "UNLOCK_S_MAX", "Unlock", "Unlocked"]

UNLOCK_S_MAX: Final = 24 * 60 * 60
UNLOCK_KEYS_MAX: Final = 64

_TITLE: Final = "p2pevents unlock 1"
_FILE = re.compile(
    rf"{_TITLE}\nfrom (?P<since>[0-9]{{1,15}}) until (?P<until>[0-9]{{1,15}})\n"
    rf"(?P<keys>(?:b[a-z2-7]{{52}} b[a-z2-7]{{52}}\n){{0,{UNLOCK_KEYS_MAX}}})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """What is kept, and from when until when, in milliseconds since 1970."""

    from_ms: int
    until_ms: int
    keys: Mapping[PublicKey, BoxKey]


class Unlock:
    """What is kept for one home.

    Args:
        folder: a folder in memory, as `runtime_folder` returns.
        home: the home whose keys these are: another home has its own.
    """

    def __init__(self, folder: Path, *, home: Path) -> None:
        name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
        self._path = folder / f"unlock-{name}"

    def keep(self, keys: Mapping[PublicKey, BoxKey], *, now_ms: int, for_s: int) -> None:
        """Keep these until a time; what was kept before goes.

        Args:
            keys: what opens each key's file, as `Keyring.box_keys` returns.
            now_ms: milliseconds since 1970.
            for_s: how long, 1 to `UNLOCK_S_MAX` seconds.

        Raises:
            KeyFileError: too long, too many, or it cannot be written.
        """
        if not 1 <= for_s <= UNLOCK_S_MAX:
            raise KeyFileError(
                f"cannot unlock for {for_s} seconds",
                hint=f"from one second to {UNLOCK_S_MAX // 3600} hours, such as --for 1h",
            )
        if len(keys) > UNLOCK_KEYS_MAX:
            raise KeyFileError(f"{len(keys)} keys, where {UNLOCK_KEYS_MAX} can be unlocked at once")
        lines = [_TITLE, f"from {now_ms} until {now_ms + for_s * 1000}"]
        lines += [f"{to_text(public)} {to_text(key.reveal())}" for public, key in keys.items()]
        write_private(self._path, "\n".join(lines) + "\n", replace=True)

    def kept(self, *, now_ms: int) -> Unlocked | None:
        """Return what is kept; None where the keys are locked.

        What has expired is removed on the way. A clock set back to before the
        unlocking ends it too.

        Raises:
            KeyFileError: what is kept is damaged or open to others.
        """
        if not os.path.lexists(self._path):
            return None
        unlocked = _parse(read_private(self._path), file=str(self._path))
        if not unlocked.from_ms <= now_ms < unlocked.until_ms:
            self.lock()
            return None
        return unlocked

    def lock(self) -> None:
        """Keep nothing any longer; nothing happens where nothing was kept.

        Raises:
            KeyFileError: it cannot be removed.
        """
        remove_private(self._path)


def _parse(text: str, *, file: str) -> Unlocked:
    match = _FILE.fullmatch(text)
    if match is None:
        raise _damaged(file)
    from_ms, until_ms = int(match["since"]), int(match["until"])
    if not 0 < until_ms - from_ms <= UNLOCK_S_MAX * 1000:
        raise _damaged(file)
    keys: dict[PublicKey, BoxKey] = {}
    for line in match["keys"].splitlines():
        public, _, key = line.partition(" ")
        try:
            keys[PublicKey(from_text(public))] = BoxKey(from_text(key))
        except InputError:
            raise _damaged(file) from None
    return Unlocked(from_ms=from_ms, until_ms=until_ms, keys=keys)


def _damaged(file: str) -> KeyFileError:
    return KeyFileError(f"{file}: is damaged", hint="`p2pevents lock` removes it")
