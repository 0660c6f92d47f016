"""The header: docs/spec/record.md, REC-6 to REC-8."""

import hashlib
import random
from typing import Any

import libipld
import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.errors import RecordError
from p2pevents.record import cbor, header_form
from p2pevents.record.header import (
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    Header,
    record_id,
)
from p2pevents.record.ids import ID_BYTES
from tests.record.people import header_of
from tests.record.test_cbor import MUTANTS, cbor2_canonical, mutated

binaries = st.binary(min_size=ID_BYTES, max_size=ID_BYTES)
components = st.from_regex(r"[a-z0-9][a-z0-9-]{0,15}", fullmatch=True)
headers = st.builds(
    Header,
    kind=st.from_regex(r"[a-z][a-z-]{0,15}", fullmatch=True),
    chapter=binaries,
    path=st.lists(components, min_size=1, max_size=4).map(tuple),
    author=binaries,
    authority=binaries,
    clock=st.integers(0, cbor.INTEGER_MAX)
    | st.sampled_from([23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32]),
    body_hash=binaries,
    body_bytes=st.integers(0, BODY_BYTES_MAX),
    start=st.none() | st.dates().map(str),
)
GOOD = {
    "v": 1,
    "kind": "event",
    "chapter": b"c" * 32,
    "path": ["e"],
    "author": b"a" * 32,
    "authority": b"l" * 32,
    "clock": 5,
    "body": b"b" * 32,
    "size": 7,
}


def outcome(read: Any, data: bytes) -> Header | str:
    """Return the header, or the rule that `data` breaks."""
    try:
        found = read(data)
    except RecordError as error:
        return error.rule
    assert isinstance(found, Header)
    return found


@given(header=headers)
def test_a_header_is_read_back_from_its_bytes(header: Header) -> None:
    """REC-6."""
    data = header.encoded
    assert len(data) <= HEADER_BYTES_MAX
    assert Header.decode(data) == header
    assert Header.reread(data) == header
    assert header.object_id.path == header.path


@given(header=headers)
def test_the_form_reads_every_good_header(header: Header) -> None:
    found = header_form.match(header.encoded)
    assert found is not None
    assert Header(**found) == header


@settings(max_examples=20)
@given(header=headers, seed=st.integers(0, 2**32))
def test_the_form_never_matches_what_scan_and_checks_refuse(header: Header, seed: int) -> None:
    """REC-6: the quick way and the slow one come to the same, for every mutant."""
    rng = random.Random(seed)
    for _ in range(MUTANTS // 20):
        mutant = mutated(rng, header.encoded)
        assert outcome(Header.decode, mutant) == outcome(Header._checked, mutant), mutant.hex()


@given(header=headers, changes=st.dictionaries(st.sampled_from(sorted(GOOD)), st.integers(-1, 2)))
def test_the_form_agrees_about_headers_with_odd_values(
    header: Header, changes: dict[str, int]
) -> None:
    """REC-6."""
    odd: list[Any] = [True, "", "x" * 17, -1]
    value = libipld.decode_dag_cbor(header.encoded)
    for key, choice in changes.items():
        value[key] = odd[choice]
    data = cbor2_canonical(value)
    assert outcome(Header.decode, data) == outcome(Header._checked, data)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (None, {}),
        (None, {"start": "2020-01-08"}),
        (None, {"start": "2020-02-31"}),  # no calendar at the door
        (None, {"kind": "a"}),
        (None, {"kind": "unknown-kind-abc"}),
        (None, {"path": ["0", "a-", "abcdefghijklmnop", "2020-01-08"]}),
        (None, {"clock": cbor.INTEGER_MAX, "size": BODY_BYTES_MAX}),
        (None, {"clock": 0, "size": 0}),
        ("header-version", {"v": 2}),
        ("header-version", {"v": 0}),
        ("header-version", {"v": True}),
        ("header-version", {"v": "1"}),
        ("header-fields", {"extra": 1}),
        ("header-fields", {"kind": ...}),
        ("header-fields", {"authority": ...}),
        ("header-fields", {"kind": ..., "kine": "event"}),
        ("header-kind", {"kind": ""}),
        ("header-kind", {"kind": "Event"}),
        ("header-kind", {"kind": "-event"}),
        ("header-kind", {"kind": "event2"}),
        ("header-kind", {"kind": "event\n"}),
        ("header-kind", {"kind": "unknown-kind-abcd"}),
        ("header-kind", {"kind": "évent"}),
        ("header-kind", {"kind": b"event"}),
        ("header-chapter", {"chapter": b"c" * 31}),
        ("header-chapter", {"chapter": b"c" * 33}),
        ("header-chapter", {"chapter": "c" * 32}),
        ("header-author", {"author": b""}),
        ("header-authority", {"authority": b"l" * 33}),
        ("header-body", {"body": None}),
        ("header-path", {"path": []}),
        ("header-path", {"path": ["a", "b", "c", "d", "e"]}),
        ("header-path", {"path": "event"}),
        ("header-path", {"path": [""]}),
        ("header-path", {"path": ["-a"]}),
        ("header-path", {"path": ["A"]}),
        ("header-path", {"path": ["a/b"]}),
        ("header-path", {"path": ["abcdefghijklmnopq"]}),
        ("header-path", {"path": [b"a"]}),
        ("header-path", {"path": [1]}),
        ("header-path", {"path": ["a\n"]}),
        ("header-clock", {"clock": -1}),
        ("header-clock", {"clock": True}),
        ("header-clock", {"clock": "5"}),
        ("header-size", {"size": -1}),
        ("header-size", {"size": BODY_BYTES_MAX + 1}),
        ("header-size", {"size": False}),
        ("header-start", {"start": ""}),
        ("header-start", {"start": None}),
        ("header-start", {"start": "2020-1-8"}),
        ("header-start", {"start": "2020-00-08"}),
        ("header-start", {"start": "2020-13-08"}),
        ("header-start", {"start": "2020-01-00"}),
        ("header-start", {"start": "2020-01-32"}),
        ("header-start", {"start": "2020-01-08T"}),
        ("header-start", {"start": "٢٠٢٠-01-08"}),
    ],
)
def test_each_rule_is_named(rule: str | None, changes: dict[str, Any]) -> None:
    """REC-6, REC-7."""
    value = {key: item for key, item in (GOOD | changes).items() if item is not ...}
    data = cbor2_canonical(value)
    for read in (Header.decode, Header._checked):
        found = outcome(read, data)
        assert (found if isinstance(found, str) else None) == rule


def test_a_head_that_counts_wrongly_is_no_header() -> None:
    """REC-6: nine entries promised and ten there, or the other way round."""
    for start, other in ((None, b"\xaa"), ("2020-01-08", b"\xa9")):
        data = header_of(start=start).encoded
        assert header_form.match(other + data[1:]) is None
        assert str(outcome(Header.decode, other + data[1:])).startswith("cbor-")


@pytest.mark.parametrize("encoded", ["80", "f6", "6161", "00"])
def test_what_is_no_map_is_no_header(encoded: str) -> None:
    """REC-6."""
    assert outcome(Header.decode, bytes.fromhex(encoded)) == "header-shape"


def test_a_header_one_byte_too_long_is_refused_and_no_good_one_is_as_long() -> None:
    """REC-6."""
    assert outcome(Header.decode, b"\x59\x03\xfd" + bytes(1021)) == "header-shape"
    assert outcome(Header.decode, b"\x59\x03\xfe" + bytes(1022)) == "cbor-bytes"
    longest = header_of(
        kind="k" * 16, path=("p" * 16,) * 4, clock=cbor.INTEGER_MAX, start="2020-01-08"
    )
    assert len(longest.encoded) < HEADER_BYTES_MAX


@pytest.mark.parametrize("changes", [{"clock": -1}, {"body_bytes": 2**53 - 1}])
def test_a_header_out_of_range_is_refused_when_read(changes: dict[str, Any]) -> None:
    """REC-6."""
    assert outcome(Header.decode, header_of(b"", **changes).encoded) in (
        "header-clock",
        "header-size",
    )


def test_an_id_is_a_hash_of_domain_and_header() -> None:
    """REC-4."""
    header = header_of()
    digest = hashlib.sha256(b"p2pevents/1/record\x00" + header.encoded).digest()
    assert record_id(header.encoded) == digest
