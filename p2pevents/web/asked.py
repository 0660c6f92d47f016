"""What a request asks for: its query read into a question, nothing of it trusted."""

from __future__ import annotations

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
_NAMES: Final = ("chapter", "city", "tag", "language", "q", "from", "to", "past", "mine")


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
        return bool(self.values.keys() - {"past", "mine"})

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

    def but(self, **changes: str) -> str:
        """Return the query of a link that asks for the same with some things otherwise."""
        values = {**self.values, **changes}
        text = urlencode({name: value for name, value in values.items() if value})
        return f"?{text}" if text else ""


def chapter_of(text: str, chapters: tuple[ChapterId, ...]) -> ChapterId | None:
    """Return the one of these chapters that an id names."""
    return next((each for each in chapters if to_text(each) == text), None)
