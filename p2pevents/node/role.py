"""Whether a home is a light client's: what `sync` and `follow` go by, when no node runs."""

from __future__ import annotations

from typing import Final

from p2pevents.log.protocol import Log
from p2pevents.node.desk import Desk

__all__ = ["is_light", "keep_role"]

_NOTE: Final = "role"
_LIGHT: Final = b"light"
_CARRIER: Final = b"carrier"


def keep_role(log: Log, *, is_reader: bool) -> None:
    """Keep as what the node ran last."""
    role = _LIGHT if is_reader else _CARRIER
    if log.local.note(_NOTE) != role:
        log.local.set_note(_NOTE, role)


def is_light(desk: Desk) -> bool:
    """Tell whether to fetch as a light client: as the node ran last, else where I announce nothing.

    An organiser needs every version there is, or writes over what a colleague wrote.
    """
    role = desk.log.local.note(_NOTE)
    if role is None:
        return not desk.my_chapters()
    return role == _LIGHT
