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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from p2pevents.record.ids import ID_BYTES
from p2pevents.sync.answers import CLOCK_BYTES, KEY_BYTES

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "COUNTED_SYMBOLS",
    "COUNTS_BYTES",
    "HEAD_BYTES",
    "SALT_BYTES",
    "SYMBOLS_MAX",
    "SYMBOL_BYTES",
    "TAG_BYTES",
    "Coded",
    "Decoded",
    "Decoder",
    "Sketch",
    "has_numpy",
    "ids_of_heads",
    "pack_ids",
    "pack_keys",
    "rows_of_heads",
    "tags_of",
    "values_of",
]

SYMBOLS_MAX: Final = 4096
SYMBOL_BYTES: Final = 8
COUNTED_SYMBOLS: Final = 97  # of which it is also said how many members are in them
_WHOLE_COUNT_BYTES: Final = 4  # of the first symbol, which has all; of each other one byte
COUNTS_BYTES: Final = _WHOLE_COUNT_BYTES + COUNTED_SYMBOLS - 1
SALT_BYTES: Final = 16
HEAD_BYTES: Final = 5  # of a value, most significant first: what its check follows from
TAG_BYTES: Final = 4  # of a head, its first: kept with a sketch, so that heads are found soon
_CHECK_BITS: Final = 24  # of a value: they follow from the others
_TAG_SHIFT: Final = 64 - 8 * TAG_BYTES

_DOMAIN: Final = b"p2pevents/1/sketch\0"
_WORDS: Final = ID_BYTES // 8
_MIX_ONE: Final = 0xBF58476D1CE4E5B9
_MIX_TWO: Final = 0x94D049BB133111EB
_STEP: Final = 747_796_405  # of a walk, whose states have 32 bits
_STRIDE: Final = 2_891_336_453
_DENSITY: Final = 4  # of symbols: less makes more work and, where some ten differ, no fewer bytes
_CHANCE_BITS: Final = 24  # of a state, its first: what single precision holds
_BLOCK_ROWS: Final = 65_536  # gone through together: more would not stay near the processor
_IDLE_SHARE: Final = 1.25  # of members that go on: so many of all, and the others are put aside
_FIRST_WALK: Final = 320  # symbols of one's own that are made first: enough for a hundred
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
    """Return the ids of keys (`SetIndex`), one after the other, as `pack_ids` does.

    They are looked at where they lie: `keys` is not copied.
    """
    if not keys:
        return pack_ids([])
    return _np().ndarray((len(keys) // KEY_BYTES, _WORDS), "<u8", keys, CLOCK_BYTES, (KEY_BYTES, 8))


def values_of(ids: Any, *, salt: bytes) -> Any:
    """Return the values of packed ids under a salt, as an array of 64-bit numbers."""
    np = _np()
    keys = _keys_of(salt)
    values = np.empty(len(ids), dtype=np.uint64)
    for part in _blocks(len(ids)):
        words = np.array(ids[part].T, dtype=np.uint64, order="C")
        mixed = np.full(words.shape[1], keys[_WORDS], dtype=np.uint64)
        for word in range(_WORDS):
            mixed += words[word] * (keys[word] | np.uint64(1))
        values[part] = _with_check(_mixed(mixed) >> np.uint64(_CHECK_BITS), keys[_WORDS + 1])
    return values


def tags_of(values: Any) -> bytes:
    """Return the first bits of values, `TAG_BYTES` each, as `rows_of_heads` takes them."""
    return bytes((values >> _np().uint64(_TAG_SHIFT)).astype(_np().uint32).tobytes())


def rows_of_heads(tags: bytes, heads: Sequence[bytes]) -> list[int]:
    """Return where the tags of some heads stand, in order, and hardly anything else."""
    np = _np()
    numbers = np.array([int.from_bytes(each[:TAG_BYTES], "big") for each in heads], np.uint32)
    return [int(row) for row in _rows_with(np.frombuffer(tags, dtype=np.uint32), numbers)]


def _keys_of(salt: bytes) -> Any:
    return _np().frombuffer(hashlib.sha512(_DOMAIN + salt).digest(), dtype="<u8")


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK_ROWS) for start in range(0, rows, _BLOCK_ROWS))


def _rows_with(numbers: Any, wanted: Any) -> Any:
    """Return the rows of those numbers that are among the wanted: by their last bits at first."""
    np = _np()
    bits = numbers.dtype.type(0xFFFF)
    is_near = np.zeros(0x10000, dtype=bool)
    is_near[wanted & bits] = True
    near = [
        np.flatnonzero(is_near.take(numbers[part] & bits)) + part.start
        for part in _blocks(len(numbers))
    ]
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *near])
    return rows[np.isin(numbers[rows], wanted)]


def _mixed(numbers: Any) -> Any:
    np = _np()
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(_MIX_ONE)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(_MIX_TWO)
    return numbers ^ (numbers >> np.uint64(31))


def _with_check(heads: Any, key: Any) -> Any:
    np = _np()
    checks = _mixed(heads ^ key) >> np.uint64(64 - _CHECK_BITS)
    return (heads << np.uint64(_CHECK_BITS)) | checks


def _add(values: Any, sums: Any, counts: Any | None = None, *, sign: int = 1) -> None:
    """Add members to the symbols that they are in.

    Args:
        values: theirs.
        sums: of the symbols from the first on.
        counts: how many members the first of them have, where that is wanted.
        sign: -1 takes them out.
    """
    np = _np()
    beyond = np.int32(len(sums))
    with_beyond = np.zeros(len(sums) + 1, dtype=np.uint64)
    for part in _blocks(len(values)):
        added = values[part] if sign > 0 else np.uint64(0) - values[part]
        at, states = np.zeros(len(added), dtype=np.int32), _first_states(values[part])
        counted = counts
        while len(at):
            places = at.astype(np.intp)
            np.add.at(with_beyond, places, added)
            if counted is not None:
                met = np.bincount(places, minlength=len(counted))[: len(counted)]
                counted += sign * met
                counted = counted if met.any() else None
            at, states = _stepped(at, states)
            np.minimum(at, beyond, out=at)
            goes_on = at < beyond
            if np.count_nonzero(goes_on) * _IDLE_SHARE < len(at):
                rows = np.flatnonzero(goes_on)
                at, states, added = at.take(rows), states.take(rows), added.take(rows)
    sums += with_beyond[:-1]


def _first_states(values: Any) -> Any:
    return (values >> _np().uint64(32)).astype(_np().uint32)


def _stepped(at: Any, states: Any) -> tuple[Any, Any]:
    """Return the next symbol that each member is in, and its state there.

    In single precision, whose steps are the same on every machine, and twice as fast.
    """
    np = _np()
    one = np.float32
    states = states * np.uint32(_STEP)
    states += np.uint32(_STRIDE)
    # Of 24 bits, so that a signed number holds it: those are made floats many at once.
    chance = (states >> np.uint32(32 - _CHANCE_BITS)).view(np.int32).astype(one)
    chance += one(1)
    np.sqrt(chance, out=chance)
    np.divide(one(2 ** (_CHANCE_BITS // 2)), chance, out=chance)
    chance -= one(1)
    jumps = at.astype(one)
    jumps += one(_DENSITY)
    jumps *= chance
    after = jumps.astype(np.int32)  # of what is not below zero, the floor
    after += at
    after += np.int32(1)
    return after, states


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """The symbols of a set at one moment, as they are sent.

    Attributes:
        salt: 16 bytes that its values are made with.
        data: `SYMBOLS_MAX` symbols of 8 bytes, little-endian.
        counts: how many members are in the first symbol, 4 bytes, and in each of those after
            it, up to `COUNTED_SYMBOLS`, modulo 256.
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
        self.add_values(values_of(ids, salt=self.salt))

    def remove(self, ids: Any) -> None:
        """Take packed ids out."""
        self._move(values_of(ids, salt=self.salt), -1)

    def add_values(self, values: Any) -> None:
        """Take in what has these values."""
        self._move(values, 1)

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
            counts=_coded_counts(whole._counts),
        )

    def _move(self, values: Any, sign: int) -> None:
        _add(values, self._sums, self._counts, sign=sign)


def _coded_counts(counts: Any) -> bytes:
    whole = int(counts[0]).to_bytes(_WHOLE_COUNT_BYTES, "little")
    return whole + bytes((counts[1:] & 0xFF).astype("u1").tobytes())


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
        before = self._count
        self._count += len(data) // SYMBOL_BYTES
        our_counts = np.zeros(COUNTED_SYMBOLS, dtype=np.int64) if counts else None
        if self._values is None:
            self._key = _keys_of(salt)[_WORDS + 1]
            self._values = values_of(self._ids, salt=salt)
            self._ours = np.zeros(max(self._count, _FIRST_WALK), dtype=np.uint64)
            _add(self._values, self._ours, our_counts)
        elif self._count > len(self._ours):
            # All of them again, and as many more as another question would be for.
            upto = min(2 * self._count, SYMBOLS_MAX)
            self._ours = np.zeros(upto, dtype=np.uint64)
            _add(self._values, self._ours)
        fresh = np.frombuffer(data, dtype="<u8") - self._ours[before : self._count]
        self._rest = np.concatenate([self._rest, fresh])
        if counts:
            self._estimate(counts, our_counts)
        if self._found:
            values = np.array(list(self._found), dtype=np.uint64)
            self._subtract(values, np.array(list(self._found.values())), after=before)
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
            sums = np.zeros(self._count, dtype=np.uint64)
            _add(values[signs == sign], sums, sign=-sign)
            self._rest[after:] += sums[after:]

    def _decoded(self) -> Decoded:
        np = _np()
        only_ours = np.array([v for v, sign in self._found.items() if sign < 0], dtype=np.uint64)
        rows = _rows_with(self._values, only_ours)
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
        whole = int.from_bytes(counts[:_WHOLE_COUNT_BYTES], "little") - int(ours[0])
        apart = np.frombuffer(counts, dtype="u1", offset=_WHOLE_COUNT_BYTES) - ours[1:]
        share = 2.0 / (np.arange(1, COUNTED_SYMBOLS) + _DENSITY + 0.5)
        expected = np.rint(share * whole)
        strayed = (apart - expected.astype(np.int64) + 0x80) % 0x100 - 0x80
        strayed = strayed + expected - share * whole
        # No fewer differ than one side has more.
        self.estimate = max(abs(whole), float((strayed**2 / (share * (1 - share))).mean()))


def ids_of_heads(ids: Any, heads: Sequence[bytes], *, salt: bytes) -> list[bytes]:
    """Return those of packed ids whose values begin so, in their order."""
    np = _np()
    wanted = np.array([int.from_bytes(each, "big") for each in heads], dtype=np.uint64)
    rows = np.flatnonzero(np.isin(values_of(ids, salt=salt) >> np.uint64(_CHECK_BITS), wanted))
    return [ids[row].astype("<u8").tobytes() for row in rows]


def _stand_in(values: Any, places: Any) -> Any:
    """Tell of each value whether it is in the symbol where it was found."""
    np = _np()
    at = np.zeros(len(values), dtype=np.int32)
    states = _first_states(values)
    while (behind := at < places).any():
        following, after = _stepped(at[behind], states[behind])
        at[behind], states[behind] = following, after
    return at == places
