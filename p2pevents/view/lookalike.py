"""Names that a person takes for one another: skeletons after Unicode's UTS 39.

A skeleton is what is left of a name when every letter is replaced by the one that
stands for all that look like it. UTS 39 compares letters as they are drawn. A
person reads on through case, accents, spaces and signs, so these are left out as
well; and three pairs are added that are drawn alike in common typefaces.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["looks_like", "skeleton"]

_ACCENTS: Final = range(0x0300, 0x0370)
# What the library's data says of ASCII; of accents it says accents, which are left out. Most
# names are made of these: reading a megabyte for them would take longer than an agenda.
_ASCII: Final = {'"': "''", "0": "O", "1": "l", "I": "l", "`": "'", "m": "rn", "|": "l"}
# Applied to both sides of a comparison, after case is gone: I and l, w and vv, d and cl.
_DRAWN_ALIKE: Final = str.maketrans({"i": "l", "w": "vv", "d": "cl"})


def looks_like(one: str, other: str) -> bool:
    """Say whether a person may take one name for the other; equal names are, too."""
    return skeleton(one) == skeleton(other)


@lru_cache(maxsize=4096)
def skeleton(name: str) -> str:
    """Return what names that look alike have in common.

    A name without a letter or digit is its own skeleton.
    """
    letters = _prototypes(unicodedata.normalize("NFKD", name))
    folded = unicodedata.normalize("NFKD", letters.casefold())
    kept = "".join(each for each in _prototypes(folded).casefold() if _is_read(each))
    return kept.translate(_DRAWN_ALIKE) or name


def _is_read(letter: str) -> bool:
    return ord(letter) not in _ACCENTS and unicodedata.category(letter)[0] in "LNM"


def _prototypes(text: str) -> str:
    # What several letters stand for may hold a letter for which another stands.
    return "".join(_prototype(part) for each in text for part in _prototype(each))


@lru_cache(maxsize=4096)
def _prototype(letter: str) -> str:
    """Return what stands for all that look like a letter."""
    if letter.isascii() or ord(letter) in _ACCENTS:
        return _ASCII.get(letter, letter)
    return _prototype_by_library(letter)


def _prototype_by_library(letter: str) -> str:
    """Return the same for any letter.

    The library's data holds each pair of UTS 39 both ways and not which of the two is
    the prototype. All that look like one prototype hang together, so the whole of
    them is found, and one member, always the same, stands for it.
    """
    # Loaded at the first letter that needs it.
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415

    alike, waiting = {letter}, [letter]
    while waiting:
        for each in confusables_data.get(waiting.pop(), ()):
            if each["c"] not in alike:
                alike.add(each["c"])
                waiting.append(each["c"])
    return min(alike, key=_strangeness)


def _strangeness(letters: str) -> tuple[bool, int, bool, bool, str]:
    """Order what may stand for others: ASCII, several letters (`rn` for m), letters, small ones."""
    return (
        not letters.isascii(),
        -len(letters),
        not letters.isalpha(),
        not letters.islower(),
        letters,
    )
