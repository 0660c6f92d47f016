"""A letter: sealed to a chapter's organisers, signed on its outside, opaque to who carries it.

Pure: chance is an argument. Specified in docs/spec/inbox.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nacl.bindings import crypto_box_SEALBYTES, crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey as BoxPublicKey, SealedBox
from nacl.secret import SecretBox
from nacl.signing import SigningKey, VerifyKey

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.ids import ID_BYTES, ChapterId, PublicKey, hash_of
from p2pevents.record.signature import SIGNATURE_BYTES, is_signed, is_valid_key, public_key_of, sign

__all__ = [
    "CONTENT_BYTES_MAX",
    "LETTER_BYTES_MAX",
    "READERS_MAX",
    "Letter",
    "chance_bytes",
    "open_letter",
    "pseudonym_seed",
    "read_letter",
    "seal_letter",
]

VERSION: Final = 1
READERS_MAX: Final = 16  # keys that one letter is sealed to
LETTER_BYTES_MAX: Final = 16 * 1024
PAD_BYTES: Final = 1024  # a content's length is told in steps of this
CONTENT_BYTES_MAX: Final = 13 * PAD_BYTES - 1
_KEY_BYTES: Final = 32
_SLOT_BYTES: Final = _KEY_BYTES + crypto_box_SEALBYTES
_NONCE: Final = bytes(24)  # the content key seals one message and no other
_DOMAIN: Final = b"p2pevents/1/letter"
_PSEUDONYM: Final = b"p2pevents/1/pseudonym"
_PAD_MARK: Final = b"\x80"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as carriers see it; made by `read_letter`, which has checked its outside.

    Attributes:
        id: SHA-256 over domain and head.
        chapter: to whose organisers it goes.
        sender: the key that signed the outside: a pseudonym, one in each chapter.
        clock: when it was sealed, in ms since 1970, as the sender says.
        slots: the content's key, sealed to each reader.
        box: the content, sealed by that key.
        data: the whole, as it is sent.
    """

    id: bytes
    chapter: ChapterId
    sender: PublicKey
    clock: int
    slots: tuple[bytes, ...]
    box: bytes
    data: bytes


def pseudonym_seed(daily_seed: bytes, chapter: ChapterId) -> bytes:
    """Return the seed of the key under which a person writes to one chapter.

    Who does not hold the daily key cannot tell which pseudonyms are one person's.
    """
    return hash_of(_PSEUDONYM, daily_seed + chapter)


def chance_bytes(readers: int) -> int:
    """Return how many random bytes the sealing of a letter to so many readers takes."""
    return _KEY_BYTES * (1 + readers)


def seal_letter(
    content: bytes,
    *,
    chapter: ChapterId,
    readers: Sequence[PublicKey],
    sender_seed: bytes,
    clock: int,
    chance: bytes,
) -> Letter:
    """Seal a content to the organisers of a chapter.

    Args:
        content: at most `CONTENT_BYTES_MAX` bytes.
        chapter: theirs.
        readers: the Ed25519 keys of 1 to `READERS_MAX` organisers.
        sender_seed: 32 bytes, of the pseudonym.
        clock: now, in ms since 1970.
        chance: `chance_bytes` fresh random bytes.
    """
    if not 1 <= len(readers) <= READERS_MAX:
        raise ValueError(f"{len(readers)} readers, of 1 to {READERS_MAX}")
    if len(content) > CONTENT_BYTES_MAX:
        raise ValueError(f"{len(content)} bytes, where {CONTENT_BYTES_MAX} are allowed")
    if len(chance) != chance_bytes(len(readers)):
        raise ValueError(f"{len(chance)} random bytes, where {chance_bytes(len(readers))} go")
    key, *ephemerals = (chance[at : at + _KEY_BYTES] for at in range(0, len(chance), _KEY_BYTES))
    slots = b"".join(
        _sealed(key, reader, ephemeral)
        for reader, ephemeral in zip(readers, ephemerals, strict=True)
    )
    box = SecretBox(key).encrypt(_padded(content), _NONCE).ciphertext
    head = cbor.encode(
        [VERSION, chapter, public_key_of(sender_seed), clock, slots, box],
        bytes_max=LETTER_BYTES_MAX,
    )
    signature = sign(seed=sender_seed, message=_DOMAIN + b"\0" + head)
    return read_letter(cbor.encode([head, signature], bytes_max=LETTER_BYTES_MAX))


def read_letter(data: bytes) -> Letter:
    """Check the outside of a letter: form, limits and signature.

    Raises:
        RecordError: `letter-*`, or `cbor-*`.
    """
    head, signature = _pair(cbor.decode(data, bytes_max=LETTER_BYTES_MAX))
    fields = cbor.decode(head, bytes_max=LETTER_BYTES_MAX)
    if type(fields) is not list or len(fields) != 6:
        raise RecordError("letter-form", "not an array of six")
    version, chapter, sender, clock, slots, box = fields
    if type(version) is not int or version != VERSION:
        raise RecordError("letter-version", f"not version {VERSION}")
    if type(chapter) is not bytes or len(chapter) != ID_BYTES:
        raise RecordError("letter-chapter", "not an id of 32 bytes")
    if type(sender) is not bytes or not is_valid_key(sender):
        raise RecordError("letter-sender", "not a key")
    if type(clock) is not int or clock < 0:
        raise RecordError("letter-clock", "not a time")
    if type(slots) is not bytes or not slots or len(slots) % _SLOT_BYTES:
        raise RecordError("letter-slots", f"not slots of {_SLOT_BYTES} bytes")
    if len(slots) > READERS_MAX * _SLOT_BYTES:
        raise RecordError("letter-slots", f"more than {READERS_MAX}")
    if type(box) is not bytes or len(box) % PAD_BYTES != SecretBox.MACBYTES:
        raise RecordError("letter-box", f"not {PAD_BYTES} bytes, or a multiple, and a tag")
    if not is_signed(key=sender, message=_DOMAIN + b"\0" + head, signature=signature):
        raise RecordError("letter-signature", "not signed by its sender")
    return Letter(
        id=hash_of(_DOMAIN, head),
        chapter=ChapterId(chapter),
        sender=PublicKey(sender),
        clock=clock,
        slots=tuple(slots[at : at + _SLOT_BYTES] for at in range(0, len(slots), _SLOT_BYTES)),
        box=box,
        data=data,
    )


def open_letter(letter: Letter, *, seed: bytes) -> bytes | None:
    """Return the content, where the key that `seed` makes is one of its readers; else None."""
    sealed = SealedBox(SigningKey(seed).to_curve25519_private_key())
    for slot in letter.slots:
        try:
            key = sealed.decrypt(slot)
            padded = SecretBox(key).decrypt(letter.box, _NONCE)
        except CryptoError:
            continue
        return _unpadded(padded)
    return None


def _sealed(key: bytes, reader: PublicKey, ephemeral: bytes) -> bytes:
    """Return libsodium's sealed box, `crypto_box_seal`, with the ephemeral key given."""
    to: BoxPublicKey = VerifyKey(reader).to_curve25519_public_key()
    once = PrivateKey(ephemeral)
    public = crypto_scalarmult_base(ephemeral)
    nonce = hashlib.blake2b(public + bytes(to), digest_size=Box.NONCE_SIZE).digest()
    return public + Box(once, to).encrypt(key, nonce).ciphertext


def _padded(content: bytes) -> bytes:
    """Return the content, a mark, and zeros up to the next whole step."""
    zeros = -(len(content) + len(_PAD_MARK)) % PAD_BYTES
    return content + _PAD_MARK + bytes(zeros)


def _unpadded(padded: bytes) -> bytes | None:
    content, mark, zeros = padded.rpartition(_PAD_MARK)
    return content if mark and not any(zeros) else None


def _pair(value: Any) -> tuple[bytes, bytes]:
    """Return the two byte strings of an array of two, of which the second is a signature."""
    if type(value) is not list or len(value) != 2 or not all(type(x) is bytes for x in value):
        raise RecordError("letter-form", "not a head and a signature")
    head, signature = value
    if len(signature) != SIGNATURE_BYTES:
        raise RecordError("letter-form", f"not a signature of {SIGNATURE_BYTES} bytes")
    return head, signature
