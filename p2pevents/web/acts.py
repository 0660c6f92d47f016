"""What an organiser may do on the page with what is shown, and the form of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from p2pevents.errors import StateError
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.entries import Entry
from p2pevents.web.asked import chapter_of
from p2pevents.web.keep import Keep
from p2pevents.web.shelf import Shelf

__all__ = ["NEW_ACTS", "Act", "Task", "acts_of", "new_task"]

_NO_COMPONENT = "new"  # stands for the one that a session is going to have


class Act(StrEnum):
    """What a form does; its address begins with it."""

    NEW = "new"
    SERIES = "series"
    EDIT = "edit"
    ADD = "add"
    SKIP = "skip"
    GO_ON = "from"


NEW_ACTS: Final = (Act.NEW, Act.SERIES)  # of what there is nothing to be seen of yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one form is about.

    Attributes:
        act: what it does.
        chapter: for which chapter.
        found: the object that is changed, or to which a session is added; None of a new event
            or series.
        entry: what is shown of it.
    """

    act: Act
    chapter: ChapterId
    found: ObjectId | None = None
    entry: Entry | None = None

    @property
    def id(self) -> str:
        """The id behind the act in the form's address; empty of a new event or series."""
        return self.entry.id if self.entry else ""

    @property
    def kind(self) -> Kind:
        """The kind of what is written; of what goes on from a date, its series."""
        if self.act is Act.ADD:
            return Kind.SESSION
        if self.act in (Act.GO_ON, Act.SERIES):
            return Kind.SERIES
        return Kind(self.found.kind) if self.found else Kind.EVENT


def acts_of(shelf: Shelf, found: ObjectId) -> tuple[Act, ...]:
    """Return what a key of this home may do with a gathering that is shown.

    Found once until the log changes, and on each day: a leave may end. What is sent is judged by
    what holds then, whatever a page offers.
    """
    kept: Keep = shelf.kept(("acts", shelf.today()), Keep)
    return kept.get(found, lambda: _acts_of(shelf, found))


def _acts_of(shelf: Shelf, found: ObjectId) -> tuple[Act, ...]:
    desk, chapter, path = shelf.desk, found.chapter, found.path
    if chapter not in shelf.mine():
        return ()
    kind = Kind(found.kind)
    is_date = kind is Kind.OCCURRENCE
    acts = {
        Act.EDIT: desk.may_write(chapter, kind, path),
        Act.ADD: kind is not Kind.SESSION
        and desk.may_write(chapter, Kind.SESSION, (*path, _NO_COMPONENT)),
        Act.SKIP: is_date and desk.may_write(chapter, kind, path),
        Act.GO_ON: is_date and desk.may_write(chapter, Kind.SERIES, path[:1]),
    }
    return tuple(act for act, key in acts.items() if key)


def new_task(shelf: Shelf, act: Act, chapter: str) -> Task:
    """Return what the form of an event or a series that is yet to be is about.

    Args:
        shelf: whose chapters.
        act: one of `NEW_ACTS`.
        chapter: for which, by its id.

    Raises:
        StateError: the chapter is none of mine.
    """
    found = chapter_of(chapter, shelf.mine())
    if found is None:
        raise StateError("no key on this home may write for that chapter")
    return Task(act=act, chapter=found)
