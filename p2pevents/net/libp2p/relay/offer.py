"""Standing in between: places for others, and circuits through them, all within limits.

A relay is a stranger's tool. So it carries to those alone who asked for a place
over a connection of theirs, and each circuit has an end in time and bytes.
"""

import logging
import math
import time
from collections import Counter

import trio
from libp2p.relay.circuit_v2.pb.circuit_pb2 import (
    HopMessage,
    Limit,
    PeerId as CircuitPeer,
    Reservation,
    StopMessage,
)

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p import addresses
from p2pevents.net.libp2p.relay import wire
from p2pevents.net.network import Network, PeerId, PeerStream

PLACE_S = 3600.0
CIRCUITS_MAX = 4
"""At once through one place, and from one peer."""

CIRCUIT_S_MAX = 600.0
CIRCUIT_BYTES_MAX = 16 * 1024 * 1024
ASK_S_MAX = 10.0
"""How long a message of a relay's may take."""

logger = logging.getLogger(__name__)


class Offer:
    """The places that this node offers, and the circuits that run through them."""

    def __init__(self, network: Network, *, places: int) -> None:
        self._network = network
        self._places = places
        self._until_s: dict[PeerId, float] = {}
        self._circuits: Counter[PeerId] = Counter()

    async def answer(self, stream: PeerStream) -> None:
        """Serve one stream of `HOP`: a place is asked for, or a circuit."""
        with trio.move_on_after(ASK_S_MAX) as patience:
            asked = await wire.receive(stream, HopMessage)
            if not addresses.has_place(stream.remote_address):
                # Through another relay: no chains of them.
                await _say(stream, wire.DENIED)
            elif asked.type == HopMessage.RESERVE:
                await self._reserve(stream)
            elif asked.type == HopMessage.CONNECT:
                # What follows takes its own time.
                patience.deadline = math.inf
                await self._connect(stream, asked)
            else:
                await _say(stream, wire.MALFORMED)

    async def _reserve(self, stream: PeerStream) -> None:
        now_s = trio.current_time()
        connected = {peer.peer_id for peer in self._network.peers()}
        self._until_s = {
            peer: until_s
            for peer, until_s in self._until_s.items()
            if until_s > now_s and peer in connected
        }
        if stream.peer not in self._until_s and len(self._until_s) >= self._places:
            await _say(stream, wire.REFUSED)
            return
        self._until_s[stream.peer] = now_s + PLACE_S
        message = HopMessage(type=HopMessage.STATUS, limit=_limit())
        message.status = wire.OK  # type: ignore[assignment]
        message.reservation.CopyFrom(
            Reservation(
                expire=int(time.time() + PLACE_S),
                addrs=[addresses.parse(each).to_bytes() for each in self._network.addresses()],
            )
        )
        await wire.send(stream, message)

    async def _connect(self, stream: PeerStream, asked: HopMessage) -> None:
        source = stream.peer
        try:
            target = addresses.name_of_bytes(asked.peer.id)
        except NetworkError:
            await _say(stream, wire.MALFORMED)
            return
        if self._until_s.get(target, -math.inf) < trio.current_time():
            await _say(stream, wire.NO_RESERVATION)
            return
        if max(self._circuits[target], self._circuits[source]) >= CIRCUITS_MAX:
            await _say(stream, wire.REFUSED)
            return
        self._circuits.update((source, target))
        try:
            await self._carry(stream, target)
        finally:
            self._circuits.subtract((source, target))
            self._circuits += Counter()  # drops what is at 0

    async def _carry(self, stream: PeerStream, target: PeerId) -> None:
        try:
            with trio.fail_after(ASK_S_MAX):
                onward = await self._open(target, source=stream.peer)
        except (NetworkError, trio.TooSlowError, trio.BrokenResourceError) as error:
            logger.debug("no circuit to %s: %s", target, error)
            await _say(stream, wire.FAILED)
            return
        async with onward:
            await _say(stream, wire.OK)
            budget = _Budget()
            with trio.move_on_after(CIRCUIT_S_MAX):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_pass_on, stream, onward, budget, nursery)
                    nursery.start_soon(_pass_on, onward, stream, budget, nursery)

    async def _open(self, target: PeerId, *, source: PeerId) -> PeerStream:
        """Return a stream to who holds a place, which said that it takes the circuit.

        Raises:
            NetworkError: it is gone, or does not.
        """
        onward = await self._network.open_stream(target, wire.STOP)
        try:
            asked = StopMessage(
                type=StopMessage.CONNECT,
                peer=CircuitPeer(id=addresses.parse_id(source).to_bytes()),
                limit=_limit(),
            )
            await wire.send(onward, asked)
            wire.check(await wire.receive(onward, StopMessage), "it takes no circuit")
        except BaseException:
            await onward.aclose()
            raise
        return onward


class _Budget:
    """The bytes of one circuit, both ways."""

    def __init__(self) -> None:
        self.left = CIRCUIT_BYTES_MAX


async def _pass_on(
    source: PeerStream, target: PeerStream, budget: _Budget, nursery: trio.Nursery
) -> None:
    """Carry one direction to its end; a fault, or the end of the budget, ends both."""
    try:
        while data := await source.receive_some():
            budget.left -= len(data)
            if budget.left < 0:
                break
            await target.send_all(data)
        else:
            await target.send_eof()
            return
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    nursery.cancel_scope.cancel()


def _limit() -> Limit:
    return Limit(duration=int(CIRCUIT_S_MAX), data=CIRCUIT_BYTES_MAX)


async def _say(stream: PeerStream, status: int) -> None:
    message = HopMessage(type=HopMessage.STATUS)
    message.status = status  # type: ignore[assignment]
    if status == wire.OK:
        message.limit.CopyFrom(_limit())
    await wire.send(stream, message)
