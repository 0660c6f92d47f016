"""Entries as bare bytes, such as this program itself would refuse to sign."""

from typing import Any

import cbor2

from p2pevents.record.signature import public_key_of, sign
from tests.authority.people import Person, key_of

A, B, C = Person("a"), Person("b"), Person("c")
GUARDIANS = sorted(key_of(f"guardian {number}") for number in range(1, 10))
LOW_ORDER = bytes([1]) + bytes(31)  # the neutral point: no valid key

Map = dict[str, Any]
Vector = tuple[str, list[bytes]]


def dumps(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def raw_entry(snapshot: bytes, seeds: list[bytes]) -> bytes:
    message = b"p2pevents/1/entry\0" + snapshot
    pairs = {public_key_of(seed): sign(seed=seed, message=message) for seed in seeds}
    return dumps([snapshot, [[key, signature] for key, signature in sorted(pairs.items())]])


def genesis(**changes: object) -> Map:
    return {
        "v": 1,
        "seq": 0,
        "prev": [],
        "leads": [[A.lead.charter, A.lead.daily]],
        "guardians": GUARDIANS[:2],
        "k": 2,
        "removed": [],
        "keeps": [],
        "salt": bytes(16),
        **changes,
    }


def later(**changes: object) -> Map:
    value = genesis(seq=1, prev=[bytes(32)], chapter=bytes(32), **changes)
    if "salt" not in changes:
        del value["salt"]
    return value


def without(value: Map, name: str) -> Map:
    return {key: item for key, item in value.items() if key != name}
