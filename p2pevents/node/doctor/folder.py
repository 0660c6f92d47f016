"""Whether the home is there, one's own, and closed to others."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from p2pevents.log.store import store_files
from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["home_is_private"]

_OTHERS: Final = 0o077


def home_is_private(patient: Patient) -> Iterator[Finding]:
    """Look at the folder, and at what in it is for nobody else; key files are looked at apart."""
    folder = patient.home.folder
    if not folder.is_dir():
        yield Finding(
            grade=Grade.NOTE,
            message=f"{folder} is not there yet: the first command that writes makes it",
        )
        return
    if folder.stat().st_uid != os.geteuid():
        yield Finding(
            grade=Grade.BAD,
            message=f"{folder} belongs to another user",
            hint=f"sudo chown -R {os.geteuid()} {shlex.quote(str(folder))}",
        )
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            grade=Grade.BAD,
            message=f"{folder} cannot be written",
            hint=f"chmod 700 {shlex.quote(str(folder))}",
        )
        return
    open_paths = [path for path in _private(patient) if path.exists() and _is_open(path)]
    for path in open_paths:
        mode = "700" if path.is_dir() else "600"
        yield Finding(
            grade=Grade.BAD,
            message=f"{path}: others on this machine may look into it",
            hint=f"chmod {mode} {shlex.quote(str(path))}",
            mend=_closing(path, int(mode, 8)),
        )
    if not open_paths:
        yield Finding(grade=Grade.GOOD, message=f"{folder} is for you alone")


def _private(patient: Patient) -> Iterator[Path]:
    home = patient.home
    yield home.folder
    if home.keys.exists():
        yield home.keys
    yield from store_files(home.log)
    yield from store_files(home.private_log)
    yield from store_files(home.read_log)


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)


def _closing(path: Path, mode: int) -> Callable[[], str]:
    def close() -> str:
        path.chmod(mode)
        return f"{path} is for you alone now"

    return close
