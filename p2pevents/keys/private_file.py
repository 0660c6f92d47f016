"""Files for this user alone: written whole or not at all, and refused when others can read them."""

from __future__ import annotations

import os
import secrets
import shlex
import stat
from pathlib import Path
from typing import Final

from p2pevents.errors import KeyFileError, reason_of

__all__ = ["PRIVATE_FILE_BYTES_MAX", "read_private", "remove_private", "write_private"]

PRIVATE_FILE_BYTES_MAX: Final = 16 * 1024
_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_OTHERS: Final = 0o077


def read_private(path: Path) -> str:
    """Return the text of a file that its user alone may read.

    Raises:
        KeyFileError: it is missing, open to others, too large, no file or no text.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyFileError(f"{path}: is not a file")
            if status.st_mode & _OTHERS:
                raise KeyFileError(
                    f"{path}: others on this machine may read or change it",
                    hint=f"chmod 600 {shlex.quote(str(path))}",
                )
            data = file.read(PRIVATE_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {reason_of(error)}") from None
    if len(data) > PRIVATE_FILE_BYTES_MAX:
        raise KeyFileError(f"{path}: larger than {PRIVATE_FILE_BYTES_MAX} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise KeyFileError(f"{path}: is not text") from None


def write_private(path: Path, text: str, *, replace: bool = False) -> bool:
    """Write a file that its user alone may read, whole or not at all, and wait for the disk.

    Its folder is made, for this user alone, where it is missing.

    Args:
        path: the file.
        text: what it shall hold.
        replace: whether one that stands there may go.

    Returns:
        Whether it was written: False where one stands there that may not go.

    Raises:
        KeyFileError: the disk or its permissions do not allow it.
    """
    # A crash may leave this file behind: it is as private, and no key in it was ever used.
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        try:
            with open(new, "xb", opener=_for_its_user) as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            if replace:
                new.replace(path)
            else:
                try:
                    path.hardlink_to(new)  # unlike a rename, this fails where a file stands
                except FileExistsError:
                    return False
        finally:
            new.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written: {reason_of(error)}") from None
    return True


def remove_private(path: Path) -> None:
    """Remove a private file, if it is there, overwriting it first as far as the disk allows.

    Raises:
        KeyFileError: it cannot be removed.
    """
    try:
        with open(path, "r+b", opener=_without_waiting) as file:
            file.write(bytes(min(os.fstat(file.fileno()).st_size, PRIVATE_FILE_BYTES_MAX)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be removed: {reason_of(error)}") from None


def _without_waiting(path: str, flags: int) -> int:
    # Somebody may have put a pipe in the file's place, and nobody at its other end.
    return os.open(path, flags | os.O_NONBLOCK)


def _for_its_user(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
