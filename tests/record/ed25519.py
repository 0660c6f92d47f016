"""Ed25519 by the book (RFC 8032), slow and obvious: to make odd signatures, and to judge them.

docs/spec/record.md, REC-3, in a few lines: what the program's library must agree with.
"""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def add(first: Point, second: Point) -> Point:
    (x1, y1), (x2, y2) = first, second
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def times(scalar: int, point: Point) -> Point:
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def encode(point: Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """Return the point that `data` encodes; None where it is not the encoding of one."""
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x), y


BASE: Point = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    4 * pow(5, -1, P) % P,
)


def points_of_small_order() -> list[Point]:
    """Return the eight points whose order divides the cofactor, the neutral one first."""
    # A point with y = 0 has order 4; halving it gives one of order 8.
    for y in range(2, 100):
        point = decode(y.to_bytes(32, "little"))
        if point and times(4, times(ORDER, point)) != NEUTRAL:
            eighth = times(ORDER, point)
            return [times(number, eighth) for number in range(8)]
    raise AssertionError("there is one among the first hundred")


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % ORDER


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """REC-3, word for word."""
    a, r, s = decode(key), decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or a == NEUTRAL or times(ORDER, a) != NEUTRAL:
        return False
    if s >= ORDER or (r is not None and times(8, r) == NEUTRAL):
        return False
    h = challenge(signature[:32], key, message)
    x, y = times(h, a)
    return encode(add(times(s, BASE), (-x % P, y))) == signature[:32]
