"""The trio driver: wires the core, the log and a network, and does what the core says."""

from __future__ import annotations

import logging
import math
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Final

import trio

from p2pevents.errors import LogError, NetworkError
from p2pevents.log.protocol import Log
from p2pevents.net.network import Direction, Network, PeerId, PeerUp
from p2pevents.node.clerk import Clerk
from p2pevents.node.conduct import FOLLOW_ITEMS_MAX, Shared
from p2pevents.node.config import Config
from p2pevents.node.core import effects as do, inputs as told
from p2pevents.node.core.core import Core
from p2pevents.node.discovery import Discovery
from p2pevents.node.encounters import Encounters
from p2pevents.node.giving_back import give_back
from p2pevents.node.inbox.post import Post
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.place import hold_place
from p2pevents.node.private_store import PrivateStore
from p2pevents.node.reaching import Reaching
from p2pevents.node.sessions import Sessions
from p2pevents.node.store_cap import SALT_BYTES, StoreCap
from p2pevents.node.surviving import surviving
from p2pevents.record.ids import ChapterId, from_text
from p2pevents.record.verdict import Verdict
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import Blame, Ended
from p2pevents.sync.inputs import Compare, SendPush
from p2pevents.sync.messages import NONCE_BYTES

__all__ = ["Node", "topic_of"]

LOG_POLL_S: Final = 0.1  # how soon what another process wrote is noticed
AFTER_S: Final = 0.005  # what is pushed has left by then, and the rest of what is new has its turn
MARK_S: Final = 0.02  # in which marks of what was announced are gathered for one commit
TICK_S: Final = 10.0  # how often it is looked at what time has brought
HURRY_S: Final = 0.1  # the same while there is more of it than one look takes
GIVE_BACK_S: Final = 10.0  # how often memory is given back; the disk's pages are soon read again
DIAL_S_MAX: Final = 10.0

_logger = logging.getLogger(__name__)


def topic_of(config: Config) -> str:
    """Return the gossip topic of a configuration's network and shard."""
    return f"/p2pevents/1/{config.network}/{config.shard}"


class Node:
    """One node while it runs.

    Attributes:
        ingest: its one door.
        reaching: where it is found, and whether others reach it there.
        last_sync_ms: when a comparison last came out equal or settled; None before.
        encounters: what came of each peer.
    """

    def __init__(
        self,
        *,
        log: Log,
        network: Network,
        config: Config,
        now_ms: Callable[[], int],
        rng: Random,
        is_reader: bool = False,
        beside: Callable[[Ingest, StoreCap], PrivateStore] | None = None,
    ) -> None:
        """Wire a node; nothing happens before `run`.

        Args:
            log: its log, of which this object is the one user in this process.
            network: its network, not yet listening.
            config: what it is told.
            now_ms: the clock, in ms since 1970.
            rng: its chance.
            is_reader: a light client: it dials, pulls, and serves nobody.
            beside: makes what keeps what is followed and left out of a full log; None for nothing.
        """
        cap = StoreCap(
            log,
            bytes_max=config.store_bytes_max,
            salt=secrets.token_bytes(SALT_BYTES),
            endorsers=[ChapterId(from_text(each)) for each in config.endorsers],
        )
        self.ingest = Ingest(log, cap=cap)
        self._private = None if beside is None else beside(self.ingest, cap)
        self.last_sync_ms: int | None = None
        self.encounters = Encounters()
        self._log = log
        self._network = network
        self._config = config
        self._now_ms = now_ms
        self._rng = rng
        self._core = Core(
            outbound_peers=config.outbound_peers,
            sync_interval_ms=config.sync_interval_s * 1000,
            is_reader=is_reader,
        )
        self._inputs: deque[told.Input] = deque()
        self._is_stepping = False
        self._is_over = False
        self._is_due = trio.Event()
        self._awaited_ms: int | None = None
        self._grown = trio.Event()
        self._marked = trio.Event()
        self._clerk = Clerk(log=log, ingest=self.ingest, passing=self._core.passing, now_ms=now_ms)
        self._compared: dict[str, Ended] = {}
        self._shared = Shared(
            log=log,
            ingest=self.ingest,
            ledger=Ledger(log),
            network=config.network,
            shard=config.shard,
            is_reader=is_reader,
            now_ms=now_ms,
            nonce=lambda: secrets.token_bytes(NONCE_BYTES),
            listener=self,
        )
        self._sessions = Sessions(
            network,
            self._shared,
            steady_ms=self._steady_ms,
            tell=self._tell,
            failed=self._failed,
        )
        self._is_reader = is_reader
        self.reaching = Reaching(
            network,
            announce=config.announce,
            is_reader=is_reader,
            rng=rng,
            tell=self._tell,
        )
        self._discovery = Discovery(log, network, config=config, clerk=self._clerk, tell=self._tell)
        self._post = Post(log, self.ingest.charters, network, name=config.network, now_ms=now_ms)

    @property
    def network(self) -> Network:
        """The network that it is on."""
        return self._network

    @property
    def private(self) -> PrivateStore | None:
        """What keeps what is followed and left out of a full log; None where nothing does."""
        return self._private

    @property
    def compared(self) -> dict[str, Ended]:
        """How the last comparison with each peer came out."""
        return self._compared

    def arrival(self) -> int:
        """Return the number of what arrived last in its log."""
        return self._log.tip()[0]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run until cancelled; started once it listens and gossips.

        Raises:
            NetworkError: an address cannot be listened on, or the network failed.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            if not self._is_reader:
                self._sessions.listen()
                self._post.listen()
                self.reaching.serve()
                if self._config.relay_places:
                    self._network.offer_places(self._config.relay_places)
                for relay in self._config.relays:
                    nursery.start_soon(hold_place, self._network, relay)
                await self._network.subscribe(topic_of(self._config), self._validate)
                await self._network.listen(self._config.listen)
            nursery.start_soon(self._drive)
            nursery.start_soon(self._watch_log)
            nursery.start_soon(self._keep_marks)
            nursery.start_soon(self._watch_peers)
            nursery.start_soon(self._tick)
            nursery.start_soon(self._read_log)
            nursery.start_soon(self._give_back)
            nursery.start_soon(self._discovery.run)
            nursery.start_soon(self.reaching.run)
            nursery.start_soon(self._post.run)
            self._discovery.begin()
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                # Streams that end from here on tell a core that begins nothing any more.
                self._is_over = True
                with surviving("what was announced"):
                    self._clerk.keep_marks()

    def dial(self, addresses: Sequence[str]) -> None:
        """Have these addresses dialled before all others."""
        self._discovery.dial(addresses)

    # --- the core ------------------------------------------------------------------------------

    def _steady_ms(self) -> int:
        """The core's time: whatever is done to the clock on the wall, it goes on."""
        return int(trio.current_time() * 1000)

    def _tell(self, given: told.Input) -> None:
        """Step the core at once: nothing queues but what its own effects tell it."""
        if self._is_over:
            return
        self._inputs.append(given)
        if self._is_stepping:
            return
        self._is_stepping = True
        try:
            while self._inputs:
                given = self._inputs.popleft()
                for effect in self._core.step(given, now_ms=self._steady_ms(), rng=self._rng):
                    self._do(effect)
        finally:
            self._is_stepping = False
        if self._core.due_ms != self._awaited_ms:
            self._is_due.set()

    async def _drive(self) -> None:
        """Tick the core whenever it asked for it."""
        while True:
            self._is_due = trio.Event()
            self._awaited_ms = due_ms = self._core.due_ms
            wait_s = math.inf if due_ms is None else (due_ms - self._steady_ms()) / 1000
            with trio.move_on_after(max(0.0, wait_s)):
                await self._is_due.wait()
                continue
            self._tell(told.Tick())

    def _do(self, effect: do.Effect) -> None:
        match effect:
            case do.Dial():
                self._nursery.start_soon(self._dial, effect)
            case do.OpenSession():
                self._nursery.start_soon(self._sessions.open, effect.peer)
            case do.BeginCompare():
                self._sessions.hand(effect.peer, Compare())
            case do.CloseSession():
                self._sessions.close(effect.peer)
            case do.PushTo():
                self._sessions.hand(effect.peer, SendPush(items=effect.items))
            case do.Publish():
                self._nursery.start_soon(self._publish, effect.data)
            case do.HangUp():
                self._nursery.start_soon(self._hang_up, effect.peer)
            case do.KeepAnchors():
                with surviving("whom to begin with next time"):
                    self._clerk.keep_anchors(effect)
            case do.MarkAnnounced():
                self._clerk.mark_announced(effect)
                self._marked.set()

    async def _dial(self, effect: do.Dial) -> None:
        vain: list[str] = []
        for address in effect.addresses:
            try:
                with trio.fail_after(DIAL_S_MAX):
                    await self._network.dial(address)
            except (NetworkError, trio.TooSlowError) as error:
                _logger.info("%s does not answer: %s", address, error)
                self._failed(effect.peer, _dial_words(error, address))
                vain.append(address)
                continue
            with surviving("where a peer was reached"):
                self._clerk.reached(effect.peer, address)
            break  # the connection itself is told of by the network
        if vain:
            self._tell(told.NotThere(addresses=tuple(vain)))
        if len(vain) == len(effect.addresses):
            self._tell(told.DialFailed(peer=effect.peer))

    async def _hang_up(self, peer: str) -> None:
        with suppress(NetworkError):
            await self._network.disconnect(PeerId(peer))

    async def _publish(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()  # the same records go to connected peers first
        try:
            peers = await self._network.publish(topic_of(self._config), data)
        except NetworkError as error:
            _logger.warning("gossip failed: %s", error)
            peers = 0
        self._tell(told.Published(peers=peers))

    # --- sessions ------------------------------------------------------------------------------

    def ended(self, peer: str, ended: Ended) -> None:
        """Take in how a comparison came out."""
        self._compared[peer] = ended
        self.encounters.compared(peer, ended, now_ms=self._now_ms())
        if not ended.why:
            self.last_sync_ms = self._now_ms()
        _logger.info("compared with %s: %s, %d new", peer, ended.outcome.value, ended.new)
        self._tell(
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
        self._tell(told.Announced(peer=peer, ids=self._clerk.ids_of(items)))

    def blamed(self, peer: str, blame: Blame) -> None:
        """Strike a peer that broke the protocol."""
        _logger.warning("%s broke the protocol: %s: %s", peer, blame.rule, blame.detail)
        self._failed(peer, f"it broke the protocol ({blame.rule})")
        self._network.blame(PeerId(peer))

    # --- gossip --------------------------------------------------------------------------------

    async def _validate(self, peer: PeerId, data: bytes) -> Verdict:
        try:
            heard = self._clerk.hear(data)
        except LogError as error:
            _logger.warning("the log could not keep gossip: %s", error)
            return Verdict.IGNORE
        if heard.is_news:
            self._tell(told.Brought(peer=str(peer)))
            self.grown()
        return heard.verdict

    # --- what changes around it ----------------------------------------------------------------

    def grown(self) -> None:
        """Look at the log at once, not at the next poll."""
        self._grown.set()

    async def _watch_log(self) -> None:
        """Notice what this process or another one wrote, and hand what is our own to the core."""
        version = self._log.changed()
        self._hand_over()
        while True:
            with trio.move_on_after(LOG_POLL_S):
                await self._grown.wait()
            latest = self._log.changed()
            if latest != version or self._grown.is_set():
                version = latest
                self._grown = trio.Event()
                with surviving("what is new"):
                    self._hand_over()
                await trio.sleep(AFTER_S)
                with surviving("what is new"):
                    self._clerk.read_on()
                    self._discovery.tell_met()
                self._post.wake()

    async def _keep_marks(self) -> None:
        """Keep what was announced a moment after it was: it waits for the disk, nothing else."""
        while True:
            await self._marked.wait()
            await trio.sleep(MARK_S)
            self._marked = trio.Event()
            with surviving("what was announced"):
                self._clerk.keep_marks()

    def _hand_over(self) -> None:
        """Tell the core which own records wait to be announced."""
        written = self._clerk.written(steady_ms=self._steady_ms())
        if written is not None:
            self._tell(written)

    async def _watch_peers(self) -> None:
        async for change in self._network.changes:
            if isinstance(change, PeerUp):
                self.encounters.connected(str(change.peer.peer_id), now_ms=self._now_ms())
                self._tell(
                    told.Connected(
                        peer=str(change.peer.peer_id),
                        is_outbound=change.peer.direction is Direction.OUTBOUND,
                        address=change.peer.address,
                    )
                )
                self._post.wake()
                if change.peer.direction is Direction.OUTBOUND or not self.reaching.is_known:
                    self._nursery.start_soon(self.reaching.ask_soon, change.peer.peer_id)
            else:
                self.encounters.lost(str(change.peer_id))
                self._tell(told.Lost(peer=str(change.peer_id)))

    def _failed(self, peer: str, words: str) -> None:
        self.encounters.failed(peer, words, now_ms=self._now_ms())

    async def _tick(self) -> None:
        has_more = False
        while True:
            await trio.sleep(HURRY_S if has_more else TICK_S)
            has_more = False
            with surviving("what waited"):
                has_more = self.ingest.tick(now_ms=self._now_ms())
                if self._private is not None:
                    self._private.tidy()

    async def _read_log(self) -> None:
        """Sum up what the log holds before the first peer asks, a little at a time."""
        with surviving("its sums"):
            while self._shared.ledger.follow(limit=FOLLOW_ITEMS_MAX):
                await trio.lowlevel.checkpoint()

    async def _give_back(self) -> None:
        """Give back, now and then, the memory that one task or another took for a while."""
        while True:
            await trio.sleep(GIVE_BACK_S)
            with surviving("its memory small"):
                give_back(self._log)


def _dial_words(error: NetworkError | trio.TooSlowError, address: str) -> str:
    if isinstance(error, NetworkError):
        return f"{address.rpartition('/p2p/')[0]}: {error.message.removeprefix(f'{address}: ')}"
    return f"{address.rpartition('/p2p/')[0]}: it did not answer in time"
