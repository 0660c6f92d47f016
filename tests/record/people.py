"""People who write records: keys made from their names, and how they say something."""

from collections.abc import Iterable, Mapping
from typing import Any

from p2pevents.record.draft import compose
from p2pevents.record.envelope import Record, Verified, body_hash, seal
from p2pevents.record.header import Header, ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.signature import public_key_of

CHAPTER = ChapterId(bytes(range(32)))
AUTHORITY = RecordId(b"\xaa" * 32)
SALT = bytes(range(16))
EVENT = ObjectId(chapter=CHAPTER, kind="event", path=("mfrggzdfmztwq2lk",))


def seed_of(name: str) -> bytes:
    return name.encode().ljust(32, b".")


def key_of(name: str) -> PublicKey:
    return public_key_of(seed_of(name))


def header_of(body: bytes = b"", **changes: Any) -> Header:
    """Return a header for a body, good where `changes` does not say otherwise."""
    fields: dict[str, Any] = {
        "kind": "event",
        "chapter": CHAPTER,
        "path": EVENT.path,
        "author": key_of("ada"),
        "authority": AUTHORITY,
        "clock": 1_578_000_000_000,
        "body_hash": body_hash(body),
        "body_bytes": len(body),
    }
    return Header(**(fields | changes))


def say(
    name: str,
    changes: Mapping[str, Any],
    in_view: Iterable[Record] = (),
    *,
    object_id: ObjectId = EVENT,
    now_ms: int = 1_578_000_000_000,
    salt: bytes = SALT,
    day: str | None = None,
) -> Verified:
    """Return the record of what somebody says, having seen `in_view`."""
    header, body = compose(
        object_id=object_id,
        changes=changes,
        in_view=list(in_view),
        author=public_key_of(seed_of(name)),
        authority=AUTHORITY,
        now_ms=now_ms,
        salt=salt,
        day=day,
    )
    return seal(header, body, seed=seed_of(name))
