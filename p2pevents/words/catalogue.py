"""One language's words: a gettext catalogue, read from its file when it is first needed.

English is what the source says, and has no file. The other languages lie in
`locale/`, in gettext's own layout, so that click finds its words there too.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from p2pevents.words.messages import Messages

__all__ = ["DEFAULT", "DOMAIN", "FOLDER", "LANGUAGES", "Catalogue", "catalogue_of", "file_of"]

LANGUAGES: Final = {"en": "English", "fr": "Français"}
DEFAULT: Final = "en"
DOMAIN: Final = "p2pevents"
FOLDER: Final = Path(__file__).with_name("locale")


class Catalogue:
    """One language.

    Attributes:
        language: its tag, one of `LANGUAGES`.
    """

    __slots__ = ("_gettext", "_messages", "language")

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._gettext = translations
        self._messages: Messages | None = None

    def text(self, said: str, /, *, context: str = "", **values: object) -> str:
        """Return a text with what it leaves open filled in.

        Args:
            said: the English text; `{name}` is left open.
            context: where it stands, for a text that means several things; empty for none.
            values: what is filled in.
        """
        found = self._gettext.pgettext(context, said) if context else self._gettext.gettext(said)
        return found.format(**values) if values else found

    def many(
        self, one: str, several: str, /, n: int, *, context: str = "", **values: object
    ) -> str:
        """Return the text for one or for several things, `{n}` and the rest filled in."""
        if context:
            found = self._gettext.npgettext(context, one, several, n)
        else:
            found = self._gettext.ngettext(one, several, n)
        return found.format(n=n, **values)

    def message(self, written: str) -> str:
        """Return a whole message that another room wrote in English, such as an error's."""
        if self.language == DEFAULT or not written:
            return written
        if self._messages is None:
            from p2pevents.words.messages import Messages

            self._messages = Messages.read(file_of(self.language))
        return self._messages.translated(written)


def file_of(language: str) -> Path:
    """Return the file that holds a language's words."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo"


@cache
def catalogue_of(language: str) -> Catalogue:
    """Return a language's catalogue; English where it is not one of `LANGUAGES`."""
    if language not in LANGUAGES or language == DEFAULT:
        return Catalogue(DEFAULT, gettext.NullTranslations())
    with file_of(language).open("rb") as file:
        return Catalogue(language, gettext.GNUTranslations(file))
