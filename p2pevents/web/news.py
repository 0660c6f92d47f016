"""What changed since a home's own person last looked at the page of changes.

The page keeps a mark of its own in the log's local state, beside that of
`p2pevents changes`: to look at one leaves the other as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from p2pevents.log.moments import MOMENT_BYTES, Moment
from p2pevents.log.notes import read_note
from p2pevents.node.looking import ahead, changes_since
from p2pevents.record.ids import ChapterId
from p2pevents.view.changes import Change, changes_between
from p2pevents.view.entries import Entry
from p2pevents.web.shelf import Shelf

__all__ = ["NOTHING", "Look", "News", "news_of", "parts_of", "settle", "told_before"]

_NOTE: Final = "changes-seen-page"
_NUMBER_BYTES: Final = 8
_HEAD_BYTES: Final = 2 * MOMENT_BYTES + _NUMBER_BYTES
_ID_BYTES: Final = 32
CHAPTERS_MAX: Final = 10_000  # of which it is kept that they were followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When a person last looked, and how far they had seen then.

    Attributes:
        before: what had arrived before what was told by then.
        seen: what had arrived of which was told.
        looked_ms: when, in ms since 1970.
        chapters: what was followed then. Of a chapter that is followed since, nothing is old yet.
    """

    before: Moment
    seen: Moment
    looked_ms: int
    chapters: frozenset[ChapterId]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What changed since the last look.

    Attributes:
        look: that look; None where there was none yet, and so nothing is old.
        changes: in order of time.
        marks: the change of each event, date and session that changed, by chapter and id.
    """

    look: Look | None = None
    changes: tuple[Change, ...] = ()
    marks: Mapping[tuple[ChapterId, str], Change] = field(default_factory=dict)

    def of(self, entry: Entry) -> Change | None:
        """Return how an entry changed; None where it did not."""
        return self.marks.get((entry.chapter.id, entry.id))


NOTHING: Final = News()


def news_of(shelf: Shelf) -> News:
    """Return what changed since the last look, as far as it is of days to come."""
    look = read_note(shelf.desk.log.local, _NOTE, _read)
    if look is None:
        return NOTHING
    return shelf.kept(("news", look, shelf.today()), lambda: _news(shelf, look))


def told_before(shelf: Shelf, look: Look) -> list[Change]:
    """Return what the last look told of."""
    return _changes(shelf, look, since=look.before, until=look.seen)


def settle(shelf: Shelf, news: News) -> None:
    """Take what is shown now for seen. What was told last stays until something else is."""
    look, tip = news.look, shelf.desk.log.moment()
    before = tip if look is None else look.seen if news.changes else look.before
    looked = shelf.now_ms().to_bytes(_NUMBER_BYTES, "big")
    note = before.encode() + tip.encode() + looked
    chapters = b"".join(shelf.chapters()[:CHAPTERS_MAX])
    shelf.desk.log.local.set_note(_NOTE, note + chapters)


def parts_of(change: Change) -> Sequence[Change]:
    """Return what changed of the sessions of an entry that was there before."""
    if change.before is None or change.before is change.entry:
        return ()
    return changes_between(change.before.sessions, change.entry.sessions)


def _news(shelf: Shelf, look: Look) -> News:
    changes = tuple(_changes(shelf, look, since=look.seen))
    return News(look=look, changes=changes, marks=dict(_marks(changes)))


def _changes(
    shelf: Shelf, look: Look, *, since: Moment, until: Moment | None = None
) -> list[Change]:
    chapters = [each for each in shelf.chapters() if each in look.chapters]
    desk, window = shelf.desk, ahead(shelf.today())
    return changes_since(desk.log, desk.reader, chapters, since, window=window, until=until)


def _marks(changes: Sequence[Change]) -> Iterator[tuple[tuple[ChapterId, str], Change]]:
    for change in changes:
        for each in (change, *parts_of(change)):
            yield (each.entry.chapter.id, each.entry.id), each


def _read(note: bytes) -> Look:
    """Return a look: two moments, a number, then the ids of chapters."""
    head, chapters = note[:_HEAD_BYTES], note[_HEAD_BYTES:]
    if len(head) != _HEAD_BYTES or len(chapters) % _ID_BYTES:
        raise ValueError("not two moments, a number and ids")
    return Look(
        before=Moment.decode(head[:MOMENT_BYTES]),
        seen=Moment.decode(head[MOMENT_BYTES : 2 * MOMENT_BYTES]),
        looked_ms=int.from_bytes(head[2 * MOMENT_BYTES :], "big"),
        chapters=frozenset(
            ChapterId(chapters[start : start + _ID_BYTES])
            for start in range(0, len(chapters), _ID_BYTES)
        ),
    )
