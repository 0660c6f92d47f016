"""What organisers sign for carriers: tickets, by which their node may fetch, and receipts.

Pure. Specified in docs/spec/inbox.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.ids import ID_BYTES, ChapterId, PublicKey
from p2pevents.record.signature import is_signed, is_valid_key, public_key_of, sign

__all__ = [
    "PAPER_BYTES_MAX",
    "RECEIPT_IDS_MAX",
    "TICKET_MS_MAX",
    "Receipt",
    "Ticket",
    "read_receipt",
    "read_ticket",
    "sign_receipt",
    "sign_ticket",
]

RECEIPT_IDS_MAX: Final = 64
PAPER_BYTES_MAX: Final = 2560
TICKET_MS_MAX: Final = 31 * 24 * 60 * 60 * 1000
_VERSION: Final = 1
_TICKET: Final = b"p2pevents/1/inbox-ticket"
_RECEIPT: Final = b"p2pevents/1/inbox-receipt"
_PEER: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An organiser's word that a node may fetch their chapter's letters.

    Attributes:
        chapter: whose.
        key: the organiser's daily key, or a delegate's.
        peer: the node, by its name on the network: nobody else may use it.
        until_ms: how long, in ms since 1970.
        data: as it was signed.
    """

    chapter: ChapterId
    key: PublicKey
    peer: str
    until_ms: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """An organiser's word that they have taken letters.

    Attributes:
        chapter: whose.
        key: the organiser's daily key, or a delegate's.
        clock: when, in ms since 1970.
        ids: of the letters; 1 to `RECEIPT_IDS_MAX`.
        data: as it was signed.
    """

    chapter: ChapterId
    key: PublicKey
    clock: int
    ids: tuple[bytes, ...]
    data: bytes


def sign_ticket(*, chapter: ChapterId, peer: str, until_ms: int, seed: bytes) -> Ticket:
    """Let a node fetch, by the organiser's key that `seed` makes."""
    return read_ticket(_sign(_TICKET, [chapter, public_key_of(seed), peer, until_ms], seed))


def sign_receipt(*, chapter: ChapterId, ids: Sequence[bytes], clock: int, seed: bytes) -> Receipt:
    """Say that letters were taken, by the organiser's key that `seed` makes."""
    return read_receipt(_sign(_RECEIPT, [chapter, public_key_of(seed), clock, b"".join(ids)], seed))


def read_ticket(data: bytes) -> Ticket:
    """Check form and signature of a ticket; whether its key may fetch is not asked here.

    Raises:
        RecordError: `paper-*`, or `cbor-*`.
    """
    chapter, key, peer, until_ms = _open(_TICKET, data)
    if type(peer) is not str or not _PEER.fullmatch(peer):
        raise RecordError("paper-peer", "not a peer id")
    return Ticket(chapter=chapter, key=key, peer=peer, until_ms=_time(until_ms), data=data)


def read_receipt(data: bytes) -> Receipt:
    """Check form and signature of a receipt; whether its key may take is not asked here.

    Raises:
        RecordError: `paper-*`, or `cbor-*`.
    """
    chapter, key, clock, ids = _open(_RECEIPT, data)
    if type(ids) is not bytes or not ids or len(ids) % ID_BYTES:
        raise RecordError("paper-ids", "not ids of 32 bytes")
    if len(ids) > RECEIPT_IDS_MAX * ID_BYTES:
        raise RecordError("paper-ids", f"more than {RECEIPT_IDS_MAX}")
    named = tuple(ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES))
    return Receipt(chapter=chapter, key=key, clock=_time(clock), ids=named, data=data)


def _sign(domain: bytes, fields: list[Any], seed: bytes) -> bytes:
    head = cbor.encode([_VERSION, *fields], bytes_max=PAPER_BYTES_MAX)
    signature = sign(seed=seed, message=domain + b"\0" + head)
    return cbor.encode([head, signature], bytes_max=PAPER_BYTES_MAX)


def _open(domain: bytes, data: bytes) -> tuple[ChapterId, PublicKey, Any, Any]:
    pair = cbor.decode(data, bytes_max=PAPER_BYTES_MAX)
    if type(pair) is not list or len(pair) != 2 or not all(type(x) is bytes for x in pair):
        raise RecordError("paper-form", "not a head and a signature")
    head, signature = pair
    fields = cbor.decode(head, bytes_max=PAPER_BYTES_MAX)
    if type(fields) is not list or len(fields) != 5:
        raise RecordError("paper-form", "not an array of five")
    version, chapter, key, *rest = fields
    if type(version) is not int or version != _VERSION:
        raise RecordError("paper-version", f"not version {_VERSION}")
    if type(chapter) is not bytes or len(chapter) != ID_BYTES:
        raise RecordError("paper-chapter", "not an id of 32 bytes")
    if type(key) is not bytes or not is_valid_key(key):
        raise RecordError("paper-key", "not a key")
    if not is_signed(key=key, message=domain + b"\0" + head, signature=signature):
        raise RecordError("paper-signature", "not signed by the key that it names")
    return ChapterId(chapter), PublicKey(key), rest[0], rest[1]


def _time(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise RecordError("paper-time", "not a time")
    return value
