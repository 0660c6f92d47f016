"""What happens on a stream costs that stream alone.

An exception that leaves a stream's handler, or its negotiation, climbs through
the connection's nursery into the swarm's service tree and ends the host. Two
bytes that are not UTF-8 in place of a protocol name suffice.
"""

import logging

import trio
from libp2p.abc import IMultiselectCommunicator, INetStream
from libp2p.custom_types import StreamHandlerFn, TProtocol
from libp2p.host.basic_host import BasicHost
from libp2p.protocol_muxer.exceptions import MultiselectCommunicatorError, MultiselectError
from libp2p.protocol_muxer.multiselect import Multiselect
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
from libp2p.transport.upgrader import TransportUpgrader
from libp2p.utils.varint import read_varint_prefixed_bytes_limited

from p2pevents.net.libp2p.guards.guard import Guard

NAME_BYTES_MAX = 1024
NAMES_MAX = 32
"""Protocol names that a peer may propose on one stream before it is reset."""

RESET_S_MAX = 1.0

logger = logging.getLogger(__name__)


class BoundedCommunicator(MultiselectCommunicator):
    """Reads at most `NAMES_MAX` names of at most `NAME_BYTES_MAX` bytes of ASCII."""

    names = 0

    async def read(self) -> str:
        """Return the next name.

        Raises:
            MultiselectCommunicatorError: there is none, or it is out of bounds.
        """
        self.names += 1
        if self.names > NAMES_MAX:
            raise MultiselectCommunicatorError("too many protocol names")
        try:
            name = await read_varint_prefixed_bytes_limited(self.read_writer, NAME_BYTES_MAX)
            text = name.decode("ascii")
        except Exception as error:
            raise MultiselectCommunicatorError("not a protocol name") from error
        if not text.endswith("\n"):
            raise MultiselectCommunicatorError("a protocol name without its end")
        return text[:-1]


class BoundedMultiselect(Multiselect):
    """Negotiates inbound, by a `BoundedCommunicator`."""

    async def negotiate(
        self, communicator: IMultiselectCommunicator, negotiate_timeout: int = 5
    ) -> tuple[TProtocol | None, StreamHandlerFn | None]:
        """Return the protocol agreed on, and its handler."""
        assert isinstance(communicator, MultiselectCommunicator)  # noqa: S101 (libp2p has one kind)
        bounded = BoundedCommunicator(communicator.read_writer)
        try:
            return await super().negotiate(bounded, negotiate_timeout)
        except MultiselectError:
            raise
        except Exception as error:
            raise MultiselectError("negotiation failed") from error


class NoFatalStreams(BasicHost):
    """A host on which no stream's exception goes further than its stream."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.multiselect = BoundedMultiselect(self.multiselect.handlers)

    async def _swarm_stream_handler(self, net_stream: INetStream) -> None:
        try:
            await super()._swarm_stream_handler(net_stream)
        except Exception as error:
            # Wide, because whatever leaves here ends the host.
            logger.debug("a stream failed", exc_info=error)
            with trio.move_on_after(RESET_S_MAX):
                await net_stream.reset()


class BoundedUpgrader(TransportUpgrader):
    """Negotiates security and muxer within the same bounds: nobody is known yet there."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for multistream in (self.security_multistream, self.muxer_multistream):
            selector = multistream._selector
            selector.multiselect = BoundedMultiselect(selector.multiselect.handlers)


GUARD = Guard(
    name="no fatal streams",
    holes=(
        "protocol_muxer/multiselect_communicator.py:58 decodes outside its try: the host ends",
        "network/connection/swarm_connection.py:309 any handler's exception ends the host",
        "utils/varint.py:153 a protocol name may be as long as its sender likes",
    ),
    wears=(NoFatalStreams, BoundedUpgrader),
)
