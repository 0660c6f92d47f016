"""In which language a person is spoken to on their terminal: their configuration's, else their own.

`--json`, exit codes, names of rules, commands and options are the same in all of them.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from p2pevents.words import change, spoken

if TYPE_CHECKING:
    from p2pevents.node.home import Home

__all__ = ["date_locale", "speak_as_configured"]

_LOCALES: Final = {"en": "en_GB", "fr": "fr_FR"}
_NOBODYS: Final = ("C", "POSIX")  # of no region; `locale.normalize` takes C for the American one
# Every command asks for this one key, and most for no other: the whole file is not read for it.
_KEY: Final = r'^language[ \t]*=[ \t]*"([a-z]{2})"'
_BYTES_MAX: Final = 64 * 1024


def speak_as_configured(home: Home) -> None:
    """Speak the language that a home's configuration names, where it names one."""
    try:
        with home.config.open(encoding="utf-8", errors="replace") as file:
            said = re.search(_KEY, file.read(_BYTES_MAX), re.MULTILINE)
    except OSError:
        return
    if said is not None:
        change(said[1])


def date_locale() -> str:
    """Return the locale of dates, as babel names it: of the language that is spoken.

    The region is the person's own, where their environment names one of that language.
    """
    import locale

    language = spoken().language
    said = os.environ.get("LC_ALL") or os.environ.get("LC_TIME") or os.environ.get("LANG") or ""
    if said.partition(".")[0] in _NOBODYS:
        said = ""
    name = locale.normalize(said).split(".")[0]
    return name if len(name) == 5 and name.startswith(f"{language}_") else _LOCALES[language]
