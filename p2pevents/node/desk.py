"""The organiser's and the attendee's desk: what commands do with a home, daemon or not.

Writes to the local log through the one door; a running node notices and
announces. Loads neither trio nor libp2p, and what writes only where something is
written: most commands only read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from p2pevents.authority import Authority, Shown
from p2pevents.errors import LogDamagedError, StateError
from p2pevents.log.local import Delivery, Follow
from p2pevents.log.protocol import Log
from p2pevents.node.bell import ring
from p2pevents.node.charters import Charters
from p2pevents.node.home import Home
from p2pevents.node.meant import find_chapter, find_object, own_chapter, way_in
from p2pevents.node.opening import open_log
from p2pevents.node.reading import Reader
from p2pevents.node.showing import pin_on, showing
from p2pevents.node.speakers import leave_of, speakers, tips_of
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import (
    COMPONENT_RANDOM_BYTES,
    ChapterId,
    Path,
    PublicKey,
    RecordId,
    component_of,
    path_text,
    short,
)
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind, Profile
from p2pevents.record.merge import MergedObject

if TYPE_CHECKING:
    from p2pevents.keys.keyring import Keyring
    from p2pevents.node.ingest import Finding, Ingest
    from p2pevents.node.safe import Asking, Safe
    from p2pevents.record.link import Link

__all__ = ["PROFILE_PATH", "Change", "Desk", "open_desk"]

PROFILE_PATH: Final[Path] = ("profile",)
_SALT_BYTES: Final = 16
_MY_KEY_NOTE: Final = "my-key"


class Change(Struct, frozen=True, kw_only=True):
    """What one version of an object is to say.

    Attributes:
        kind, path: the object.
        changes: as `record.draft.compose` takes them.
        author: the key of mine that writes it; None for the first that may.
        day: the day of what it is about, where it has none of its own.
    """

    kind: Kind
    path: Path
    changes: Mapping[str, Any]
    author: PublicKey | None = None
    day: str | None = None


class Desk:
    """One home, opened by one command.

    Attributes:
        home: the folder and its files.
        log: its log.
        charters: who may speak.
        reader: what it shows.
        now_ms: the clock, in ms since 1970.
    """

    def __init__(
        self,
        *,
        home: Home,
        log: Log,
        now_ms: Callable[[], int],
        asking: Asking | None = None,
    ) -> None:
        self.home = home
        self.log = log
        self.charters = Charters(log)
        self.reader = Reader(log, self.charters, now_ms=now_ms)
        self.now_ms = now_ms
        self._asking = asking

    @cached_property
    def ingest(self) -> Ingest:
        """The door to the log."""
        from p2pevents.node.ingest import Ingest

        return Ingest(self.log, charters=self.charters)

    @cached_property
    def safe(self) -> Safe:
        """The home's keys, opened as they are needed."""
        from p2pevents.node.safe import Safe

        home = self.home
        return Safe(home.keys, home=home.folder, now_ms=self.now_ms, asking=self._asking)

    @property
    def keyring(self) -> Keyring:
        """The home's keys."""
        return self.safe.keyring

    # --- who I am ------------------------------------------------------------------------------

    def my_keys(self) -> tuple[PublicKey, ...]:
        """Return my daily keys."""
        return tuple(stored.public for stored in self.keyring.list())

    def my_key(self) -> PublicKey:
        """Return my daily key, made at the first time; of several, the one made last."""
        keys = self.my_keys()
        last = self.log.local.note(_MY_KEY_NOTE)
        if last in keys:
            return PublicKey(last)
        return keys[0] if keys else self.new_key()

    def new_key(self) -> PublicKey:
        """Make one more daily key; from now on it is the one that is handed out.

        Raises:
            KeyFileError: it cannot be written.
        """
        key = self.safe.create()
        self.log.local.set_note(_MY_KEY_NOTE, key)
        return key

    def may_write(self, chapter: ChapterId, kind: Kind, path: Path) -> PublicKey | None:
        """Return a key of mine that may write this in a chapter."""
        return next((key for key in self.my_keys() if self.leave(key, chapter, kind, path)), None)

    def my_chapters(self) -> list[ChapterId]:
        """Return the chapters where a key of mine is a lead's or holds a grant."""
        keys = set(self.my_keys())
        return [
            each
            for each in self._chapters_naming(keys)
            if keys & speakers(self.authority(each), tips_of(self.shown(each)))
        ]

    def chapters_apart(self) -> list[ChapterId]:
        """Return the chapters where a key of mine may write on a branch that is not shown here."""
        keys = set(self.my_keys())
        found = []
        for each in self._chapters_naming(keys):
            shown = self.shown(each)
            if keys & speakers(self.authority(each), (*shown.disputed, *shown.rivals)):
                found.append(each)
        return found

    def _chapters_naming(self, keys: Collection[PublicKey]) -> list[ChapterId]:
        """Return those of the chapters here whose charter or grants name any of these keys.

        No others are judged: a log may hold a thousand chapters, of which I speak for one.
        """
        named = self.log.naming(keys, kinds=AUTHORITY_KINDS)
        return [each for each in sorted(named) if self.charters.of(each) is not None]

    def chapter(self, wanted: str | None) -> ChapterId:
        """Return the chapter that an organiser's command is about, as `meant.own_chapter`."""
        return own_chapter(self, wanted)

    def find_chapter(self, wanted: str, *, among: Sequence[ChapterId]) -> ChapterId:
        """Return the one of these chapters that is meant, as `meant.find_chapter`."""
        return find_chapter(self, wanted, among=among)

    # --- chapters ------------------------------------------------------------------------------

    def chapters(self) -> list[ChapterId]:
        """Return the chapters of which the genesis is here."""
        held = (each.chapter for each in self.log.chapters())
        return [each for each in held if self.charters.of(each) is not None]

    def authority(self, chapter: ChapterId) -> Authority:
        """Return who may speak for a chapter.

        Raises:
            StateError: its charter has not come yet.
        """
        authority = self.charters.of(chapter)
        if authority is None:
            raise StateError(
                f"nothing of chapter {short(chapter)} has arrived yet",
                hint="p2pevents sync fetches it; p2pevents status tells whom this node reaches",
            )
        return authority

    def shown(self, chapter: ChapterId) -> Shown:
        """Return what is shown of a chapter's charter; what it shows is accepted from then on.

        Raises:
            StateError: its charter has not come yet.
        """
        authority, now_ms = self.authority(chapter), self.now_ms()
        pin_on(self.log, authority, now_ms=now_ms)
        return showing(self.log, authority, now_ms=now_ms).shown

    def profile(self, chapter: ChapterId) -> Profile:
        """Return what a chapter says of itself; empty where nothing has come."""
        merged = self.object(ObjectId(chapter=chapter, kind=Kind.PROFILE.value, path=PROFILE_PATH))
        shown = merged.shown if merged else None
        return shown if isinstance(shown, Profile) else Profile()

    def chapter_name(self, chapter: ChapterId) -> str:
        """Return what a chapter is called here: my own name for it, else its own, else its id."""
        follow = self._follow(chapter)
        return (follow.petname if follow else "") or self.profile(chapter).name or short(chapter)

    def public_name(self, chapter: ChapterId) -> str:
        """Return what a chapter calls itself, else its id: what may leave this home."""
        return self.profile(chapter).name or short(chapter)

    def link(self, chapter: ChapterId, *, at: Sequence[str] = ()) -> Link:
        """Return the link that brings others to a chapter."""
        from p2pevents.record.link import Link

        authority = self.authority(chapter)
        tip = self.shown(chapter).tip
        number = authority.chain[tip].snapshot.seq
        return Link(
            chapter=chapter,
            at=tuple(at),
            name=self.profile(chapter).name or "",
            check=(number, tip),
        )

    # --- following -----------------------------------------------------------------------------

    def follow(self, link: Link, *, petname: str = "") -> bool:
        """Follow a chapter; its addresses join the book. Tells whether it is new.

        Args:
            link: what brings here.
            petname: what I call it; empty leaves that as it is.
        """
        from p2pevents.node.following import follow

        is_new = follow(self.log.local, link, petname=petname, now_ms=self.now_ms())
        if self.charters.of(link.chapter) is not None:
            self.shown(link.chapter)  # accepted from now on
        return is_new

    def followed(self) -> list[Follow]:
        """Return what I follow, the oldest first."""
        return self.log.local.follows()

    def _follow(self, chapter: ChapterId) -> Follow | None:
        return self.log.local.following(chapter)

    # --- objects -------------------------------------------------------------------------------

    def object(self, object_id: ObjectId) -> MergedObject | None:
        """Return an object as it stands; None where nothing of it is here."""
        return self.reader.object(object_id)

    def find_object(
        self, wanted: str, *, kinds: Collection[Kind], chapter: ChapterId | None = None
    ) -> ObjectId:
        """Return the object that is meant, as `meant.find_object`."""
        return find_object(self.log, wanted, kinds=kinds, chapter=chapter)

    def new_path(self) -> Path:
        """Return the path of an object that does not exist yet."""
        return (component_of(os.urandom(COMPONENT_RANDOM_BYTES)),)

    def write(self, chapter: ChapterId, changes: Sequence[Change]) -> list[Verified]:
        """Write versions of objects, all of them or none; they wait to be announced.

        Raises:
            DraftError: the words do not make a record.
            StateError: no key of mine may write this.
            LogError: nothing was written.
        """
        sealed = [self._sealed(chapter, change) for change in changes]
        self.offer([(record.envelope, record.body) for record in sealed])
        return sealed

    def delivery(self, records: Collection[RecordId]) -> dict[bytes, Delivery]:
        """Return how far own records have gone out."""
        return self.log.local.deliveries(records)

    def _sealed(self, chapter: ChapterId, change: Change) -> Verified:
        author = change.author or self.may_write(chapter, change.kind, change.path)
        if author is None:
            raise StateError(
                f"no key on this home may write {change.kind.value} {path_text(change.path)} "
                f"for {self.chapter_name(chapter)}",
                hint=way_in(
                    self,
                    "ask an organiser of the chapter for a grant; p2pevents me shows your key",
                    chapter=chapter,
                ),
            )
        from p2pevents.record.draft.compose import compose

        object_id = ObjectId(chapter=chapter, kind=change.kind.value, path=change.path)
        header, body = compose(
            object_id=object_id,
            changes=change.changes,
            in_view=self.log.versions(object_id),
            author=author,
            authority=self.leave(author, chapter, change.kind, change.path) or RecordId(b""),
            now_ms=self.now_ms(),
            salt=os.urandom(_SALT_BYTES),
            day=change.day,
        )
        return seal(header, body, seed=self.safe.secret(author).reveal())

    def leave(self, key: PublicKey, chapter: ChapterId, kind: Kind, path: Path) -> RecordId | None:
        """Return the entry or grant by which a key may write this now; None where it may not."""
        authority = self.charters.of(chapter)
        if authority is None:
            return None
        tips = tips_of(self.shown(chapter))
        return leave_of(authority, tips, key, kind=kind, path=path, now_ms=self.now_ms())

    def offer(self, items: Sequence[tuple[bytes, bytes | None]]) -> list[Finding]:
        """Offer what was written here at the one door; it waits to be announced.

        Raises:
            StateError: it was not taken, and why.
            LogDamagedError: what was read for it was not all as it was written.
            LogError: nothing was written.
        """
        from p2pevents.node.ingest import Why

        if damage := self.log.damage():
            # Whoever writes now may not have seen their own last word, and would take it back.
            raise LogDamagedError(
                f"{self.home.log}: {len(damage)} of the records in it are damaged: "
                "nothing was written",
                hint="p2pevents doctor --repair removes them, and peers bring them again",
            )
        findings = self.ingest.offer(items, now_ms=self.now_ms(), own=True)
        for finding in findings:
            if finding.why is Why.CLOSED:
                raise StateError(
                    "the chapter or your key is at its limit here: nothing more is taken",
                    hint="p2pevents status tells how much there is",
                )
            if finding.why not in {Why.NEW, Why.KNOWN, Why.COMPLETED}:
                raise StateError(f"the record was not taken: {finding.why.value} {finding.detail}")
        ring(self.home.folder)
        return findings


@contextmanager
def open_desk(
    home: Home,
    *,
    now_ms: Callable[[], int],
    asking: Asking | None = None,
    is_damaged: bool = False,
    for_others: bool = False,
) -> Iterator[Desk]:
    """Open a home for one command, made at the first time.

    Args:
        home: the folder and its files.
        now_ms: the clock, in ms since 1970.
        asking: what asks for passphrases; None where nobody is asked.
        is_damaged: that its log cannot be used, and what can be read of it is put into memory:
            to be looked at, since nothing that is written there stays.
        for_others: that nobody reads what is made here but others: `open_log`.

    Raises:
        StateError, LogError: the home or its log cannot be opened.
    """
    home.create()
    log: Log = (
        _readable(home, now_ms=now_ms()) if is_damaged else open_log(home, for_others=for_others)
    )
    try:
        yield Desk(home=home, log=log, now_ms=now_ms, asking=asking)
    finally:
        log.close()


def _readable(home: Home, *, now_ms: int) -> Log:
    """Return a log in memory with all that can be read of a damaged one."""
    from p2pevents.log.memory import MemoryLog
    from p2pevents.log.protocol import INCARNATION_BYTES
    from p2pevents.node.doctor.rebuilding import take_over

    log = MemoryLog(incarnation=bytes(INCARNATION_BYTES))
    take_over(home.log, log, now_ms=now_ms)
    return log
