"""Addresses between our text and libp2p's objects."""

from ipaddress import ip_address

from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.peer.id import ID
from multiaddr import Multiaddr as Multiaddr  # type: ignore[import-untyped]  # noqa: PLC0414
from multiaddr.utils import get_network_addrs  # type: ignore[import-untyped]

from p2pevents.errors import NetworkError
from p2pevents.net.network import PeerId

ADDRESS_CHARS_MAX = 512
PEER_BYTES_MAX = 64
CIRCUIT = "/p2p-circuit"
_ANY = {"/ip4/0.0.0.0/": (4, "127.0.0.1"), "/ip6/::/": (6, "::1")}
HINT = "an address looks like /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW..."


def parse(address: str) -> Multiaddr:
    """Return the address as an object.

    Raises:
        NetworkError: it is not one.
    """
    if len(address) > ADDRESS_CHARS_MAX:
        raise NetworkError(f"address of {len(address)} characters", hint=HINT)
    try:
        return Multiaddr(address)
    except Exception as error:
        # multiaddr raises its own errors, ValueError and what base58 raises.
        raise NetworkError(f"{address}: not an address", hint=HINT) from error


def parse_peer(address: str) -> tuple[Multiaddr, ID]:
    """Return where to dial, and who must answer.

    Raises:
        NetworkError: it is not an address, or names no peer.
    """
    place, _, name = address.rpartition("/p2p/")
    if not place or "/" in name:
        raise NetworkError(f"{address}: does not end in /p2p/ and a peer id", hint=HINT)
    parse(address)
    return parse(place), parse_id(PeerId(name))


def parse_id(peer: PeerId) -> ID:
    """Return libp2p's object for a peer id.

    Raises:
        NetworkError: it is not one.
    """
    try:
        return ID.from_base58(peer)
    except Exception as error:
        raise NetworkError(f"{peer}: not a peer id") from error


def name(peer_id: ID) -> PeerId:
    """Return our name for libp2p's object."""
    return PeerId(peer_id.to_base58())


def dialable(place: str) -> list[str]:
    """Return where others dial what listens at `place`, the public addresses first.

    "Every address of this machine" can be listened on and not be dialled: it stands for
    what the machine has, or for the machine itself where it has none.
    """
    for prefix, (family, loopback) in _ANY.items():
        if place.startswith(prefix):
            hosts = [ip_address(host) for host in get_network_addrs(family) or [loopback]]
            hosts.sort(key=lambda host: not host.is_global)
            rest = place.removeprefix(prefix)
            return [f"/ip{family}/{host}/{rest}" for host in hosts]
    return [place]


def of_connection(connection: SwarmConn) -> str:
    """Return where a connection leads, ending in /p2p/PEERID."""
    peer = name(connection.muxed_conn.peer_id)
    places = connection.get_transport_addresses()
    place = str(places[0]).partition("/p2p/")[0] if places else ""
    return f"{place}/p2p/{peer}"


def name_of_bytes(peer: bytes) -> PeerId:
    """Return our name for a peer id as it stands in messages of libp2p.

    Raises:
        NetworkError: it is not one.
    """
    if not 0 < len(peer) <= PEER_BYTES_MAX:
        raise NetworkError("not a peer id")
    return name(parse_id(name(ID(peer))))


def has_place(address: str) -> bool:
    """Say whether a connection leads straight to its peer: through a relay it has no place."""
    return address.startswith("/ip") and CIRCUIT not in address
