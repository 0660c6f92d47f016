"""What counts as a word: SQLite's own tokenizer is asked, so that query and index agree."""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from typing import Final

from msgspec import Struct

__all__ = ["QUERY_CHARACTERS_MAX", "QUERY_WORDS_MAX", "Query", "query_of", "words_of"]

QUERY_CHARACTERS_MAX: Final = 200
QUERY_WORDS_MAX: Final = 16
_ASCII_WORD: Final = re.compile("[0-9a-z]+")


class Query(Struct, frozen=True, kw_only=True):
    """What was asked for: whole words, and perhaps the beginning of one more."""

    whole: frozenset[str]
    beginning: str | None

    @property
    def match(self) -> str:
        """The query in FTS5's language."""
        quoted = [f'"{word}"' for word in sorted(self.whole)]
        return " ".join(quoted if self.beginning is None else [*quoted, f'"{self.beginning}" *'])

    def is_met_by(self, words: frozenset[str]) -> bool:
        """Tell whether a text with these words is found."""
        beginning = self.beginning
        return self.whole <= words and (
            beginning is None or any(word.startswith(beginning) for word in words)
        )


def query_of(asked: str) -> Query | None:
    """Return what a person asked for, or None where there is no word in it.

    Of what they typed 200 characters and 16 words count. A `*` at its end asks
    for every word that begins as the last one does.
    """
    asked = asked[:QUERY_CHARACTERS_MAX].rstrip()
    words = _tokens(asked)[:QUERY_WORDS_MAX]
    if not words:
        return None
    if asked.endswith("*"):
        return Query(whole=frozenset(words[:-1]), beginning=words[-1])
    return Query(whole=frozenset(words), beginning=None)


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, in lower case and without accents."""
    return frozenset(_tokens(text))


def _tokens(text: str) -> list[str]:
    """Return a text's words in their order."""
    if text.isascii():  # of which it is known what the tokenizer does, and it takes 0.1 ms to ask
        return _ASCII_WORD.findall(text.lower())
    tokenizer = _tokenizer()
    tokenizer.execute("DELETE FROM text")
    tokenizer.execute("INSERT INTO text VALUES (?)", (text,))
    return [word for (word,) in tokenizer.execute("SELECT term FROM words ORDER BY offset")]


@cache
def _tokenizer() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute(
        "CREATE VIRTUAL TABLE text USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2')"
    )
    connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab (text, instance)")
    return connection
