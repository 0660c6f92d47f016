"""A public key with a proof that somebody holds it: what one sends to be made an organiser.

Specified in docs/spec/keys.md.
"""

from __future__ import annotations

import re
from base64 import b32decode
from typing import Final

from p2pevents.errors import InputError
from p2pevents.keys.secret import Secret
from p2pevents.record.ids import PublicKey, from_text, to_text
from p2pevents.record.signature import is_signed, is_valid_key, sign

__all__ = ["PROOF_PREFIX", "proof_of", "read_key"]

PROOF_PREFIX: Final = "p2pevents-key:"
_DOMAIN: Final = b"p2pevents/1/key-proof\0"
_PROOF = re.compile(r"(b[a-z2-7]{52})\?proof=(b[a-z2-7]{103})", re.ASCII)
_HINT: Final = "ask for it again: `p2pevents me` prints it"


def proof_of(secret: Secret) -> str:
    """Return a key's public half with the proof, as one text to send."""
    public = secret.public
    signature = sign(seed=secret.reveal(), message=_DOMAIN + public)
    return f"{PROOF_PREFIX}{to_text(public)}?proof={to_text(signature)}"


def read_key(text: str) -> PublicKey:
    """Read a public key, with its proof or as its text form alone.

    Raises:
        InputError: it is neither, is no key that could sign, or its proof fails.
    """
    text = text.strip()
    if not text.startswith(PROOF_PREFIX):
        return _key(text)
    match = _PROOF.fullmatch(text.removeprefix(PROOF_PREFIX))
    if match is None:
        raise InputError("the key is not whole", hint=_HINT)
    public = _key(match[1])
    signature = b32decode(match[2][1:].upper() + "=")
    if to_text(signature) != match[2] or not is_signed(
        key=public, message=_DOMAIN + public, signature=signature
    ):
        raise InputError("the key does not agree with its proof", hint=_HINT)
    return public


def _key(text: str) -> PublicKey:
    try:
        public = from_text(text)
    except InputError:
        raise InputError(f"{text[:60]!r} is not a key", hint=_HINT) from None
    if not is_valid_key(public):
        raise InputError(f"{text!r} is not a key that can sign", hint=_HINT)
    return PublicKey(public)
