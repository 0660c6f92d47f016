"""The program `p2pevents`; `python -m p2pevents.cli` is the same, by whichever Python runs it."""

from __future__ import annotations

import gc

gc.disable()  # nothing of what is loaded is ever let go: no need to look for it

from p2pevents.cli.lightly import load_lightly  # noqa: E402

load_lightly()

import atexit  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402

from p2pevents.cli.main import main  # noqa: E402

__all__ = ["program"]


def program() -> None:
    """Run the program and end the process."""
    gc.enable()
    try:
        main()
    except SystemExit as done:
        _end(done.code if isinstance(done.code, int) else 0)
        raise


def _end(code: int) -> None:
    """End this process without letting go of its objects one by one; return where it is not safe.

    What is registered for the exit is done, and what was printed is written: where it cannot be,
    Python's own exit says so.
    """
    if threading.active_count() > 1:
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - as a child of `multiprocessing` ends
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


if __name__ == "__main__":
    program()
