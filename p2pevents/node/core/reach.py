"""Where this node is seen, as peers tell: the question, the answer, and what may be dialled for it.

Pure. Specified in docs/spec/reach.md.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import Any, Final

from p2pevents.errors import InputError, RecordError
from p2pevents.record.address import check_dial_address
from p2pevents.record.cbor import decode, encode
from p2pevents.record.places import household_of, is_public, public_addresses

__all__ = [
    "ADDRESSES_MAX",
    "DIAL_BACKS_MAX",
    "ENDS_MAX",
    "FRAME_BYTES_MAX",
    "REACH_PROTOCOL",
    "SPAN_MS",
    "Answer",
    "DialBacks",
    "Question",
    "Reach",
    "Sight",
    "decode_answer",
    "decode_question",
    "ends_of",
    "ip_of",
    "of_itself",
]

REACH_PROTOCOL: Final = "/p2pevents/reach/1.0.0"
FRAME_BYTES_MAX: Final = 4096
ADDRESSES_MAX: Final = 8
ENDS_MAX: Final = 4
SPAN_MS: Final = 60_000
DIAL_BACKS_MAX: Final = 10  # in SPAN_MS, for whomever
SIGHTS_MAX: Final = 8  # peers whose last word on us is kept
SIGHT_MS_MAX: Final = 3_600_000  # after so long it is no longer true
_ASKERS_MAX: Final = 1024
_ITEMS_MAX: Final = 32
_IP_CHARACTERS_MAX: Final = 45
_PORT_MAX: Final = 65_535
_END: Final = re.compile(r"/tcp/([1-9][0-9]{0,4})(?:/ws)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Where I am found, and which of these ends of mine you can dial."""

    addresses: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Return the bytes of its frame's inside."""
        return encode([list(self.addresses), list(self.ends)], bytes_max=FRAME_BYTES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where I am found, from where I see you, which ends I reached: None where I did not try."""

    addresses: tuple[str, ...] = ()
    seen: str = ""
    reached: tuple[bool, ...] | None = None

    def encode(self) -> bytes:
        """Return the bytes of its frame's inside."""
        reached = None if self.reached is None else list(self.reached)
        return encode([list(self.addresses), self.seen, reached], bytes_max=FRAME_BYTES_MAX)


def decode_question(data: bytes) -> Question:
    """Read a question.

    Raises:
        RecordError: it is none.
    """
    addresses, ends = _array(data, length=2)
    taken = _texts(ends, limit=ENDS_MAX)
    if len(set(taken)) != len(taken) or not all(map(_is_end, taken)):
        raise RecordError("reach-end", "an end that is none, or twice")
    return Question(addresses=_addresses(addresses), ends=taken)


def decode_answer(data: bytes, *, ends: int) -> Answer:
    """Read the answer to a question with so many ends.

    Raises:
        RecordError: it is none.
    """
    addresses, seen, reached = _array(data, length=3)
    if not isinstance(seen, str) or (seen and _ip(seen) is None):
        raise RecordError("reach-seen", "no IP address")
    if reached is not None and not (
        isinstance(reached, list)
        and len(reached) == ends
        and all(isinstance(each, bool) for each in reached)
    ):
        raise RecordError("reach-reached", "not a word on each end")
    return Answer(
        addresses=_addresses(addresses),
        seen=seen,
        reached=None if reached is None else tuple(reached),
    )


def of_itself(addresses: Sequence[str], *, peer: str) -> tuple[str, ...]:
    """Return which of a peer's words on itself may be dialled: public, and its own alone."""
    return public_addresses(
        tuple(each for each in addresses if each.endswith(f"/p2p/{peer}")), limit=ADDRESSES_MAX
    )


def ip_of(address: str) -> str:
    """Return the IP address that a connection comes from; empty where a relay stands between."""
    if "/p2p-circuit" in address:
        return ""
    _, kind, host, *_ = (*address.split("/", 3), "", "", "")
    return host if kind in ("ip4", "ip6") and _ip(host) is not None else ""


def ends_of(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the different ends of the addresses that a node listens on."""
    found: dict[str, None] = {}
    for address in addresses:
        place = address.partition("/p2p/")[0]
        end = place[place.find("/tcp/") :]
        if "/p2p-circuit" not in address and _is_end(end):
            found[end] = None
    return tuple(found)[:ENDS_MAX]


class DialBacks:
    """Who was dialled back, so that nobody draws out more than is allowed."""

    def __init__(self) -> None:
        self._last_ms: OrderedDict[str, int] = OrderedDict()
        self._all_ms: list[int] = []

    def may(self, *, peer: str, ip: str, now_ms: int) -> bool:
        """Say whether this peer may be dialled back at this address now, and count it if so."""
        self._all_ms = [at_ms for at_ms in self._all_ms if now_ms - at_ms < SPAN_MS]
        keys = (peer, household_of(ip))
        if not ip or len(self._all_ms) >= DIAL_BACKS_MAX:
            return False
        if any(now_ms - self._last_ms.get(key, -SPAN_MS) < SPAN_MS for key in keys):
            return False
        self._all_ms.append(now_ms)
        for key in keys:
            self._last_ms.pop(key, None)
            self._last_ms[key] = now_ms
        while len(self._last_ms) > _ASKERS_MAX:
            self._last_ms.popitem(last=False)
        return True


class Sight(Enum):
    """How far this node is reached, the farthest last."""

    UNKNOWN = "unknown"  # nobody was asked, or nobody tried
    UNREACHED = "unreached"  # somebody tried, and nobody came through
    NEARBY = "nearby"  # somebody of this machine or home came through
    OUTSIDE = "outside"  # somebody of the internet came through


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What one peer last said: `reached` are whole places."""

    at_ms: int
    seen: str
    tried: bool
    reached: tuple[str, ...]
    is_far: bool


class Reach:
    """What peers say of where this node is reached, the last word of each."""

    def __init__(self) -> None:
        self._words: OrderedDict[str, _Word] = OrderedDict()

    def heard(
        self, answer: Answer, *, peer: str, peer_ip: str, ends: Sequence[str], now_ms: int
    ) -> None:
        """Take in an answer.

        Args:
            answer: what the peer said.
            peer: who said it.
            peer_ip: where that peer is; empty where that is not known.
            ends: what it was asked about.
            now_ms: the core's time.
        """
        kind = "ip6" if ":" in answer.seen else "ip4"
        came = zip(ends, answer.reached or (), strict=False)
        self._words.pop(peer, None)
        self._words[peer] = _Word(
            at_ms=now_ms,
            seen=answer.seen,
            tried=bool(answer.reached),
            reached=tuple(f"/{kind}/{answer.seen}{end}" for end, is_there in came if is_there),
            # A peer of this home knocks from inside, whatever the router lets through.
            is_far=is_public(f"/{kind}/{answer.seen}/") and is_public(f"/{_kind(peer_ip)}/"),
        )
        while len(self._words) > SIGHTS_MAX:
            self._words.popitem(last=False)

    def facts(self, *, now_ms: int) -> dict[str, Any]:
        """Return what is known now, for other programs.

        Returns:
            `sight`, a `Sight`'s value; `asked`, how many peers tried; `reached`, the places
            at which they came through; `seen`, the IP addresses that this node is seen under.
        """
        words = [word for word in self._words.values() if now_ms - word.at_ms < SIGHT_MS_MAX]
        tried = [word for word in words if word.tried]
        sight = Sight.UNREACHED if tried else Sight.UNKNOWN
        if any(word.reached for word in tried):
            far = any(word.reached and word.is_far for word in tried)
            sight = Sight.OUTSIDE if far else Sight.NEARBY
        return {
            "sight": sight.value,
            "asked": len(tried),
            "reached": sorted({place for word in tried for place in word.reached}),
            "seen": sorted({word.seen for word in words if word.seen}),
        }


def _array(data: bytes, *, length: int) -> list[Any]:
    value = decode(data, bytes_max=FRAME_BYTES_MAX, items_max=_ITEMS_MAX)
    if not isinstance(value, list) or len(value) != length:
        raise RecordError("reach-array", f"not an array of {length}")
    return value


def _texts(value: object, *, limit: int) -> tuple[str, ...]:
    if (
        not isinstance(value, list)
        or len(value) > limit
        or not all(isinstance(each, str) for each in value)
    ):
        raise RecordError("reach-texts", f"not an array of up to {limit} texts")
    return tuple(value)


def _addresses(value: object) -> tuple[str, ...]:
    taken = _texts(value, limit=ADDRESSES_MAX)
    for each in taken:
        try:
            check_dial_address(each)
        except InputError as error:
            raise RecordError("reach-address", error.message) from None
    return taken


def _is_end(end: str) -> bool:
    match = _END.fullmatch(end)
    return match is not None and int(match[1]) <= _PORT_MAX


def _ip(text: str) -> object | None:
    # After a percent sign any text at all is taken for an interface of one machine.
    if len(text) > _IP_CHARACTERS_MAX or "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def _kind(ip: str) -> str:
    return f"{'ip6' if ':' in ip else 'ip4'}/{ip}"
