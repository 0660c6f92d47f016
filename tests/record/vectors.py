"""Golden vectors of records, for programs in other languages.

`python -m tests.record.vectors` writes them to tests/vectors. A file is a line
`expect: ok` or `expect: reject RULE`, and blocks of hexadecimal between blank
lines: what they are is said in docs/spec/vectors.md.
"""

import json
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any

import cbor2
import msgspec

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.body import decode_body
from p2pevents.record.envelope import Verified, open_envelope, seal
from p2pevents.record.header import Header
from p2pevents.record.merge import merge
from p2pevents.record.signature import is_signed
from tests.record import ed25519
from tests.record.people import SALT, header_of, key_of, say, seed_of

FOLDER = Path(__file__).parents[1] / "vectors"

Vector = tuple[str, list[bytes]]
"""What to expect, and the blocks."""

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


# --- what each folder's vectors are judged by -------------------------------------------------


def judge(folder: str, blocks: list[bytes]) -> str:
    """Return what the program says of a vector, in the words of its first line."""
    try:
        if folder == "cbor":
            cbor.scan(blocks[0], bytes_max=1 << 16)
        elif folder == "header":
            Header.decode(blocks[0])
        elif folder == "envelope":
            open_envelope(blocks[0], blocks[1] if len(blocks) > 1 else None)
        elif folder == "body":
            decode_body(Header.decode(blocks[0]), blocks[1])
        elif folder == "signature":
            key, message, signature = blocks
            good = is_signed(key=key, message=message, signature=signature)
            return "ok" if good else "reject envelope-signature"
        else:
            pairs = zip(blocks[::2], blocks[1::2], strict=True)
            return "ok " + shown([open_envelope(*pair) for pair in pairs])
    except RecordError as error:
        return f"reject {error.rule}"
    return "ok"


def shown(records: list[Verified]) -> str:
    """Return what a merge shows, as JSON: values by field, and the authors in conflict."""
    merged = merge(records)
    values = {
        name: value
        for name, value in msgspec.to_builtins(merged.shown, builtin_types=(bytes,)).items()
        if value is not None and value != {}
    }
    conflicts = {
        name: [word.author.hex() for word in words] for name, words in merged.conflicts.items()
    }
    return json.dumps({"shown": values, "conflicts": conflicts}, sort_keys=True)


# --- the vectors -----------------------------------------------------------------------------

_CBOR = {
    "ok-integers": "8b0017181818ff19010019ffff1a000100001affffffff1b0000000100000000"
    "1b001fffffffffffff20",
    "ok-below-zero": "8437381839ffff3b001ffffffffffffe",
    "ok-text": "62c3a9",
    "ok-map": "a261620162616182f5f6",
    "ok-deep-8": "81" * 8 + "00",
    "ok-items-512": "9901ff" + "00" * 511,
    "tag": "c11a5e0be100",
    "tag-self-described": "d9d9f700",
    "float-16": "f93c00",
    "float-64": "fb3ff0000000000000",
    "undefined": "f7",
    "simple": "f820",
    "indefinite-array": "9f01ff",
    "indefinite-map": "bf616101ff",
    "indefinite-text": "7f6161ff",
    "reserved": "1c",
    "break": "ff",
    "shortest-1": "1817",
    "shortest-2": "1900ff",
    "shortest-4": "1a0000ffff",
    "shortest-8": "1b00000000ffffffff",
    "shortest-text": "780161",
    "shortest-array": "980100",
    "integer-2-53": "1b0020000000000000",
    "integer-minus-2-53": "3b001fffffffffffff",
    "utf8-surrogate": "63eda080",
    "utf8-overlong": "62c080",
    "utf8-cut": "61c3",
    "key-integer": "a10100",
    "key-bytes": "a1416100",
    "order-length": "a26261610061 6200",
    "order-bytes": "a2616200616100",
    "duplicate": "a2616100616101",
    "trailing": "0000",
    "truncated": "8200",
    "truncated-string": "6261",
    "empty": "",
    "deep-9": "81" * 9 + "00",
    "items-513": "990200" + "00" * 512,
    "promise": "9b001fffffffffffff",
}


def cbor_vectors() -> dict[str, list[bytes]]:
    return {name: [bytes.fromhex(text.replace(" ", ""))] for name, text in _CBOR.items()}


def header_vectors() -> dict[str, list[bytes]]:
    good: dict[str, Any] = cbor2.loads(header_of(start="2020-01-08").encoded)
    changes: dict[str, dict[str, Any]] = {
        "ok": {},
        "ok-without-start": {"start": ...},
        "ok-unknown-kind": {"kind": "unheard-of"},
        "ok-four-components": {"path": ["a", "b", "c", "2020-01-08"]},
        "ok-at-limits": {"clock": 2**53 - 1, "size": 16384, "kind": "k" * 16, "path": ["p" * 16]},
        "version-2": {"v": 2},
        "version-true": {"v": True},
        "field-missing": {"authority": ...},
        "field-unknown": {"more": 1},
        "kind-long": {"kind": "k" * 17},
        "kind-digit": {"kind": "event2"},
        "kind-not-ascii": {"kind": "\u00e9vent"},
        "path-empty": {"path": []},
        "path-five": {"path": ["a"] * 5},
        "path-long": {"path": ["p" * 17]},
        "path-capital": {"path": ["A"]},
        "path-hyphen": {"path": ["-a"]},
        "chapter-31": {"chapter": bytes(31)},
        "author-text": {"author": "a" * 32},
        "clock-below-zero": {"clock": -1},
        "clock-true": {"clock": True},
        "size-beyond": {"size": 16385},
        "start-month-13": {"start": "2020-13-01"},
        "start-null": {"start": None},
        "body-33": {"body": bytes(33)},
    }
    return {
        name: [
            cbor2.dumps(
                {key: item for key, item in (good | change).items() if item is not ...},
                canonical=True,
            )
        ]
        for name, change in changes.items()
    }


def envelope_vectors() -> dict[str, list[bytes]]:
    good = say("ada", {"title": "Meetup"})
    body = good.body or b""
    envelope = good.envelope
    other = say("bo", {"title": "Meetup"})
    return {
        "ok": [envelope, body],
        "ok-body-absent": [envelope],
        "body-changed": [envelope, body[:-1] + b"!"],
        "body-longer": [envelope, body + b"\0"],
        "signature-bit": [envelope[:-1] + bytes([envelope[-1] ^ 1])],
        "signature-of-another": [envelope[:-64] + other.envelope[-64:]],
        "tagged": [b"\xd2" + envelope],
        "protected-other": [envelope.replace(b"\xa1\x01\x27", b"\xa1\x01\x26", 1)],
        "unprotected-key-id": [envelope.replace(b"\xa0", b"\xa1\x04\x41\x41", 1)],
        "payload-null": [envelope[:6] + b"\xf6" + envelope[-66:]],
        "payload-head-long": [envelope[:6] + b"\x59\x00" + envelope[7:]],
        "signature-63": [envelope[:-65] + b"\x3f" + envelope[-63:]],
        "trailing": [envelope + b"\0"],
        "too-long": [bytes(1100)],
    }


def body_vectors() -> dict[str, list[bytes]]:
    day = {"day": "2020-01-08", "timeZone": "Europe/Paris"}
    key = key_of("bo")
    cases: dict[str, tuple[Any, dict[str, Any]]] = {
        "ok": ({"title": [5, "Meetup"]}, {}),
        "ok-empty": ({}, {}),
        "ok-removed": ({"title": [5, None], "links": {"a": [5, None]}}, {}),
        "ok-unknown-field": ({"unheardOf": {"of": "any form"}}, {}),
        "ok-when": ({"when": [5, day, [[key, 4]]]}, {"start": "2020-01-08"}),
        "ok-start-without-when": ({"title": [5, "Meetup"]}, {"start": "2020-01-08"}),
        "kind-unknown": ({}, {"kind": "unheard-of"}),
        "path": ({}, {"path": ("a", "b")}),
        "fields-array": ([], {}),
        "clock-beyond-header": ({"title": [6, "Meetup"]}, {}),
        "field-without-clock": ({"title": "Meetup"}, {}),
        "guarded-without-seen": ({"when": [5, day]}, {"start": "2020-01-08"}),
        "map-with-clock": ({"links": [5, {}]}, {}),
        "seen-not-before": ({"when": [5, day, [[key, 5]]]}, {"start": "2020-01-08"}),
        "seen-twice": ({"when": [5, day, [[key, 4], [key, 4]]]}, {"start": "2020-01-08"}),
        "start-other": ({"when": [5, day, []]}, {"start": "2020-01-09"}),
        "start-missing": ({"when": [5, day, []]}, {}),
        "title-201": ({"title": [5, "x" * 201]}, {}),
        "title-empty": ({"title": [5, ""]}, {}),
        "title-control": ({"title": [5, "a\x1b[31m"]}, {}),
        "title-override": ({"title": [5, "a\u202eb"]}, {}),
        "title-number": ({"title": [5, 5]}, {}),
        "link-javascript": ({"links": {"a": [5, {"href": "javascript:alert(1)"}]}}, {}),
        "link-user": ({"links": {"a": [5, {"href": "https://a@example.org/"}]}}, {}),
        "where-unknown-key": ({"where": [5, {"name": "x", "zip": "1"}, []]}, {}),
        "status-unknown": ({"status": [5, {"is": "canceled"}, []]}, {}),
        "when-30-february": (
            {"when": [5, {"day": "2020-02-30", "timeZone": "Europe/Paris"}, []]},
            {"start": "2020-02-30"},
        ),
        "keyword-false": ({"keywords": {"p2p": [5, False]}}, {}),
    }
    found = {
        name: [
            header_of(b"", **({"clock": 5} | header)).encoded,
            cbor2.dumps({"salt": SALT, "fields": fields}, canonical=True),
        ]
        for name, (fields, header) in cases.items()
    }
    header = header_of(b"", clock=5).encoded
    found["salt-15"] = [header, cbor2.dumps({"salt": SALT[1:], "fields": {}}, canonical=True)]
    found["no-salt"] = [header, cbor2.dumps({"fields": {}})]
    found["not-cbor"] = [header, b"\xff"]
    found["not-deterministic"] = [header, b"\xbf\xff"]
    return found


def merge_vectors() -> dict[str, list[bytes]]:
    day = {"day": "2020-01-08", "timeZone": "Europe/Paris"}
    other_day = day | {"day": "2020-01-15"}
    ada = say("ada", {"title": "Meetup", "when": day, "keywords": {"p2p": True, "dao": True}})
    bo = say("bo", {"when": other_day, "description": "Talks"}, [ada])
    apart = say("cy", {"when": other_day, "title": "Apart"})
    cancelled = say("cy", {"status": {"is": "cancelled", "reason": "no room"}}, [ada])
    confirmed = say("bo", {"status": {"is": "confirmed"}}, [ada], now_ms=ada.header.clock + 9)
    entry = say("bo", {"keywords": {"dao": None, "new": True}}, [ada])
    void = seal(header_of(b"\xff", clock=ada.header.clock + 5), b"\xff", seed=seed_of("ada"))
    settled = say("di", {"when": day}, [ada, bo, apart])
    cases = {
        "one": [ada],
        "later-sees-earlier": [ada, bo],
        "apart": [ada, apart],
        "three-one-unseen": [ada, bo, apart],
        "settled": [ada, bo, apart, settled],
        "cancelled-wins-the-display": [ada, cancelled, confirmed],
        "entries": [ada, entry],
        "newest-of-an-author": [ada, say("ada", {"title": "Renamed"}, [ada])],
        "void-replaces-nothing": [ada, void],
        "removed": [ada, say("bo", {"title": None, "when": None}, [ada])],
        "retracted": [ada, say("bo", {"retracted": True}, [ada])],
    }
    return {
        name: [block for record in records for block in (record.envelope, record.body or b"")]
        for name, records in cases.items()
    }


def all_vectors() -> dict[Path, Vector]:
    """Return every vector by its file, with what the program says of it."""
    folders = {
        "cbor": cbor_vectors(),
        "header": header_vectors(),
        "signature": {name: list(signed[1:]) for name, signed in odd_signatures().items()},
        "envelope": envelope_vectors(),
        "body": body_vectors(),
        "merge": merge_vectors(),
    }
    return {
        FOLDER / folder / f"{name}.txt": (judge(folder, blocks), blocks)
        for folder, vectors in folders.items()
        for name, blocks in vectors.items()
    }


def text_of(vector: Vector) -> str:
    expect, blocks = vector
    lines = [f"expect: {expect}", *("\n".join(wrap(block.hex(), 96)) for block in blocks)]
    return "\n\n".join(lines) + "\n"


def read(path: Path) -> Vector:
    """Return a vector from its file."""
    head, *blocks = path.read_text(encoding="ascii").removesuffix("\n").split("\n\n")
    return head.removeprefix("expect: "), [bytes.fromhex(block) for block in blocks]


if __name__ == "__main__":
    for path, vector in all_vectors().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(vector), encoding="ascii")
