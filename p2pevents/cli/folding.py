"""Long lines on a terminal: folded between words, each part under the one before."""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = ["folded", "without_my_name"]

_COMMAND = r"(?:p2pevents|chmod|sudo) [^;,]*$"
_KEPT = "\0"  # a space at which no line is broken
_COLUMNS_MIN = 24  # of what is folded: on a narrower screen the terminal breaks the lines


def folded(text: str, *, under: int, is_error: bool = False) -> str:
    """Return a text in lines that end on the screen; as it is where output is piped.

    Args:
        text: one paragraph, which begins at the column `under`. An address or a command that is
            longer than a line stays whole, so that it can be copied.
        under: the column of its further lines.
        is_error: whether it goes to stderr.
    """
    if not (sys.stderr if is_error else sys.stdout).isatty():
        return text
    import shutil
    import textwrap

    columns = shutil.get_terminal_size().columns - under
    if columns < _COLUMNS_MIN:
        return text
    kept = re.sub(
        _COMMAND,
        lambda found: found[0].replace(" ", _KEPT) if len(found[0]) <= columns else found[0],
        text,
    )
    lines = textwrap.wrap(kept, columns, break_long_words=False, break_on_hyphens=False)
    return f"\n{'':{under}}".join(lines).replace(_KEPT, " ")


def without_my_name(text: str) -> str:
    """Return a text with `~` for the user's own folder, which is mostly named as they are."""
    mine = str(Path.home())
    if mine == "/":
        return text
    return re.sub(rf"(?<![^\s(]){re.escape(mine)}(?=/|\s|$)", "~", text)
