"""A place for an inbound connection is free again when the connection ends.

libp2p holds each place until the host stops: after 250 connections in its
life, even politely closed ones, a node answers nobody. Its limits by address
are dead code. Here the oldest half-open connection makes way for a new one, so
that idle sockets keep no honest peer out; and where all places are taken, one
of the most crowded part of the internet makes way for a peer from elsewhere.
"""

import ipaddress
import logging
from collections import Counter, OrderedDict

import trio
from libp2p.io.abc import ReadWriteCloser
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.swarm import Swarm

from p2pevents.net.inbound_room import makes_way, part_of
from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.guards.bouncer import Bouncer
from p2pevents.net.libp2p.guards.guard import Guard

HALF_OPEN_MAX = 64
INBOUND_MAX = 192
"""Established inbound connections; the rest of the swarm's places are for one's own dials."""

INBOUND_PER_IP_MAX = 16
CLOSE_S_MAX = 2.0

logger = logging.getLogger(__name__)


class InboundSlots(Swarm):
    """Counts inbound connections for as long as they last."""

    bouncer: Bouncer

    def _init_connection_management(self) -> None:
        super()._init_connection_management()
        self.half_open: OrderedDict[trio.CancelScope, None] = OrderedDict()
        self.inbound_by_ip: Counter[str] = Counter()
        self.held: OrderedDict[trio.CancelScope, str] = OrderedDict()

    async def _handle_inbound_connection(
        self, read_write_closer: ReadWriteCloser, maddr: Multiaddr
    ) -> None:
        remote = read_write_closer.get_remote_address()
        ip = remote[0] if remote else ""
        try:
            if not self.bouncer.is_banned(ip) and self._has_room(ip):
                self.inbound_by_ip[ip] += 1
                try:
                    await self._serve_inbound(read_write_closer, maddr, part=part_of(ip))
                finally:
                    self.inbound_by_ip[ip] -= 1
                    self.inbound_by_ip += Counter()  # drops what is at 0
        finally:
            with trio.move_on_after(CLOSE_S_MAX, shield=True):
                await read_write_closer.close()

    def _has_room(self, ip: str) -> bool:
        if _is_far(ip) and self.inbound_by_ip[ip] >= INBOUND_PER_IP_MAX:
            return False
        established = sum(self.inbound_by_ip.values()) - len(self.half_open)
        if established >= INBOUND_MAX:
            place = makes_way(list(self.held.values()), part_of(ip))
            if place is None:
                return False
            crowded = list(self.held)[place]
            del self.held[crowded]
            crowded.cancel()
        if len(self.half_open) >= HALF_OPEN_MAX:
            oldest, _ = self.half_open.popitem(last=False)
            oldest.cancel()
        return True

    async def _serve_inbound(self, closer: ReadWriteCloser, maddr: Multiaddr, *, part: str) -> None:
        """Upgrade a connection, and stay until it ends."""
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as handshake:
                self.half_open[handshake] = None
                try:
                    opened = await self._opened(closer, nursery)
                    muxed = await self.upgrade_inbound_raw_conn(
                        RawConnection(opened, initiator=False), maddr
                    )
                except Exception as error:
                    # Wide: a handshake fails by whatever noise, protobuf and sockets raise.
                    logger.debug("an inbound connection failed", exc_info=error)
                else:
                    self.half_open.pop(handshake, None)
                    self.held[handshake] = part
                    await muxed.event_closed.wait()  # type: ignore[attr-defined]
                finally:
                    self.half_open.pop(handshake, None)
                    self.held.pop(handshake, None)
            nursery.cancel_scope.cancel()

    async def _opened(self, closer: ReadWriteCloser, nursery: trio.Nursery) -> ReadWriteCloser:  # noqa: ARG002
        """Return what is to be upgraded; `one port` may make a WebSocket of it."""
        await trio.lowlevel.checkpoint()
        return closer


def _is_far(ip: str) -> bool:
    """Say whether an address is somebody else's: loopback is this machine's own."""
    try:
        return not ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return True


GUARD = Guard(
    name="inbound slots",
    holes=(
        "network/swarm.py:353, 1982 an inbound place is held until shutdown: deaf after 250",
        "pubsub/gossipsub.py:2471 limits by IP address are dead code",
    ),
    wears=(InboundSlots,),
)
