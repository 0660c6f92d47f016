"""Whether what is shown of a chapter is all of it, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from p2pevents.node.desk import Desk
from p2pevents.record.ids import ChapterId
from p2pevents.view.freshness import Completeness, Freshness, freshness_facts
from p2pevents.words import _

__all__ = [
    "doubts_of",
    "freshness_facts",
    "freshness_of_all",
    "freshness_words",
    "minute_of",
    "whole_line",
]

_WHOLE = (Completeness.COMPLETE, Completeness.NOTHING_PLANNED)


def freshness_of_all(desk: Desk, chapters: Iterable[ChapterId]) -> dict[ChapterId, Freshness]:
    """Return how each of these chapters stands."""
    return {chapter: desk.reader.freshness(chapter) for chapter in chapters}


def freshness_words(found: Freshness) -> str:
    """Return how a chapter stands, in a few words."""
    match found.state:
        case Completeness.COMPLETE:
            return _("complete as of {moment}", moment=minute_of(found.as_of_ms))
        case Completeness.NOTHING_PLANNED:
            return _("nothing planned, as of {moment}", moment=minute_of(found.as_of_ms))
        case Completeness.INCOMPLETE:
            return _(
                "incomplete: {n} of what was known on {moment} lacking",
                n=found.lacking,
                moment=minute_of(found.as_of_ms),
            )
        case Completeness.STALE:
            return _("stale since {moment}", moment=minute_of(found.until_ms))
        case Completeness.UNCHECKED:
            return _("unchecked: no digest of it has come")


def doubts_of(desk: Desk, found: Mapping[ChapterId, Freshness]) -> list[str]:
    """Return a sentence for each chapter of which something lacks, or that is long unheard of."""
    doubts = []
    for chapter, freshness in found.items():
        name = desk.chapter_name(chapter)
        if freshness.state is Completeness.INCOMPLETE:
            doubts.append(
                _(
                    "{name} is {state}: p2pevents sync asks other peers",
                    name=name,
                    state=freshness_words(freshness),
                )
            )
        if freshness.state is Completeness.STALE:
            doubts.append(
                _(
                    "{name} is {state}: nobody has said since what is planned; p2pevents sync",
                    name=name,
                    state=freshness_words(freshness),
                )
            )
    return doubts


def whole_line(found: Sequence[Freshness]) -> str:
    """Return the line below an agenda of which all that is checked is complete; else nothing."""
    moments = [each.as_of_ms for each in found if each.state in _WHOLE and each.as_of_ms]
    if not moments or any(
        each.state in (Completeness.INCOMPLETE, Completeness.STALE) for each in found
    ):
        return ""
    line = _("complete as of {moment}", moment=minute_of(min(moments)))
    unchecked = sum(each.state is Completeness.UNCHECKED for each in found)
    return _("{line}, but for {n} unchecked", line=line, n=unchecked) if unchecked else line


def minute_of(moment_ms: int | None) -> str:
    """Return a moment in this machine's zone, to the minute."""
    if moment_ms is None:
        return _("an unknown time")
    return f"{datetime.fromtimestamp(moment_ms / 1000).astimezone():%Y-%m-%d %H:%M}"
