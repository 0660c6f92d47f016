"""Charter sheets as files outside the home: written where their owner says, and read from there."""

from __future__ import annotations

from pathlib import Path

from p2pevents.errors import KeyFileError, reason_of
from p2pevents.keys.private_file import write_private
from p2pevents.keys.secret import Secret
from p2pevents.keys.sheet import CharterSheet
from p2pevents.keys.sheet_reader import SHEET_CHARACTERS_MAX, read_sheet

__all__ = ["load_sheet_file", "write_sheet_file"]


def write_sheet_file(path: Path, sheet: CharterSheet) -> None:
    """Write a sheet for its user alone: `.html` to print, `.svg` the QR code, else plain text.

    Raises:
        KeyFileError: a file stands there already, or it cannot be written.
    """
    match path.suffix.lower():
        case ".html":
            text = sheet.html
        case ".svg":
            text = sheet.svg
        case _:
            text = sheet.text
    if not write_private(path, text):
        raise KeyFileError(f"{path}: stands there already", hint="name another file")


def load_sheet_file(path: Path) -> Secret:
    """Read a sheet from a file, which may be a pipe, or on a stick that knows no permissions.

    Raises:
        KeyFileError: it cannot be read, or says no charter key.
    """
    try:
        with path.open("rb") as file:
            data = file.read(4 * SHEET_CHARACTERS_MAX)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {reason_of(error)}") from None
    return read_sheet(data.decode("utf-8", errors="replace"), file=str(path))
