"""What a person is warned of before they trust what they see of a chapter."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import click

from p2pevents.authority import Floor
from p2pevents.node.desk import Desk
from p2pevents.node.names import look_alikes
from p2pevents.record.ids import ChapterId, short
from p2pevents.view.entries import Entry

__all__ = ["disputes_noticed", "notices_of", "print_notices"]

_DAY_MS = 24 * 60 * 60 * 1000


def notices_of(desk: Desk, chapters: Collection[ChapterId]) -> list[str]:
    """Return one sentence for each thing about these chapters that a person should know."""
    notices = []
    for chapter in chapters:
        current = desk.reader.showing(chapter)
        if current is None:
            notices.append(f"nothing of {short(chapter)} has arrived yet: p2pevents sync")
            continue
        name = desk.chapter_name(chapter)
        if current.floor is Floor.MISSING:
            notices.append(
                f"the charter of {short(chapter)} that is here is older than your link: "
                "nothing of it is shown before p2pevents sync brings the rest"
            )
        if current.floor is Floor.ELSEWHERE:
            notices.append(
                f"the link to {name} follows other leads than those that this node knows: "
                "nothing was switched; ask whoever gave you the link"
            )
        if current.shown.disputed:
            notices.append(
                f"the leads of {name} disagree on who leads it: what they had in common is shown; "
                "p2pevents chapter branches shows both sides"
            )
        for _, due_ms in current.shown.recoveries:
            days = max(0, -((desk.now_ms() - due_ms) // _DAY_MS))
            soon = "within a day" if days <= 1 else f"in {days} days"
            notices.append(
                f"guardians of {name} name new leads: shown {soon} unless the leads speak"
            )
    notices += [
        f"{each.name} ({short(each.chapter)}) is not {each.other_name} ({short(each.other)}), "
        "though the names look alike: ask whoever gave you the link for its words, "
        f"then tell them apart: p2pevents name {short(each.chapter)} NAME"
        for each in look_alikes(desk, chapters)
    ]
    return notices


def disputes_noticed(entries: Iterable[Entry]) -> list[str]:
    """Return where to see what organisers disagree on; nothing where they agree."""
    disputed = [entry.id for entry in entries if entry.conflicts]
    if not disputed:
        return []
    more = f" (and of {len(disputed) - 1} more)" if len(disputed) > 1 else ""
    return [f"disputed: p2pevents event show {disputed[0]} shows each one's word{more}"]


def print_notices(notices: Iterable[str]) -> None:
    """Print notices beside what they speak of: on stderr."""
    for notice in notices:
        click.echo(f"p2pevents: note: {notice}", err=True)
