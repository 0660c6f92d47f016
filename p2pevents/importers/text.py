"""From a file's bytes to its text, with plain errors for what is not text."""

from __future__ import annotations

from typing import Final

from p2pevents.errors import InputError

__all__ = ["IMPORT_BYTES_MAX", "text_of"]

IMPORT_BYTES_MAX: Final = 100 * 1024 * 1024
"""The largest file that is read; whoever opens it asks its size first."""

_MARK: Final = "\ufeff"


def text_of(data: bytes, *, name: str) -> str:
    """Return the text of a file, its byte order mark left out.

    Args:
        data: the whole file, at most 100 MiB, in UTF-8.
        name: the file's name, for messages.

    Raises:
        InputError: where it is too large, or not UTF-8 text.
    """
    if len(data) > IMPORT_BYTES_MAX:
        raise InputError(
            f"{name}: larger than {IMPORT_BYTES_MAX // 2**20} MiB",
            hint="import it in parts",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}: line {line}: not text in UTF-8 (byte {error.start})",
            hint="save it as UTF-8 and try again",
        ) from None
    if "\0" in text:
        raise InputError(f"{name}: not a text file", hint="it has zero bytes in it")
    return text.removeprefix(_MARK)
