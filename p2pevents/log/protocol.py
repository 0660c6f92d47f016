"""The log's Protocol: what goes in, what comes back, and what is promised of both.

Promised: what `append` returned for is on the disk. Nothing altered comes
back: every read of a `Stored` or `StoredEntry` computes its hashes again, and
what does not agree is skipped and told by `damage`, so that one flipped bit
hides one record and not the calendar. A log is for one caller at
a time; other processes may have the same store open.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from p2pevents.errors import RecordError
from p2pevents.log.items import (
    Arrival,
    ChapterSize,
    Damage,
    InSet,
    LogStanding,
    Outcome,
    Size,
    Stored,
    StoredEntry,
    Texts,
)
from p2pevents.log.local import LocalState
from p2pevents.log.moments import Moment
from p2pevents.log.window import Change, Window
from p2pevents.record.entry import Entry, unite
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, EntryId, Path, PublicKey, RecordId

if TYPE_CHECKING:
    from p2pevents.log.letters import Letters

__all__ = [
    "BATCH_ITEMS_MAX",
    "INCARNATION_BYTES",
    "Arrival",
    "ChapterSize",
    "Commit",
    "Damage",
    "InSet",
    "Log",
    "LogStanding",
    "Outcome",
    "Size",
    "Stored",
    "StoredEntry",
    "Texts",
    "check_batch",
    "joined",
]

INCARNATION_BYTES: Final = 16
BATCH_ITEMS_MAX: Final = 4096  # of one append: one transaction
PAGE_ITEMS_MAX: Final = 256  # read at a time of what arrived

Commit = Callable[[], None]
"""Commits what stands open, once; raises LogError, each time, where that failed."""


class Log(Protocol):
    """What this node holds: records and charter entries, with where each of them stands.

    All that writes is one transaction and has been committed, to the disk,
    when it returns. Lists come in the order that each method names; where none
    is named, in order of arrival. Reads speak of the set unless they say
    otherwise.

    Raises (every method): LogError where the store cannot do it (no room,
    locked, closed), and then nothing of it was done; LogDamagedError where the
    store's own structure is broken.
    """

    @property
    @abstractmethod
    def incarnation(self) -> bytes:
        """16 random bytes from when the log was made or restored: positions hold within one."""

    @property
    @abstractmethod
    def local(self) -> LocalState:
        """Follows, peers, deliveries, pins and notes."""

    @property
    @abstractmethod
    def letters(self) -> Letters:
        """Letters to organisers, of this node's person and of others."""

    @abstractmethod
    def elsewhere(self) -> AbstractContextManager[Log]:
        """Open the same store to be read by another thread, until it leaves the block.

        It shows what was committed when it is read, and takes what opening a file takes.
        """

    # --- writing -------------------------------------------------------------------------------

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of what is written inside, committed where it ends.

        Where an error leaves it, or the commit fails, nothing of it was done (in memory,
        where no commit fails, what was written stays).
        """
        with self.uncommitted() as commit:
            yield
        commit()

    @abstractmethod
    def uncommitted(self) -> AbstractContextManager[Commit]:
        """As `together`, but leave the commit, and the wait for the disk, to who enters it.

        It is called after the end of the block, on any thread, while the log's caller does
        other things. Whatever he asks the log meanwhile waits for it, or does it there and then,
        so that nobody sees, or is told, what is not on the disk. What is a part of another
        transaction is committed with that.
        """

    @abstractmethod
    def append(self, batch: Sequence[Arrival], *, now_ms: int) -> list[Outcome]:
        """Take a batch in, and return what became of each item, in the batch's order.

        Items are known by id. A known record that came without its body then
        and with it now is completed, unless the body was erased; a known entry
        with other signatures has them replaced. Nothing else about a known
        item changes.

        Args:
            batch: at most 4,096 items.
            now_ms: the time, kept as `since_ms`.
        """

    @abstractmethod
    def move(self, ids: Collection[bytes], *, to: LogStanding, now_ms: int) -> int:
        """Have items stand elsewhere, and return how many moved.

        One that enters the set is given a position, after all others and in
        the order of `ids`; one that leaves loses its own for good.
        """

    @abstractmethod
    def remove(self, ids: Collection[bytes]) -> int:
        """Delete records and entries wherever they stand, and return how many there were."""

    @abstractmethod
    def remove_chapter(self, chapter: ChapterId) -> int:
        """Delete all of a chapter but its follow and pin; return how many items there were."""

    @abstractmethod
    def erase(self, ids: Collection[RecordId]) -> int:
        """Remove bodies for good, keep their headers, and return how many were not yet erased."""

    # --- reading, by name ----------------------------------------------------------------------

    @abstractmethod
    def record(self, record: RecordId) -> Stored | None:
        """Return one record by its id, wherever it stands."""

    @abstractmethod
    def records(self, ids: Collection[RecordId]) -> list[Stored]:
        """Return those of these records that are held, wherever they stand, in the order of ids."""

    @abstractmethod
    def entry(self, entry: EntryId) -> StoredEntry | None:
        """Return one charter entry by its id, wherever it stands."""

    @abstractmethod
    def entries(self, chapter: ChapterId) -> list[StoredEntry]:
        """Return all entries of a chapter, of every branch, wherever they stand, by number."""

    @abstractmethod
    def has(self, ids: Collection[bytes]) -> dict[bytes, LogStanding]:
        """Return, of these records and entries, those that are held and where each stands."""

    @abstractmethod
    def beginning(self, prefixes: Collection[bytes]) -> set[bytes]:
        """Return those of these beginnings of ids with which that of an item held begins.

        Args:
            prefixes: 1 to 32 bytes each.
        """

    @abstractmethod
    def find(self, prefix: str, *, limit: int = 2) -> list[bytes]:
        """Return the ids, of records and entries, whose text begins so, in order of the ids.

        Args:
            prefix: the letter `b` and some of a-z and 2-7; anything else finds nothing.
            limit: the most ids to return; two tell whether a prefix is unique.
        """

    @abstractmethod
    def find_objects(
        self,
        prefix: str,
        *,
        kinds: Collection[str],
        chapter: ChapterId | None = None,
        limit: int = 2,
    ) -> list[ObjectId]:
        """Return objects of these kinds whose path, as text, begins so, in order of the paths."""

    # --- reading, by object --------------------------------------------------------------------

    @abstractmethod
    def versions(self, object_id: ObjectId) -> list[Stored]:
        """Return all versions of one object, by clock and id."""

    @abstractmethod
    def under(self, chapter: ChapterId, path: Path, *, kinds: Collection[str]) -> list[Stored]:
        """Return all versions of the objects of these kinds at a path and beneath it."""

    @abstractmethod
    def of_kinds(
        self, kinds: Collection[str], *, chapter: ChapterId | None = None
    ) -> Iterator[Stored]:
        """Yield all versions of objects of these kinds, each object's together.

        Write nothing before the iterator is exhausted or closed.
        """

    @abstractmethod
    def gathered(
        self,
        first: str,
        last: str,
        *,
        kinds: Collection[str],
        chapters: Collection[ChapterId] | None = None,
    ) -> Iterator[Stored]:
        """Yield all versions of the objects of these kinds that belong to what lies in a window.

        In it lies an object of which any version's start hint, or the day in its path, does: so
        one that was moved out of the window still says so. To what lies there belongs all that
        stands at and beneath its root: the first component of its path, or the first two where
        the second is a day. What has one root comes together, each object's versions too. Write
        nothing before it is exhausted or closed.

        Args:
            first: the first day, `YYYY-MM-DD`.
            last: the last day, within the window.
            kinds: the kinds that are wanted, and asked for their days.
            chapters: the only chapters, where they are given.
        """

    @abstractmethod
    def day_of(self, number: int, *, first: str) -> str | None:
        """Return the start hint of so manieth a record from a day on: how full the days ahead are.

        Whatever its kind, chapter and standing, and as it was written: it may be no day of any
        calendar. None where there are not so many.

        Args:
            number: which, counted from 1.
            first: the first day, `YYYY-MM-DD`.
        """

    @abstractmethod
    def window(self, window: Window, *, after: int) -> list[Change]:
        """Return each author's newest version of the objects that touch a window.

        Args:
            window: the days and kinds that are asked for.
            after: what a reader has seen already: objects of which nothing entered the set
                after this position are left out; 0 for all.

        Returns:
            By position, then by id: one object's versions together.
        """

    # --- reading, by number --------------------------------------------------------------------

    @abstractmethod
    def arrived_since(self, arrival: int, *, limit: int) -> list[Stored | StoredEntry]:
        """Return what arrived after this number, wherever it stands: how a daemon reads on."""

    @abstractmethod
    def entered_since(self, position: int, *, limit: int) -> list[InSet]:
        """Return what entered the set after this position and is still in it, by position."""

    @abstractmethod
    def tip(self) -> tuple[int, int]:
        """Return the last arrival and the last position that were ever given; 0 before any."""

    def moment(self) -> Moment:
        """Return how far the log has come, for `came_after` and `had_come`."""
        return Moment(arrival=self.tip()[0])

    def came_after(self, moment: Moment) -> Iterator[Stored | StoredEntry]:
        """Yield what arrived after a moment, wherever it stands."""
        since = moment.arrival
        while page := self.arrived_since(since, limit=PAGE_ITEMS_MAX):
            since = page[-1].arrival
            yield from page

    def had_come(self, record: Stored, moment: Moment) -> bool:
        """Tell whether a record of this log had arrived by a moment."""
        return record.arrival <= moment.arrival

    @abstractmethod
    def in_set(self, *, chapter: ChapterId | None = None) -> Iterator[InSet]:
        """Yield the set, by position. Write nothing before it is exhausted or closed."""

    @abstractmethod
    def standing(
        self, standing: LogStanding, *, limit: int, chapter: ChapterId | None = None
    ) -> list[Stored | StoredEntry]:
        """Return what stands there, of records and entries, the longest standing first."""

    @abstractmethod
    def missing_bodies(self, *, limit: int) -> list[RecordId]:
        """Return records of the set whose body has not come and is not erased."""

    # --- reading, by word ----------------------------------------------------------------------

    @abstractmethod
    def index(self, *, limit: int) -> int:
        """Read at most so many records into the full-text index; return how many were read.

        The index follows behind, so that taking records in is not slowed: whoever
        runs the node calls this when there is time, until it returns 0. A log that
        was opened without `Texts` has nothing to do.
        """

    @abstractmethod
    def search(
        self,
        words: str,
        *,
        limit: int,
        first: str | None = None,
        chapters: Collection[ChapterId] | None = None,
    ) -> list[Stored]:
        """Return records of the set that have all these words, as far as `index` has come.

        Old versions are found by their old words: whoever shows an object looks
        whether its present text still has them.

        Args:
            words: as a person types them; letter case and accents make no difference, and
                with a `*` at its end the last is the beginning of a word.
            limit: the most records to return.
            first: with a day, what starts then or later, by start; without, the newest
                arrivals first.
            chapters: only these, where given.
        """

    # --- sizes and health ----------------------------------------------------------------------

    @abstractmethod
    def chapters(self) -> list[ChapterSize]:
        """Return every chapter of which anything is held, with what stands in the set."""

    @abstractmethod
    def own_chapters(self) -> set[ChapterId]:
        """Return the chapters of which something that was written on this node is held."""

    @abstractmethod
    def naming(self, keys: Collection[PublicKey], *, kinds: Collection[str]) -> set[ChapterId]:
        """Return the chapters that may give any of these keys something to say.

        They have a key's bytes in a charter entry, or in the body of a record of these kinds.
        """

    @abstractmethod
    def size(
        self,
        chapter: ChapterId,
        author: PublicKey | None = None,
        *,
        standing: LogStanding = LogStanding.IN_SET,
    ) -> Size:
        """Return how much one key has in one chapter, or all its keys together."""

    @abstractmethod
    def total(self, standing: LogStanding = LogStanding.IN_SET) -> Size:
        """Return how much stands there in all, charter entries left out."""

    @abstractmethod
    def changed(self) -> int:
        """Return a number that is another one once another process has committed. Cheap."""

    @abstractmethod
    def damage(self) -> list[Damage]:
        """Return what was found damaged since this log was opened."""

    @abstractmethod
    def repair(self) -> list[Damage]:
        """Delete what `damage` tells of, so that it can be fetched again, and return that."""

    @abstractmethod
    def tidy(self) -> None:
        """Overwrite for good what was erased or deleted, and give its room back.

        Slow where much is held: for quiet times, and once a day is enough.
        """

    @abstractmethod
    def give_back(self) -> None:
        """Give back the memory that only makes reading quicker; it fills again as it is read."""

    @abstractmethod
    def close(self) -> None:
        """Close the store. Closing twice does nothing."""


def check_batch(batch: Sequence[Arrival]) -> None:
    """Refuse a batch that passes the limit.

    Raises:
        ValueError: where it does; whoever made it was to cut it.
    """
    if len(batch) > BATCH_ITEMS_MAX:
        raise ValueError(f"{len(batch)} items in one batch, where {BATCH_ITEMS_MAX} are allowed")


def joined(known: Entry, item: Entry) -> Entry:
    """Return a known entry with the signatures of another copy of it.

    Where the two have more than an entry holds, the later stands alone: whoever
    offered it has dropped the signatures that no rule counts.
    """
    try:
        return unite(known, item)
    except RecordError:
        return item
