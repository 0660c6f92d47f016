"""How a note is read: what cannot be read is as if it were not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

from p2pevents.errors import InputError, RecordError
from p2pevents.log.local import LocalState

__all__ = ["read_note"]

_SAID_MAX: Final = 64  # notes of which it is remembered that they were told of
_Read = TypeVar("_Read")

# What a reader raises for bytes that it never wrote: a flipped bit, or another program's. A log
# that cannot be read at all raises before a reader is asked, and that is told as it is.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    RecordError,
    InputError,
)


def read_note(local: LocalState, key: str, read: Callable[[bytes], _Read]) -> _Read | None:
    """Return what a note says; None where there is none, or none that can be read.

    Nothing in a note is worth more than that its command goes on. A process tells of
    each that it passes over once.

    Args:
        local: where it is kept.
        key: which.
        read: makes of its bytes what it says, and may raise as Python does where it cannot.

    Raises:
        LogError: the log itself cannot be read.
    """
    note = local.note(key)
    if note is None:
        return None
    try:
        return read(note)
    except _UNREADABLE:
        _say(key)
        return None


@lru_cache(maxsize=_SAID_MAX)
def _say(key: str) -> None:
    import logging  # every command reads a note, and next to none has to tell of one

    logging.getLogger(__name__).warning("the log's note %r cannot be read, and is passed over", key)
