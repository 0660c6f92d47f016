"""From a file's bytes to its text, with plain errors for what is not text."""

from __future__ import annotations

import codecs
from typing import Final

from p2pevents.errors import InputError

__all__ = ["IMPORT_BYTES_MAX", "text_of"]

IMPORT_BYTES_MAX: Final = 100 * 1024 * 1024
"""The largest file that is read; whoever opens it asks its size first."""

_MARK: Final = "\ufeff"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_OLD: Final = "windows-1252"
"""What programs of Western Europe wrote for twenty years: the reading that is shown."""

_AROUND_BYTES: Final = 20


def text_of(data: bytes, *, name: str, encoding: str = "") -> str:
    """Return the text of a file, its byte order mark left out.

    Which of the many old encodings a file is in cannot be known, only guessed: whoever has it is
    shown how it would read, and says.

    Args:
        data: the whole file, at most 100 MiB.
        name: the file's name, for messages.
        encoding: what it is in, as Python names it; empty for UTF-8, or for UTF-16 where its mark
            says so.

    Raises:
        InputError: where it is too large, or not text in that encoding.
    """
    if len(data) > IMPORT_BYTES_MAX:
        raise InputError(
            f"{name}: larger than {IMPORT_BYTES_MAX // 2**20} MiB",
            hint="import it in parts",
        )
    codec = _codec(encoding, name) if encoding else _marked(data)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        said = codec.upper()
        raise InputError(
            f"{name}: line {line}: not text in {said} (byte {error.start})",
            hint="name another --encoding" if encoding else _way_out(data, error.start),
        ) from None
    if "\0" in text:
        raise InputError(f"{name}: not a text file", hint="it has zero bytes in it")
    return text.removeprefix(_MARK)


def _marked(data: bytes) -> str:
    return "utf-16" if data.startswith(_UTF_16) else "utf-8"


def _codec(encoding: str, name: str) -> str:
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError):  # ValueError: a name that no codec could have
        found = None
    # Python's other codecs make bytes of bytes, or are none of a file.
    if found is None or not found._is_text_encoding:  # noqa: SLF001 - Python has no other door
        raise InputError(
            f"{name}: {encoding[:40]!r} is no encoding",
            hint="such as windows-1252, macroman, iso-8859-15",
        )
    return found.name


def _way_out(data: bytes, at: int) -> str:
    """Return how the place would read in the likeliest old encoding, and what to type then."""
    begins = data.rfind(b"\n", 0, at) + 1
    start = max(begins, at - _AROUND_BYTES)
    end = min(len(data), at + _AROUND_BYTES)
    around = data[start:end].split(b"\n")[0].decode(_OLD, "replace")
    shown = " ".join("".join(each for each in around if each.isprintable()).split())
    return f"if {shown!r} reads right, say --encoding {_OLD}; else save it as UTF-8"
