"""A set's fingerprint: LtHash16, which grows and shrinks with the set, one id at a time.

Nothing else may say "equal": sums of short hashes can be forged to hide an
honest record, a sum of 1,024 lanes cannot (docs/spec/sync.md, Fingerprint).
numpy is loaded when the first fingerprint is made, hence by a running node
alone; where it is absent the same sums are made without it, slowly.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "EMPTY_FINGERPRINT",
    "FINGERPRINT_BYTES",
    "LANES",
    "STATE_BYTES",
    "Fingerprint",
    "Lanes",
    "lanes_of",
]

LANES: Final = 1024
STATE_BYTES: Final = 2 * LANES
FINGERPRINT_BYTES: Final = 32
EMPTY_FINGERPRINT: Final = hashlib.sha256(bytes(STATE_BYTES)).digest()

_DOMAIN: Final = b"p2pevents/1/lthash\0"


def _numpy() -> ModuleType | None:
    try:
        import numpy as np  # noqa: PLC0415 - 100 ms that only a running node pays
    except ImportError:
        return None
    return np


Lanes = Callable[[bytes], bytes]
"""What makes lanes of an id."""


def lanes_of(identifier: bytes) -> bytes:
    """Return what one id adds: 1,024 lanes, little-endian."""
    return hashlib.shake_128(_DOMAIN + identifier).digest(STATE_BYTES)


class Fingerprint:
    """The running sum of a set of ids: 1,024 lanes modulo 2^16.

    Adding and removing commute, so that any order of the same ids ends in the
    same state. An id must be added once: this is a sum, it does not know what
    it holds.
    """

    def __init__(self, state: bytes = bytes(STATE_BYTES), *, plain: bool = False) -> None:
        """Start from a saved `state` (little-endian lanes), the empty set by default.

        Args:
            state: 2,048 bytes as `state` returned them.
            plain: do without numpy even where it can be loaded.
        """
        if len(state) != STATE_BYTES:
            raise ValueError(f"{len(state)} bytes, where a state has {STATE_BYTES}")
        self._np = None if plain else _numpy()
        self._digest: bytes | None = None  # of the lanes as they are
        self._lanes: Any = (
            array("H", _swapped(state))
            if self._np is None
            else self._np.frombuffer(state, dtype="<u2").copy()
        )

    @property
    def state(self) -> bytes:
        """The lanes as 2,048 bytes, little-endian: what is saved."""
        return _swapped(self._lanes.tobytes()) if self._np is None else bytes(self._lanes.tobytes())

    @property
    def digest(self) -> bytes:
        """SHA-256 of the state: the 32 bytes that two nodes compare."""
        if self._digest is None:
            self._digest = hashlib.sha256(self.state).digest()
        return self._digest

    def add(self, ids: Iterable[bytes], *, lanes: Lanes = lanes_of) -> None:
        """Take ids into the set.

        Args:
            ids: none of which is in it.
            lanes: how an id becomes lanes, as `lanes_of` does it: where many sets in one
                process have the same ids, they may share what it has found.
        """
        for identifier in ids:
            self._move_lanes(lanes(identifier), 1)

    def remove(self, ids: Iterable[bytes]) -> None:
        """Take ids out of the set."""
        for identifier in ids:
            self._move_lanes(lanes_of(identifier), -1)

    def merge(self, other: Fingerprint) -> None:
        """Take in a whole other set, which shares no id with this one."""
        self._move_lanes(other.state, 1)

    def take_out(self, other: Fingerprint) -> None:
        """Take out a whole other set, all of which this one holds."""
        self._move_lanes(other.state, -1)

    def _move_lanes(self, lanes: bytes, sign: int) -> None:
        self._digest = None
        if self._np is not None:
            other = self._np.frombuffer(lanes, self._lanes.dtype)
            if sign > 0:
                self._lanes += other
            else:
                self._lanes -= other
            return
        for lane, value in enumerate(array("H", _swapped(lanes))):
            self._lanes[lane] = (self._lanes[lane] + sign * value) & 0xFFFF


def _swapped(data: bytes) -> bytes:
    """Return little-endian lanes in this machine's order, and back."""
    lanes = array("H", data)
    if _IS_BIG_ENDIAN:  # pragma: no cover - no such machine here
        lanes.byteswap()
    return lanes.tobytes()


_IS_BIG_ENDIAN: Final = array("H", b"\x00\x01")[0] == 1
