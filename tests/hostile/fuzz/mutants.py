"""Mutants: bytes made from other bytes by what goes wrong, and by what somebody means to go wrong.

Pure: all chance is an argument, so that a seed has any mutant again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import cbor2

MUTATIONS_MAX = 6
GROWN_BYTES_MAX = 4096

# Heads of CBOR that promise much, ends of text, signs that mean something in one format or other.
TOKENS = (
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x1b\x00\x20\x00\x00\x00\x00\x00\x00",
    b"\x9a\x00\x01\x00\x00",
    b"\xbf\xff",
    b"\x9f\xff",
    b"\x81" * 40,
    b"\xa1\x61a" * 20,
    b"\xc2\x41\x01",
    b"\xd8\x2a\x41\x00",
    b"\xf9\x7e\x00",
    b"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
    b"\xf7\xf6\xf5\xf4",
    b"\x18\x17",
    b"\x00",
    b"\xff" * 8,
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\n",
    b"\n\n",
    b",,",
    b'"',
    b'""',
    b"'",
    b"\\",
    b"..",
    b"../../",
    b"%00",
    b"%2e%2e%2f",
    b"javascript:",
    b"<!ENTITY a 'b'>",
    b"&a;",
    b"<![CDATA[",
    b"]]>",
    b"{" * 30,
    b"[" * 300,
    b"---\n",
    b"&a [*a]",
    b"!!python/object:os.system",
    b"RRULE:FREQ=SECONDLY",
    b"RRULE:FREQ=YEARLY;INTERVAL=999999999",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"99999999999999999999",
    b"-1",
    b"1e309",
    b"NaN",
    b"0001-01-01",
    b"9999-12-31T23:59:60",
    b"\xd9\xa3",  # an Arabic digit
    b"\xc2\xb2",  # a superscript digit
    b"\xe2\x84\xaa",  # the Kelvin sign, which lowers to k
)


def _flip(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _leave_out(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    start = rng.randrange(len(data) + 1)
    del data[start : start + rng.choice((1, 2, 8, 64))]


def _cut_off(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _repeat(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.choice((1, 2, 8, 64))]
    data[start:start] = (piece * rng.choice((1, 2, 50)))[:GROWN_BYTES_MAX]


def _insert(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.choice(TOKENS)


def _overwrite(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    token = rng.choice(TOKENS)
    data[at : at + len(token)] = token


def _splice(data: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    other = rng.choice(others)
    at, start = rng.randrange(len(data) + 1), rng.randrange(len(other) + 1)
    data[at : at + rng.choice((0, 0, 8, 64))] = other[start : start + rng.choice((4, 32, 256))]


def _swap(data: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    if len(data) >= 2:
        one, other = rng.randrange(len(data)), rng.randrange(len(data))
        data[one], data[other] = data[other], data[one]


_WAYS: tuple[Callable[[bytearray, Random, Sequence[bytes]], None], ...] = (
    _flip,
    _set,
    _leave_out,
    _cut_off,
    _repeat,
    _insert,
    _overwrite,
    _splice,
    _swap,
)


# Values in the place of others: of another type, at a limit, beyond it.
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**32,
    2**53 - 1,
    2**53,
    -(2**53),
    b"",
    bytes(16),
    bytes(31),
    bytes(32),
    b"\xff" * 33,
    "",
    "e",
    "x" * 201,
    "x" * 8001,
    "..",
    "a\x00b",
    "\u202egnp.exe",
    "e\u0301",
    "2020-02-30",
    "2020-01-08T25:00:00",
    "0000-01-01T00:00:00",
    "9999-12-31T23:59:59",
    "PT99999999999999H",
    "P-1D",
    "Europe/Nowhere",
    "../etc/passwd",
    "FREQ=SECONDLY",
    "FREQ=YEARLY;INTERVAL=0",
    "FREQ=MONTHLY;BYDAY=9XX",
    "javascript:alert(1)",
    "http://[",
    "https://a.example:99999999/",
    "/ip4/1.2.3.4/tcp/99999999999",
    "cancelled",
    "*",
    [],
    {},
    [[]],
    {"": {}},
    [None] * 40,
    {"name": "x"},
    {"is": "postponed", "movedTo": "x"},
)


def _changed(value: Any, rng: Random) -> Any:
    """Return a value with something in it that is another."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        name = rng.choice(list(value))
        way = rng.random()
        if way < 0.1:
            return {key: each for key, each in value.items() if key != name}
        if way < 0.2:
            return {**value, rng.choice(("", "x", "title", "\ud7ff", "when")): value[name]}
        return {**value, name: _changed(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        way = rng.random()
        if way < 0.1:
            return value[:at] + value[at + 1 :]
        if way < 0.2:
            return value + [value[at]] * rng.choice((1, 1, 60, 600))
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.5:
        return value + rng.choice((-1, 1))
    if isinstance(value, bytes) and value and rng.random() < 0.5:
        return value[:-1] + bytes([value[-1] ^ 1 << rng.randrange(8)])
    if isinstance(value, str) and rng.random() < 0.3:
        at = rng.randrange(len(value) + 1)
        return value[:at] + str(rng.choice(("\n", "\u202e", "0", "x" * 300, "-"))) + value[at:]
    return rng.choice(VALUES)


def value_mutant_of(data: bytes, rng: Random, *, start: int) -> bytes | None:
    """Return deterministic CBOR with another value somewhere in it; None where there is no CBOR."""
    try:
        value = cbor2.loads(data[start:])
    except (cbor2.CBORDecodeError, ValueError, RecursionError, OverflowError, MemoryError):
        return None
    for _ in range(rng.randint(1, 3)):
        value = _changed(value, rng)
    try:
        return data[:start] + cbor2.dumps(value, canonical=True)
    except (cbor2.CBOREncodeError, ValueError, TypeError, RecursionError):
        return None


def mutant_of(
    corpus: Sequence[bytes], rng: Random, *, bytes_max: int, cbor_at: int | None = None
) -> bytes:
    """Return a mutant of one of these, with one to six things wrong."""
    if cbor_at is not None and rng.random() < 0.5:
        mutant = value_mutant_of(rng.choice(corpus), rng, start=cbor_at)
        if mutant is not None:
            return mutant[:bytes_max]
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.randint(1, MUTATIONS_MAX)):
        rng.choice(_WAYS)(data, rng, corpus)
    return bytes(data[:bytes_max])
