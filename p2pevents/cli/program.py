"""How this very program is started again, by systemd, by a menu or by a person."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

__all__ = ["PROCESS_WORDS", "program_words", "typed_program"]

PROCESS_WORDS: Final = (sys.executable, "-P", "-m", "p2pevents.cli")
"""Start this program in a process of its own. Without -P, Python would take any file of the folder
that somebody happens to be in for a module: a `socks.py` there would be run."""


def program_words() -> tuple[str, ...]:
    """Return the words that start this program from anywhere, the first an absolute path."""
    beside = Path(sys.executable).with_name("p2pevents")
    if beside.is_file():
        return (str(beside.absolute()),)
    return PROCESS_WORDS


def typed_program() -> str:
    """Return the program as this person can type it: by its name only where that is found."""
    if shutil.which("p2pevents"):
        return "p2pevents"
    path = Path(sys.argv[0])
    if path.name != "p2pevents":
        return "python -m p2pevents.cli"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
