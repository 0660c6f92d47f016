"""One node of a simulation: what outlives its crashes, and what a test does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Final

from p2pevents.errors import StateError
from p2pevents.log.both import BothLogs
from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import INCARNATION_BYTES
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.kinds import Kind
from p2pevents.testing.connection import Stream
from p2pevents.testing.life import Life
from p2pevents.testing.organiser import Organiser
from p2pevents.testing.private_disk import PrivateDisk
from p2pevents.testing.stream_end import StreamEnd

if TYPE_CHECKING:
    from p2pevents.sync.effects import Ended, Outcome
    from p2pevents.testing.wire import Wire

__all__ = ["SimulatedNode", "address_of"]


_PUT_OFF: Final = frozenset({"full-later", "stream-ended"})


def address_of(name: str) -> str:
    """Return where a node of this name listens."""
    return f"/simulated/{name}/p2p/{name}"


class SimulatedNode:
    """A node: its log, its person, its clock, and its life while it runs.

    Attributes:
        name: its name on the network.
        log: what is on its disk.
        private: what is kept there beside the log.
        store_bytes_max: what the log may hold before whole chapters leave it; None for no limit.
        organiser: the person whose node it is, with keys of their own.
        peers: addresses that it is told to dial.
        is_reader: a light client.
        is_honest: it runs this project's code, unaltered.
        clock_off_ms: how far its clock is ahead of the true time.
        life: what is in memory; None while it does not run.
        acknowledged: what was written here: each was on the disk when its author was told so.
        blamed: whom it blamed, and why.
        outcomes: how the last comparison with each peer came out that was neither put off nor
            cut off.
        had: of a node with a small store, by chapter that it follows: all that it ever had.
        has_read: it has read what its store leaves out, in this life of its log.
    """

    is_honest = True

    def __init__(
        self,
        name: str,
        *,
        wire: Wire,
        rng: Random,
        tell: Callable[[str, str], None],
        peers: tuple[str, ...] = (),
        is_reader: bool = False,
        outbound_peers: int = 8,
        pause_s: int = 60,
        store_bytes_max: int | None = None,
    ) -> None:
        self.name = name
        self.wire = wire
        self.rng = rng
        self.log = MemoryLog(incarnation=rng.randbytes(INCARNATION_BYTES))
        self.organiser = Organiser(rng=Random(rng.getrandbits(64)))
        self.private = PrivateDisk(rng=Random(f"private {name}"))
        self.store_bytes_max = store_bytes_max
        self.peers = peers
        self.is_reader = is_reader
        self.clock_off_ms = 0
        self.life: Life | None = None
        self.acknowledged: dict[bytes, Verified] = {}
        self.blamed: list[tuple[str, str]] = []
        self.outcomes: dict[str, Outcome] = {}
        self.had: dict[ChapterId, set[bytes]] = {}
        self.has_read = False
        self._tell = tell
        self._outbound_peers = outbound_peers
        self._pause_s = pause_s
        self._copy: tuple[MemoryLog, PrivateDisk] | None = None

    @property
    def both(self) -> BothLogs:
        """The log and what is kept privately beside it, as its person reads them."""
        return self.private.with_store(self.log)

    # --- lives ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Run, with the log as it is on the disk."""
        if self.life is None:
            self.life = Life(
                self,
                self.wire,
                rng=Random(self.rng.getrandbits(64)),
                outbound_peers=self._outbound_peers,
                pause_s=self._pause_s,
            )
            self.note("starts")
            self.life.start()

    def crash(self, *, power_cut: bool = False) -> None:
        """End at once. With a power cut nobody is told that the connections are gone."""
        life, self.life = self.life, None
        if life is None:
            return
        self.note("loses power" if power_cut else "is killed")
        self.remember()
        life.is_over = True
        for connection in list(life.links.values()):
            if power_cut:
                self.wire.stall(connection)
            else:
                self.wire.hang_up(connection, life)

    def copy_log(self) -> None:
        """Keep a copy of the log as it is now, as a person does who is careful."""
        self._copy = self.log.copied(incarnation=self.log.incarnation), self.private.copied()
        self.note("copies its log")

    def restore(self) -> None:
        """Lose the disk, and put the last copy in its place: a new incarnation of the log.

        Raises:
            StateError: there is no copy.
        """
        if self._copy is None:
            raise StateError(f"{self.name} has no copy of its log")
        self.crash()
        log, private = self._copy
        self.log = log.copied(incarnation=self.rng.randbytes(INCARNATION_BYTES))
        self.private = private.copied()
        self.had.clear()
        self.has_read = False
        self.note("restores an old copy")

    def set_clock(self, off_ms: int) -> None:
        """Set the clock, to be so far ahead of the true time, or behind."""
        self.clock_off_ms = off_ms
        self.note(f"sets its clock {off_ms / 1000:+.0f} s off")

    def stream_end(self, life: Life, stream: Stream) -> StreamEnd:
        """Return this node's end of a stream."""
        return StreamEnd(life, stream)

    # --- what people do ------------------------------------------------------------------------

    def follow(self, chapter: ChapterId) -> None:
        """Follow a chapter; nobody else can tell, and so the trace does not."""
        now_ms = self.wire.time.now_ms
        self.log.local.set_follow(Follow(chapter=chapter, petname="", since_ms=now_ms))

    def unfollow(self, chapter: ChapterId) -> None:
        """Follow a chapter no more."""
        self.log.local.unfollow(chapter)
        self.had.pop(chapter, None)

    def remember(self) -> None:
        """Take in what its person can read now of what they follow, to be asked for it later."""
        if self.store_bytes_max is None:
            return
        both = self.both
        for each in self.log.local.follows():
            held = self.had.setdefault(each.chapter, set())
            held.update(item.id for item in both.in_set(chapter=each.chapter))

    def found(self, name: str) -> ChapterId:
        """Found a chapter, and return its id."""
        life = self._running()
        chapter = self.organiser.found(life.ingest, name, now_ms=life.now_ms())
        self.note(f"founds {name}")
        life.grown()
        return chapter

    def add(self, chapter: ChapterId, title: str, start: str, **changes: Any) -> Verified:
        """Announce an event of a chapter, and return the record that says so.

        Args:
            chapter: whose lead or delegate this node's person is.
            title: what it is called.
            start: local time in Paris, `YYYY-MM-DDTHH:MM:SS`.
            changes: further fields, as `record.draft.compose` takes them.
        """
        when = {"start": start, "timeZone": "Europe/Paris"}
        return self.write(
            lambda life: self.organiser.add(
                life.ingest,
                chapter,
                {"title": title, "when": when, **changes},
                now_ms=life.now_ms(),
            )
        )

    def edit(self, record: Verified, changes: Mapping[str, Any]) -> Verified:
        """Write the next version of what a record is a version of."""
        object_id = record.header.object_id
        return self.write(
            lambda life: self.organiser.write(
                life.ingest,
                object_id.chapter,
                Kind(object_id.kind),
                object_id.path,
                changes,
                now_ms=life.now_ms(),
            )
        )

    def digest(self, chapter: ChapterId) -> Verified:
        """Say what is planned in a chapter, as far as this node knows."""
        return self.write(
            lambda life: self.organiser.digest(life.ingest, chapter, now_ms=life.now_ms())
        )

    def write(self, act: Callable[[Life], Verified]) -> Verified:
        """Write one record as the person at this node, and remember that it was acknowledged."""
        life = self._running()
        record = act(life)
        self.acknowledged[record.id] = record
        self.note(f"writes {record.header.kind} {to_text(record.id)[:8]}")
        life.grown()
        return record

    def _running(self) -> Life:
        if self.life is None:
            raise StateError(f"{self.name} does not run")
        return self.life

    # --- what is told --------------------------------------------------------------------------

    def note(self, what: str) -> None:
        """Tell the trace what happened here."""
        self._tell(self.name, what)

    def compared(self, peer: str, ended: Ended, why: str) -> None:
        """Take in how a comparison came out."""
        if ended.why not in _PUT_OFF:
            self.outcomes[peer] = ended.outcome
        self.note(
            f"compared with {peer}: {ended.outcome.value}, {ended.new} new"
            + (f" ({why})" if why else "")
        )

    def blames(self, peer: str, why: str) -> None:
        """Take in that this node blamed a peer."""
        self.blamed.append((peer, why))
        self.note(f"blames {peer}: {why}")
