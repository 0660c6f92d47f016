"""How far a log had come at some moment, as its person is told what is new since.

What a node keeps privately beside its store is counted there by numbers of its own, so that a
moment is two numbers. A chapter that moves from one to the other comes there under new
numbers, and is no news: up to its *floor* all of it counts as known before.
"""

from __future__ import annotations

from typing import Final, Self

import msgspec

from p2pevents.log.local import LocalState
from p2pevents.log.notes import read_note
from p2pevents.record.ids import ID_BYTES, ChapterId

__all__ = ["FLOORS_MAX", "MOMENT_BYTES", "Floor", "Moment", "floors_of", "set_floor"]

FLOORS_MAX: Final = 1_024  # chapters; the one that moved first is forgotten first
_NUMBER_BYTES: Final = 8
MOMENT_BYTES: Final = 2 * _NUMBER_BYTES
_FLOOR_BYTES: Final = ID_BYTES + MOMENT_BYTES + _NUMBER_BYTES
_NOTE: Final = "floors"


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The last arrivals at some moment.

    Attributes:
        arrival: of the store.
        beside: of what is kept privately beside it.
    """

    arrival: int = 0
    beside: int = 0

    def encode(self) -> bytes:
        """Return it in 16 bytes."""
        return b"".join(each.to_bytes(_NUMBER_BYTES, "big") for each in (self.arrival, self.beside))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return what `encode` made.

        Raises:
            ValueError: it did not.
        """
        if len(data) != MOMENT_BYTES:
            raise ValueError("not two numbers")
        return cls(
            arrival=int.from_bytes(data[:_NUMBER_BYTES], "big"),
            beside=int.from_bytes(data[_NUMBER_BYTES:], "big"),
        )


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a chapter that is, or was, kept beside the store.

    Attributes:
        moment: all of it by then was known before it moved.
        position: all that the store has of it up to here was offered to what is kept beside, and
            is there or may go from there.
    """

    moment: Moment = Moment()
    position: int = 0


def floors_of(local: LocalState) -> dict[ChapterId, Floor]:
    """Return the floors.

    Args:
        local: of what is kept beside the store.
    """
    return read_note(local, _NOTE, _decoded) or {}


def set_floor(local: LocalState, chapter: ChapterId, floor: Floor) -> None:
    """Keep a chapter's floor."""
    floors = floors_of(local)
    floors.pop(chapter, None)
    floors[chapter] = floor
    kept = list(floors.items())[-FLOORS_MAX:]
    local.set_note(_NOTE, b"".join(each + _encoded(floor) for each, floor in kept))


def _encoded(floor: Floor) -> bytes:
    return floor.moment.encode() + floor.position.to_bytes(_NUMBER_BYTES, "big")


def _decoded(note: bytes) -> dict[ChapterId, Floor]:
    if len(note) % _FLOOR_BYTES:
        raise ValueError("not chapters with floors")
    floors = {}
    for start in range(0, len(note), _FLOOR_BYTES):
        chapter, row = note[start : start + ID_BYTES], note[start + ID_BYTES : start + _FLOOR_BYTES]
        moment = Moment.decode(row[:MOMENT_BYTES])
        position = int.from_bytes(row[MOMENT_BYTES:], "big")
        floors[ChapterId(chapter)] = Floor(moment=moment, position=position)
    return floors
