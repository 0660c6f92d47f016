"""The language that this process speaks on a terminal: one at a time, chosen by the program.

The page speaks to each reader by a catalogue of their own, and never by these.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager

from p2pevents.words.catalogue import DEFAULT, DOMAIN, FOLDER, Catalogue, catalogue_of

__all__ = ["_", "_n", "message", "named", "speak", "spoken"]

_now: list[Catalogue] = [catalogue_of(DEFAULT)]


@contextmanager
def speak(language: str) -> Iterator[None]:
    """Speak a language within the block, and as before after it.

    click looks its own words up by gettext's process-wide domain, and gettext reads the language
    from the environment: both are set, and put back. Processes started within speak it too.
    """
    before, said, domain = _now[0], os.environ.get("LANGUAGE"), gettext.textdomain()
    try:
        change(language)
        yield
    finally:
        _now[0] = before
        gettext.textdomain(domain)
        if said is None:
            os.environ.pop("LANGUAGE", None)
        else:
            os.environ["LANGUAGE"] = said


def change(language: str) -> None:
    """Speak another language from here to the end of the block of `speak`."""
    if language == _now[0].language:
        return
    _now[0] = catalogue_of(language)
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, FOLDER)
    gettext.textdomain(DOMAIN)


def spoken() -> Catalogue:
    """Return the catalogue of the language that is spoken."""
    return _now[0]


def _(said: str, /, **values: object) -> str:
    """Return a text in the language that is spoken, with what it leaves open filled in."""
    return _now[0].text(said, context="", **values)


def _n(one: str, several: str, /, n: int, **values: object) -> str:
    """Return a text for one or for several things, in the language that is spoken."""
    return _now[0].many(one, several, n, context="", **values)


def named(group: str, name: str) -> str:
    """Return what a name of a group is called, such as a role; JSON and commands say the name."""
    return _now[0].text(name, context=group)


def message(written: str) -> str:
    """Return a message that another room wrote in English, in the language that is spoken."""
    return _now[0].message(written)
