"""What was made of a log and is kept while it stands: bounded in number and in size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, TypeVar

__all__ = ["BYTES_MAX", "THINGS_MAX", "Keep"]

THINGS_MAX: Final = 64  # such as the days of a window, or a feed's bytes
BYTES_MAX: Final = 32 * 1024 * 1024  # of all of them whose size counts

T = TypeVar("T")


class Keep:
    """Things by what they are made of; the one least recently asked for leaves first.

    The one that was made last stays, however large it is: whoever asked for it holds it anyway.
    """

    def __init__(self, *, things_max: int = THINGS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._things: OrderedDict[object, tuple[Any, int]] = OrderedDict()
        self._things_max = things_max
        self._bytes_max = bytes_max
        self._bytes = 0

    def known(self, key: object) -> Any:
        """Return what was made under a key; None where nothing was."""
        found = self._things.get(key)
        return None if found is None else found[0]

    def get(
        self, key: object, make: Callable[[], T], *, size_of: Callable[[T], int] | None = None
    ) -> T:
        """Return what was made under a key, else make it.

        Args:
            key: what it is made of.
            make: makes it.
            size_of: about how many bytes it takes to keep it; None where it is small, or is held
                elsewhere too.
        """
        found = self._things.get(key)
        if found is not None:
            self._things.move_to_end(key)
            kept: T = found[0]
            return kept
        made = make()
        size = size_of(made) if size_of else 0
        self._things[key] = made, size
        self._bytes += size
        while len(self._things) > self._things_max or (
            self._bytes > self._bytes_max and len(self._things) > 1
        ):
            _, (_, size) = self._things.popitem(last=False)
            self._bytes -= size
        return made

    def clear(self) -> None:
        """Forget all."""
        self._things.clear()
        self._bytes = 0
