"""`p2pevents pairings`: rounds in which people meet one by one, to print or to read out."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from p2pevents.cli.files import read_short
from p2pevents.cli.gatherings import CHAPTER, entry_at, find
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import DraftError, InputError
from p2pevents.record.draft import read
from p2pevents.view.entries import Entry
from p2pevents.view.pairings import PEOPLE_MAX, Round, rounds_of, rounds_possible
from p2pevents.words import _, _n

__all__ = ["command"]

MINUTES_MAX: Final = 120
FILE_BYTES_MAX: Final = 256 * 1024


@click.command(
    cls=Command,
    reads=True,
    epilog="Example: p2pevents pairings --event k3x7 --rounds 5 --minutes 10 --people names.txt",
)
@click.option("--event", "event_id", metavar="ID", help="Of this event; its people, if none given.")
@click.option("--rounds", type=click.IntRange(min=1), required=True, help="How many rounds.")
@click.option(
    "--minutes", type=click.IntRange(1, MINUTES_MAX), default=10, help="Of a round; 10 if left out."
)
@click.option(
    "--people",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A name a line.",
)
@click.option("--person", multiple=True, metavar="NAME", help="One person; may be given often.")
@click.option("--start", metavar="TIME", help="When the first round begins, such as 19:30.")
@CHAPTER
@pass_settings
def command(
    settings: Settings,
    /,
    *,
    event_id: str | None,
    rounds: int,
    minutes: int,
    people: Path | None,
    person: tuple[str, ...],
    start: str | None,
    chapter: str | None,
) -> None:
    """Have everybody meet somebody new each round: no two people meet twice.

    With an odd number of people one sits out each round, nobody twice before all have.
    """
    entry = None
    if event_id is not None:
        with desk_of(settings) as desk:
            entry = entry_at(desk, find(desk, event_id, chapter))
    named = _names([*person, *(_lines(people) if people else ())])
    named = named or _participants(entry)
    if len(named) < 2:
        raise InputError(
            f"{len(named)} people are named, and a meeting takes two",
            hint="name them: --person Ada --person Bob, or a file with a name a line: --people",
        )
    if len(named) > PEOPLE_MAX:
        raise InputError(f"{len(named)} people, where {PEOPLE_MAX} are allowed")
    possible = rounds_possible(len(named))
    if rounds > possible:
        raise InputError(
            f"{rounds} rounds: {len(named)} people have met each other after {possible}",
            hint=f"--rounds {possible} is the most without a repeat",
        )
    begins = _start(start, entry)
    found = rounds_of(named, rounds)
    if settings.json:
        settings.print_json(_facts(found, minutes, begins))
    else:
        _print(found, minutes, begins)


def _lines(file: Path) -> list[str]:
    data = read_short(file, bytes_max=FILE_BYTES_MAX)
    try:
        return [line for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8 text", hint="save it as UTF-8") from None


def _names(texts: list[str]) -> list[str]:
    """Return clean names in the order in which they were given; none may be there twice."""
    named = [read.line("people", text) for text in texts]
    again = sorted({name for name in named if named.count(name) > 1}) if len(named) < 5000 else []
    if again:
        raise InputError(
            f"people: {again[0]} is named twice", hint="add what tells them apart: Ada L., Ada B."
        )
    return named


def _participants(entry: Entry | None) -> list[str]:
    """Return who takes part in an event, as far as it and its sessions say."""
    if entry is None:
        return []
    found: dict[str, None] = {}
    for each in (entry, *entry.sessions):
        for participant in each.shown.participants.values():
            found[participant.name] = None
    return list(found)


def _start(text: str | None, entry: Entry | None) -> datetime | None:
    if text is None:
        return entry.span.start if entry else None
    try:
        return datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a wall time, of no day
    except ValueError:
        raise DraftError(f"start: {text[:20]!r} is not a time of day", hint="write 19:30") from None


def _clock(begins: datetime | None, number: int, minutes: int) -> str | None:
    return f"{begins + timedelta(minutes=number * minutes):%H:%M}" if begins else None


def _facts(found: list[Round], minutes: int, begins: datetime | None) -> dict[str, Any]:
    return {
        "minutes": minutes,
        "rounds": [
            {
                "round": number + 1,
                "start": _clock(begins, number, minutes),
                "pairs": [list(pair) for pair in each.pairs],
                "out": each.out,
            }
            for number, each in enumerate(found)
        ],
    }


def _print(found: list[Round], minutes: int, begins: datetime | None) -> None:
    for number, each in enumerate(found):
        clock = _clock(begins, number, minutes)
        lasts = _n("{n} minutes", "{n} minutes", minutes)
        click.echo(
            _("round {number} at {clock}, {lasts}", number=number + 1, clock=clock, lasts=lasts)
            if clock
            else _("round {number}, {lasts}", number=number + 1, lasts=lasts)
        )
        for table, (one, other) in enumerate(each.pairs, 1):
            click.echo(f"  {_('table')} {table:3}  {one} - {other}")
        if each.out:
            click.echo(f"  {_('sits out'):9}  {each.out}")
        click.echo()
