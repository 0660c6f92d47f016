"""Long lines on a terminal: folded between words, each part under the one before."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from pathlib import Path

__all__ = ["folded", "without_my_name"]

_COMMAND = re.compile(r"(?:p2pevents|chmod|sudo) [^;,]*$")
_KEPT = "\0"  # a space at which no line is broken
_COLUMNS_MIN = 24  # of what is folded: on a narrower screen the terminal breaks the lines


def folded(text: str, *, under: int) -> str:
    """Return a text in lines that end on the screen; as it is where output is piped.

    Args:
        text: one paragraph, which begins at the column `under`. An address or a command that is
            longer than a line stays whole, so that it can be copied.
        under: the column of its further lines.
    """
    columns = shutil.get_terminal_size().columns - under
    if not sys.stdout.isatty() or columns < _COLUMNS_MIN:
        return text
    kept = _COMMAND.sub(lambda found: found[0].replace(" ", _KEPT), text)
    lines = textwrap.wrap(kept, columns, break_long_words=False, break_on_hyphens=False)
    return f"\n{'':{under}}".join(lines).replace(_KEPT, " ")


def without_my_name(text: str) -> str:
    """Return a text with `~` for the user's own folder, which is mostly named as they are."""
    mine = str(Path.home())
    if mine == "/":
        return text
    return re.sub(rf"(?<![^\s(]){re.escape(mine)}(?=/|\s|$)", "~", text)
