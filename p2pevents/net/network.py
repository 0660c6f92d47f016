"""What a node needs of a network: connections, streams and gossip, in trio's manners.

Two implementations stand behind it, one contract test over both:
`p2pevents.net.libp2p.open_libp2p_network` and `p2pevents.net.memory.open_memory_network`.
Addresses are text to everybody above; only an implementation takes them apart.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NewType, Protocol

import trio

from p2pevents.errors import P2PEventsError
from p2pevents.record.verdict import Verdict

PeerId = NewType("PeerId", str)
"""A peer's name on the network: base58 of its public key's identity multihash."""

GOSSIP_BYTES_MAX = 64 * 1024
"""The largest message `Network.publish` takes and a validator is shown."""

READ_BYTES_MAX = 64 * 1024
"""The most that one `receive_some` of a `PeerStream` returns."""

LINGER_S = 5.0
STALL_S = 5.0
"""See `PeerStream`: how long a closed stream is drained, and a full one waits for room."""

STRIKES_MAX = 8
"""Blames (`REJECT` or `Network.blame`) within `STRIKES_WINDOW_S` after which a peer is banned."""

STRIKES_WINDOW_S = 600.0
BAN_S = 900.0


class Direction(Enum):
    """Who dialled whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerInfo:
    """One connected peer as it stands now.

    `address` is where this connection really leads (for an inbound one that is
    the port the peer dialled from, which answers no dial) and ends in
    /p2p/PEERID. `connected_s` is trio time. `topics` are those that the peer
    has told us it subscribes to.
    """

    peer_id: PeerId
    address: str
    direction: Direction
    connected_s: float
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerUp:
    """A peer is connected; streams may be opened to it."""

    peer: PeerInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerDown:
    """A peer that was up has no connection any more."""

    peer_id: PeerId


PeerChange = PeerUp | PeerDown


class PeerStream(trio.abc.HalfCloseableStream):
    """One stream to one peer, with trio's promises.

    `receive_some` returns at most `READ_BYTES_MAX` bytes, and b"" at the end;
    a stream reset by either side or lost with its connection raises
    `trio.BrokenResourceError`; one closed here raises `trio.ClosedResourceError`.
    After `aclose` the peer still reads what was sent, then b""; what it goes on
    sending is thrown away for `LINGER_S` and breaks its stream after that.
    Read on without long pauses: a writer that finds no room for `STALL_S`
    seconds breaks off the stream.
    """

    @property
    @abstractmethod
    def peer(self) -> PeerId:
        """The peer at the other end, proved by the connection's handshake."""

    @property
    @abstractmethod
    def remote_address(self) -> str:
        """Where the connection under this stream leads, as in `PeerInfo.address`."""


StreamHandler = Callable[[PeerStream], Awaitable[None]]
"""Serves one inbound stream. The stream is closed when it returns; what it
raises resets this stream alone and never reaches the network. It is logged as
a fault unless it is one of `STREAM_ENDED`."""

STREAM_ENDED = (trio.BrokenResourceError, trio.ClosedResourceError, P2PEventsError)
"""What a handler may let pass: the peer went away, or did what it must not."""

Validator = Callable[[PeerId, bytes], Awaitable[Verdict]]
"""Judges one gossip message: who handed it to us (not who wrote it), and its data.

Runs before the message is passed on, so this is the place to ingest it. It may
see the same data again. What it raises is logged and counts as IGNORE."""


class Network(Protocol):
    """A running network: peers come and go, streams open, gossip flows.

    Every method that fails for the network's reasons raises a `NetworkError`.
    """

    @property
    def peer_id(self) -> PeerId:
        """This node's own name."""

    @property
    def changes(self) -> trio.abc.ReceiveChannel["PeerChange"]:
        """Connections that came and went since this was last read, per peer in order.

        It never fills up and never loses where a peer stands: changes that
        cancel out before they were read are left out. For one reader.
        """

    def addresses(self) -> tuple[str, ...]:
        """Return where this node listens, real ports filled in, each ending in /p2p/PEERID."""

    def peers(self) -> tuple[PeerInfo, ...]:
        """Return the connected peers, longest connected first."""

    async def listen(self, addresses: Sequence[str]) -> None:
        """Listen on these addresses too. Port 0 takes any free one.

        Raises:
            NetworkError: an address is not understood, or cannot be bound.
        """

    async def dial(self, address: str) -> PeerId:
        """Connect to the peer at `address`, which must end in /p2p/PEERID.

        Returns its id once streams can be opened, at once when it is connected
        already. Never waits on an earlier failure: back-off is the caller's.

        Raises:
            NetworkError: nobody answered, or somebody else did.
        """

    async def probe(self, address: str) -> None:
        """Find out whether the peer that `address` names answers there, and leave it at that.

        A connection of its own, closed once the peer has proved who it is. Connections
        that stand are not touched, and count for nothing here.

        Raises:
            NetworkError: nobody answered, or somebody else did.
        """

    async def disconnect(self, peer: PeerId) -> None:
        """Close every connection to `peer`; nothing happens when there is none."""

    def blame(self, peer: PeerId) -> None:
        """Count one strike against `peer`, for what no honest peer does.

        `STRIKES_MAX` of them within `STRIKES_WINDOW_S` disconnect it and refuse
        it for `BAN_S`. A validator's REJECT counts here too.
        """

    async def reserve(self, relay: str) -> None:
        """Be reached through the connected peer at `relay` too, for the next hour.

        From then on `addresses` has an address through it, while it is connected.

        Raises:
            NetworkError: it is not connected, offers no place, or has none left.
        """

    def offer_places(self, count: int) -> None:
        """Let so many others be reached through this node, within limits of time and bytes."""

    async def open_stream(self, peer: PeerId, protocol: str) -> PeerStream:
        """Open a stream to a connected peer, spoken in `protocol` ("/name/version").

        Raises:
            NetworkError: not connected, the peer does not speak it, or it did
                not answer in time.
        """

    def serve(self, protocol: str, handler: StreamHandler) -> None:
        """Answer inbound streams of `protocol` with `handler`, each in its own task."""

    async def subscribe(self, topic: str, validate: Validator) -> None:
        """Join `topic`. Messages of others go through `validate`; one's own do not."""

    async def publish(self, topic: str, data: bytes) -> int:
        """Hand `data` (at most `GOSSIP_BYTES_MAX` bytes) to the gossip of `topic`.

        Returns how many connected peers subscribe to the topic now: with 0
        nobody hears it. More is no promise either; gossip is a hint.

        Raises:
            NetworkError: the data is too large.
        """
