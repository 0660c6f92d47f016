"""The sketch against the plain difference of two sets, and against symbols that lie."""

from __future__ import annotations

import hashlib
import math
import struct
from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.sync.ranges import set_key
from p2pevents.sync.sketch import (
    COUNTED_SYMBOLS,
    COUNTS_BYTES,
    HEAD_BYTES,
    SYMBOLS_MAX,
    Coded,
    Decoded,
    Decoder,
    Sketch,
    ids_of_heads,
    pack_ids,
    pack_keys,
)
from p2pevents.sync.sketching import ASKS_MAX, Answering, Asking

SALT = b"sixteen bytes..."
numbers = st.sets(st.integers(0, 400), max_size=200)


def ids_of(some: set[int] | range) -> list[bytes]:
    return [hashlib.sha256(b"%d" % number).digest() for number in sorted(some)]


def coded(ids: list[bytes], *, salt: bytes = SALT) -> Coded:
    sketch = Sketch(salt=salt)
    sketch.add(pack_ids(ids))
    return sketch.symbols(also=pack_ids([]))


def decode(ours: list[bytes], theirs: Coded, *, step: int = 64) -> tuple[Decoded, int]:
    """What an endless patience finds, and how many symbols it took."""
    decoder = Decoder(pack_ids(ours))
    for at in range(0, SYMBOLS_MAX, step):
        data = theirs.data[8 * at : 8 * (at + step)]
        found = decoder.take(data, salt=theirs.salt, counts=b"" if at else theirs.counts)
        if found is not None:
            return found, at + step
    raise AssertionError("nothing was found")


@given(numbers, numbers, st.integers(1, 90))
def test_a_sketch_shows_the_difference_of_two_sets(
    ours: set[int], theirs: set[int], step: int
) -> None:
    """SYNC-37, SYNC-38: whatever the sets, however the symbols come."""
    mine, other = ids_of(ours), ids_of(theirs)
    found, _ = decode(mine, coded(other), step=step)
    assert sorted(found.surplus) == sorted(set(mine) - set(other))
    lacking = ids_of_heads(pack_ids(other), found.wanted, salt=SALT)
    assert lacking == [each for each in other if each not in set(mine)]


@given(numbers, numbers)
def test_a_sketch_that_followed_its_set_is_that_of_the_set(
    first: set[int], later: set[int]
) -> None:
    sketch = Sketch(salt=SALT)
    sketch.add(pack_ids(ids_of(first)))
    sketch.remove(pack_ids(ids_of(first - later)))
    for each in ids_of(later - first):
        sketch.add(pack_ids([each]))
    assert sketch.symbols(also=pack_ids([])) == coded(ids_of(later))
    assert sketch.symbols(also=pack_ids([bytes(32)])) == coded([*ids_of(later), bytes(32)])


def single(number: float) -> float:
    """A number as single precision holds it."""
    return float(struct.unpack("<f", struct.pack("<f", number))[0])


def mixed(x: int) -> int:
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return x ^ x >> 31


def value_by_the_page(identifier: bytes, salt: bytes) -> int:
    """What SYNC-38 says, without numpy."""
    k = struct.unpack("<8Q", hashlib.sha512(b"p2pevents/1/sketch\0" + salt).digest())
    i = struct.unpack("<4Q", identifier)
    h = (k[4] + sum(word * (key | 1) for word, key in zip(i, k[:4], strict=True))) % 2**64
    head = mixed(h) >> 24
    return head << 24 | mixed(head ^ k[5]) >> 40


def places_by_the_page(value: int, upto: int) -> list[int]:
    """In which symbols SYNC-38 says that a value is, without numpy."""
    places, state = [0], value >> 32
    while places[-1] < upto:
        state = (state * 747796405 + 2891336453) % 2**32
        root = single(math.sqrt((state >> 8) + 1))
        factor = single(single(4096 / root) - 1)
        jump = math.floor(single((places[-1] + 4) * factor))
        places.append(places[-1] + 1 + jump)
    return places[:-1]


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))
def test_symbols_are_the_same_on_every_machine(identifier: bytes, salt: bytes) -> None:
    """SYNC-38, SYNC-39: the values and the counts of the page."""
    one = coded([identifier], salt=salt)
    value = value_by_the_page(identifier, salt)
    places = places_by_the_page(value, SYMBOLS_MAX)
    numbers = struct.unpack(f"<{SYMBOLS_MAX}Q", one.data)
    assert set(numbers) == {0, value}
    assert [at for at, number in enumerate(numbers) if number] == places
    counts = [int(at in places) for at in range(1, COUNTED_SYMBOLS)]
    assert one.counts == b"\1\0\0\0" + bytes(counts)


@pytest.mark.parametrize("differ", [1, 30, 100, 1000, 2500])
def test_few_symbols_show_many_differences(differ: int) -> None:
    """SYNC-39: within four questions, and 1.9 symbols each where they are many."""
    asked = []
    for seed in range(6):
        chance = Random(seed)
        known = [chance.randbytes(32) for _ in range(3000 + differ)]
        left, right = known[: -(differ // 2) or None], known[(differ + 1) // 2 :]
        asking, answering = Asking(Decoder(pack_ids(left))), Answering(coded(right))
        found, upto = None, 0
        for _ in range(ASKS_MAX):
            ask = asking.ask()
            upto = ask.upto
            found = asking.take(answering.answer(ask))
            if found is not None:
                break
        assert found is not None
        assert len(found.wanted) + len(found.surplus) == differ
        asked.append(upto)
    assert sum(asked) / len(asked) <= max(COUNTED_SYMBOLS, 1.9 * differ)


def test_far_too_many_differences_are_seen_at_once() -> None:
    """SYNC-40."""
    asking = Asking(Decoder(pack_ids(ids_of(range(20_000)))))
    answering = Answering(coded(ids_of(range(20_000, 40_000))))
    assert asking.take(answering.answer(asking.ask())) is None
    assert asking.ask().upto == 0


def test_two_ids_that_cancel_are_not_seen_and_end_nothing() -> None:
    """SYNC-40: whoever knows the salt may find such; then the fingerprints differ still."""
    shared = ids_of(range(50))
    sketch = Sketch(salt=SALT)
    sketch.add(pack_ids(shared))
    hidden = pack_ids(ids_of({60}))
    sketch.add(hidden)
    sketch.remove(hidden)
    found, _ = decode(shared, sketch.symbols(also=pack_ids([])))
    assert found == Decoded(wanted=(), surplus=[])


@given(st.integers(0, 40), st.integers(0, 23))
def test_forged_symbols_come_to_an_end(at: int, more: int) -> None:
    """SYNC-40: one true value, put where it does not belong, or twice."""
    theirs = bytearray(coded(ids_of(range(12))).data)
    value = coded(ids_of({5})).data[:8]
    for place in (at, at + more):
        there = int.from_bytes(theirs[8 * place : 8 * place + 8], "little")
        forged = (there + int.from_bytes(value, "little")) % 2**64
        theirs[8 * place : 8 * place + 8] = forged.to_bytes(8, "little")
    decoder = Decoder(pack_ids(ids_of(range(6, 18))))
    found = decoder.take(bytes(theirs[: 8 * 64]), salt=SALT, counts=bytes(COUNTS_BYTES))
    assert found is None or all(len(each) == HEAD_BYTES for each in found.wanted)


@given(numbers, numbers)
def test_symbols_of_a_part_of_a_set_are_those_of_that_part(some: set[int], out: set[int]) -> None:
    sketch = Sketch(salt=SALT)
    sketch.add(pack_ids(ids_of(some)))
    part = sketch.symbols(also=pack_ids([]), without=pack_ids(ids_of(some & out)))
    assert part == coded(ids_of(some - out))


@given(numbers)
def test_ids_are_packed_from_keys_as_they_are_by_themselves(some: set[int]) -> None:
    ids = ids_of(some)
    keys = b"".join(set_key(number, each) for number, each in enumerate(ids))
    assert pack_keys(keys).tolist() == pack_ids(ids).tolist()
