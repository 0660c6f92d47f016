"""Files that a person names: read whole, up to the size that anything here is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from p2pevents.errors import InputError
from p2pevents.importers.text import IMPORT_BYTES_MAX

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_whole"]


def read_whole(path: Path) -> bytes:
    """Return what is in a file that is to be imported or checked.

    Raises:
        InputError: it cannot be read, or is larger than `IMPORT_BYTES_MAX`.
    """
    try:
        size = path.stat().st_size
        if size > IMPORT_BYTES_MAX:
            raise InputError(
                f"{path}: {size // 2**20} MiB, where at most {IMPORT_BYTES_MAX // 2**20} are read",
                hint="split the file",
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {(error.strerror or 'no reason given').lower()}"
        ) from None
