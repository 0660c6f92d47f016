"""Where an address leads, as far as its text tells: to the internet or not, and beside whom."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

from p2pevents.errors import InputError
from p2pevents.record.address import check_dial_address

__all__ = ["group_of", "household_of", "is_public", "peer_of", "place_of", "public_addresses"]

_IP4_GROUP_BITS: Final = 16
_IP6_GROUP_BITS: Final = 32
_IP6_HOUSEHOLD_BITS: Final = 64  # of one household or hall


def peer_of(address: str) -> str:
    """Return the peer that an address names after its last /p2p/."""
    return address.rpartition("/p2p/")[2]


def place_of(address: str) -> str:
    """Return an address without the peer that is looked for there."""
    return address.rpartition("/p2p/")[0] or address


def is_public(address: str) -> bool:
    """Say whether an address leads to the internet: to a name with a dot, or a global IP address.

    One of a home or of this machine says something about whoever told it, and
    leads elsewhere for whoever hears it.
    """
    kind, host = _host(address)
    if kind.startswith("dns"):
        name = host.rstrip(".").lower()
        return "." in name and not name.endswith((".local", ".localhost", ".internal", ".lan"))
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found.is_global and not found.is_multicast


def group_of(address: str) -> str | None:
    """Return which part of the internet an address is in; None for one's own net.

    Many addresses of one /16 (IPv6: /32) may be one person's, and so may all names under
    one domain: of a name, its last two parts.
    """
    kind, host = _host(address)
    if kind.startswith("dns") and is_public(address):
        return ".".join(host.rstrip(".").lower().split(".")[-2:])
    if kind not in ("ip4", "ip6") or not is_public(address):
        return None
    bits = _IP4_GROUP_BITS if kind == "ip4" else _IP6_GROUP_BITS
    return str(ip_network(f"{host}/{bits}", strict=False))


def household_of(host: str) -> str:
    """Return what counts as one host where so much is allowed to each: of IPv6, its /64."""
    try:
        if ip_address(host).version == 6:
            return str(ip_network(f"{host}/{_IP6_HOUSEHOLD_BITS}", strict=False))
    except ValueError:
        pass
    return host


def public_addresses(addresses: tuple[str, ...], *, limit: int) -> tuple[str, ...]:
    """Return at most `limit` of what strangers say: well formed, public, each once."""
    found: dict[str, None] = {}
    for address in addresses:
        try:
            check_dial_address(address)
        except InputError:
            continue
        if is_public(address):
            found[address] = None
    return tuple(found)[:limit]


def _host(address: str) -> tuple[str, str]:
    """Return the kind and the text of an address's first part."""
    _, kind, host, *_ = (*address.split("/", 3), "", "", "")
    return kind, host
