"""What a person is warned of before they trust what they see of a chapter."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import click

from p2pevents.authority import Floor
from p2pevents.cli.folding import folded
from p2pevents.node.desk import Desk
from p2pevents.record.ids import ChapterId, short
from p2pevents.view.entries import Entry
from p2pevents.words import _, _n

__all__ = ["called_beside", "disputes_noticed", "notices_of", "print_hint", "print_notices"]

_DAY_MS = 24 * 60 * 60 * 1000


def notices_of(desk: Desk, chapters: Collection[ChapterId]) -> list[str]:
    """Return one sentence for each thing about these chapters that a person should know."""
    from p2pevents.node.names import look_alikes

    notices = []
    for chapter in chapters:
        current = desk.reader.showing(chapter)
        if current is None:
            notices.append(
                _("nothing of {chapter} has arrived yet: p2pevents sync", chapter=short(chapter))
            )
            continue
        name = desk.chapter_name(chapter)
        if current.floor is Floor.MISSING:
            notices.append(
                _(
                    "the charter of {chapter} that is here is older than your link: "
                    "nothing of it is shown before p2pevents sync brings the rest",
                    chapter=short(chapter),
                )
            )
        if current.floor is Floor.ELSEWHERE:
            notices.append(
                _(
                    "the link to {name} follows other leads than those that this node knows: "
                    "nothing was switched; ask whoever gave you the link",
                    name=name,
                )
            )
        if current.shown.disputed:
            notices.append(
                _(
                    "the leads of {name} disagree on who leads it: what they had in common is "
                    "shown; p2pevents chapter branches shows both sides",
                    name=name,
                )
            )
        for recovery in current.shown.recoveries:
            days = max(0, -((desk.now_ms() - recovery[1]) // _DAY_MS))
            notices.append(
                _n(
                    "guardians of {name} name new leads: shown within a day unless the leads speak",
                    "guardians of {name} name new leads: shown in {n} days unless the leads speak",
                    max(1, days),
                    name=name,
                )
            )
    notices += [
        _(
            "{name} ({id}) is not {other} ({other_id}), though the names look alike: ask whoever "
            "gave you the link for its words, then tell them apart: p2pevents name {id} NAME",
            name=each.name,
            id=short(each.chapter),
            other=each.other_name,
            other_id=short(each.other),
        )
        for each in look_alikes(desk, chapters)
    ]
    return notices


def called_beside(name: str, claimed: str | None) -> str:
    """Return my own name of a chapter with the claimed one beside it, where these are two."""
    if not claimed or claimed == name:
        return name
    return _("{name} (calls itself {claimed})", name=name, claimed=claimed)


def disputes_noticed(entries: Iterable[Entry]) -> list[str]:
    """Return where to see what organisers disagree on; nothing where they agree."""
    disputed = [entry.id for entry in entries if entry.conflicts]
    if not disputed:
        return []
    said = _("disputed: p2pevents event show {id} shows each one's word", id=disputed[0])
    if more := len(disputed) - 1:
        said = _n("{said} (and of {n} more)", "{said} (and of {n} more)", more, said=said)
    return [said]


def print_notices(notices: Iterable[str]) -> None:
    """Print notices beside what they speak of: on stderr."""
    for notice in notices:
        click.echo(folded(f"p2pevents: {_('note')}: {notice}", under=2, is_error=True), err=True)


def print_hint(hint: str) -> None:
    """Print the way out of something, on stderr."""
    click.echo(folded(f"p2pevents: {_('hint')}: {hint}", under=2, is_error=True), err=True)
