"""Messages of rooms that know no language: found by their patterns, and said in another one.

An error is raised in English, where what is wrong is known; whose language it is
read in is known at the edge alone. So the catalogue holds the pattern of each
message, `{option}: {text} is not a day`, and what stands in the open places is
taken out of the English text and put into the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Final

__all__ = ["CONTEXT", "Messages"]

CONTEXT: Final = "message"  # of these patterns in the catalogue
DEPTH_MAX: Final = 3  # messages within messages
MESSAGE_CHARACTERS_MAX: Final = 1_000  # a longer one stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    matches: re.Pattern[str]
    translation: str
    weight: int


class Messages:
    """The messages of one language.

    Args:
        pairs: the pattern and its translation, each with `{name}` in the open places.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._whole: dict[str, str] = {}
        self._patterns: list[_Pattern] = []
        for pattern, translation in pairs:
            parts = list(Formatter().parse(pattern))
            if all(name is None for _, name, _, _ in parts):
                self._whole[pattern.format()] = translation.format()
                continue
            literal = [part for part, _, _, _ in parts]
            self._patterns.append(
                _Pattern(
                    matches=re.compile("".join(map(_expression, parts)), re.DOTALL),
                    translation=translation,
                    weight=sum(map(len, literal)),
                )
            )
        # The one that leaves least open says most of what was written.
        self._patterns.sort(key=lambda each: -each.weight)

    @classmethod
    def read(cls, path: Path) -> Messages:
        """Read the messages of a catalogue's file."""
        from babel.messages.mofile import read_mo

        with path.open("rb") as file:
            found = [each for each in read_mo(file) if _is_message(each.context)]
        return cls((str(each.id), str(each.string)) for each in found if each.string)

    def translated(self, written: str, *, depth: int = DEPTH_MAX) -> str:
        """Return a message in this language, as far as it is known; else as it was written.

        What stands in the open places may be a message itself. Of `file: message`, where the
        whole is not known, the message is.
        """
        known = self._whole.get(written)
        if known is not None or depth == 0 or len(written) > MESSAGE_CHARACTERS_MAX:
            return written if known is None else known
        for pattern in self._patterns:
            found = pattern.matches.fullmatch(written)
            if found is not None:
                values = {
                    name: self.translated(value, depth=depth - 1)
                    for name, value in found.groupdict().items()
                }
                return pattern.translation.format(**values)
        before, colon, rest = written.partition(": ")
        return f"{before}{colon}{self.translated(rest, depth=depth - 1)}" if colon else written


def _is_message(context: object) -> bool:
    """Tell whether a text is one of these; babel 2.18 reads a context as bytes."""
    return context in (CONTEXT, CONTEXT.encode("ascii"))


def _expression(part: tuple[str, str | None, str | None, str | None]) -> str:
    literal, name, _, _ = part
    return re.escape(literal) + (f"(?P<{name}>.*?)" if name is not None else "")
