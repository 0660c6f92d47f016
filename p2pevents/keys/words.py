"""Keys as English words (BIP 39): 24 for a seed on paper, four for a fingerprint to read aloud.

Specified in docs/spec/keys.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from nacl import pwhash

from p2pevents.errors import KeyFileError
from p2pevents.keys.secret import Secret
from p2pevents.record.ids import PublicKey

if TYPE_CHECKING:
    from mnemonic import Mnemonic

__all__ = [
    "FINGERPRINT_WORDS",
    "SEED_WORDS",
    "fingerprint",
    "fingerprint_words",
    "known_words",
    "seed_of_words",
    "words_of",
]

SEED_WORDS: Final = 24
FINGERPRINT_WORDS: Final = 4
_WORD_BITS: Final = 11

_FINGERPRINT_SALT: Final = b"p2pevents/1/word"
_FINGERPRINT_OPSLIMIT: Final = 2
_FINGERPRINT_MEMLIMIT_BYTES: Final = 16 * 1024 * 1024
_FINGERPRINT_BYTES: Final = 16


def words_of(secret: Secret) -> tuple[str, ...]:
    """Return the 24 words of a seed; the last holds a check."""
    return tuple(_list().to_mnemonic(secret.reveal()).split(" "))


def seed_of_words(words: Sequence[str]) -> Secret:
    """Return the seed that 24 words say, in any case of letters.

    Raises:
        KeyFileError: naming the word that is on no list and the nearest that is, or that
            the words are too few, too many, or not in agreement with their check.
    """
    said = [word.lower() for word in words]
    for place, word in enumerate(said, 1):
        if word not in _known():
            near = difflib.get_close_matches(word, _list().wordlist, n=1, cutoff=0.5)
            raise KeyFileError(
                f"word {place}, {word[:20]!r}, is not on the list of words",
                hint=f"did you mean {near[0]!r}?" if near else "read that word again",
            )
    if len(said) != SEED_WORDS:
        raise KeyFileError(
            f"{len(said)} words, where a sheet has {SEED_WORDS}",
            hint="type them in the order of their numbers",
        )
    try:
        return Secret(bytes(_list().to_entropy(said)))
    except ValueError:
        raise KeyFileError(
            "the words do not agree with their check",
            hint="one of them is another word of the list, or two have changed places",
        ) from None


def known_words(words: Sequence[str]) -> int:
    """Return how many of these are on the list."""
    return sum(word.lower() in _known() for word in words)


def fingerprint(public: PublicKey) -> str:
    """Return the fingerprint of a public key as one word to copy: its words joined by `-`."""
    return "-".join(fingerprint_words(public))


@lru_cache(maxsize=1024)
def fingerprint_words(public: PublicKey) -> tuple[str, ...]:
    """Return four words of a public key, for two people to compare aloud.

    Four words are 44 bits. Each guess at a key with the same words costs about
    10 ms and 16 MiB, so a look-alike takes thousands of years of one core.
    """
    digest = pwhash.argon2id.kdf(
        _FINGERPRINT_BYTES,
        public,
        _FINGERPRINT_SALT,
        opslimit=_FINGERPRINT_OPSLIMIT,
        memlimit=_FINGERPRINT_MEMLIMIT_BYTES,
    )
    number = int.from_bytes(digest, "big") >> (
        8 * _FINGERPRINT_BYTES - FINGERPRINT_WORDS * _WORD_BITS
    )
    places = [
        (number >> (_WORD_BITS * back)) & (2**_WORD_BITS - 1)
        for back in reversed(range(FINGERPRINT_WORDS))
    ]
    return tuple(_list().wordlist[place] for place in places)


@lru_cache(maxsize=1)
def _list() -> Mnemonic:
    from mnemonic import Mnemonic

    return Mnemonic("english")


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(_list().wordlist)
