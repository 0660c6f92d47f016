"""What a message of a range comparison consists of: answers to ranges and lists of the other.

Each answers the `about`-th thing that the other's last message left open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from p2pevents.errors import ProtocolError
from p2pevents.record.ids import ID_BYTES
from p2pevents.sync.fields import bytes_of, integer_of, list_of, packed_of

__all__ = [
    "ANSWERS_MAX",
    "CLOCK_BYTES",
    "KEY_BYTES",
    "LIST_MAX",
    "SHORT_BYTES",
    "WAYS",
    "Answer",
    "Differs",
    "Listing",
    "Needs",
    "Split",
    "plain_answers",
    "read_answers",
]

CLOCK_BYTES: Final = 7  # of a key, big-endian: 2^53 ms and more
KEY_BYTES: Final = CLOCK_BYTES + ID_BYTES
SHORT_BYTES: Final = 8  # of a salted id, and of a sum of them
WAYS: Final = 8  # into which a range is split
LIST_MAX: Final = 16  # ids in one list; a range of more is split
ANSWERS_MAX: Final = 16_384  # in one message

_DIFFERS, _SPLIT, _LISTING, _FULL_LISTING, _NEEDS = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differs:
    """The range differs: the other is to divide it."""

    about: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The range differs: these are the sums of its parts.

    Attributes:
        bounds: 1 to 7 first keys, or their beginnings, of the second part on.
        sums: one more than bounds.
    """

    about: int
    bounds: tuple[bytes, ...]
    sums: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The range differs: these are all of the sender's ids in it, salted and short, or full."""

    about: int
    ids: tuple[bytes, ...]
    is_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Of a list: bit i (of the least first) of these says that the sender lacks its i-th id."""

    about: int
    bits: bytes


Answer = Differs | Split | Listing | Needs


def plain_answers(answers: tuple[Answer, ...]) -> list[list[object]]:
    """Return answers as CBOR's arrays."""
    return [_plain(answer) for answer in answers]


def _plain(answer: Answer) -> list[object]:
    match answer:
        case Differs():
            return [answer.about, _DIFFERS]
        case Split():
            return [answer.about, _SPLIT, list(answer.bounds), b"".join(answer.sums)]
        case Listing():
            tag = _FULL_LISTING if answer.is_full else _LISTING
            return [answer.about, tag, b"".join(answer.ids)]
        case _:
            return [answer.about, _NEEDS, answer.bits]


_read_array = list_of(least=0, most=ANSWERS_MAX)
_read_answer = list_of(least=2, most=4)
_read_about = integer_of(ANSWERS_MAX * WAYS)
_read_tag = integer_of(_NEEDS)
_read_bounds = list_of(least=1, most=WAYS - 1)
_read_bound = bytes_of(KEY_BYTES, least=1)
_read_sums = packed_of(SHORT_BYTES, items_max=WAYS)
_read_short = packed_of(SHORT_BYTES, items_max=LIST_MAX)
_read_full = packed_of(ID_BYTES, items_max=LIST_MAX)
_read_bits = bytes_of(LIST_MAX // 8, least=1)


def read_answers(raw: Any) -> tuple[Answer, ...]:
    """Return `raw` as answers.

    Raises:
        ProtocolError: `message-*` where their shape is another, or `about` does not grow.
    """
    answers = tuple(_read(_read_answer(each)) for each in _read_array(raw))
    if any(one.about >= other.about for one, other in pairwise(answers)):
        raise ProtocolError("message-answers", "answers out of order")
    return answers


def _read(raw: list[Any]) -> Answer:
    about, tag = _read_about(raw[0]), _read_tag(raw[1])
    match raw[2:]:
        case [] if tag == _DIFFERS:
            return Differs(about=about)
        case [bounds, sums] if tag == _SPLIT:
            split = Split(
                about=about,
                bounds=tuple(_read_bound(bound) for bound in _read_bounds(bounds)),
                sums=_read_sums(sums),
            )
            if len(split.sums) == len(split.bounds) + 1:
                return split
        case [ids] if tag == _LISTING:
            return Listing(about=about, ids=_read_short(ids), is_full=False)
        case [ids] if tag == _FULL_LISTING:
            return Listing(about=about, ids=_read_full(ids), is_full=True)
        case [bits] if tag == _NEEDS:
            return Needs(about=about, bits=_read_bits(bits))
    raise ProtocolError("message-answers", "not an answer about a range or a list")
