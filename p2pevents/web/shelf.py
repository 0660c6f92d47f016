"""What a page reads of its home: its own way into the log, and what was made of it while it stands.

All of it runs in one worker thread at a time, so that a long agenda never keeps
the node from its peers. What was made of it is kept until the log or what is
followed changes; the calendar, and agendas and feeds of it, while the log grows.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import trio
from babel.dates import LOCALTZ

from p2pevents.errors import P2PEventsError
from p2pevents.log.protocol import Log
from p2pevents.node.desk import Desk
from p2pevents.node.home import Home
from p2pevents.node.keeping import Whole
from p2pevents.node.names import LookAlike, look_alikes
from p2pevents.node.opening import open_log
from p2pevents.node.presence import read_presence
from p2pevents.record.ids import ChapterId
from p2pevents.view.calendar import Calendar
from p2pevents.view.freshness import Freshness
from p2pevents.view.tagged import Tagged
from p2pevents.view.times import Window
from p2pevents.web.agendas import Agendas
from p2pevents.web.behind import read_whole
from p2pevents.web.keep import Keep

if TYPE_CHECKING:
    from p2pevents.view.feed import Feed

__all__ = ["Position", "Shelf"]

CHAPTER_THINGS_MAX: Final = 8_192  # small ones, such as its name; one page may ask for all
FEEDS_MAX: Final = 4  # of which the text of each event is kept
REST: Final = 2.0  # times as long as reading behind the pages took
WAIT_S_MAX: Final = 120.0  # for all of it

_logger = logging.getLogger(__name__)

T = TypeVar("T")
Position = tuple[object, ...]


class Shelf:
    """A home as pages read it.

    Attributes:
        desk: the home's desk, with nothing in memory that the log has left behind; for use
            within `use` alone.
        agendas: what is on; for use within `use` alone.
        feeding: held by whoever makes the text of a feed beside the pages.

    Args:
        home: the home.
        now_ms: the clock, in ms since 1970.
        own: whether only the chapters that I am an organiser of are shown, not what I follow.
    """

    def __init__(self, home: Home, *, now_ms: Callable[[], int], own: bool = False) -> None:
        home.create()
        self._home = home
        self._log: Log = open_log(home, for_others=own)
        self._own = own
        self._one = trio.CapacityLimiter(1)
        self._kept = Keep()
        self._of_chapters = Keep(things_max=CHAPTER_THINGS_MAX)
        self._feeds = Keep(things_max=FEEDS_MAX)
        self.now_ms = now_ms
        self.desk = Desk(home=home, log=self._log, now_ms=now_ms)
        self.agendas = Agendas(self, self._log)
        self.feeding = trio.Lock()
        self._lacks, self._has_read = trio.Event(), trio.Event()
        self._position: Position = self._look()

    async def use(self, work: Callable[[Shelf], T]) -> T:
        """Do something with the shelf in the worker thread, and return what came of it."""
        try:
            return await trio.to_thread.run_sync(partial(self._used, work), limiter=self._one)
        finally:
            if self.agendas.lacking:
                self._lacks.set()

    async def keep_up(self) -> None:
        """Read behind the pages what they keep in memory, until cancelled."""
        self.agendas.reads_behind = True
        while True:
            await self._lacks.wait()
            self._lacks = trio.Event()
            wanted, today = self.agendas.lacking, self.today()
            if not wanted:  # what a page lacked while it was read was read since
                continue
            began_s = trio.current_time()
            read = partial(
                read_whole,
                self._home,
                wanted,
                now_ms=self.now_ms,
                today=today,
                for_others=self._own,
            )
            try:
                whole = await trio.to_thread.run_sync(read, abandon_on_cancel=True)
                await self.use(partial(Shelf.take, whole=whole))
            except P2PEventsError as error:
                _logger.info("what pages keep cannot be read: %s", error)
            self._has_read.set()
            self._has_read = trio.Event()
            # What comes in great numbers is not read again all the time while it does.
            await trio.sleep(REST * (trio.current_time() - began_s))

    async def wait_for_all(self) -> None:
        """Wait for what is being read behind the pages: for whoever needs all of it anyway."""
        with trio.move_on_after(WAIT_S_MAX):
            while True:
                read = self._has_read
                if not await self.use(lambda shelf: shelf.agendas.is_lacking()):
                    return
                await read.wait()

    def take(self, whole: Whole) -> None:
        """Keep what was read behind the pages, in the place of what was made without it."""
        self.agendas.take(whole)
        self._forget()

    def _forget(self) -> None:
        self._kept.clear()
        self._of_chapters.clear()

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def _used(self, work: Callable[[Shelf], T]) -> T:
        self.refresh()
        return work(self)

    def refresh(self) -> Position:
        """Forget what was made before the log or the follows changed; return where they stand."""
        position = self._look()
        if position != self._position:
            self._position = position
            self._forget()
            self.desk = Desk(home=self._home, log=self._log, now_ms=self.now_ms)
        return position

    def _look(self) -> Position:
        follows = tuple((each.chapter, each.floor_seq, each.petname) for each in self.follows())
        return (self._log.tip(), self._log.moment(), self._log.changed(), follows)

    @property
    def mark(self) -> str:
        """A short text that is another one once there may be something new to see."""
        follows = [(each.chapter, each.petname) for each in self.follows()]
        said = repr((self._log.tip(), self._log.moment(), follows)).encode("utf-8")
        return hashlib.sha256(said).hexdigest()[:12]

    # --- what is read --------------------------------------------------------------------------

    def kept(
        self, key: object, make: Callable[[], T], *, size_of: Callable[[T], int] | None = None
    ) -> T:
        """Return what was made under a key since the last change, else make it: see `Keep.get`."""
        return self._kept.get(key, make, size_of=size_of)

    def feed_text(self, key: object, make: Callable[[], Tagged]) -> Tagged:
        """Return a feed that was made under a key since the last change, else make it."""
        return self.kept(key, make, size_of=lambda made: len(made.data))

    def known_text(self, key: object) -> Tagged | None:
        """Return a feed that was made under a key since the last change; None where none was."""
        found: Tagged | None = self._kept.known(key)
        return found

    def follows(self) -> Any:
        """Return what is followed."""
        return self._log.local.follows()

    def chapters(self) -> tuple[ChapterId, ...]:
        """Return the chapters that are shown: those I follow, or those of my own."""
        if self._own:
            return self.mine()
        return self.kept("shown", lambda: tuple(each.chapter for each in self.follows()))

    def known(self) -> tuple[ChapterId, ...]:
        """Return the chapters that have pages: those that are shown, and my own."""
        return tuple(dict.fromkeys((*self.chapters(), *self.mine())))

    def mine(self) -> tuple[ChapterId, ...]:
        """Return the chapters that a key of mine may speak for."""
        return self.kept("mine", lambda: tuple(self.desk.my_chapters()))

    def name(self, chapter: ChapterId) -> str:
        """Return what a chapter is called here; to the public, what it calls itself."""
        return self._of_chapters.get(
            ("name", chapter),
            lambda: (
                self.desk.public_name(chapter) if self._own else self.desk.chapter_name(chapter)
            ),
        )

    def claimed(self, chapter: ChapterId) -> str:
        """Return what a chapter calls itself where that is not its name here; else nothing."""
        claimed = self._of_chapters.get(
            ("claimed", chapter), lambda: self.desk.profile(chapter).name or ""
        )
        return "" if claimed == self.name(chapter) else claimed

    def look_alikes(self) -> list[LookAlike]:
        """Return which chapters that are shown may be taken for another one of them."""
        return self.kept("alike", lambda: look_alikes(self.desk, self.chapters()))

    def freshness(self, chapter: ChapterId) -> Freshness:
        """Return whether what is here of a chapter is all of it."""
        # By the day: what is whole can go stale while nothing changes.
        key = ("freshness", chapter, self.today())
        return self._of_chapters.get(key, lambda: self.agendas.freshness(chapter))

    def calendar(
        self, chapters: Collection[ChapterId] | None = None, *, window: Window | None = None
    ) -> Calendar:
        """Return the calendar of some chapters, all that are shown where left out."""
        return self.agendas.calendar(chapters, window=window)

    def feed(self, key: object, make: Callable[[], Feed]) -> Feed:
        """Return what keeps the texts of a feed while the log grows."""
        return self._feeds.get(key, make)

    def synced_ms(self) -> int | None:
        """Return when this node last compared with a peer; None before."""
        present = read_presence(self._home.folder) or {}
        seen = [each.seen_ms for each in self._log.local.peers() if each.cursor is not None]
        return max(filter(None, [present.get("lastSync_ms"), *seen]), default=None)

    def peers(self) -> int:
        """Return how many peers are connected."""
        return len((read_presence(self._home.folder) or {}).get("peers", ()))

    def addresses(self) -> tuple[str, ...]:
        """Return where this node is reached."""
        return tuple((read_presence(self._home.folder) or {}).get("addresses", ()))

    def today(self) -> date:
        """Return the day on this machine."""
        from datetime import datetime

        return datetime.fromtimestamp(self.now_ms() / 1000, tz=LOCALTZ).date()
