"""A folder in memory for this user alone, where what must never reach a disk may wait."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from p2pevents.errors import StateError, reason_of

__all__ = ["runtime_folder"]

_MOUNTS: Final = Path("/proc/self/mounts")
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (looked at before it is trusted, below)
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_OCTAL = re.compile(r"\\([0-7]{3})", re.ASCII)
_HINT: Final = "give --passphrase-file FILE to each command in its place"


def runtime_folder(
    environment: Mapping[str, str],
    *,
    mounts: Path = _MOUNTS,
    shared_memory: Path = _SHARED_MEMORY,
) -> Path:
    """Return a folder on a file system in memory, made for this user alone.

    Args:
        environment: variables, of which `XDG_RUNTIME_DIR` is read first.
        mounts: the kernel's list of what is mounted where.
        shared_memory: where else to look.

    Raises:
        StateError: this machine has none, or somebody else's stands in its place.
    """
    candidates = [shared_memory / f"p2pevents-{os.geteuid()}"]
    if named := environment.get("XDG_RUNTIME_DIR"):
        candidates.insert(0, Path(named) / "p2pevents")
    for folder in candidates:
        if folder.parent.is_dir() and _is_in_memory(folder.parent, mounts):
            return _made_private(folder)
    raise StateError("this machine has no folder in memory to keep a key in", hint=_HINT)


def _is_in_memory(folder: Path, mounts: Path) -> bool:
    """Tell whether the file system under `folder` is one that lives in memory."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    real = folder.resolve()
    kind, depth = "", -1
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[1]))
        # The last of two on the same place covers the first.
        if real.is_relative_to(point) and len(point.parts) >= depth:
            kind, depth = fields[2], len(point.parts)
    return kind in _IN_MEMORY


def _made_private(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise StateError(f"{folder}: cannot be made: {reason_of(error)}", hint=_HINT) from None
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise StateError(f"{folder}: others may look inside", hint=_HINT)
    return folder
