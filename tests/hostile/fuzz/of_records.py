"""What is fuzzed of records and charters: their bytes, and what the pages show of them."""

from __future__ import annotations

import contextlib

from p2pevents.errors import (
    RecordError,
)
from p2pevents.record import cbor
from p2pevents.record.authority_kinds import decode_authority
from p2pevents.record.body import decode_body
from p2pevents.record.entry import open_entry
from p2pevents.record.envelope import body_hash, open_envelope
from p2pevents.record.header import Header
from p2pevents.record.ids import RecordId
from p2pevents.record.kinds import Kind
from p2pevents.record.snapshot import Snapshot
from tests.hostile.fuzz.seeds import (
    ADA,
    CHAPTER,
    record_items,
    vectors,
)
from tests.hostile.fuzz.shown import around, check_shown, input_of
from tests.hostile.fuzz.target import TEXT_BYTES_MAX, Target
from tests.record.test_cbor import accepted_by_another

_RECORD_KINDS = tuple(kind.value for kind in Kind)
_ACT_KINDS = ("grant", "revoke", "keep")


def _cbor(data: bytes) -> object:
    """Two readers agree; what both take is written again as it came."""
    try:
        cbor.scan(data, bytes_max=TEXT_BYTES_MAX)
    except RecordError:
        assert not accepted_by_another(data), "another implementation takes what ours refuses"
        raise
    assert accepted_by_another(data), "another implementation refuses what ours takes"
    value = cbor.decode(data, bytes_max=TEXT_BYTES_MAX)
    assert cbor.encode(value, bytes_max=TEXT_BYTES_MAX) == data, "not written again as it came"
    return value


def _header(data: bytes) -> object:
    header = Header.decode(data)
    assert header.encoded == data, "not written again as it came"
    return header


def _record(data: bytes) -> object:
    """An envelope, then its body: the first two bytes say where it begins."""
    at = 2 + int.from_bytes(data[:2], "big")
    record = open_envelope(data[2:at], data[at:] or None)
    assert open_envelope(record.envelope, record.body) == record
    return record


def record_input(envelope: bytes, body: bytes | None) -> bytes:
    return len(envelope).to_bytes(2, "big") + envelope + (body or b"")


def _body(data: bytes) -> object:
    """A body in a record that its author signed: the first byte says of which kind."""
    kind = _RECORD_KINDS[data[0] % len(_RECORD_KINDS)] if data else "event"
    body = data[1:]
    header = Header(
        kind=kind,
        chapter=CHAPTER,
        path=("e", "s") if kind in {"session", "occurrence"} else ("e",),
        author=ADA.key,
        authority=RecordId(bytes(32)),
        clock=2**52,
        body_hash=body_hash(body),
        body_bytes=min(len(body), 16 * 1024),
    )
    return decode_body(header, body)


def _act(data: bytes) -> object:
    kind = _ACT_KINDS[data[0] % len(_ACT_KINDS)] if data else "grant"
    act = decode_authority(kind, data[1:])
    assert act.encode() == data[1:], "not written again as it came"
    return act


def _entry(data: bytes) -> object:
    entry = open_entry(data)
    assert entry.envelope == data, "not written again as it came"
    return entry


def _snapshot(data: bytes) -> object:
    snapshot = Snapshot.decode(data)
    assert snapshot.encode() == data, "not written again as it came"
    return snapshot


def _snapshot_seeds() -> list[bytes]:
    """Return the snapshots within the entries of the vectors."""
    found = []
    for data in vectors("entry"):
        with contextlib.suppress(RecordError):
            found.append(open_entry(data).snapshot.encode())
    return found


RECORDS = (
    Target(
        name="cbor",
        cbor_at=0,
        check=_cbor,
        refuses=(RecordError,),
        seeds=lambda: vectors("cbor", "body"),
    ),
    Target(
        name="header",
        cbor_at=0,
        check=_header,
        refuses=(RecordError,),
        seeds=lambda: vectors("header"),
    ),
    Target(
        name="record",
        check=_record,
        refuses=(RecordError,),
        seeds=lambda: [record_input(*item) for item in record_items()],
    ),
    Target(
        name="body",
        cbor_at=1,
        check=_body,
        refuses=(RecordError,),
        seeds=lambda: [
            bytes([kind]) + data
            for kind in range(len(_RECORD_KINDS))
            for data in (body for _, body in record_items() if body)
        ],
    ),
    Target(
        name="act",
        cbor_at=1,
        check=_act,
        refuses=(RecordError,),
        seeds=lambda: [bytes([kind]) + data for kind in range(3) for data in vectors("act")],
    ),
    Target(
        name="entry",
        cbor_at=0,
        check=_entry,
        refuses=(RecordError,),
        seeds=lambda: vectors("entry"),
    ),
    Target(
        name="snapshot",
        cbor_at=0,
        check=_snapshot,
        refuses=(RecordError,),
        seeds=_snapshot_seeds,
    ),
    Target(
        name="shown",
        cbor_at=1,
        check=check_shown,
        refuses=(RecordError,),
        seeds=lambda: [input_of(each) for each in around()],
        bytes_max=16 * 1024,
    ),
)
