"""Addresses as text: which multiaddrs a link, a profile or a configuration may hold.

A small grammar of our own, so that nothing but a running network loads a
library for it. What the transports mean is the network's to say: a newer one
passes here and is not dialled. Specified in docs/spec/link.md.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from p2pevents.errors import InputError

__all__ = [
    "ADDRESS_CHARACTERS_MAX",
    "check_announced_address",
    "check_dial_address",
    "check_listen_address",
]

ADDRESS_CHARACTERS_MAX: Final = 256
_PORT_MAX: Final = 65535

_ADDRESS = re.compile(
    r"/(?P<host_kind>ip4|ip6|dns|dns4|dns6)/(?P<host>[^/]+)"
    r"/(?P<transport>tcp|udp)/(?P<port>0|[1-9][0-9]{0,4})"
    r"(?P<over>(?:/(?!p2p(?:-circuit)?(?:/|$))[a-z][a-z0-9-]{0,15}){0,4})"
    r"(?:/p2p/(?P<relay>[^/]+)/p2p-circuit)?"
    r"(?:/p2p/(?P<peer>[^/]+))?",
    re.ASCII,
)
_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.ASCII | re.IGNORECASE,
)
# Base58 of a multihash: 52 characters for an Ed25519 key, 46 for a hashed one.
_PEER = re.compile(r"[1-9A-HJ-NP-Za-km-z]{46,60}", re.ASCII)
_DIAL_HINT: Final = "an address is like /dns4/example.org/tcp/27410/p2p/12D3Koo..."
_LISTEN_HINT: Final = "an address to listen on is like /ip4/0.0.0.0/tcp/27410"


def check_dial_address(text: str) -> str:
    """Return `text` when it is an address that a peer can be dialled at.

    Host, port and transports, ended by `/p2p/PEERID`; through a relay that
    stands at `/p2p/RELAY/p2p-circuit/p2p/PEERID`. At most
    `ADDRESS_CHARACTERS_MAX` characters.

    Raises:
        InputError: naming the part that is wrong.
    """
    match = _match(text, hint=_DIAL_HINT)
    peer = match["peer"]
    if peer is None:
        raise InputError(
            f"the address {text!r} does not end in /p2p/PEERID",
            hint="`p2pevents status` on that node prints its whole addresses",
        )
    for name in (peer, match["relay"] or peer):
        _check_peer(text, name)
    if int(match["port"]) == 0:
        raise InputError(
            f"the address {text!r}: port 0 cannot be dialled",
            hint=f"a port is a number from 1 to {_PORT_MAX}",
        )
    return text


def check_listen_address(text: str) -> str:
    """Return `text` when it is an address that this node can listen on.

    Host, port (0 for any free one) and transports, without `/p2p`; at most
    `ADDRESS_CHARACTERS_MAX` characters.

    Raises:
        InputError: naming the part that is wrong.
    """
    match = _match(text, hint=_LISTEN_HINT)
    named = match["relay"] or match["peer"]
    if named is not None:
        raise InputError(
            f"the address {text!r} names a peer, but a node listens under its own key",
            hint=f"leave out /p2p/{named}",
        )
    return text


def check_announced_address(text: str) -> str:
    """Return `text` when it is an address that a node may say of itself.

    As `check_listen_address`, with a port that can be dialled: the node adds
    its own id.

    Raises:
        InputError: naming the part that is wrong.
    """
    if int(_match(check_listen_address(text), hint=_LISTEN_HINT)["port"]) == 0:
        raise InputError(
            f"the address {text!r}: port 0 cannot be dialled",
            hint=f"a port is a number from 1 to {_PORT_MAX}",
        )
    return text


def _match(text: str, *, hint: str) -> re.Match[str]:
    if len(text) > ADDRESS_CHARACTERS_MAX:
        raise InputError(
            f"the address {text[:40]!r}... has {len(text)} characters, "
            f"where {ADDRESS_CHARACTERS_MAX} are allowed",
            hint=hint,
        )
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is not an address", hint=hint)
    _check_host(text, kind=match["host_kind"], host=match["host"])
    if int(match["port"]) > _PORT_MAX:
        raise InputError(
            f"the address {text!r}: {match['port']} is not a port",
            hint=f"a port is a number from 1 to {_PORT_MAX}",
        )
    return match


def _check_peer(text: str, peer: str) -> None:
    if not _PEER.fullmatch(peer):
        raise InputError(
            f"the address {text!r}: {peer!r} is not a peer id",
            hint="a peer id is about 52 letters and digits, such as 12D3Koo...",
        )


def _check_host(text: str, *, kind: str, host: str) -> None:
    if kind.startswith("dns"):
        if not _NAME.fullmatch(host):
            raise InputError(
                f"the address {text!r}: {host!r} is not a host name",
                hint="a host name has a-z, 0-9 and '-' between its dots",
            )
        return
    try:
        address: IPv4Address | IPv6Address = (
            IPv4Address(host) if kind == "ip4" else IPv6Address(host)
        )
    except AddressValueError:
        version = 4 if kind == "ip4" else 6
        raise InputError(
            f"the address {text!r}: {host!r} is not an IPv{version} address",
            hint="for a name write /dns4/NAME in place of /ip4/...",
        ) from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise InputError(
            f"the address {text!r}: {host!r} names an interface of one machine",
            hint="leave out the part from '%' on",
        )
