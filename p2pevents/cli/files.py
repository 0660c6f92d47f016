"""Files that a person names: read whole, up to the size that anything here is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from p2pevents.errors import InputError, UsageError, reason_of
from p2pevents.importers.text import IMPORT_BYTES_MAX

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COLUMN", "ENCODING", "columns_of", "read_short", "read_whole"]

COLUMN = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=ROLE",
    help="Of a table: what a column is, where its name does not tell, such as When=start or "
    "Titre=fr_title; When= leaves it out. May be given several times.",
)
ENCODING = click.option(
    "--encoding", default="", metavar="NAME", help="Of files that are not UTF-8: windows-1252, ..."
)


def columns_of(texts: Sequence[str]) -> dict[str, str]:
    """Return what a person said that columns are, by the columns' names.

    Raises:
        UsageError: a text has no `=`, or two are of one column.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, separator, role = text.rpartition("=")
        if not separator or not name.strip():
            raise UsageError(f"--column {text[:60]}: no = in it", hint="write --column When=start")
        if name.strip() in found:
            raise UsageError(f"--column: {name.strip()[:60]!r} is given twice")
        found[name.strip()] = role.strip()
    return found


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
        raise InputError(f"{path}: cannot be read: {reason_of(error)}") from None


def read_short(path: Path, *, bytes_max: int) -> bytes:
    """Return what is in a file that a person wrote by hand; no more of it is read than may be.

    Raises:
        InputError: it cannot be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason_of(error)}") from None
    if len(data) > bytes_max:
        raise InputError(f"{path}: larger than {bytes_max} bytes")
    return data
