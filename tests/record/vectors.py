"""Golden vectors of records, for programs in other languages.

`python -m tests.record.vectors` writes them to tests/vectors. A file is a line
`expect: ok` or `expect: reject RULE`, and blocks of hexadecimal between blank
lines: what they are is said in docs/spec/vectors.md.
"""

from functools import cache

from tests.record import ed25519

Signed = tuple[bool, bytes, bytes, bytes]
"""Whether it is good, key, message, signature."""


@cache
def odd_signatures() -> dict[str, Signed]:
    """Return signatures made by the book that a careless check would take."""
    message = b"p2pevents"
    secret, nonce = 0x1234567890ABCDEF**3 % ed25519.ORDER, 0xFEDCBA0987654321**3 % ed25519.ORDER
    point, commitment = (ed25519.times(scalar, ed25519.BASE) for scalar in (secret, nonce))
    key = ed25519.encode(point)
    small = ed25519.points_of_small_order()

    def signed(a: bytes, r: bytes, *, r_scalar: int = nonce, a_scalar: int = secret) -> bytes:
        s = (r_scalar + ed25519.challenge(r, a, message) * a_scalar) % ed25519.ORDER
        return r + s.to_bytes(32, "little")

    found: dict[str, Signed] = {}

    def add(name: str, a: bytes, signature: bytes, *, good: bool = False) -> None:
        found[name] = (good, a, message, signature)

    good = signed(key, ed25519.encode(commitment))
    s = int.from_bytes(good[32:], "little")
    add("ok", key, good, good=True)
    for times in (1, 2, 7):
        beyond = (s + times * ed25519.ORDER).to_bytes(32, "little")
        add(f"s-plus-{times}-orders", key, good[:32] + beyond)
    add("s-zero", key, good[:32] + bytes(32))
    for number, torsion in enumerate(small):
        r = ed25519.encode(torsion)
        add(f"r-small-{number}", key, signed(key, r, r_scalar=0))
        a = ed25519.encode(torsion)
        add(f"key-small-{number}", a, signed(a, ed25519.encode(commitment), a_scalar=0))
        add(f"both-small-{number}", a, signed(a, r, r_scalar=0, a_scalar=0))
        if number:
            # Only a check that multiplies by the cofactor takes these.
            r = ed25519.encode(ed25519.add(commitment, torsion))
            add(f"r-mixed-{number}", key, signed(key, r))
            a = ed25519.encode(ed25519.add(point, torsion))
            add(f"key-mixed-{number}", a, signed(a, ed25519.encode(commitment)))
    # Encodings of small points that are not canonical: y + p, and the sign of x = 0 set.
    odd_forms = {
        "y-is-p": ed25519.P.to_bytes(32, "little"),
        "y-is-p-plus-1": (ed25519.P + 1).to_bytes(32, "little"),
        "neutral-with-sign": (1 | 1 << 255).to_bytes(32, "little"),
        "minus-one-with-sign": (ed25519.P - 1 | 1 << 255).to_bytes(32, "little"),
    }
    for name, form in odd_forms.items():
        add(f"key-{name}", form, signed(form, ed25519.encode(commitment), a_scalar=0))
        add(f"r-{name}", key, signed(key, form, r_scalar=0))
    add("key-not-a-point", (2).to_bytes(32, "little"), good)
    return found
