"""Which language a person is spoken to in: by their environment, or by what their browser asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from p2pevents.words.catalogue import DEFAULT, LANGUAGES

__all__ = ["HEADER_CHARACTERS_MAX", "language_of", "language_of_header"]

HEADER_CHARACTERS_MAX: Final = 1_000
_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language of an environment, in gettext's order; English where it is none of ours.

    `LANGUAGE` may name several, the best first: `fr_CA:en`.
    """
    said = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return next((known for each in said.split(":") if (known := _known(each))), DEFAULT)


def language_of_header(header: str) -> str:
    """Return the language that a browser likes best (RFC 9110, 12.5.4); English otherwise."""
    wanted: list[tuple[float, str]] = []
    for part in header[:HEADER_CHARACTERS_MAX].split(","):
        tag, _, quality = part.partition(";")
        known = _known(tag.strip())
        weight = _weight(quality)
        if known and weight > 0:
            wanted.append((weight, known))
    # Of what is liked equally well, the first that was named: max keeps it.
    return max(wanted, key=lambda each: each[0], default=(0.0, DEFAULT))[1]


def _known(tag: str) -> str:
    """Return the language of `fr_CA.UTF-8` or `fr-CA`, where it is one of ours; else nothing."""
    primary = tag.replace("_", "-").partition(".")[0].partition("-")[0].casefold()
    return primary if primary in LANGUAGES else ""


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
