"""The sealed envelope: an untagged COSE_Sign1 (RFC 9052), matched as a template, never decoded.

COSE has integer labels and our CBOR has none; and a free unprotected map would
let anyone change bytes under one id. So every byte but header and signature is
fixed. Specified in docs/spec/record.md.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from p2pevents.errors import RecordError
from p2pevents.record.header import BODY_BYTES_MAX, HEADER_BYTES_MAX, Header, record_id
from p2pevents.record.ids import RecordId
from p2pevents.record.signature import SIGNATURE_BYTES, is_signed, public_key_of, sign

__all__ = [
    "ENVELOPE_BYTES_MAX",
    "Record",
    "Verified",
    "body_hash",
    "open_envelope",
    "reopen",
    "seal",
]

_HEAD: Final = bytes.fromhex("84 43a10127 a0")  # [protected {1: EdDSA}, unprotected {}, ...
_SIGNATURE_HEAD: Final = bytes.fromhex("5840")
_SIGN1_HEAD: Final = bytes.fromhex("84") + b"\x6aSignature1" + bytes.fromhex("43a10127")
_EXTERNAL_AAD: Final = b"p2pevents/1/record"

ENVELOPE_BYTES_MAX: Final = (
    len(_HEAD) + 3 + HEADER_BYTES_MAX + len(_SIGNATURE_HEAD) + SIGNATURE_BYTES
)

_PROOF: Final = object()


class Record(Protocol):
    """What a fold reads of a record, whether it was just opened or comes from the log."""

    @property
    def id(self) -> RecordId:
        """The record's id."""

    @property
    def header(self) -> Header:
        """What was signed, typed."""

    @property
    def envelope(self) -> bytes:
        """The bytes as they were signed."""

    @property
    def body(self) -> bytes | None:
        """The body's bytes; None where absent."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A record whose envelope was checked: holding one is the proof.

    Made by `seal` and `open_envelope` alone. That the body is absent is no
    fault: it may be erased, or not fetched yet. A Struct, since a frozen dataclass
    takes seven times as long to make, and records come by the ten thousand.

    Attributes:
        id: the record's id.
        header: what was signed, typed.
        envelope: the bytes as they were signed, and as they are stored and relayed.
        body: the body's bytes, of which hash and length are the header's; None where absent.
    """

    id: RecordId
    header: Header
    envelope: bytes
    body: bytes | None
    proof: object

    def __post_init__(self) -> None:
        if self.proof is not _PROOF:
            raise TypeError("a Verified is made by seal and open_envelope alone")

    def without_body(self) -> Verified:
        """Return the same record, its body left out."""
        return msgspec.structs.replace(self, body=None)


def seal(header: Header, body: bytes, *, seed: bytes) -> Verified:
    """Sign a header with the key that `seed` makes, and put the record in its envelope.

    Args:
        header: whose author, body hash and length must be the seed's and the body's.
        body: deterministic CBOR, at most 16 KiB.
        seed: 32 bytes of the author's Ed25519 key.

    Raises:
        RecordError: where header and body, or header and key, do not belong together.
    """
    if header.author != public_key_of(seed):
        raise RecordError("envelope-author", "the header names another key than the one that signs")
    encoded = header.encoded
    Header.decode(encoded)  # nothing is signed that would be refused when read
    _check_body(header, body)
    signature = sign(seed=seed, message=_to_be_signed(encoded))
    envelope = _HEAD + _bytes_head(len(encoded)) + encoded + _SIGNATURE_HEAD + signature
    return Verified(
        id=record_id(encoded), header=header, envelope=envelope, body=body, proof=_PROOF
    )


def open_envelope(envelope: bytes, body: bytes | None) -> Verified:
    """Check an envelope and its body, and return what is in it.

    What the body means is not looked at: a body that breaks its kind's rules is
    carried and void (docs/spec/kinds.md).

    Raises:
        RecordError: `envelope-*`, `header-*`, `cbor-*` or `body-*`, the rule that was broken.
    """
    encoded, signature = _split(envelope)
    header = Header.decode(encoded)
    if body is not None:
        _check_body(header, body)
    if not is_signed(key=header.author, message=_to_be_signed(encoded), signature=signature):
        raise RecordError("envelope-signature", "not signed by the author that the header names")
    return Verified(
        id=record_id(encoded), header=header, envelope=envelope, body=body, proof=_PROOF
    )


def reopen(identifier: bytes, envelope: bytes) -> Header:
    """Return the header of an envelope that was opened before, from where it has been kept since.

    The signature is not checked again: the header's bytes must be those of
    which `identifier` is the hash.

    Raises:
        RecordError: `envelope-*` where they are not.
    """
    encoded, _ = _split(envelope)
    if record_id(encoded) != identifier:
        raise RecordError("envelope-id", "the header is not the one that the id names")
    return Header.reread(encoded)


def body_hash(body: bytes) -> bytes:
    """Return the hash that binds a body to its header."""
    return hashlib.sha256(body).digest()


def _check_body(header: Header, body: bytes) -> None:
    if len(body) != header.body_bytes or len(body) > BODY_BYTES_MAX:
        raise RecordError("body-size", f"{len(body)} bytes, the header says {header.body_bytes}")
    if body_hash(body) != header.body_hash:
        raise RecordError("body-hash", "the body is not the one that the header names")


def _split(envelope: bytes) -> tuple[bytes, bytes]:
    """Return header and signature of an envelope that fits the template to the byte."""
    size = len(envelope)
    if size > ENVELOPE_BYTES_MAX:
        raise RecordError("envelope-bytes", f"more than {ENVELOPE_BYTES_MAX} bytes")
    head, end = _template(size)
    if end and envelope.startswith(head) and envelope.startswith(_SIGNATURE_HEAD, end):
        return envelope[len(head) : end], envelope[-SIGNATURE_BYTES:]
    raise RecordError("envelope-template", "not the envelope of a record")


@lru_cache(maxsize=ENVELOPE_BYTES_MAX + 1)
def _template(size: int) -> tuple[bytes, int]:
    """Return what an envelope of so many bytes begins with, and where its header ends.

    The header's length follows from the envelope's, so its head is compared, not parsed. The end
    is 0 where no envelope has that size.
    """
    rest = size - len(_HEAD) - len(_SIGNATURE_HEAD) - SIGNATURE_BYTES
    header_bytes = rest - (1 if rest <= 1 + 23 else 2 if rest <= 2 + 255 else 3)
    if header_bytes < 0:
        return b"", 0
    head = _HEAD + _bytes_head(header_bytes)
    end = len(head) + header_bytes
    is_whole = end + len(_SIGNATURE_HEAD) + SIGNATURE_BYTES == size
    return (head, end) if is_whole else (b"", 0)


def _to_be_signed(header: bytes) -> bytes:
    """Return COSE's Sig_structure: ["Signature1", protected, external aad, payload]."""
    return _BEFORE_PAYLOAD + _bytes_head(len(header)) + header


def _bytes_head(size: int) -> bytes:
    """Return the shortest CBOR head of a byte string."""
    if size < 24:
        return bytes((0x40 + size,))
    if size < 0x100:
        return bytes((0x58, size))
    return b"\x59" + size.to_bytes(2, "big")


_BEFORE_PAYLOAD: Final = _SIGN1_HEAD + _bytes_head(len(_EXTERNAL_AAD)) + _EXTERNAL_AAD
