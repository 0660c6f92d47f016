"""Who is no longer let in: one book of strikes for everything that can be blamed."""

from collections.abc import Callable

import trio

from p2pevents.net.network import PeerId
from p2pevents.net.strikes import Strikes


class Bouncer:
    """Counts blame by peer, and bans by IP address where one address brings many bad peers.

    libp2p's own scores have all weights at 0 and forget a peer that disconnects.
    """

    def __init__(self) -> None:
        self._strikes = Strikes()
        self.on_ban: Callable[[PeerId], None] = lambda _peer: None

    def blame(self, peer: PeerId, *, ip: str | None) -> None:
        """Count one strike against a peer, and against its address once it is banned."""
        now_s = trio.current_time()
        if self._strikes.is_banned(peer, now_s=now_s):
            return
        if self._strikes.blame(peer, now_s=now_s):
            if ip is not None:
                self._strikes.blame(ip, now_s=now_s)
            self.on_ban(peer)

    def is_banned(self, name: PeerId | str) -> bool:
        """Say whether a peer or an IP address is refused now."""
        return self._strikes.is_banned(name, now_s=trio.current_time())
