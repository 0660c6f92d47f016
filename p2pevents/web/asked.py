"""What a request asks for: its query read into a question, nothing of it trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from p2pevents.record.ids import ChapterId, to_text
from p2pevents.view.agenda import Query
from p2pevents.view.times import Window, day_named

__all__ = ["AHEAD_DAYS", "BEHIND_DAYS", "TEXT_CHARACTERS_MAX", "Asked", "chapter_of"]

AHEAD_DAYS: Final = 400  # a rule has no end; an agenda has
BEHIND_DAYS: Final = 800
TEXT_CHARACTERS_MAX: Final = 200  # of one thing that is asked for
PAGES_MAX: Final = 9_999  # of one agenda
_NUMBER: Final = re.compile("[1-9][0-9]{0,4}")
_NAMES: Final = (
    *("chapter", "city", "tag", "language", "q", "from", "to"),
    *("past", "mine", "page", "limit"),
)
_NO_FILTERS: Final = frozenset({"past", "mine", "page", "limit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters of a page.

    Attributes:
        values: what was typed, by name, cut to its limit; what was left empty is left out.
    """

    values: Mapping[str, str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        """Return what a query asks for; what it says beside that is passed over."""
        found = {name: query.get(name, "").strip()[:TEXT_CHARACTERS_MAX] for name in _NAMES}
        return cls(values={name: value for name, value in found.items() if value})

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def is_past(self) -> bool:
        """Whether what is over is asked for."""
        return bool(self["past"])

    @property
    def has_filter(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.values.keys() - _NO_FILTERS)

    @property
    def page(self) -> int:
        """Which page of the agenda is asked for, from 1 on."""
        return min(self._number("page") or 1, PAGES_MAX)

    @property
    def limit(self) -> int | None:
        """How many rows are asked for at most; None where nothing was said of it."""
        return self._number("limit")

    def _number(self, name: str) -> int | None:
        return int(self[name]) if _NUMBER.fullmatch(self[name]) else None

    def window(self, today: date) -> Window:
        """Return the days that are asked for."""
        first, last = day_named(self["from"]), day_named(self["to"])
        until = last + timedelta(days=1) if last else None
        if self.is_past:
            return Window(first=first or today - timedelta(days=BEHIND_DAYS), until=until or today)
        first = first or today
        return Window(first=first, until=until or max(first, today) + timedelta(days=AHEAD_DAYS))

    def query(self, window: Window, known: Mapping[str, ChapterId]) -> Query:
        """Return the question.

        Args:
            window: the days.
            known: the chapters that are shown, by id; another one finds nothing.
        """
        chapter = self["chapter"]
        chapters = None
        if chapter:
            chapters = frozenset({known[chapter]} if chapter in known else ())
        return Query(
            window=window,
            chapters=chapters,
            city=self["city"],
            tag=self["tag"],
            language=self["language"],
            search=self["q"],
        )

    def but(self, **changes: object) -> str:
        """Return the query of a link that asks for the same with some things otherwise."""
        values = {**self.values, **{name: str(value) for name, value in changes.items()}}
        text = urlencode({name: value for name, value in values.items() if value})
        return f"?{text}" if text else ""


def chapter_of(text: str, chapters: tuple[ChapterId, ...]) -> ChapterId | None:
    """Return the one of these chapters that an id names."""
    return next((each for each in chapters if to_text(each) == text), None)
