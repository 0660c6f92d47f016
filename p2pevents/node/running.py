"""A home on the network: the daemon and the light client, until they are told to end."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import SystemRandom
from typing import Any, Final

import trio

from p2pevents.errors import NetworkError, P2PEventsError
from p2pevents.net.network import PeerInfo
from p2pevents.node.bell import hang_bell, hush
from p2pevents.node.config import Config
from p2pevents.node.core.backoff import Backoff
from p2pevents.node.desk import open_desk
from p2pevents.node.exchanging import on_network, passing_network
from p2pevents.node.home import Home
from p2pevents.node.inbox.renewing import keep_tickets_good
from p2pevents.node.node import Node
from p2pevents.node.opening import private_beside
from p2pevents.node.presence import Presence
from p2pevents.node.private_reading import PrivateReading
from p2pevents.node.reminding.task import remind
from p2pevents.node.role import keep_role
from p2pevents.node.witness import PAUSE_MS, write_due_digests

__all__ = ["Ready", "answer_bell", "run_node"]

_logger = logging.getLogger(__name__)

PRESENCE_S: Final = 0.5  # how often the running node tells how it is doing
ALONE_S: Final = 60.0  # after which a digest says what is here, compared with nobody
DIGEST_LOOK_S: Final = 5.0  # how often it is looked at whether one is due
DIGEST_QUIET_S: Final = 3600.0  # the same while nothing changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a node says of itself once it is reachable."""

    peer_id: str
    addresses: tuple[str, ...]


async def run_node(
    home: Home,
    config: Config,
    *,
    now_ms: Callable[[], int],
    is_reader: bool,
    on_ready: Callable[[Ready], None],
) -> None:
    """Be a node until SIGTERM or SIGINT comes.

    Args:
        home: the home, which no other node runs on.
        config: what it is told.
        now_ms: the clock, in ms since 1970.
        is_reader: a light client.
        on_ready: told once it listens.

    Raises:
        NetworkError: it cannot listen. A network that fails later is begun again.
        StateError: another node runs on this home.
        LogError: the log cannot be opened.
    """
    home.create()
    # The signals first: one that comes while the node starts must end it cleanly too.
    with (
        trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals,
        Presence.hold(home.folder) as presence,
    ):
        once = _Running(home, config, presence, now_ms=now_ms, is_reader=is_reader)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_keep_up, once, on_ready)
            async for _ in signals:
                nursery.cancel_scope.cancel()
                return


async def _keep_up(running: _Running, on_ready: Callable[[Ready], None]) -> None:
    """Be a node; where its network fails, begin again with a new one, ever more slowly.

    Raises:
        NetworkError: it failed before the node was ready for the first time.
    """
    rng, failures, ready_ms = SystemRandom(), Backoff(), -1

    def first_ready(ready: Ready) -> None:
        nonlocal ready_ms
        if ready_ms < 0:
            gc.freeze()  # what was loaded stays: to look through it for garbage stops the loop
            on_ready(ready)
        ready_ms = _steady_ms()

    while True:
        why: NetworkError | None = None
        try:
            await running.run(first_ready)
        except* NetworkError as errors:
            why = _first(errors)
        if ready_ms < 0 and why is not None:
            raise why
        failures = failures.paid(_steady_ms() - ready_ms)
        failures = failures.failed(now_ms=_steady_ms(), rng=rng)
        wait_s = (failures.due_ms - _steady_ms()) / 1000
        _logger.error("%s: it is begun again in %.0f s", why, wait_s, exc_info=why)
        await trio.sleep(wait_s)


def _first(errors: BaseExceptionGroup[NetworkError]) -> NetworkError:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def _steady_ms() -> int:
    return int(trio.current_time() * 1000)


class _Running:
    """A home's log, network and node, opened and closed together."""

    def __init__(
        self,
        home: Home,
        config: Config,
        presence: Presence,
        *,
        now_ms: Callable[[], int],
        is_reader: bool,
    ) -> None:
        self._home = home
        self._config = config
        self._presence = presence
        self._now_ms = now_ms
        self._is_reader = is_reader
        self._started_ms = now_ms()

    async def run(self, on_ready: Callable[[Ready], None]) -> None:
        """Be a node until cancelled.

        Raises:
            NetworkError: alone or in a group: it cannot listen, or the network failed.
        """
        with (
            private_beside(self._home, now_ms=self._now_ms) as beside,
            hang_bell(self._home.folder) as bell,
        ):
            async with (
                on_network(self._home, self._config) as (log, network),
                trio.open_nursery() as nursery,
            ):
                node = Node(
                    log=log,
                    network=network,
                    config=self._config,
                    now_ms=self._now_ms,
                    rng=SystemRandom(),
                    is_reader=self._is_reader,
                    beside=beside,
                )
                keep_role(log, is_reader=self._is_reader)
                await nursery.start(node.run)
                if bell is not None:
                    nursery.start_soon(answer_bell, bell, node)
                nursery.start_soon(_be_present, self._presence, node, self._started_ms)
                nursery.start_soon(remind, self._home, self._config, self._now_ms)
                nursery.start_soon(_bear_witness, self._home, node, self._now_ms)
                nursery.start_soon(keep_tickets_good, self._home, self._now_ms)
                if node.private is not None and not self._is_reader:
                    reading = PrivateReading(
                        node.private,
                        path=self._home.read_log,
                        log=log,
                        config=self._config,
                        peer=network.peer_id,
                        open_network=partial(passing_network, self._config),
                        now_ms=self._now_ms,
                    )
                    nursery.start_soon(reading.run)
                on_ready(Ready(peer_id=str(network.peer_id), addresses=node.reaching.addresses()))
                await trio.sleep_forever()


async def answer_bell(bell: int, node: Node) -> None:
    """Have the node look at its log whenever another program of this home has written to it."""
    while True:
        await trio.lowlevel.wait_readable(bell)
        hush(bell)
        node.grown()


async def _be_present(presence: Presence, node: Node, started_ms: int) -> None:
    """Tell other programs of this home how the node is doing, whenever that has changed."""
    said: dict[str, Any] = {}
    is_mute = False
    while True:
        network = node.network
        facts = {
            "peerId": str(network.peer_id),
            "addresses": list(node.reaching.addresses()),
            "reach": node.reaching.facts(),
            "peers": [_peer_facts(peer) for peer in network.peers()],
            "encounters": node.encounters.facts(),
            "lastSync_ms": node.last_sync_ms,
            "started_ms": started_ms,
            "waiting": node.ingest.waiting.counts(),
        }
        if facts != said:
            try:
                presence.say(facts)
                said = facts
            except OSError as error:  # a full disk ends no node: it tries again, and says so once
                if not is_mute:
                    _logger.warning("what this node does cannot be written: %s", error)
                is_mute = True
        await trio.sleep(PRESENCE_S)


def _peer_facts(peer: PeerInfo) -> dict[str, Any]:
    return {
        "peerId": str(peer.peer_id),
        "address": peer.address,
        "direction": peer.direction.value,
    }


async def _bear_witness(home: Home, node: Node, now_ms: Callable[[], int]) -> None:
    """Write the digests that this home's keys may write, whenever they are due.

    Not before this node has compared with somebody: it would say of what it missed
    while it was off that it is not planned.
    """
    with trio.move_on_after(ALONE_S):
        while node.last_sync_ms is None:  # noqa: ASYNC110 - told by another task, twice a minute
            await trio.sleep(1)
    seen, look_until_s, looked_s = -1, 0.0, -DIGEST_QUIET_S
    while True:
        now_s = trio.current_time()
        try:
            arrival = node.arrival()
            if arrival != seen:
                # One that came too soon after the last is due after the pause.
                seen, look_until_s = arrival, now_s + PAUSE_MS / 1000 + 2 * DIGEST_LOOK_S
            if now_s < look_until_s or now_s >= looked_s + DIGEST_QUIET_S:
                looked_s = now_s
                if await trio.to_thread.run_sync(_witness, home, now_ms):
                    node.grown()
        except P2PEventsError as error:
            _logger.info("no digest is written: %s", error)
        await trio.sleep(DIGEST_LOOK_S)


def _witness(home: Home, now_ms: Callable[[], int]) -> int:
    """Write what is due as a command would, beside the node; return how many there were."""
    if not any(home.keys.glob("*")):
        return 0
    with open_desk(home, now_ms=now_ms, for_others=True) as desk:
        return len(write_due_digests(desk))
