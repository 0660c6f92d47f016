"""Blaming a peer from inside libp2p's classes, where a peer is an `ID` and has connections."""

import logging

from libp2p.abc import IHost
from libp2p.peer.id import ID

from p2pevents.net.libp2p import addresses
from p2pevents.net.libp2p.guards.bouncer import Bouncer

logger = logging.getLogger(__name__)


def blame(bouncer: Bouncer, host: IHost, peer_id: ID, why: str) -> None:
    """Count a strike against a peer and the address that it is connected from."""
    logger.info("peer %s is blamed: %s", peer_id, why)
    ip = None
    for connection in host.get_network().get_connections(peer_id):
        remote = connection.muxed_conn.get_remote_address()  # type: ignore[attr-defined]
        ip = remote[0] if remote else None
    bouncer.blame(addresses.name(peer_id), ip=ip)
