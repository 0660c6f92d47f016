"""Passing by what a search cannot find, before it is decoded: most of what is read of a large log.

Every text of a record stands in its body as one run of UTF-8, so that a word
which is nowhere in these bytes is nowhere in what would be shown of it. What
passes is held against the search as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from p2pevents.log.protocol import Stored
from p2pevents.log.window import is_day, root_of
from p2pevents.record.ids import ChapterId, Path
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query
from p2pevents.view.search import plain

__all__ = ["Sought"]

_AROUND = (Kind.PROFILE.value, Kind.VENUE.value)  # shown with every event of their chapter


class Sought:
    """The words that must stand in an event, its sessions, or what its chapter says around them.

    Args:
        query: a person's, of which words, city and tag are looked at.
    """

    def __init__(self, query: Query) -> None:
        asked = (*plain(query.search).split(), plain(query.city), plain(query.tag))
        self._words = frozenset(each for each in asked if each)
        self._lacking: dict[ChapterId, frozenset[str]] = {}

    def noted(self, standing: Iterable[Stored]) -> Iterator[Stored]:
        """Yield all of these, and note what chapters say around their events."""
        for record in standing:
            if self._words and record.header.kind in _AROUND:
                chapter = record.header.chapter
                lacking = self._lacking.get(chapter, self._words)
                self._lacking[chapter] = _lacking_in(record, lacking)
            yield record

    def candidates(self, gathered: Iterable[Stored]) -> Iterator[Stored]:
        """Yield what belongs to an event in which all words may stand; dates of series always.

        Args:
            gathered: what belongs together follows on each other; after all that was noted.
        """
        if not self._words:
            yield from gathered
            return
        for (chapter, root), group in groupby(gathered, key=_root):
            together = list(group)
            lacking = self._lacking.get(chapter, self._words)
            # Of a date, its series has the words too.
            if not is_day(root[-1]):
                for record in together:
                    lacking = _lacking_in(record, lacking)
            if not lacking or is_day(root[-1]):
                yield from together


def _lacking_in(record: Stored, words: frozenset[str]) -> frozenset[str]:
    """Return those of these words that are nowhere in a record's body."""
    if not words or record.body is None:
        return words
    text = plain(record.body.decode("utf-8", "ignore"))
    return frozenset(word for word in words if word not in text)


def _root(record: Stored) -> tuple[ChapterId, Path]:
    return record.header.chapter, root_of(record.header.path)
