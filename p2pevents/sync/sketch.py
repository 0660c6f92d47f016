"""A rateless sketch of a set (Yang, Gilad, Alizadeh, 2024): few differences in few bytes.

A set's coded symbols are sums of values, one a member, each member in ever
fewer of them. The symbols of one set less those of another are the symbols of
their difference, and so many of them as there are differences, and some, tell
every one. The sums follow the set as it grows and shrinks; a value is short
and salted, so that it finds: whether all was found, the fingerprints say.
docs/spec/sync.md, Sketch. Needs numpy, which is loaded when it is first used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from p2pevents.record.ids import ID_BYTES
from p2pevents.sync.answers import CLOCK_BYTES, KEY_BYTES

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "COUNTED_SYMBOLS",
    "COUNT_BYTES",
    "HEAD_BYTES",
    "SALT_BYTES",
    "SYMBOLS_MAX",
    "SYMBOL_BYTES",
    "Coded",
    "Decoded",
    "Decoder",
    "Sketch",
    "has_numpy",
    "ids_of_heads",
    "pack_ids",
    "pack_keys",
    "values_of",
]

SYMBOLS_MAX: Final = 4096
SYMBOL_BYTES: Final = 8
COUNTED_SYMBOLS: Final = 64  # of which it is also said how many members are in them
COUNT_BYTES: Final = 2
SALT_BYTES: Final = 16
HEAD_BYTES: Final = 5  # of a value, most significant first: what its check follows from
_CHECK_BITS: Final = 24  # of a value: they follow from the others

_DOMAIN: Final = b"p2pevents/1/sketch\0"
_WORDS: Final = ID_BYTES // 8
_MIX_ONE: Final = 0xBF58476D1CE4E5B9
_MIX_TWO: Final = 0x94D049BB133111EB
_STEP: Final = 0x5851F42D4C957F2D
_STRIDE: Final = 0x14057B7EF767814F
_PEELS_MAX: Final = 4 * SYMBOLS_MAX  # of a decoder; an honest difference takes some tens


def has_numpy() -> bool:
    """Tell whether sketches can be made on this machine."""
    return _numpy() is not None


def _numpy() -> ModuleType | None:
    try:
        import numpy as np  # noqa: PLC0415 - 100 ms that only a running node pays
    except ImportError:
        return None
    return np


def _np() -> Any:
    np = _numpy()
    if np is None:
        raise RuntimeError("a sketch without numpy")
    return np


def pack_ids(ids: Sequence[bytes]) -> Any:
    """Return ids as an array of four 64-bit words each."""
    return _np().frombuffer(b"".join(ids), dtype="<u8").reshape(-1, _WORDS)


def pack_keys(keys: bytes) -> Any:
    """Return the ids of keys (`SetIndex`), one after the other, as `pack_ids` does."""
    rows = _np().frombuffer(keys, dtype="u1").reshape(-1, KEY_BYTES)[:, CLOCK_BYTES:]
    return pack_ids([rows.tobytes()])


def values_of(ids: Any, *, salt: bytes) -> Any:
    """Return the values of packed ids under a salt, as an array of 64-bit numbers."""
    np = _np()
    digest = hashlib.sha512(_DOMAIN + salt).digest()
    keys = np.frombuffer(digest, dtype="<u8")
    mixed = np.full(len(ids), keys[_WORDS], dtype=np.uint64)
    for word in range(_WORDS):
        mixed += ids[:, word] * (keys[word] | np.uint64(1))
    heads = _mixed(mixed) >> np.uint64(_CHECK_BITS)
    return _with_check(heads, keys[_WORDS + 1])


def _mixed(numbers: Any) -> Any:
    np = _np()
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(_MIX_ONE)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(_MIX_TWO)
    return numbers ^ (numbers >> np.uint64(31))


def _with_check(heads: Any, key: Any) -> Any:
    np = _np()
    checks = _mixed(heads ^ key) >> np.uint64(64 - _CHECK_BITS)
    return (heads << np.uint64(_CHECK_BITS)) | checks


class _Walk:
    """Members on their way through the symbols: for each the next one that it is in."""

    def __init__(self, values: Any) -> None:
        np = _np()
        self.values = values
        self._states = values.copy()
        self._next = np.zeros(len(values), dtype=np.int64)

    def add_to(self, sums: Any, counts: Any | None, upto: int, *, sign: int = 1) -> None:
        """Add the members to the symbols from where they were left up to `upto`."""
        np = _np()
        active = np.flatnonzero(self._next < upto)
        at, states = self._next[active], self._states[active]
        values = self.values[active]
        added = values if sign > 0 else np.uint64(0) - values
        while len(active):
            np.add.at(sums, at, added)
            if counts is not None:
                few = at[at < len(counts)]
                np.add.at(counts, few, sign)
            at, states = _stepped(at, states)
            stays = at < upto
            if not stays.all():
                gone = ~stays
                self._next[active[gone]], self._states[active[gone]] = at[gone], states[gone]
                active, at, states, added = active[stays], at[stays], states[stays], added[stays]


def _stepped(at: Any, states: Any) -> tuple[Any, Any]:
    """Return the next symbol that each member is in, and its state there."""
    np = _np()
    states = states * np.uint64(_STEP) + np.uint64(_STRIDE)
    chance = np.sqrt(states.astype(np.float64) + 1.0)
    jumps = np.ceil((at + 1.5) * (4294967296.0 / chance - 1.0))
    # Beyond every symbol is far enough, and fits.
    jumps = np.minimum(np.maximum(jumps, 1.0), 2.0 * SYMBOLS_MAX).astype(np.int64)
    return at + jumps, states


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """The symbols of a set at one moment, as they are sent.

    Attributes:
        salt: 16 bytes that its values are made with.
        data: `SYMBOLS_MAX` symbols of 8 bytes, little-endian.
        counts: of the first `COUNTED_SYMBOLS` how many members are in them, modulo 2^16.
    """

    salt: bytes
    data: bytes
    counts: bytes


class Sketch:
    """The symbols of one set under one salt, kept up to date as it changes."""

    def __init__(self, *, salt: bytes) -> None:
        np = _np()
        self.salt = salt
        self._sums = np.zeros(SYMBOLS_MAX, dtype=np.uint64)
        self._counts = np.zeros(COUNTED_SYMBOLS, dtype=np.int64)

    def add(self, ids: Any) -> None:
        """Take packed ids in."""
        self._move(ids, 1)

    def remove(self, ids: Any) -> None:
        """Take packed ids out."""
        self._move(ids, -1)

    def symbols(self, *, also: Any, without: Any | None = None) -> Coded:
        """Return the symbols of the set, and of some packed ids that are not in it.

        Args:
            also: these ids.
            without: ids of the set that are left out.
        """
        whole = Sketch(salt=self.salt)
        whole._sums += self._sums
        whole._counts += self._counts
        whole.add(also)
        if without is not None:
            whole.remove(without)
        return Coded(
            salt=self.salt,
            data=whole._sums.astype("<u8").tobytes(),
            counts=(whole._counts & 0xFFFF).astype("<u2").tobytes(),
        )

    def _move(self, ids: Any, sign: int) -> None:
        if len(ids):
            walk = _Walk(values_of(ids, salt=self.salt))
            walk.add_to(self._sums, self._counts, SYMBOLS_MAX, sign=sign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What two sets lack of each other.

    Attributes:
        wanted: the heads of what only the other has.
        surplus: ids of what only this side has, in the order in which it was given.
    """

    wanted: tuple[bytes, ...]
    surplus: list[bytes]


class Decoder:
    """Takes another set's symbols, as many as it asks for, and finds both differences."""

    def __init__(self, ids: Any) -> None:
        """Prepare; `ids`: this side's, packed."""
        self._ids = ids
        self._walk: _Walk | None = None
        self._values: Any = None
        self._rest = _np().zeros(0, dtype=_np().uint64)  # theirs less ours, less what was found
        self._ours = self._rest.copy()
        self._count = 0
        self._key: Any = None
        self._found: dict[int, int] = {}  # by value: 1 only theirs, -1 only ours
        self._peels = 0
        self.estimate = 0.0

    def take(self, data: bytes, *, salt: bytes, counts: bytes) -> Decoded | None:
        """Take the next symbols; return what differs once that is known.

        Args:
            data: the symbols that follow those that came before.
            salt: theirs, the same every time.
            counts: with the first of them, else empty.
        """
        np = _np()
        if self._walk is None:
            digest = hashlib.sha512(_DOMAIN + salt).digest()
            self._key = np.frombuffer(digest, dtype="<u8")[_WORDS + 1]
            self._values = values_of(self._ids, salt=salt)
            self._walk = _Walk(self._values)
        before = self._count
        self._count += len(data) // SYMBOL_BYTES
        our_counts = np.zeros(COUNTED_SYMBOLS, dtype=np.int64) if counts else None
        walked = max(self._count, COUNTED_SYMBOLS)
        self._ours = np.concatenate(
            [self._ours, np.zeros(walked - len(self._ours), dtype=np.uint64)]
        )
        self._walk.add_to(self._ours, our_counts, walked)
        fresh = np.frombuffer(data, dtype="<u8") - self._ours[before : self._count]
        self._rest = np.concatenate([self._rest, fresh])
        if counts:
            self._estimate(counts, our_counts)
        for value, sign in list(self._found.items()):
            self._subtract(np.array([value], np.uint64), np.array([sign]), after=before)
        while self._peels < _PEELS_MAX and self._peel():
            self._peels += 1
        return None if self._rest.any() else self._decoded()

    def _peel(self) -> bool:
        """Take out every member that stands alone in a symbol; tell whether there was one."""
        np = _np()
        values, signs, places = [], [], []
        for sign in (1, -1):
            numbers = self._rest if sign > 0 else np.uint64(0) - self._rest
            heads = numbers >> np.uint64(_CHECK_BITS)
            alone = np.flatnonzero((_with_check(heads, self._key) == numbers) & (numbers != 0))
            values.append(numbers[alone])
            signs.append(np.full(len(alone), sign))
            places.append(alone)
        all_values, firsts = np.unique(np.concatenate(values), return_index=True)
        all_signs = np.concatenate(signs)[firsts]
        all_places = np.concatenate(places)[firsts]
        sound = _stand_in(all_values, all_places)
        # One that was found already, and is found again, is forged: it would go round for ever.
        sound &= np.array([int(value) not in self._found for value in all_values], dtype=bool)
        all_values, all_signs = all_values[sound], all_signs[sound]
        if not len(all_values):
            return False
        self._found.update(zip(map(int, all_values), map(int, all_signs), strict=True))
        self._subtract(all_values, all_signs, after=0)
        return True

    def _subtract(self, values: Any, signs: Any, *, after: int) -> None:
        np = _np()
        for sign in (1, -1):
            walk = _Walk(values[signs == sign])
            sums = np.zeros(self._count, dtype=np.uint64)
            walk.add_to(sums, None, self._count, sign=-sign)
            self._rest[after:] += sums[after:]

    def _decoded(self) -> Decoded:
        np = _np()
        only_ours = np.array([v for v, sign in self._found.items() if sign < 0], dtype=np.uint64)
        rows = np.flatnonzero(np.isin(self._values, only_ours))
        surplus = [self._ids[row].astype("<u8").tobytes() for row in rows]
        wanted = tuple(
            (value >> _CHECK_BITS).to_bytes(HEAD_BYTES, "big")
            for value, sign in self._found.items()
            if sign > 0
        )
        return Decoded(wanted=wanted, surplus=surplus)

    def _estimate(self, counts: bytes, ours: Any) -> None:
        """Estimate how many differ: so much do the counts of both sides stray from each other."""
        np = _np()
        apart = np.frombuffer(counts, dtype="<u2").astype(np.int64) - ours
        apart = ((apart + 0x8000) & 0xFFFF) - 0x8000
        share = 1.0 / (1.0 + np.arange(len(apart)) / 2.0)
        strayed = (apart - share * apart[0])[1:] ** 2 / (share * (1 - share))[1:]
        self.estimate = float(abs(apart[0]) if not len(strayed) else strayed.mean())


def ids_of_heads(ids: Any, heads: Sequence[bytes], *, salt: bytes) -> list[bytes]:
    """Return those of packed ids whose values begin so, in their order."""
    np = _np()
    wanted = np.array([int.from_bytes(each, "big") for each in heads], dtype=np.uint64)
    rows = np.flatnonzero(np.isin(values_of(ids, salt=salt) >> np.uint64(_CHECK_BITS), wanted))
    return [ids[row].astype("<u8").tobytes() for row in rows]


def _stand_in(values: Any, places: Any) -> Any:
    """Tell of each value whether it is in the symbol where it was found."""
    np = _np()
    at = np.zeros(len(values), dtype=np.int64)
    states = values.copy()
    while (behind := at < places).any():
        following, after = _stepped(at[behind], states[behind])
        at[behind], states[behind] = following, after
    return at == places
