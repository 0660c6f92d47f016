"""What a node of a test keeps privately, beside a log in memory: it outlasts the node's lives."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from p2pevents.log.both import BothLogs
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import INCARNATION_BYTES, Log
from p2pevents.node.ingest import Ingest
from p2pevents.node.private_store import PrivateStore
from p2pevents.node.store_cap import SALT_BYTES, StoreCap

__all__ = ["PrivateDisk"]


class PrivateDisk:
    """The place of a private store, and what is in it once there is anything.

    Attributes:
        log: what is kept; None before there is anything.
        salt: as a store's cap has it.
    """

    def __init__(self, *, rng: Random) -> None:
        self.log: MemoryLog | None = None
        self.salt = rng.randbytes(SALT_BYTES)
        self._incarnation = rng.randbytes(INCARNATION_BYTES)

    def beside(self, ingest: Ingest, cap: StoreCap, *, now_ms: Callable[[], int]) -> PrivateStore:
        """Return one life's private store, beside its door and its cap."""
        return PrivateStore(
            ingest,
            cap,
            find=lambda: self.log,
            make=self._made,
            salt=self.salt,
            now_ms=now_ms,
        )

    def with_store(self, store: Log) -> BothLogs:
        """Return a log and this, as their person reads them."""
        return BothLogs(store, open_private=lambda: self.log)

    def copied(self) -> PrivateDisk:
        """Return a copy: what is written to one is not in the other."""
        copy = PrivateDisk(rng=Random(0))
        copy.salt, copy._incarnation = self.salt, self._incarnation
        copy.log = None if self.log is None else self.log.copied(incarnation=self._incarnation)
        return copy

    def _made(self) -> MemoryLog:
        self.log = MemoryLog(incarnation=self._incarnation)
        return self.log
