"""Reading what a full store leaves out, once a day, as any light client reads.

What was missed of it while the node was off, and the past of what is followed later, is in no
comparison of a carrier: those leave it out. So a node whose store is full asks two peers now and
then under a name that nobody has met, for the authority and the months that every light client
asks for, into a log that is empty like a new light client's. That it asks, and when, depends on
the store and on chance alone, and what it asks for is the same for everybody: who follows what
shows in none of it. What came is kept until the next time, so that what is followed
meanwhile is taken from there, and nobody is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, closing, suppress
from pathlib import Path
from random import Random, SystemRandom
from typing import Final

import trio

from p2pevents.errors import LogError, NetworkError, P2PEventsError
from p2pevents.log.protocol import Arrival, Log, Outcome
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.store import store_files
from p2pevents.net.network import Network, PeerId
from p2pevents.node.batch import cost_of
from p2pevents.node.config import Config
from p2pevents.node.exchanging import PEERS_WANTED, exchange, known_addresses
from p2pevents.node.private_store import PrivateStore
from p2pevents.record.ids import ChapterId
from p2pevents.record.places import peer_of

__all__ = ["READ_BYTES_MAX", "PrivateReading"]

READ_BYTES_MAX: Final = 64 * 1024 * 1024  # that one reading keeps, as a store's cap counts
READ_S_MAX: Final = 600.0  # for one reading
PLACES_ASKED_MAX: Final = 4  # in one reading, where some do not answer
LOOK_S: Final = 20.0  # how often it is looked at whether something is due
SOON_S: Final = (60.0, 600.0)  # after the start; drawn between the two, as are the others
AGAIN_S: Final = (3_600.0, 7_200.0)  # after a reading by which nothing came
DAY_S: Final = (0.75 * 86_400, 1.25 * 86_400)  # after any other

_logger = logging.getLogger(__name__)


class PrivateReading:
    """Reads for a private store while a node runs."""

    def __init__(
        self,
        private: PrivateStore,
        *,
        path: Path,
        log: Log,
        config: Config,
        peer: PeerId,
        open_network: Callable[[], AbstractAsyncContextManager[Network]],
        now_ms: Callable[[], int],
        rng: Random | None = None,
        bytes_max: int = READ_BYTES_MAX,
    ) -> None:
        """Read nothing yet.

        Args:
            private: what it reads for.
            path: the file of what was read last.
            log: the node's own, which knows where peers are.
            config: what the node is told.
            peer: the node itself, which is not asked.
            open_network: opens a network under a name of its own, on which nobody listens.
            now_ms: the clock, in ms since 1970.
            rng: its chance.
            bytes_max: what one reading keeps.
        """
        self._private = private
        self._path = path
        self._log = log
        self._config = config
        self._peer = peer
        self._open_network = open_network
        self._now_ms = now_ms
        self._rng = rng or SystemRandom()
        self._bytes_max = bytes_max
        self._looked_for: set[ChapterId] = set()  # in what was read last

    async def run(self) -> None:
        """Read whenever it is due, until cancelled."""
        due_s = trio.current_time() + self._rng.uniform(*SOON_S)
        while True:
            if trio.current_time() >= due_s:
                if self._private.is_needed:
                    pause_s = DAY_S if await self.read() else AGAIN_S
                    due_s = trio.current_time() + self._rng.uniform(*pause_s)
                else:  # there is room for all again
                    with suppress(OSError):
                        _remove(self._path)
            await self.take_over()
            await trio.sleep(LOOK_S)

    async def read(self) -> bool:
        """Read what any light client reads, and return whether anything came.

        What cannot be read, or kept, is passed over until the next time.
        """
        path = self._path.with_name(f"{self._path.name}.new")
        has_come = False
        try:
            _remove(path)
            with closing(_ReadLog(path, bytes_max=self._bytes_max)) as into:
                with trio.move_on_after(READ_S_MAX):
                    await self._ask(into)
                has_come = bool(into.chapters())
            if has_come:
                _remove(self._path)
                path.replace(self._path)
                self._looked_for.clear()
        except* (P2PEventsError, OSError) as errors:
            _logger.warning("what the full log leaves out is not read: %s", _first(errors))
        return has_come

    async def _ask(self, into: _ReadLog) -> None:
        """Exchange with known peers until two have answered, or the log takes no more."""
        known = known_addresses(self._config, self._log, rng=self._rng)
        places = [each for each in known if peer_of(each) != str(self._peer)][:PLACES_ASKED_MAX]
        wanted = PEERS_WANTED
        try:
            async with self._open_network() as network:
                while places and wanted > 0:
                    asked, places = places[:wanted], places[wanted:]
                    exchanges = await exchange(
                        into,
                        network,
                        self._config,
                        addresses=asked,
                        is_reader=True,
                        now_ms=self._now_ms,
                        rng=self._rng,
                    )
                    wanted -= sum(each.ended is not None and not each.why for each in exchanges)
        except* (LogError, NetworkError) as errors:  # what had come by then is there
            _logger.warning("not all that the full log leaves out is read: %s", _first(errors))

    async def take_over(self) -> None:
        """Keep privately what was read last of what is followed and left out."""
        try:
            left_out = self._private.left_out()
            self._looked_for &= left_out
            new = left_out - self._looked_for
            if not new or not self._path.exists():
                return
            self._looked_for |= new
            with closing(SqliteLog(self._path)) as read:
                for _ in self._private.take_from(read, new):
                    await trio.lowlevel.checkpoint()
        except (LogError, OSError) as error:
            _logger.warning("what was read is not kept: %s", error)


class _ReadLog(SqliteLog):
    """A log to read into, up to so many bytes; nothing of it has to outlast a crash."""

    def __init__(self, path: Path, *, bytes_max: int) -> None:
        super().__init__(path, synchronous="OFF")
        self._bytes_left = bytes_max

    def append(self, batch: Sequence[Arrival], *, now_ms: int) -> list[Outcome]:
        self._bytes_left -= sum(cost_of(each.item) for each in batch)
        if self._bytes_left < 0:
            raise LogError("as much has come as is read at once")
        return super().append(batch, now_ms=now_ms)


def _remove(path: Path) -> None:
    for file in store_files(path):
        file.unlink(missing_ok=True)


def _first(errors: BaseExceptionGroup[Exception]) -> BaseException:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
