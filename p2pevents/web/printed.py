"""A programme to print and hang up: one page that holds all it needs, for a browser without net."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import jinja2

from p2pevents.view.entries import Entry
from p2pevents.view.programme import By, Group, programme_by
from p2pevents.view.rows import url_of
from p2pevents.web.papers import paper_of_recap
from p2pevents.web.rows import row_of
from p2pevents.web.templating import environment
from p2pevents.web.words import Words

__all__ = ["printed_page"]


def printed_page(
    entries: Sequence[Entry],
    *,
    title: str,
    words: Words,
    by: By = By.DAY,
    public_url: str = "",
) -> bytes:
    """Return one page of HTML, its style within it, that loads nothing.

    Args:
        entries: in the order that they are to stand in; sessions stand under theirs.
        title: of the page.
        words: the language that it speaks.
        by: how sessions are grouped.
        public_url: where these events are seen; empty where they are not.
    """
    parts = [
        {
            "row": row_of(entry, language=words.tongue),
            "url": url_of(entry, public_url),
            "recaps": [paper_of_recap(each, words.tongue) for each in entry.recaps],
            "groups": [
                {
                    "name": _name(group, by, words),
                    "day": group.day,
                    "rows": [
                        row_of(each, language=words.tongue)
                        # What has no hour yet stands behind what has one.
                        for each in sorted(group.sessions, key=lambda each: not each.span.start)
                    ],
                }
                for group in programme_by(entry, by)
            ],
        }
        for entry in entries
    ]
    text = _template().render(
        t=words,
        title=title,
        parts=parts,
        by=str(by),
        style=(files("p2pevents.web") / "static" / "print.css").read_text("utf-8"),
    )
    return text.encode("utf-8")


def _name(group: Group, by: By, t: Words) -> str:
    if by is By.DAY:
        return t.heading(group.day) if group.day else t.day_open
    return group.name or (t.room_open if by is By.ROOM else t.speaker_open)


@cache
def _template() -> jinja2.Template:
    return environment().get_template("print.html")
