"""The envelope: docs/spec/record.md, REC-1 to REC-5, REC-11, REC-12."""

import hashlib

import cbor2
import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from p2pevents.errors import RecordError
from p2pevents.record import signature as signatures
from p2pevents.record.envelope import (
    ENVELOPE_BYTES_MAX,
    Verified,
    body_hash,
    open_envelope,
    reopen,
    seal,
)
from p2pevents.record.header import BODY_BYTES_MAX
from tests.record import ed25519
from tests.record.people import header_of, key_of, seed_of

SEED = seed_of("ada")
BODY = b"\xa0"
GOOD = seal(header_of(BODY), BODY, seed=SEED)


def rule_of(envelope: bytes, body: bytes | None = None) -> str | None:
    try:
        open_envelope(envelope, body)
    except RecordError as error:
        return error.rule
    return None


@given(body=st.binary(max_size=300), start=st.none() | st.dates().map(str))
def test_what_is_sealed_opens(body: bytes, start: str | None) -> None:
    """REC-5: its bytes are those that were signed."""
    sealed = seal(header_of(body, start=start), body, seed=SEED)
    opened = open_envelope(sealed.envelope, body)
    assert opened == sealed
    assert opened.envelope == sealed.envelope
    assert open_envelope(sealed.envelope, None) == sealed.without_body()
    assert reopen(sealed.id, sealed.envelope) == sealed.header


def test_the_envelope_is_a_cose_sign1_signed_by_the_book() -> None:
    """REC-1, REC-2, REC-4: read here by a CBOR library and by Ed25519 as RFC 8032 writes it."""
    protected, unprotected, payload, signature = cbor2.loads(GOOD.envelope)
    assert (cbor2.loads(protected), unprotected) == ({1: -8}, {})
    assert payload == GOOD.header.encoded
    signed = cbor2.dumps(["Signature1", protected, b"p2pevents/1/record", payload])
    assert ed25519.is_signed(GOOD.header.author, signed, signature)
    assert GOOD.id == hashlib.sha256(b"p2pevents/1/record\0" + payload).digest()


def test_every_byte_of_the_template_counts() -> None:
    """REC-1: and every bit of header and signature."""
    for place in range(len(GOOD.envelope)):
        for bit in range(8):
            changed = bytearray(GOOD.envelope)
            changed[place] ^= 1 << bit
            assert rule_of(bytes(changed)) is not None, place


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        GOOD.envelope[:-1],
        GOOD.envelope + b"\0",
        b"\xd2" + GOOD.envelope,  # tagged
        GOOD.envelope.replace(b"\xa0", b"\xa1\x04A1", 1),  # a key id, unprotected
        b"\x9f" + GOOD.envelope[1:] + b"\xff",  # indefinite
        GOOD.envelope[:6] + b"\x59\x00" + GOOD.envelope[7:],  # not the shortest head
        bytes.fromhex("8443a10127a0405840") + bytes(63),
        bytes.fromhex("8443a10127a0"),
        bytes(len(GOOD.envelope)),
    ],
)
def test_what_does_not_fit_the_template_is_refused(envelope: bytes) -> None:
    """REC-1."""
    assert rule_of(envelope) == "envelope-template"


@pytest.mark.parametrize("size", [0, 1, 23, 24, 25, 26, 254, 255, 256, 257, 258, 1024])
def test_a_payload_of_any_length_is_found(size: int) -> None:
    """REC-1: where its head grows too."""
    envelope = bytes.fromhex("8443a10127a0") + cbor2.dumps(bytes(size)) + b"\x58\x40" + bytes(64)
    assert rule_of(envelope) not in ("envelope-template", "envelope-bytes", None)


def test_an_envelope_one_byte_too_long_is_refused() -> None:
    """REC-1."""
    payload = cbor2.dumps(bytes(1025))
    envelope = bytes.fromhex("8443a10127a0") + payload + b"\x58\x40" + bytes(64)
    assert len(envelope) == ENVELOPE_BYTES_MAX + 1 == 1100
    assert rule_of(envelope) == "envelope-bytes"


@pytest.mark.parametrize("size", [23, 255])
def test_no_byte_fits_in_before_the_signature_where_a_longer_head_would_begin(size: int) -> None:
    """REC-1."""
    head = bytes([0x40 + size]) if size < 24 else bytes([0x58, size])
    start, end = bytes.fromhex("8443a10127a0"), b"\x58\x40" + bytes(64)
    whole = start + head + bytes(size) + end
    assert rule_of(whole) != "envelope-template"
    for at in (len(whole) - 64, len(whole)):
        assert rule_of(whole[:at] + b"\0" + whole[at:]) == "envelope-template"


def test_another_key_or_another_use_of_the_key_is_refused() -> None:
    """REC-2, REC-3."""
    other = seal(replace(GOOD.header, author=key_of("eve")), BODY, seed=seed_of("eve"))
    forged = GOOD.envelope[:-64] + other.envelope[-64:]
    assert rule_of(forged) == "envelope-signature"
    payload = GOOD.header.encoded
    for external in (b"", b"p2pevents/1/entry", b"p2pevents/2/record"):
        message = cbor2.dumps(["Signature1", b"\xa1\x01\x27", external, payload])
        signature = signatures.sign(seed=SEED, message=message)
        assert rule_of(GOOD.envelope[:-64] + signature) == "envelope-signature"
    plain = signatures.sign(seed=SEED, message=payload)
    assert rule_of(GOOD.envelope[:-64] + plain) == "envelope-signature"


def test_the_id_does_not_depend_on_the_signature() -> None:
    """REC-4: a bad signature has the id of the good record, so refusals go by all the bytes."""
    forged = GOOD.envelope[:-64] + bytes(64)
    assert rule_of(forged) == "envelope-signature"
    assert reopen(GOOD.id, forged) == GOOD.header


def test_what_was_kept_is_told_apart_from_what_was_changed() -> None:
    with pytest.raises(RecordError, match="envelope-id"):
        reopen(bytes(32), GOOD.envelope)
    with pytest.raises(RecordError, match="envelope-template"):
        reopen(GOOD.id, GOOD.envelope[1:])


def test_a_body_is_bound_by_length_and_hash_and_by_nothing_else() -> None:
    """REC-11, REC-12."""
    garbage = b"\xff" * 10
    sealed = seal(header_of(garbage), garbage, seed=SEED)
    assert rule_of(sealed.envelope, garbage) is None
    assert rule_of(sealed.envelope) is None
    assert rule_of(sealed.envelope, garbage + b"\0") == "body-size"
    assert rule_of(sealed.envelope, b"\xfe" * 10) == "body-hash"


def test_a_body_at_its_limit_is_taken_and_one_beyond_cannot_be_sealed() -> None:
    """REC-11."""
    longest = bytes(BODY_BYTES_MAX)
    assert rule_of(seal(header_of(longest), longest, seed=SEED).envelope, longest) is None
    with pytest.raises(RecordError, match="header-size"):
        seal(header_of(longest + b"\0"), longest + b"\0", seed=SEED)
    other = header_of(longest, body_bytes=5, body_hash=body_hash(longest))
    with pytest.raises(RecordError, match="body-size"):
        seal(other, longest, seed=SEED)


def test_nobody_seals_in_the_name_of_another() -> None:
    with pytest.raises(RecordError, match="envelope-author"):
        seal(header_of(BODY), BODY, seed=seed_of("eve"))


def test_holding_a_verified_record_is_the_proof() -> None:
    with pytest.raises(TypeError):
        Verified(id=GOOD.id, header=GOOD.header, envelope=GOOD.envelope, body=None, proof=object())
