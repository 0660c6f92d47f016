"""One life of a simulated node, from start to crash: all that is in memory alone."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Final

from p2pevents.net.network import PeerId
from p2pevents.net.strikes import Strikes
from p2pevents.node.clerk import Clerk
from p2pevents.node.conduct import Shared
from p2pevents.node.core import effects as do, inputs as told
from p2pevents.node.core.core import Core
from p2pevents.node.core.crossing import keeps_older
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.store_cap import StoreCap
from p2pevents.record.places import peer_of
from p2pevents.record.verdict import Verdict
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import Blame, Ended
from p2pevents.sync.inputs import Compare, Input as SessionInput, SendPush
from p2pevents.sync.messages import NONCE_BYTES

if TYPE_CHECKING:
    from p2pevents.node.private_store import PrivateStore
    from p2pevents.testing.connection import Connection
    from p2pevents.testing.simulated_node import SimulatedNode
    from p2pevents.testing.stream_end import StreamEnd
    from p2pevents.testing.wire import Wire

__all__ = ["Life"]

SEEN_MAX: Final = 16_384
TICK_MS: Final = 600_000  # how often the door does what time brings; the daemon's does more often
HURRY_MS: Final = 100  # the same while there is more of it than one look takes
LOOK_MS: Final = 2  # after which a node looks at what is new in its log


class Life:
    """A running node: its core, its door, its sessions; only the log outlives it.

    Attributes:
        node: whose life it is.
        wire: what it is connected by.
        ingest: its one door.
        private: what keeps what is followed and left out of a full log; None where none is full.
        core: its behaviour.
        shared: what its sessions share.
        links: its connections, by peer.
        sessions: its sync streams, by peer.
        strikes: whom it blamed.
        is_over: it crashed.
    """

    def __init__(
        self, node: SimulatedNode, wire: Wire, *, rng: Random, outbound_peers: int, pause_s: int
    ) -> None:
        self.node = node
        self.wire = wire
        self.rng = rng
        self.private: PrivateStore | None = None
        if node.store_bytes_max is None:
            self.ingest = Ingest(node.log, opening=wire.opening)
        else:
            salt, bytes_max = node.private.salt, node.store_bytes_max
            cap = StoreCap(node.log, bytes_max=bytes_max, salt=salt)
            self.ingest = Ingest(node.log, opening=wire.opening, cap=cap)
            self.private = node.private.beside(self.ingest, cap, now_ms=self.now_ms)
        self.core = Core(
            outbound_peers=outbound_peers,
            sync_interval_ms=pause_s * 1000,
            is_reader=node.is_reader,
        )
        self.clerk = Clerk(
            log=node.log, ingest=self.ingest, passing=self.core.passing, now_ms=self.now_ms
        )
        self.shared = Shared(
            log=node.log,
            ingest=self.ingest,
            ledger=Ledger(node.log, lanes=wire.lanes),
            network="simulation",
            shard="0",
            is_reader=node.is_reader,
            now_ms=self.now_ms,
            nonce=lambda: rng.randbytes(NONCE_BYTES),
            listener=self,
        )
        self.links: dict[str, Connection] = {}
        self.sessions: dict[str, StreamEnd] = {}
        self.strikes = Strikes()
        self.is_over = False
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._told: deque[told.Input] = deque()
        self._is_stepping = False
        self._due_ms: int | None = None
        self._is_looking = False

    @property
    def name(self) -> str:
        """The node's name on the network."""
        return self.node.name

    def now_ms(self) -> int:
        """The node's clock on the wall: right, or as far off as it is set."""
        return self.wire.time.now_ms + self.node.clock_off_ms

    def steady_ms(self) -> int:
        """The clock that nobody sets."""
        return self.wire.time.now_ms

    def later(self, delay_ms: int, act: Callable[[], None]) -> None:
        """Have something happen after a delay, unless this life is over by then."""
        self.wire.time.later(delay_ms, act, of=self)

    # --- the core ------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin: whom it is told to dial, whom it remembers, and what waits to be announced."""
        book = {peer_of(address): (address,) for address in self.node.peers}
        self.tell(told.PeersKnown(addresses=tuple(book.items()), trust=told.Trust.CONFIGURED))
        if (anchors := self.clerk.anchors()) is not None:
            self.tell(anchors)
        known = self.clerk.known_peers()
        if known is not None:
            self.tell(known)
        self.look()
        self._let_time_pass()

    def tell(self, given: told.Input) -> None:
        """Hand the core an input, and do what it says."""
        self._told.append(given)
        if self._is_stepping:
            return
        self._is_stepping = True
        while self._told:
            for effect in self.core.step(
                self._told.popleft(), now_ms=self.steady_ms(), rng=self.rng
            ):
                self._do(effect)
        self._is_stepping = False
        due_ms = self.core.due_ms
        if due_ms is not None and (self._due_ms is None or due_ms < self._due_ms):
            self._due_ms = due_ms
            self.later(due_ms - self.steady_ms(), lambda: self._tick(due_ms))

    def _tick(self, due_ms: int) -> None:
        if self._due_ms == due_ms:
            self._due_ms = None
            self.tell(told.Tick())

    def _do(self, effect: do.Effect) -> None:
        match effect:
            case do.Dial():
                self.wire.dial(self, effect.peer, effect.addresses)
            case do.OpenSession():
                self.wire.open_stream(self, effect.peer)
            case do.BeginCompare():
                self._tell_session(effect.peer, Compare())
            case do.CloseSession():
                if (session := self.sessions.get(effect.peer)) is not None:
                    self.wire.time.later(0, session.close)
            case do.PushTo():
                self._tell_session(effect.peer, SendPush(items=effect.items))
            case do.Publish():
                peers = self.wire.publish(self, effect.data)
                self.tell(told.Published(peers=peers))
            case do.HangUp():
                if (connection := self.links.get(effect.peer)) is not None:
                    self.wire.time.later(0, lambda: self.wire.hang_up(connection, self))
            case do.KeepAnchors():
                self.clerk.keep_anchors(effect)
            case do.MarkAnnounced():
                self.clerk.mark_announced(effect)
                self.clerk.keep_marks()

    def _tell_session(self, peer: str, given: SessionInput) -> None:
        session = self.sessions.get(peer)
        if session is None:
            self.tell(told.SessionClosed(peer=peer))
        else:
            session.tell(given)

    # --- connections and streams ---------------------------------------------------------------

    def connected(self, connection: Connection) -> None:
        """Take up a connection; an older one with the same peer is lost by it."""
        peer = connection.other(self).name
        if peer in self.links:
            self.lost(self.links[peer])
        self.links[peer] = connection
        self.node.note(f"connected with {peer}")
        self.tell(told.Connected(peer=peer, is_outbound=connection.dialler is self))

    def lost(self, connection: Connection) -> None:
        """Take in that a connection is gone, where it is the one with its peer."""
        peer = connection.other(self).name
        if self.links.get(peer) is not connection:
            return
        del self.links[peer]
        session = self.sessions.get(peer)
        if session is not None and session.stream.connection is connection:
            session.end_of_stream()
        self.node.note(f"lost {peer}")
        self.tell(told.Lost(peer=peer))

    def sessions_gain(self, end: StreamEnd) -> None:
        """Begin with a new sync stream; an older one gives way, unless the two have crossed."""
        older = self.sessions.get(end.peer)
        if older is not None and keeps_older(
            older_is_own=older.is_opener,
            newer_is_own=end.is_opener,
            older_ms=self.steady_ms() - older.since_ms,
            mine=self.name,
            theirs=end.peer,
        ):
            end.close()
            return
        self.sessions[end.peer] = end
        if older is not None:
            older.close()
        self.tell(told.SessionOpened(peer=end.peer))
        if self.sessions.get(end.peer) is end:
            end.start()

    def sessions_lose(self, end: StreamEnd) -> None:
        """Take in that a sync stream is closed."""
        if self.sessions.get(end.peer) is end:
            del self.sessions[end.peer]
            self.tell(told.SessionClosed(peer=end.peer))

    # --- what comes of sessions (node.conduct.Listener) ----------------------------------------

    def ended(self, peer: str, ended: Ended) -> None:
        """Take in how a comparison came out."""
        why = ended.why or ", ".join(f"{n} {reason}" for reason, n in ended.left_out.items())
        self.node.compared(peer, ended, why)
        self.tell(
            told.Compared(
                peer=peer,
                outcome=ended.outcome,
                new=ended.new,
                gave=ended.gave,
                left_out_there=ended.left_out_there,
            )
        )

    def delivered(self, peer: str, items: Sequence[Item]) -> None:
        """Take in what a peer has committed of our own."""
        self.tell(told.Announced(peer=peer, ids=self.clerk.ids_of(items)))

    def blamed(self, peer: str, blame: Blame) -> None:
        """Strike a peer that broke the protocol."""
        self.blame(peer, f"{blame.rule}: {blame.detail}")

    def blame(self, peer: str, why: str) -> None:
        """Count a strike; enough of them end the connection."""
        self.node.blames(peer, why)
        if self.strikes.blame(PeerId(peer), now_s=self.steady_ms() / 1000):
            self.node.note(f"bans {peer}")
            if (connection := self.links.get(peer)) is not None:
                self.wire.hang_up(connection, self)

    def refuses(self, peer: str) -> bool:
        """Whether a peer is banned here now."""
        return self.strikes.is_banned(PeerId(peer), now_s=self.steady_ms() / 1000)

    def grown(self) -> None:
        """Look at the log soon: it has new items."""
        if not self._is_looking:
            self._is_looking = True
            self.later(LOOK_MS, self.look)

    # --- the log -------------------------------------------------------------------------------

    def look(self) -> None:
        """Look at what is new in the log, and hand what is our own to the core."""
        self._is_looking = False
        self.clerk.read_on()
        written = self.clerk.written(steady_ms=self.steady_ms())
        if written is not None:
            self.tell(written)

    def _let_time_pass(self) -> None:
        """Have the door do what time brings, now and from time to time."""
        has_more = self.ingest.tick(now_ms=self.now_ms())
        if self.private is not None:
            self.private.tidy()
        self.node.remember()
        self.later(HURRY_MS if has_more else TICK_MS, self._let_time_pass)

    # --- gossip --------------------------------------------------------------------------------

    def has_seen(self, message: int) -> bool:
        """Whether a gossip message came before; from now on it has."""
        if message in self._seen:
            return True
        self._seen[message] = None
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)
        return False

    def hear(self, sender: str, message: int, data: bytes) -> None:
        """Take in one gossip message, and pass it on where it is worth it."""
        if self.has_seen(message):
            return
        heard = self.clerk.hear(data)
        if heard.is_news:
            self.node.note(f"heard news from {sender}")
            self.tell(told.Brought(peer=sender))
            self.grown()
        if heard.verdict is Verdict.ACCEPT:
            self.wire.flood(self, message, data, but=sender)
        elif heard.verdict is Verdict.REJECT:
            self.blame(sender, "gossip that no honest peer sends")
