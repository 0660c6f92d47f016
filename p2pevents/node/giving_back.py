"""Giving back the memory that was used for a while, as a node that runs for months should."""

from __future__ import annotations

import ctypes
from contextlib import suppress

from p2pevents.log.protocol import Log

__all__ = ["give_back"]


def give_back(log: Log) -> None:
    """Let go of the log's pages in memory, and hand what is free to the system.

    The C library keeps what was freed until it is asked (`malloc_trim`, where it has one): the
    pages that one walk through the log brought in, up to 16 MiB, would be held for good. The
    system has those pages still, should they be read again.
    """
    log.give_back()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
