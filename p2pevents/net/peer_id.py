"""From a node key's seed to the name that peers know it by, without loading a network."""

from nacl.signing import SigningKey

from p2pevents.net.network import PeerId

SEED_BYTES = 32

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_IDENTITY_ED25519 = bytes.fromhex("002408011220")
"""Identity multihash of 36 bytes: a libp2p public key of type Ed25519 with 32 bytes."""


def peer_id_of_seed(seed: bytes) -> PeerId:
    """Return the peer id of the Ed25519 node key with this seed.

    Args:
        seed: `SEED_BYTES` bytes.

    Source: libp2p specs, peer-ids; the text form is base58btc.
    """
    number = int.from_bytes(_IDENTITY_ED25519 + bytes(SigningKey(seed).verify_key), "big")
    digits = ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return PeerId("1" + digits)
