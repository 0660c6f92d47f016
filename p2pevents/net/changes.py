"""The coming and going of peers, as a channel that never fills up and never lies.

It keeps no queue of changes but two maps, what the reader was told and what is
so now, and says the difference. So its size is bounded by the peers connected,
however long nobody reads.
"""

import trio

from p2pevents.net.network import PeerChange, PeerDown, PeerId, PeerInfo, PeerUp


class PeerChanges(trio.abc.ReceiveChannel[PeerChange]):
    """What changed since this was last read, peer by peer. For one reader."""

    def __init__(self) -> None:
        self._told: dict[PeerId, PeerInfo] = {}
        self._now: dict[PeerId, PeerInfo] = {}
        self._unread: dict[PeerId, None] = {}
        self._something = trio.Event()
        self._closed = False

    def up(self, peer: PeerInfo) -> None:
        """Note a connected peer; another `connected_s` than before means a new connection."""
        self._now[peer.peer_id] = peer
        self._note(peer.peer_id)

    def down(self, peer_id: PeerId) -> None:
        """Note that a peer is gone."""
        self._now.pop(peer_id, None)
        self._note(peer_id)

    def receive_nowait(self) -> PeerChange:
        """Return the next change.

        Raises:
            trio.WouldBlock: nothing changed.
        """
        while self._unread:
            peer_id = next(iter(self._unread))
            told, now = self._told.get(peer_id), self._now.get(peer_id)
            if told is not None and (now is None or now.connected_s != told.connected_s):
                del self._told[peer_id]
                if now is None:
                    del self._unread[peer_id]
                return PeerDown(peer_id=peer_id)
            del self._unread[peer_id]
            if told is None and now is not None:
                self._told[peer_id] = now
                return PeerUp(peer=now)
        raise trio.WouldBlock

    async def receive(self) -> PeerChange:
        """Wait for the next change and return it."""
        await trio.lowlevel.checkpoint()
        while True:
            if self._closed:
                raise trio.EndOfChannel
            try:
                return self.receive_nowait()
            except trio.WouldBlock:
                self._something = trio.Event()
                await self._something.wait()

    async def aclose(self) -> None:
        """End the channel: a waiting or later `receive` raises `trio.EndOfChannel`."""
        self.close()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """End the channel, at once."""
        self._closed = True
        self._something.set()

    def _note(self, peer_id: PeerId) -> None:
        self._unread[peer_id] = None
        self._something.set()
