"""Whether there is room for what is yet to come, and for the copy before an upgrade."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final

from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["FREE_BYTES_MIN", "disk_has_room"]

FREE_BYTES_MIN: Final = 64 * 1024 * 1024
_MIB: Final = 1024 * 1024
_GIB: Final = 1024 * _MIB


def disk_has_room(patient: Patient) -> Iterator[Finding]:
    """Look at what is free where the home is."""
    home = patient.home
    if not home.folder.is_dir():
        return
    free = shutil.disk_usage(home.folder).free
    held = home.log.stat().st_size if home.log.exists() else 0
    if free < FREE_BYTES_MIN:
        yield Finding(
            grade=Grade.BAD,
            message=f"{_room(free)} are free: soon nothing more can be written",
            hint="free some space; nothing that was written is lost",
        )
    elif free < 2 * held:
        yield Finding(
            grade=Grade.NOTE,
            message=f"{_room(free)} are free, and the log has {_room(held)}: "
            "an upgrade copies it first",
            hint="free some space before you upgrade",
        )
    else:
        yield Finding(grade=Grade.GOOD, message=f"{_room(free)} are free")


def _room(size_bytes: int) -> str:
    """Return a size as people say it."""
    return f"{size_bytes // _GIB} GiB" if size_bytes >= 10 * _GIB else f"{size_bytes // _MIB} MiB"
