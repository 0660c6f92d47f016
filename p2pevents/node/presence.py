"""How other programs of the same home know of the running node: a lock, and a page of facts.

The lock is the kernel's, so that it is gone with the process however it died;
the facts are a file replaced whole, so that no reader sees half of it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from p2pevents.errors import StateError, reason_of

__all__ = ["Presence", "read_presence"]

_LOCK: Final = "node.lock"
_FACTS: Final = "node.json"


class Presence:
    """The running node's word on itself."""

    def __init__(self, folder: Path) -> None:
        self._facts = folder / _FACTS

    def say(self, facts: dict[str, Any]) -> None:
        """Replace the page of facts.

        Raises:
            OSError: it cannot be written.
        """
        new = self._facts.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"pid": os.getpid(), **facts}, file)
        new.replace(self._facts)

    @classmethod
    @contextmanager
    def hold(cls, folder: Path) -> Iterator[Presence]:
        """Be the one node that runs on a home.

        Raises:
            StateError: another one is, or the home cannot be written.
        """
        try:
            lock = (folder / _LOCK).open("w")
        except OSError as error:
            raise StateError(f"{folder}: cannot be written: {reason_of(error)}") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StateError(
                    f"{folder}: a node already runs on this home",
                    hint="stop it first, or name another folder by --home",
                ) from None
            presence = cls(folder)
            try:
                yield presence
            finally:
                presence._facts.unlink(missing_ok=True)


def read_presence(folder: Path) -> dict[str, Any] | None:
    """Return what the node that runs on a home says of itself; None where none runs."""
    try:
        with (folder / _LOCK).open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                facts: dict[str, Any] = json.loads((folder / _FACTS).read_text("utf-8"))
                return facts
    except (OSError, ValueError):  # no lock, or starting: not yet, or no longer, there
        return None
    return None
