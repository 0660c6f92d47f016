"""How a running node hears at once that another program of its home has written.

A named pipe in the home: whoever has written what is to be announced rings, and the node looks at
the log. It carries nothing but that; where there is none, or nobody hears it, the node finds what
is new by looking from time to time.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["hang_bell", "hush", "ring"]

_BELL: Final = "node.bell"
_MODE: Final = 0o600
_RINGS_MAX: Final = 4096  # taken for one


def ring(folder: Path) -> None:
    """Tell the node that runs on a home to look at its log; nothing where none does."""
    with suppress(OSError):  # none runs, or it has been rung for a long time
        bell = os.open(folder / _BELL, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if stat.S_ISFIFO(os.fstat(bell).st_mode):
                os.write(bell, b"\0")
        finally:
            os.close(bell)


@contextmanager
def hang_bell(folder: Path) -> Iterator[int | None]:
    """Yield what becomes readable when somebody rings; None where there can be no bell.

    Args:
        folder: the home, on which no other node runs.
    """
    path = folder / _BELL
    try:
        path.unlink(missing_ok=True)
        os.mkfifo(path, _MODE)
        # For writing too: else it would be readable for good once the first who rang has gone.
        bell = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # a file system without pipes
        yield None
        return
    try:
        yield bell
    finally:
        os.close(bell)
        with suppress(OSError):
            path.unlink()


def hush(bell: int) -> None:
    """Take all that was rung."""
    with suppress(BlockingIOError):
        while len(os.read(bell, _RINGS_MAX)) == _RINGS_MAX:
            pass
