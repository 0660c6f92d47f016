"""Identify answers, and asks nobody.

What others say of themselves is nowhere used, but is stored without bound and
parsed. JavaScript peers do ask us, so that answering stays.
"""

from libp2p.host.basic_host import BasicHost
from libp2p.identity.identify_push.identify_push import ID_PUSH
from libp2p.peer.id import ID

from p2pevents.net.libp2p.addresses import Multiaddr
from p2pevents.net.libp2p.guards.guard import Guard


class QuietIdentify(BasicHost):
    """A host that takes in nothing by identify, and reckons its own addresses once."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._reckoned: tuple[tuple[tuple[str, int], ...], list[Multiaddr]] = ((), [])
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.remove_stream_handler(ID_PUSH)

    def _schedule_identify(self, peer_id: ID, *, reason: str) -> None:
        """Ask nobody."""

    async def _push_identify_to_all_peers(self) -> None:
        """Tell nobody unasked: a stream to each peer for each address listened on."""

    def get_addrs(self) -> list[Multiaddr]:
        """Return the addresses listened on; libp2p asks for them with every message it sends."""
        listening = tuple(
            # A listener's addresses are parsed from its sockets each time; how many it has, not.
            (place, len(getattr(listener, "listeners", None) or listener.get_addrs()))
            for place, listener in self._network.listeners.items()
        )
        if listening != self._reckoned[0]:
            self._reckoned = (listening, super().get_addrs())
        return self._reckoned[1]


GUARD = Guard(
    name="quiet identify",
    holes=(
        "host/basic_host.py:1490 stores what strangers say of themselves, without bound",
        "peer/peerstore.py:68 makes every own address anew for each message sent",
    ),
    wears=(QuietIdentify,),
)
