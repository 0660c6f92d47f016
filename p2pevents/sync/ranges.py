"""Range-based set reconciliation (Meyer, 2023): find what either of two sets lacks.

Both sort their sets by (clock, id). Where the sums of a range differ it is
split eight ways, and when few are left they are listed. Sans-IO: answers in,
answers out. Ids are salted and short: they find; that all was found, the
fingerprints say (docs/spec/sync.md, Ranges).
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, Protocol

from p2pevents.errors import ProtocolError
from p2pevents.sync.answers import (
    CLOCK_BYTES,
    LIST_MAX,
    SHORT_BYTES,
    WAYS,
    Answer,
    Differs,
    Listing,
    Needs,
    Split,
)
from p2pevents.sync.bits import bits_of, flags_of

__all__ = [
    "REPLY_BYTES_FREE",
    "REPLY_RATIO_MAX",
    "ROUNDS_MAX",
    "RangeReconciler",
    "Reconciler",
    "SetIndex",
    "set_key",
]

ROUNDS_MAX: Final = 16  # a message each way
REPLY_RATIO_MAX: Final = 4  # a message is at most so many times as large as the one before,
REPLY_BYTES_FREE: Final = 16 * 1024  # and this many bytes more
MESSAGE_BYTES_MAX: Final = 128 * 1024  # of answers; what does not fit is put back to the other

_MASK: Final = (1 << 64) - 1
_ANSWER_BYTES: Final = 8  # what CBOR adds to an answer, at most


def set_key(clock: int, identifier: bytes) -> bytes:
    """Return the key of an item: its clock in ms (of a charter entry: its number) and its id."""
    return clock.to_bytes(CLOCK_BYTES, "big") + identifier


class SetIndex:
    """A set as a comparison wants it: keys of clock and id, sorted.

    Attributes:
        keys: 7 bytes of clock in ms, big-endian, and the id.
        first: ids that are to be sent before all others.
        waiting: ids of what is held and cannot be sent: it is not in the set yet.
    """

    def __init__(
        self,
        keys: Iterable[bytes],
        *,
        first: Collection[bytes] = frozenset(),
        waiting: Collection[bytes] = frozenset(),
    ) -> None:
        """Sort a set.

        Args:
            keys: of each item, as `set_key` makes it.
            first: ids among them that are sent first: erases.
            waiting: ids among them that cannot be sent.
        """
        self.keys = sorted(keys)
        self.first = frozenset(first)
        self.waiting = frozenset(waiting)


class Reconciler(Protocol):
    """Finds, together with its like at the other end, what either side lacks.

    One side's `begin` makes the first message; then each message that comes
    goes to `reply`, until `is_done` on both sides at the same message.
    """

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be said."""

    @property
    def is_whole(self) -> bool:
        """Whether all differences were found."""

    def begin(self) -> tuple[Answer, ...]:
        """Return the first message."""

    def reply(self, answers: Sequence[Answer], *, bytes_came: int) -> tuple[Answer, ...] | None:
        """Return the next message; None where the last one needs none.

        Raises:
            ProtocolError: `range-*` where the answers fit nothing that was asked.
        """

    def surplus(self) -> list[bytes]:
        """Return the ids that the other lacks, in the order in which they are to be sent."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Rows `low` to `high` of this side's keys: all of them in [lower, upper)."""

    low: int
    high: int
    lower: bytes
    upper: bytes | None


@dataclass(frozen=True, slots=True)
class _List:
    """Rows that were listed."""

    low: int
    high: int


class RangeReconciler:
    """The range-based `Reconciler`."""

    def __init__(self, index: SetIndex, *, salt: bytes) -> None:
        """Prepare a comparison of one set.

        Args:
            index: this side's set; it must not change meanwhile.
            salt: the same on both sides, and new for each comparison.
        """
        self._keys = index.keys
        self._first = index.first
        self._waiting = index.waiting
        self._shorts = [
            hashlib.sha256(salt + key[CLOCK_BYTES:]).digest()[:SHORT_BYTES] for key in self._keys
        ]
        self._sums = array("Q", [0])
        self._sums.extend(
            accumulate(
                (int.from_bytes(each, "big") for each in self._shorts),
                lambda one, other: (one + other) & _MASK,
            )
        )
        self._whole = _Range(0, len(self._keys), b"", None)
        self._open: list[_Range | _List] = [self._whole]
        self._messages = 0
        self._surplus: set[int] = set()
        self._room = 0
        self.is_done = False
        self.is_whole = True

    def begin(self) -> tuple[Answer, ...]:
        """Return the first message: as if the other had said that the whole differs."""
        self._room = REPLY_BYTES_FREE
        self._open = []
        self._messages = 1
        return (self._divide(0, self._whole),)

    def reply(self, answers: Sequence[Answer], *, bytes_came: int) -> tuple[Answer, ...] | None:
        """Return the next message; None where the last one needs none."""
        self._messages += 1
        # Once its size, for what is put back or needed, is not counted below.
        free = (REPLY_RATIO_MAX - 1) * bytes_came + REPLY_BYTES_FREE
        self._room = min(MESSAGE_BYTES_MAX, free)
        asked, self._open = self._open, []
        # The last message of all opens nothing; who gets it cannot know what it left out.
        is_last = self._messages >= 2 * ROUNDS_MAX - 1
        self.is_whole &= self._messages < 2 * ROUNDS_MAX
        out: list[Answer] = []
        left_open = 0
        for answer in answers:
            if answer.about >= len(asked):
                raise ProtocolError("range-about", "an answer to what was not asked")
            about = asked[answer.about]
            match answer, about:
                case Needs(), _List():
                    self._take_needs(answer, about)
                case Listing(), _Range():
                    needs = self._compare_list(left_open, answer, about)
                    left_open += 1
                    out += needs
                case Differs(), _Range():
                    out.append(self._divide(left_open, about))
                    left_open += 1
                case Split(), _Range():
                    for part, theirs in self._parts(answer, about):
                        if self._sum(part) != theirs:
                            out.append(self._divide(left_open, part))
                        left_open += 1
                case _:
                    raise ProtocolError("range-about", "a list answered as a range, or a range")
        if is_last:
            self.is_whole &= not self._open
            self._open = []
            out = [answer for answer in out if isinstance(answer, Needs)]
        self._messages += 1
        self.is_done = not self._open
        return tuple(out) if left_open else None

    def surplus(self) -> list[bytes]:
        """Return the ids that the other lacks: the first ones first, then by key."""
        ids = [self._keys[row][CLOCK_BYTES:] for row in sorted(self._surplus)]
        ids = [each for each in ids if each not in self._waiting]
        return sorted(ids, key=lambda each: each not in self._first)

    # --- ranges --------------------------------------------------------------------------------

    def _sum(self, part: _Range) -> bytes:
        return ((self._sums[part.high] - self._sums[part.low]) & _MASK).to_bytes(SHORT_BYTES, "big")

    def _parts(self, answer: Split, about: _Range) -> list[tuple[_Range, bytes]]:
        """Return this side's parts of a range that the other has split, with the other's sums."""
        bounds = (about.lower, *answer.bounds)
        is_within = about.upper is None or bounds[-1] < about.upper
        if not is_within or any(a >= b for a, b in pairwise(bounds)):
            raise ProtocolError("range-bounds", "bounds out of order, or outside of their range")
        rows = [bisect_left(self._keys, bound, about.low, about.high) for bound in answer.bounds]
        return [
            (_Range(low, high, lower, upper), theirs)
            for low, high, lower, upper, theirs in zip(
                (about.low, *rows),
                (*rows, about.high),
                bounds,
                (*answer.bounds, about.upper),
                answer.sums,
                strict=True,
            )
        ]

    def _divide(self, about: int, part: _Range) -> Answer:
        """Answer a range that differs: list it where it is short, split it, or put it back."""
        count = part.high - part.low
        if count <= LIST_MAX:
            return self._list(about, part)
        rows = [part.low + count * way // WAYS for way in range(WAYS + 1)]
        bounds = tuple(_first_difference(self._keys[r - 1], self._keys[r]) for r in rows[1:-1])
        if not self._has_room(sum(map(len, bounds)) + 2 * WAYS + WAYS * SHORT_BYTES):
            self._open.append(part)
            return Differs(about=about)
        lowers, uppers = (part.lower, *bounds), (*bounds, part.upper)
        parts = [_Range(*each) for each in zip(rows[:-1], rows[1:], lowers, uppers, strict=True)]
        self._open += parts
        return Split(about=about, bounds=bounds, sums=tuple(map(self._sum, parts)))

    def _has_room(self, size: int) -> bool:
        if size + _ANSWER_BYTES > self._room:
            return False
        self._room -= size + _ANSWER_BYTES
        return True

    # --- lists ---------------------------------------------------------------------------------

    def _list(self, about: int, part: _Range) -> Answer:
        ids = tuple(self._shorts[part.low : part.high])
        is_full = len(set(ids)) < len(ids)
        if is_full:
            ids = tuple(key[CLOCK_BYTES:] for key in self._keys[part.low : part.high])
        if not self._has_room(sum(map(len, ids))):
            self._open.append(part)
            return Differs(about=about)
        self._open.append(_List(part.low, part.high))
        return Listing(about=about, ids=ids, is_full=is_full)

    def _compare_list(self, about: int, answer: Listing, part: _Range) -> list[Answer]:
        """Note what the other lacks of a range, and return what this side lacks of the list."""
        theirs = set(answer.ids)
        mine = set()
        for row in range(part.low, part.high):
            each = self._keys[row][CLOCK_BYTES:] if answer.is_full else self._shorts[row]
            mine.add(each)
            if each not in theirs:
                self._surplus.add(row)
        bits = bits_of(each not in mine for each in answer.ids)
        return [Needs(about=about, bits=bits)] if any(bits) else []

    def _take_needs(self, answer: Needs, about: _List) -> None:
        for row, is_needed in zip(
            range(about.low, about.high), flags_of(answer.bits), strict=False
        ):
            if is_needed:
                self._surplus.add(row)


def _first_difference(before: bytes, key: bytes) -> bytes:
    """Return the shortest beginning of `key` that is greater than `before`."""
    size = next(at for at, (a, b) in enumerate(zip(before, key, strict=True)) if a != b)
    return key[: size + 1]
