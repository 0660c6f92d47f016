"""A charter sheet read back: the whole of it, its words, its letters, or what its QR code says."""

from __future__ import annotations

import re
from base64 import b32decode
from typing import Final

from p2pevents.errors import KeyFileError
from p2pevents.keys.secret import SEED_BYTES, Secret
from p2pevents.keys.sheet import (
    CHECK_BYTES,
    KEY_HEADING,
    LETTERS_HEADING,
    QR_PREFIX,
    TITLE,
    WORDS_HEADING,
    check_of,
)
from p2pevents.keys.words import known_words, seed_of_words
from p2pevents.record.ids import to_text

__all__ = ["SHEET_CHARACTERS_MAX", "read_sheet"]

SHEET_CHARACTERS_MAX: Final = 16 * 1024
_LETTERS: Final = (SEED_BYTES + CHECK_BYTES) * 8 // 5
_GROUP: Final = 4

_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(r"[\s-]+")
_NOT_IN_BASE32 = re.compile(r"[^a-z2-7]", re.ASCII)
_KEY = re.compile(r"b[a-z2-7]{52}", re.ASCII)
_AGAIN: Final = "compare it with the sheet, or type the other of words and letters"


def read_sheet(text: str, *, file: str = "sheet") -> Secret:
    """Return the charter key that a sheet says, typed, scanned or from its file.

    Args:
        text: a whole sheet, or its 24 words (with or without their numbers), or its 56
            letters, or the text of its QR code.
        file: what to call it in errors.

    Raises:
        KeyFileError: naming the word or the group that is wrong; nothing else.
    """
    if len(text) > SHEET_CHARACTERS_MAX:
        raise KeyFileError(f"{file}: larger than {SHEET_CHARACTERS_MAX} characters: no sheet")
    try:
        return _read(text)
    except KeyFileError as error:
        raise KeyFileError(f"{file}: {error.message}", hint=error.hint) from None


def _read(text: str) -> Secret:
    if TITLE in text:
        return _read_whole(text)
    compact = _BETWEEN.sub("", text).lower()
    prefix = _BETWEEN.sub("", QR_PREFIX).lower()
    words = _WORD.findall(text)
    # Two thirds of the list's words would have to be mistyped before they pass for letters.
    if compact.startswith(prefix) or 3 * known_words(words) < len(words):
        return _seed_of_letters(compact.removeprefix(prefix))
    if not words:
        raise KeyFileError("no words and no letters", hint="type the 24 words of the sheet")
    return seed_of_words(words)


def _read_whole(text: str) -> Secret:
    by_words = seed_of_words(_WORD.findall(_under(text, WORDS_HEADING)))
    by_letters = _seed_of_letters(_BETWEEN.sub("", _under(text, LETTERS_HEADING)).lower())
    if by_words != by_letters:
        raise KeyFileError("words and letters say different keys", hint=_AGAIN)
    public = _KEY.search(_under(text, KEY_HEADING))
    if public is None or public[0] != to_text(by_words.public):
        raise KeyFileError("the public key is not that of words and letters", hint=_AGAIN)
    return by_words


def _under(text: str, heading: str) -> str:
    """Return the lines that are indented under a heading; none where there is no heading."""
    match = re.search(rf"^{heading}[ \t]*\r?\n((?:[ \t]+\S.*(?:\n|\Z))+)", text, re.MULTILINE)
    return match[1] if match else ""


def _seed_of_letters(letters: str) -> Secret:
    wrong = _NOT_IN_BASE32.search(letters)
    if wrong:
        place = wrong.start() // _GROUP + 1
        raise KeyFileError(
            f"letters: {wrong[0]!r} in group {place} is none of a-z and 2-7",
            hint="0 may be o, 1 may be l or i, 8 may be b",
        )
    if len(letters) != _LETTERS:
        raise KeyFileError(f"letters: {len(letters)}, where a sheet has {_LETTERS}", hint=_AGAIN)
    data = b32decode(letters.upper())
    seed, check = data[:SEED_BYTES], data[SEED_BYTES:]
    if check != check_of(seed):
        raise KeyFileError("letters: one is wrong, or groups changed places", hint=_AGAIN)
    return Secret(seed)
